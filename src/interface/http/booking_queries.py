"""Reading bookings: one, many, and what happened to one."""

from datetime import datetime
from functools import cache
from typing import Annotated, Final

from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field

from app.commands import Actor
from app.decisions.access import ResourceOf, may_touch
from app.decisions.lifecycle import last_change_of
from app.details import Vault
from app.read_models import bookings, resources
from app.read_models.booking_rows import BookingRow
from app.read_models.reader import Reader
from domain.booking import Booking, BookingStatus
from domain.refusal import Refused
from domain.resource import Resource
from interface.http.addresses import booking_in
from interface.http.answers import BookingAnswer, BookingList
from interface.http.booking_answers import Opened, actions_of, booking_answer, opened
from interface.http.callers import BOOKERS
from interface.http.described import described
from interface.http.fields import Cursor, CustomerId, Instant, PageSize, ResourceId
from interface.http.models import Asked
from interface.http.parked import parked_among
from interface.http.parsing import WebRequest, query_of
from interface.http.problems import Declined, malformed
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer
from interface.http.versions import etag, is_known, parse_position

TAGS: Final = ["bookings"]
STAYS_SO: Final = frozenset[BookingStatus]({"cancelled", "rejected", "revoked", "completed", "no_show"})
"""Statuses in which a version always reads the same. `expired` is none: before the sweeper has come by, a hold that
ran out has the version that it had as a hold.
"""


class BookingsAsked(Asked):
    """Which bookings; `from` and `to` are instants that a leg overlaps, with their offset."""

    customer: CustomerId | None = None
    resource: ResourceId | None = None
    status: BookingStatus | None = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None
    changed_after: Annotated[str | None, Field(max_length=100, description="A Daybook-Position.")] = None
    limit: PageSize = 100
    cursor: Cursor | None = None


@get(
    "/v1/bookings",
    tags=TAGS,
    opt=described(answers={200: BookingList}, query=BookingsAsked, reads=True, problems=("bad-cursor",)),
)
async def list_bookings(request: WebRequest) -> ASGIResponse:
    """Customers see their own, agents those that they made, staff those within their scope; ordered by start."""
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    asked, _ = query_of(request, BookingsAsked)
    if actor.role == "customer" and asked.customer not in {None, actor.person}:
        raise Declined("forbidden", "A customer sees no bookings but their own.")
    changed_after = await position_of(visit, "changed_after", asked.changed_after)
    answer = await visit.service.ask(visit, _found, visit.service.daybook.vault, actor, asked, changed_after, visit.now)
    return json_answer(answer, {"Cache-Control": NO_STORE})


async def position_of(visit: Visit, name: str, text: str | None) -> int | None:
    """A position as a number, or as it was handed out. Raises Declined (`malformed`, `unknown-position`)."""
    if text is None:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    position = int(text) if is_number else parse_position(text, visit.service.daybook.log.log_id, name)
    await visit.service.must_be_in_the_log(position, name)
    return position


def _found(
    reader: Reader, vault: Vault, actor: Actor, asked: BookingsAsked, changed_after: int | None, now: datetime
) -> BookingList:
    page = bookings.search(
        reader,
        now=now,
        customer=actor.person if actor.role == "customer" else asked.customer,
        made_by=actor.by if actor.role == "agent" else None,
        resource=asked.resource,
        status=asked.status,
        start=_with_offset("from", asked.from_),
        end=_with_offset("to", asked.to),
        changed_after=changed_after,
        scope=actor.scope,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    vault.warm({row.customer for row in page.items})
    resource_of = cached_resources(reader)
    return {"items": [shown_booking(row, vault, actor, now, resource_of) for row in page.items], "next": page.next}


def _with_offset(name: str, given: datetime | None) -> datetime | None:
    if given is not None and given.tzinfo is None:
        raise malformed(name, "needs an offset, such as 2026-12-01T10:00:00+06:00")
    return given


@get(
    "/v1/bookings/{booking:str}",
    tags=TAGS,
    opt=described(
        answers={200: BookingAnswer, 304: None},
        query=Asked,
        reads=True,
        if_none_match=True,
        may_be_parked=True,
        problems=("unknown-booking",),
    ),
)
async def show_booking(request: WebRequest) -> ASGIResponse:
    """One booking. What one may do with it (`actions`) changes with time, its version does not: only of a booking
    that has ended is it said that it is still the same (304).
    """
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    query_of(request, Asked)
    booking = booking_in(request)
    answer, parked = await visit.service.ask(visit, _one, visit.service.daybook.vault, actor, booking, visit.now)
    headers = {"ETag": etag(answer["version"]), "Cache-Control": NO_STORE, **parked}
    if answer["status"] in STAYS_SO and is_known(visit.headers, answer["version"]):
        return bare_answer(304, headers)
    return json_answer(answer, headers)


def _one(
    reader: Reader, vault: Vault, actor: Actor, booking: str, now: datetime
) -> tuple[BookingAnswer, dict[str, str]]:
    resource_of = cached_resources(reader)
    row = visible_booking(reader, actor, booking, resource_of)
    return shown_booking(row, vault, actor, now, resource_of), parked_among(reader, [Booking.stream(booking)])


def visible_booking(reader: Reader, actor: Actor, booking: str, resource_of: ResourceOf) -> BookingRow:
    """A booking, if it is there for the actor. Raises Refused (`unknown-booking`)."""
    row = bookings.get(reader, booking)
    if row is None or not may_touch(actor, row.booking(), resource_of):
        raise Refused("unknown-booking", f"There is no booking {booking}, or it is not yours.", booking=booking)
    return row


def cached_resources(reader: Reader) -> ResourceOf:
    """Resources as the read model has them, each read once."""

    @cache
    def of(resource: str) -> Resource:
        row = resources.get(reader, resource)
        return row.resource() if row is not None else Resource.untouched(Resource.stream(resource))

    return of


def shown_booking(row: BookingRow, vault: Vault, actor: Actor, now: datetime, resource_of: ResourceOf) -> BookingAnswer:
    """A booking of the actor's. Blocks on the store when the person's key is not in memory: use a thread."""
    booking = row.booking()
    sealed = opened(vault, booking) if row.details or row.reason else Opened(None, None)
    return booking_answer(
        booking,
        position=row.position,
        created_at=row.created_at,
        actions=actions_of(actor, booking, now, last_change_of(booking, resource_of)),
        sealed=sealed,
        now=now,
    )


ROUTES: Final = [list_bookings, show_booking]
