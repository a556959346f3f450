"""Reading bookings: one, many, and what happened to one."""

from datetime import datetime
from functools import cache
from typing import Annotated, Final

from anyio import to_thread
from litestar import get, route
from litestar.response.base import ASGIResponse
from pydantic import Field

from app.calendars.feeds import entries_of_all
from app.calendars.text import calendar_text
from app.commands import Actor
from app.decisions.access import ResourceOf, may_touch
from app.decisions.lifecycle import changeable
from app.details import Vault
from app.read_models import bookings, resources
from app.read_models.booking_rows import BookingRow
from app.read_models.reader import Reader
from domain.booking import Booking, BookingStatus
from domain.refusal import Refused
from domain.resource import Resource
from interface.http.addresses import asks_for_calendar, booking_in
from interface.http.answers import BookingAnswer, BookingList
from interface.http.booking_answers import Opened, actions_of, booking_answer, opened, sealed_marks
from interface.http.calendar_answers import CALENDAR, CALENDAR_TAGS, READING, calendar_answer, names_in, told_to
from interface.http.callers import BOOKERS, Visitor
from interface.http.described import described
from interface.http.fields import Cursor, CustomerId, Instant, PageSize, ResourceId, SeriesId
from interface.http.looking_back import AsOfAsked, LookingBack, look_back
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
    series: SeriesId | None = None
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
        series=asked.series,
        resource=asked.resource,
        status=asked.status,
        start=with_offset("from", asked.from_),
        end=with_offset("to", asked.to),
        changed_after=changed_after,
        scope=actor.scope,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    vault.warm({row.customer for row in page.items})
    resource_of = cached_resources(reader)
    return {"items": [shown_booking(row, vault, actor, now, resource_of) for row in page.items], "next": page.next}


def with_offset(name: str, given: datetime | None) -> datetime | None:
    """The instant itself. Raises Declined (`malformed`) for wall-clock time: nothing says which zone's."""
    if given is not None and given.tzinfo is None:
        raise malformed(name, "needs an offset, such as 2026-12-01T10:00:00+06:00")
    return given


@route(
    "/v1/bookings/{booking:str}",
    http_method=READING,
    tags=TAGS,
    opt=described(
        answers={200: BookingAnswer, 304: None},
        query=AsOfAsked,
        reads=True,
        if_none_match=True,
        may_be_parked=True,
        problems=("unknown-booking", "unknown-version"),
    ),
)
async def show_booking(request: WebRequest) -> ASGIResponse:
    """One booking. What one may do with it (`actions`) changes with time, its version does not: only of a booking
    that has ended is it said that it is still the same (304).

    With `as_of`, also for auditors: as it was, without anything that could be done with it.
    """
    if asks_for_calendar(request):
        return await _as_calendar(request)
    visit = await admitted(request)
    as_of = query_of(request, AsOfAsked)[0].as_of
    if as_of is not None:
        return await _as_it_was(visit, booking_in(request), as_of)
    actor = visit.visitor.acting(*BOOKERS)
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


@route(
    "/v1/bookings/{booking:str}.ics",  # where requests are led to by the one above
    http_method=READING,
    tags=CALENDAR_TAGS,
    opt=described(
        answers={200: CALENDAR, 304: None},
        query=Asked,
        reads=True,
        if_none_match=True,
        weak_etag=True,
        problems=("unknown-booking", "behind"),
    ),
)
async def show_booking_calendar(request: WebRequest) -> ASGIResponse:
    """One booking, to put into a calendar (iCalendar): an entry for each leg, `CANCELLED` once it is, or the leg is
    no more. It is up to date with all that was answered before.
    """
    return await _as_calendar(request)


async def _as_calendar(request: WebRequest) -> ASGIResponse:
    visit = await admitted(request)
    actor, booking = visit.visitor.acting(*BOOKERS), booking_in(request)
    query_of(request, Asked)
    daybook = visit.service.daybook
    await daybook.reached((await to_thread.run_sync(daybook.log.head)).position)  # a link brings no Daybook-Position
    row, names = await visit.service.ask(visit, _with_names, visit.visitor, actor, booking)
    told = told_to(daybook.settings.public_url, names, actor.is_desk)
    entries = await to_thread.run_sync(entries_of_all, daybook.log, [row], visit.now, told)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    return calendar_answer(visit, calendar_text(entries), f"{booking}.ics", headers, kept=True)


def _with_names(reader: Reader, visitor: Visitor, actor: Actor, booking: str) -> tuple[BookingRow, dict[str, str]]:
    row = visible_booking(reader, actor, booking, cached_resources(reader))
    return row, names_in(reader, [row], visitor.visible)


async def _as_it_was(visit: Visit, booking: str, as_of: str) -> ASGIResponse:
    actor = visit.visitor.acting("staff", "auditor", "agent", "customer")
    answer = await look_back(visit, _then, visit.service.daybook.vault, actor, booking, as_of)
    return json_answer(answer, {"ETag": etag(answer["version"]), "Cache-Control": NO_STORE})


def _then(back: LookingBack, vault: Vault, actor: Actor, booking: str, as_of: str) -> BookingAnswer:
    """Whom it is there for now, for them it was there then; and of staff only what their scope covers at both times."""
    present = back.present
    _must_be_there(actor, present.booking(booking).aggregate, present.resource)
    then = back.then(as_of, Booking.stream(booking))
    found, position = then.booking(booking)
    _must_be_there(actor, found, present.resource)
    return booking_answer(
        found,
        position=position,
        created_at=found.created_on,
        actions=[],
        sealed=sealed_marks(vault, found) if actor.role == "auditor" else opened(vault, found, actor),
        now=then.moment.now,
    )


def _must_be_there(actor: Actor, found: Booking, resource_of: ResourceOf) -> None:
    if not found.exists or not (actor.role == "auditor" or may_touch(actor, found, resource_of)):
        raise Refused("unknown-booking", f"There is no booking {found.key}, or it is not yours.", booking=found.key)


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
    sealed = opened(vault, booking, actor) if row.details or row.reason else Opened(None, None)
    return booking_answer(
        booking,
        position=row.position,
        created_at=row.created_at,
        actions=actions_of(actor, booking, now, changeable(booking, resource_of)),
        sealed=sealed,
        now=now,
    )


ROUTES: Final = [list_bookings, show_booking, show_booking_calendar]
