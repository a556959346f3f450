"""What every peer has before its store: Daybook's framework, token check and validation, answers of the same size."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from secrets import token_hex
from typing import Any, Final

from litestar import Litestar, get, post
from litestar.response.base import ASGIResponse
from pydantic_core import to_json
from workloads import RESOURCES, SLOT_MINUTES

from app.settings import Settings
from interface.http.auth import Authenticator, Caller
from interface.http.availability import SlotsAsked
from interface.http.limits import MOST_BODY
from interface.http.models import BookingBody
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.service import json_answer

_KNOWN: Final = frozenset(RESOURCES)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "ETag": '"1"',
    "Daybook-Position": "0123456789abcdef0123456789abcdef.123456",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A booking that is valid in itself: is there room?"""

    id: str
    customer: str
    resource: str
    start: datetime
    end: datetime


Book = Callable[[Wanted], Awaitable[bool]]
"""Stores a booking durably and says True, or says False: no room."""
Taken = Callable[[str, datetime, datetime], Awaitable[set[datetime]]]
"""The starts of a resource's slots that are taken between two instants."""
Life = Callable[[], Awaitable[None]]


class Denied(Exception):  # noqa: N818 - said like the other refusals
    """The token is not good for this."""


def application(
    book: Book, *, opened: Life | None = None, closed: Life | None = None, taken: Taken | None = None
) -> Litestar:
    """The application over a peer's store. Without `taken` availability is bytes prepared once, of the right size.

    Opening hours stand in the environment.
    """
    settings = Settings()
    tokens = Authenticator(settings, tuple(secret.get_secret_value().encode() for secret in settings.secret))
    opens, slots = int(os.environ["BENCH_OPENS"]), int(os.environ["BENCH_SLOTS"])
    step = 15 if os.environ["BENCH_ROOMS"] == "1" else SLOT_MINUTES

    async def admit(request: WebRequest) -> Caller:
        authorization = dict(request.scope["headers"]).get(b"authorization", b"").decode("latin-1")
        caller = await tokens.authenticate(authorization)
        if caller is None or "customer" not in caller.roles:
            raise Denied
        return caller

    @post("/v1/bookings")
    async def make_booking(request: WebRequest) -> ASGIResponse:
        caller = await admit(request)
        said = await body_of(request, BookingBody)
        if said.resource not in _KNOWN or said.start is None:
            return json_answer({"code": "unknown-resource"}, _HEADERS, 404)
        start = said.start.replace(tzinfo=UTC)
        minute = start.hour * 60 + start.minute - opens
        if start < datetime.now(UTC) or minute % step or not 0 <= minute < slots * SLOT_MINUTES:
            return json_answer({"code": "not-a-slot"}, _HEADERS, 422)
        end = said.end.replace(tzinfo=UTC) if said.end is not None else start + timedelta(minutes=SLOT_MINUTES)
        wanted = Wanted(f"b-{token_hex(16)}", caller.subject, said.resource, start, end)
        if not await book(wanted):
            return json_answer(_refusal(wanted), _HEADERS, 409)
        return json_answer(_answer(wanted), {**_HEADERS, "Location": f"/v1/bookings/{wanted.id}"}, 201)

    @get("/v1/resources/{resource:str}/availability")
    async def show_availability(request: WebRequest) -> ASGIResponse:
        await admit(request)
        asked, _ = query_of(request, SlotsAsked)
        resource = request.scope["path_params"]["resource"]
        if resource not in _KNOWN:
            return json_answer({"code": "unknown-resource"}, _HEADERS, 404)
        if taken is None:
            return ASGIResponse(body=_prepared(asked.from_, asked.to, opens, slots), headers=_HEADERS)
        first = datetime.combine(asked.from_, datetime.min.time(), UTC)
        last = datetime.combine(asked.to, datetime.min.time(), UTC) + timedelta(days=1)
        found = await taken(resource, first, last)
        return json_answer(availability(resource, asked.from_, asked.to, found, opens, slots), _HEADERS)

    return Litestar(
        route_handlers=[make_booking, show_availability],
        on_startup=[opened] if opened else [],
        on_shutdown=[closed] if closed else [],
        request_max_body_size=MOST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def availability(
    resource: str, first: date, last: date, taken: set[datetime], opens: int, slots: int
) -> dict[str, Any]:
    """The answer, shaped as Daybook's."""
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        shown = [
            {
                "start": start,
                "end": end,
                "capacity": 1,
                "booked": int(at in taken),
                "available": int(at not in taken),
                "status": "full" if at in taken else "available",
            }
            for at, start, end in slots_of(day, opens, slots)
        ]
        days.append({"date": day.isoformat(), "version": 1, "status": "open", "slots": shown})
    return {"resource": resource, "timezone": "UTC", "position": 123456, "days": days}


@lru_cache(maxsize=64)
def _prepared(first: date, last: date, opens: int, slots: int) -> bytes:
    return to_json(availability("venue-100", first, last, set(), opens, slots))


@lru_cache(maxsize=512)
def slots_of(day: date, opens: int, slots: int) -> list[tuple[datetime, str, str]]:
    """A date's slots: start, and start and end as text."""
    first = datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=opens)
    starts = [first + timedelta(minutes=SLOT_MINUTES * number) for number in range(slots + 1)]
    return [(at, at.isoformat(), end.isoformat()) for at, end in pairwise(starts)]


def _answer(wanted: Wanted) -> dict[str, Any]:
    now = datetime.now(UTC)
    leg = {"resource": wanted.resource, "timezone": "UTC", "start": wanted.start, "end": wanted.end, "units": 1}
    return {
        "id": wanted.id,
        "status": "confirmed",
        "customer": "c-0123456789abcdef0123456789abcdef",
        "party": 1,
        "expires_at": None,
        "version": 1,
        "position": 123456,
        "created_at": now,
        "updated_at": now,
        "actions": ["cancel", "reschedule"],
        "details": None,
        "reason": None,
        "legs": [leg],
    }


def _refusal(wanted: Wanted) -> dict[str, Any]:
    sentence = f"A Venue is fully booked at {wanted.start:%H:%M on %d %B} (1 of 1 taken). Please choose another time."
    facts = {"resource": wanted.resource, "start": wanted.start, "end": wanted.end, "units": 1, "capacity": 1}
    head = {"type": "/problems/not-available", "title": "Not available", "status": 409, "code": "not-available"}
    return {**head, "detail": sentence, **facts, "booked": 1, "available": 0, "alternatives": []}
