"""External calendars of a resource: whose busy times are blocks here."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from anyio import to_thread
from litestar import delete, get, post
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.external_calendars.adding import (
    MOST_OF_A_RESOURCE,
    add_calendar,
    ask_again,
    bookings_met,
    end_calendar,
    masked_address,
)
from app.external_calendars.plan import read
from app.identity import calendar_id
from app.log.external_calendars import ExternalCalendar
from app.log.instants import timestamp_of
from app.outbound.addresses import AddressRefused
from app.read_models import resources
from app.read_models.reader import Reader
from domain.interval import in_zone
from interface.http.addresses import calendar_in, unknown_calendar
from interface.http.calendar_answers import CALENDAR_TAGS
from interface.http.described import described
from interface.http.desk import at_desk
from interface.http.feed_answers import ExternalCalendarAnswer, ExternalCalendarList, ExternalCalendarPage
from interface.http.fields import Cursor, PageSize
from interface.http.models import Asked, ExternalCalendarBody
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.problems import malformed
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer

_OF_RESOURCE: Final = "/v1/resources/{resource:str}/calendars"
_ONE: Final = f"{_OF_RESOURCE}/{{calendar:str}}"
_HEADERS: Final = {"Cache-Control": NO_STORE}


class CalendarsAsked(Asked):
    """Which ones. A page may have fewer than `limit`, as calendars of resources whose desk others are take up room."""

    limit: PageSize = 100
    cursor: Cursor | None = None


@get(
    "/v1/calendars",
    tags=CALENDAR_TAGS,
    opt=described(answers={200: ExternalCalendarPage}, query=CalendarsAsked, reads=True),
)
async def list_calendars_of_desk(request: WebRequest) -> ASGIResponse:
    """Those of all resources whose desk you are: which ones fail, and where bookings stand in their busy times."""
    visit = await admitted(request)
    asked, _ = query_of(request, CalendarsAsked)
    actor = visit.visitor.acting("staff")
    table = visit.service.daybook.log.external_calendars
    rows = await to_thread.run_sync(table.after, asked.cursor or "", asked.limit)
    covered = await visit.service.ask(visit, _covered, actor, rows)
    more = rows[-1].calendar if len(rows) == asked.limit else None
    return json_answer({"items": [await _shown(visit, row) for row in covered], "next": more}, _HEADERS)


@post(
    _OF_RESOURCE,
    tags=CALENDAR_TAGS,
    opt=described(
        answers={201: ExternalCalendarAnswer},
        body=ExternalCalendarBody,
        command=True,
        keyed=True,
        reads=True,
        problems=("unknown-resource",),
    ),
)
async def add_external_calendar(request: WebRequest) -> ASGIResponse:
    """Take away whatever time a calendar elsewhere says is busy, from now on. Its address is a secret: no answer says
    it again.
    """
    visit = await admitted(request)
    actor, resource = await at_desk(visit, "staff")
    said = await body_of(request, ExternalCalendarBody)
    calendar = calendar_id((await visit.command(actor))["command_id"])
    daybook = visit.service.daybook
    try:
        row = await to_thread.run_sync(
            add_calendar, daybook.log, daybook.vault, calendar, resource, said.address(), visit.now
        )
    except AddressRefused as trouble:
        raise malformed("/url", str(trouble).rstrip(".")) from None
    if row is None:
        raise malformed("", f"a resource has at most {MOST_OF_A_RESOURCE} calendars; end one of them first")
    headers = {**_HEADERS, "Location": f"/v1/resources/{resource}/calendars/{calendar}"}
    return json_answer(await _shown(visit, row), headers, 201)


@get(
    _OF_RESOURCE,
    tags=CALENDAR_TAGS,
    opt=described(answers={200: ExternalCalendarList}, query=Asked, reads=True, problems=("unknown-resource",)),
)
async def list_external_calendars(request: WebRequest) -> ASGIResponse:
    """How each is doing: when it was read last, what is wrong with it, and which bookings stand in its busy times."""
    visit = await admitted(request)
    query_of(request, Asked)
    _, resource = await at_desk(visit, "staff")
    rows = await to_thread.run_sync(visit.service.daybook.log.external_calendars.of_resource, resource)
    return json_answer({"items": [await _shown(visit, row) for row in rows]}, _HEADERS)


@post(
    f"{_ONE}/refresh",
    status_code=200,
    tags=CALENDAR_TAGS,
    opt=described(
        answers={200: ExternalCalendarAnswer},
        query=Asked,
        reads=True,
        problems=("unknown-resource", "unknown-calendar", "outcome-unknown"),
    ),
)
async def refresh_external_calendar(request: WebRequest) -> ASGIResponse:
    """Let it be fetched within seconds. The answer says how it was before."""
    visit = await admitted(request)
    query_of(request, Asked)
    _, resource = await at_desk(visit, "staff")
    row = await to_thread.run_sync(ask_again, visit.service.daybook.log, resource, calendar_in(request), visit.now)
    if row is None:
        raise unknown_calendar()
    return json_answer(await _shown(visit, row), _HEADERS)


@delete(
    _ONE,
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=CALENDAR_TAGS,
    opt=described(
        answers={204: None},
        query=Asked,
        reads=True,
        problems=("unknown-resource", "unknown-calendar", "outcome-unknown"),
    ),
)
async def end_external_calendar(request: WebRequest) -> ASGIResponse:
    """Follow it no more. Its blocks from today on are lifted within seconds, and its address is forgotten then."""
    visit = await admitted(request)
    query_of(request, Asked)
    _, resource = await at_desk(visit, "staff")
    calendar = calendar_in(request)
    if not await to_thread.run_sync(end_calendar, visit.service.daybook.log, resource, calendar, visit.now):
        raise unknown_calendar()
    return bare_answer(204, _HEADERS)


def _covered(reader: Reader, actor: Actor, rows: list[ExternalCalendar]) -> list[ExternalCalendar]:
    """Those of resources that are in the actor's scope, as far as the read models know them."""
    found = {resource: resources.get(reader, resource) for resource in {row.resource for row in rows}}
    within = {resource for resource, row in found.items() if row is not None and actor.covers(row.resource())}
    return [row for row in rows if row.resource in within]


async def _shown(visit: Visit, row: ExternalCalendar) -> dict[str, Any]:
    blocks, overlaps = await visit.service.ask(visit, _met, row, visit.now)
    return {
        "calendar": row.calendar,
        "resource": row.resource,
        "address": await to_thread.run_sync(masked_address, visit.service.daybook.vault, row),
        "made_at": timestamp_of(row.made_at),
        "succeeded_at": None if row.succeeded_at is None else timestamp_of(row.succeeded_at),
        "due_at": timestamp_of(row.due_at),
        "failures": row.failures,
        "failure": row.failure,
        "blocks": blocks,
        "overlaps": overlaps,
    }


def _met(reader: Reader, calendar: ExternalCalendar, now: datetime) -> tuple[int, list[dict[str, Any]]]:
    """How many blocks a calendar has, and where they meet bookings. May take long: not for the event loop."""
    blocks = read(calendar.blocks)
    row = resources.get(reader, calendar.resource)
    zone = ZoneInfo("UTC" if row is None else row.timezone)
    met = bookings_met(reader, calendar.resource, blocks, now)
    return len(blocks), [
        {"block": block.block, "start": in_zone(block.start, zone), "end": in_zone(block.end, zone), "booking": booking}
        for block in sorted(blocks, key=lambda each: (each.start, each.key))
        for booking in met[block.block]
    ]


ROUTES: Final = [
    list_calendars_of_desk,
    add_external_calendar,
    list_external_calendars,
    refresh_external_calendar,
    end_external_calendar,
]
