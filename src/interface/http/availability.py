"""What is free: the slots of one resource, and the resources that are free for an interval."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field, StringConstraints

from app.availability import availability
from app.free_resources import FreeResource, free_resources
from app.read_models.page import Page
from app.read_models.reader import Reader
from domain.interval import DAY
from domain.resource import Resource
from domain.resource_day import ResourceDay
from interface.http.addresses import resource_in
from interface.http.answers import AvailabilityAnswer, FreeResourceAnswer, FreeResourceList
from interface.http.callers import Visitor
from interface.http.described import described
from interface.http.fields import Count, Cursor, Day, Instant, Minutes, PageSize, ResourceId
from interface.http.models import Asked
from interface.http.parked import parked_among
from interface.http.parsing import WebRequest, query_of
from interface.http.resources import ATTRIBUTE, shareable, visible_resource
from interface.http.service import admitted, json_answer

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
        answers={200: AvailabilityAnswer},
        query=SlotsAsked,
        sign_in="optional",
        reads=True,
        may_be_parked=True,
        problems=RULES,
    ),
)
async def show_availability(request: WebRequest) -> ASGIResponse:
    """The slots of a resource, date by date."""
    visit = await admitted(request)
    asked, _ = query_of(request, SlotsAsked)
    answer, parked = await visit.service.ask(visit, _slots, visit.visitor, resource_in(request), asked, visit.now)
    return json_answer(answer, {**shareable(visit.visitor), **parked})


def _slots(
    reader: Reader, visitor: Visitor, resource: str, asked: SlotsAsked, now: datetime
) -> tuple[AvailabilityAnswer, dict[str, str]]:
    row = visible_resource(reader, visitor, resource)
    first: date = asked.from_
    days: list[Any] = availability(
        reader,
        row,
        first,
        asked.to,
        duration=asked.duration,
        units=asked.units,
        now=now,
        by_staff=visitor.by_staff,
    )
    answer: AvailabilityAnswer = {
        "resource": resource,
        "timezone": row.timezone,
        "position": reader.position,
        "days": days,
    }
    return answer, parked_among(reader, _streams(resource, first, asked.to))


def _streams(resource: str, first: date, last: date) -> Iterator[str]:
    """What the answer is made of: the resource, and its days with those that windows and buffers may run into."""
    yield Resource.stream(resource)
    for number in range(-1, (last - first).days + 2):
        yield ResourceDay.stream(resource, first + number * DAY)


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
