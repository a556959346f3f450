"""What is free: the slots of one resource, and the resources that are free for an interval."""

from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field

from app.free_resources import FreeResource, free_resources
from app.read_models.page import Page
from app.read_models.reader import Reader
from app.rendered_days import Rendered, RenderedDays
from app.together import Eyes
from interface.http.addresses import resource_in
from interface.http.answers import AvailabilityAnswer, FreeResourceList
from interface.http.callers import HISTORIANS, Visitor
from interface.http.described import described
from interface.http.fields import Count, Day, Minutes
from interface.http.looking_back import AsOfText, LookingBack, look_back
from interface.http.models import Asked
from interface.http.needs import FreeAsked, at_once_wanted, of_one, starts_wanted
from interface.http.packing import PackedAnswer
from interface.http.parked import parked_header
from interface.http.parsing import WebRequest, parsed_query, query_of
from interface.http.resources import ATTRIBUTE, must_be_visible, shareable, visible_resource
from interface.http.service import NO_STORE, admitted, bare_answer, json_answer
from interface.http.together import StartsAnswer, TogetherAnswer, at_once, free_answer, next_starts
from interface.http.versions import is_known_tag, weak_etag

TAGS: Final = ["availability"]
RULES: Final = ("unknown-resource", "bad-duration", "too-many-units")


class SlotsAsked(Asked):
    """Which dates, both inclusive, at most 92; `duration` in minutes."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    duration: Minutes | None = None
    units: Count = 1
    as_of: AsOfText | None = None


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
        problems=(*RULES, "forbidden"),
    ),
)
async def show_availability(request: WebRequest) -> ASGIResponse:
    """The slots of a resource, date by date. The ETag is weak: it stands for all that is shown but the position.

    With `as_of`, for the desk, administrators and auditors: what customers were shown then.
    """
    visit = await admitted(request)
    visitor, resource, asked = visit.visitor, resource_in(request), _slots_asked(request.scope["query_string"])
    if asked.as_of is not None:
        visitor.acting(*HISTORIANS)
        answer = await look_back(visit, _slots_then, visitor, resource, asked, asked.as_of)
        return json_answer(answer, {"Cache-Control": NO_STORE})
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
    return PackedAnswer(rendered.body(position), 200, headers)


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


def _slots_then(back: LookingBack, visitor: Visitor, resource: str, asked: SlotsAsked, as_of: str) -> dict[str, Any]:
    must_be_visible(back.present.find_resource(resource), visitor, resource)
    then = back.then(as_of)
    days = then.availability(resource, asked.from_, asked.to, duration=asked.duration, units=asked.units)
    timezone = then.resource_row(resource).timezone
    return {"resource": resource, "timezone": timezone, "position": then.moment.position, "days": days}


@get(
    "/v1/availability",
    tags=TAGS,
    opt=described(
        answers={200: (FreeResourceList, TogetherAnswer, StartsAnswer)},
        query=FreeAsked,
        sign_in="optional",
        reads=True,
        problems=("bad-cursor",),
    ),
)
async def list_free_resources(request: WebRequest) -> ASGIResponse:
    """Resources that are free for the whole interval, ordered by id; `attribute.<name>=<value>` filters.

    With `need` (`need=kind:doctor&need=kind:room;seats:4`), several that are free at once, each need met by a resource
    of its own: from `start` to `end`, or, `from` a time `to` another, the next starts of that `duration`.
    """
    visit = await admitted(request)
    asked, attributes = query_of(request, FreeAsked, prefix=ATTRIBUTE, repeated="need")
    eyes = Eyes(visit.visitor.visible, visit.visitor.by_staff, visit.now)
    if asked.need is None:
        answer: Any = await visit.service.ask(visit, _free, visit.visitor, of_one(asked), attributes, visit.now)
    elif asked.start is not None:
        wanted = at_once_wanted(asked, attributes)
        answer = await visit.service.ask(visit, at_once, wanted, asked.start, asked.end, eyes, asked.limit)
    else:
        wanted, within = starts_wanted(asked, attributes)
        answer = await visit.service.ask(visit, next_starts, wanted, within, asked.duration, eyes, asked.limit)
    return json_answer(answer, shareable(visit.visitor))


def _free(
    reader: Reader, visitor: Visitor, asked: FreeAsked, attributes: dict[str, str], now: datetime
) -> FreeResourceList:
    assert asked.start is not None  # noqa: S101 - see `of_one`
    page: Page[FreeResource] = free_resources(
        reader,
        visible=visitor.visible,
        by_staff=visitor.by_staff,
        attributes=attributes,
        now=now,
        start=asked.start,
        **asked.model_dump(exclude={"start", "need", "from_", "to", "duration"}),
    )
    items = [free_answer(each) for each in page.items]
    return {"items": items, "next": page.next, "position": reader.position}


ROUTES: Final = [show_availability, list_free_resources]
