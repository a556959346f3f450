"""What is free: the slots of one resource, and the resources that are free for an interval."""

from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Final

from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field, StringConstraints

from app.free_resources import FreeResource, free_resources
from app.read_models.page import Page
from app.read_models.reader import Reader
from app.rendered_days import Rendered, RenderedDays
from interface.http.addresses import resource_in
from interface.http.answers import AvailabilityAnswer, FreeResourceAnswer, FreeResourceList
from interface.http.callers import Visitor
from interface.http.described import described
from interface.http.fields import Count, Cursor, Day, Instant, Minutes, PageSize, ResourceId
from interface.http.models import Asked
from interface.http.parked import parked_header
from interface.http.parsing import WebRequest, parsed_query, query_of
from interface.http.resources import ATTRIBUTE, shareable, visible_resource
from interface.http.service import JsonAnswer, admitted, bare_answer, json_answer
from interface.http.versions import is_known_tag, weak_etag

TAGS: Final = ["availability"]
RULES: Final = ("unknown-resource", "bad-duration", "too-many-units")


class SlotsAsked(Asked):
    """Which dates, both inclusive, at most 92; `duration` in minutes."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    duration: Minutes | None = None
    units: Count = 1


class FreeAsked(Asked):
    """Which interval. Without offset it is each resource's own wall clock; no `end`: each one's shortest length."""

    start: Instant
    end: Instant | None = None
    kind: ResourceId | None = None
    q: Annotated[str, StringConstraints(max_length=200)] | None = None
    seats: Count | None = None
    units: Count = 1
    limit: PageSize = 100
    cursor: Cursor | None = None


@get(
    "/v1/resources/{resource:str}/availability",
    tags=TAGS,
    opt=described(
        answers={200: AvailabilityAnswer, 304: None},
        query=SlotsAsked,
        sign_in="optional",
        reads=True,
        if_none_match=True,
        weak_etag=True,
        may_be_parked=True,
        problems=RULES,
    ),
)
async def show_availability(request: WebRequest) -> ASGIResponse:
    """The slots of a resource, date by date. The ETag is weak: it stands for all that is shown but the position."""
    visit = await admitted(request)
    visitor, resource, asked = visit.visitor, resource_in(request), _slots_asked(request.scope["query_string"])
    at_least = await visit.service.wait_for_position(visit)
    question = (resource, asked, visitor.visible, visitor.by_staff)
    kept = visit.service.availability
    found = await kept.get(question, at_least)
    rendered, position = found or await kept.make(question, partial(_slots, visitor, resource, asked))
    visit.shows(position)
    headers = {
        **shareable(visitor),
        "ETag": weak_etag(rendered.digest),
        **parked_header(rendered.parked),
    }
    if is_known_tag(visit.headers, headers["ETag"]):
        return bare_answer(304, headers)
    return JsonAnswer(rendered.body(position), 200, headers)


@lru_cache(maxsize=4_096)
def _slots_asked(query: bytes) -> SlotsAsked:
    """A query string is the same for many. What is refused is never kept, so what is kept is short."""
    return parsed_query(query, SlotsAsked)[0]


def _slots(
    visitor: Visitor, resource: str, asked: SlotsAsked, reader: Reader, days: RenderedDays, now: datetime
) -> Rendered:
    return days.render(
        reader,
        visible_resource(reader, visitor, resource),
        asked.from_,
        asked.to,
        duration=asked.duration,
        units=asked.units,
        now=now,
        by_staff=visitor.by_staff,
    )


@get(
    "/v1/availability",
    tags=TAGS,
    opt=described(
        answers={200: FreeResourceList},
        query=FreeAsked,
        sign_in="optional",
        reads=True,
        problems=("bad-cursor",),
    ),
)
async def list_free_resources(request: WebRequest) -> ASGIResponse:
    """Resources that are free for the whole interval, ordered by id; `attribute.<name>=<value>` filters."""
    visit = await admitted(request)
    asked, attributes = query_of(request, FreeAsked, prefix=ATTRIBUTE)
    answer = await visit.service.ask(visit, _free, visit.visitor, asked, attributes, visit.now)
    return json_answer(answer, shareable(visit.visitor))


def _free(
    reader: Reader, visitor: Visitor, asked: FreeAsked, attributes: dict[str, str], now: datetime
) -> FreeResourceList:
    page: Page[FreeResource] = free_resources(
        reader,
        visible=visitor.visible,
        by_staff=visitor.by_staff,
        attributes=attributes,
        now=now,
        **asked.model_dump(),
    )
    items: list[FreeResourceAnswer] = [
        {
            "resource": each.row.id,
            "name": each.row.name,
            "kind": each.row.kind,
            "timezone": each.row.timezone,
            "start": each.start.isoformat(),
            "end": each.end.isoformat(),
            "available": each.available,
        }
        for each in page.items
    ]
    return {"items": items, "next": page.next, "position": reader.position}


ROUTES: Final = [show_availability, list_free_resources]
