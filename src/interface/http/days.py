"""Resource-days, for the desk and auditors: how one stands, or stood, and what happened on it."""

from datetime import date, datetime
from typing import Final

from anyio import to_thread
from litestar import get
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.details import Vault
from app.log.lines import day_line
from app.read_models import days
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from domain.resource import Resource
from domain.resource_day import ResourceDay
from interface.http.addresses import date_in, resource_in
from interface.http.answers import DayAnswer, LineList
from interface.http.callers import Visitor
from interface.http.day_answers import day_answer
from interface.http.described import described
from interface.http.desk import covered_resource, must_be_covered
from interface.http.event_answers import EventsAsked, stream_answer
from interface.http.line_answers import LineCursor, RefusalsInLine, line_answer, reached
from interface.http.looking_back import AsOfAsked, LookingBack, look_back
from interface.http.parked import parked_among
from interface.http.parsing import WebRequest, query_of
from interface.http.problems import malformed
from interface.http.resources import must_be_visible
from interface.http.service import NO_STORE, Visit, admitted, json_answer
from interface.http.versions import etag

TAGS: Final = ["days"]


@get(
    "/v1/resources/{resource:str}/days/{date:str}",
    tags=TAGS,
    opt=described(
        answers={200: DayAnswer},
        query=AsOfAsked,
        reads=True,
        may_be_parked=True,
        problems=("unknown-resource", "unknown-version"),
    ),
)
async def show_day(request: WebRequest) -> ASGIResponse:
    """A resource-day as it is, or was: its plan, claims and blocks. Version 0: nothing has happened on it."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff", "auditor")
    as_of = query_of(request, AsOfAsked)[0].as_of
    resource, day = resource_in(request), date_in(request)
    vault, headers = visit.service.daybook.vault, {"Cache-Control": NO_STORE}
    if as_of is not None:
        answer = await look_back(visit, _day_then, vault, visit.visitor, actor, resource, day, as_of)
    else:
        answer, parked = await visit.service.ask(visit, _day, vault, visit.visitor, actor, resource, day, visit.now)
        headers |= parked
    return json_answer(answer, {**headers, "ETag": etag(answer["version"])})


def _day(
    reader: Reader, vault: Vault, visitor: Visitor, actor: Actor, resource: str, day: date, now: datetime
) -> tuple[DayAnswer, dict[str, str]]:
    row = covered_resource(reader, visitor, actor, resource)
    answer = day_answer(row, days.get(reader, row, day, now), vault, actor)
    return answer, parked_among(reader, [Resource.stream(resource), ResourceDay.stream(resource, day)])


def _day_then(
    back: LookingBack, vault: Vault, visitor: Visitor, actor: Actor, resource: str, day: date, as_of: str
) -> DayAnswer:
    must_be_covered(actor, must_be_visible(back.present.find_resource(resource), visitor, resource))
    then = back.then(as_of, ResourceDay.stream(resource, day))
    return day_answer(then.resource_row(resource), then.day(resource, day), vault, actor)


class DayEventsAsked(EventsAsked):
    """Events of a day beyond the version `after`. Of refusals, those of time that lies on it."""

    refusals: RefusalsInLine = "false"
    cursor: LineCursor = None


@get(
    "/v1/resources/{resource:str}/days/{date:str}/events",
    tags=TAGS,
    opt=described(
        answers={200: LineList}, query=DayEventsAsked, reads=True, problems=("unknown-resource", "bad-cursor")
    ),
)
async def show_day_events(request: WebRequest) -> ASGIResponse:
    """Everything that happened on a resource-day, in order, and if asked for, what was refused on it."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff", "auditor")
    asked, _ = query_of(request, DayEventsAsked)
    resource, day = resource_in(request), date_in(request)
    row = await visit.service.ask(visit, covered_resource, visit.visitor, actor, resource)
    if asked.refusals == "false":
        if asked.cursor is not None:
            raise malformed("cursor", "goes with `refusals`; without them, send `next` as `after`")
        return await stream_answer(visit, actor, ResourceDay.stream(resource, day), asked)
    answer = await to_thread.run_sync(_day_line, visit, actor, asked, row, day)
    return json_answer(answer, {"Cache-Control": NO_STORE})


def _day_line(visit: Visit, actor: Actor, asked: DayEventsAsked, row: ResourceRow, day: date) -> LineList:
    daybook = visit.service.daybook
    start = reached(asked.cursor, daybook.log.log_id, "oldest", asked.after)
    line = day_line(daybook.log, row.id, row.timezone, day, asked.after, start, asked.limit)
    return line_answer(line, daybook.log, "oldest", daybook.vault, actor)


ROUTES: Final = [show_day, show_day_events]
