"""Secret addresses of calendars: whoever follows one makes it, makes another one, and ends it."""

from typing import Any, Final

from anyio import to_thread
from litestar import delete, get, post
from litestar.response.base import ASGIResponse

from app.calendars.feeds import make_feed
from app.log.calendar_feeds import CalendarFeed
from app.log.instants import timestamp_of
from domain.refusal import Refused
from interface.http.addresses import CALENDAR_ENDING, customer_in
from interface.http.calendar_answers import CALENDAR_TAGS
from interface.http.described import described
from interface.http.desk import at_desk
from interface.http.feed_answers import FeedAnswer, FeedList, NewFeedAnswer
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer

_OWN: Final = "/v1/customers/{customer:str}/calendar"
_OF_RESOURCE: Final = "/v1/resources/{resource:str}/calendar-feeds"
_MYSELF: Final = "me"
_HEADERS: Final = {"Cache-Control": NO_STORE}


@get(_OWN, tags=CALENDAR_TAGS, opt=described(answers={200: FeedAnswer}, query=Asked, problems=("unknown-customer",)))
async def show_own_feed(request: WebRequest) -> ASGIResponse:
    """Whether you follow your bookings in a calendar, and since when its address is as it is. `me` stands for you."""
    visit = await admitted(request)
    query_of(request, Asked)
    feeds = visit.service.daybook.log.calendar_feeds
    found = await to_thread.run_sync(feeds.of_person, _myself(visit))
    made_at = next((timestamp_of(feed.made_at) for feed in found if not feed.resource), None)
    return json_answer({"made_at": made_at}, _HEADERS)


@post(
    _OWN,
    tags=CALENDAR_TAGS,
    opt=described(answers={201: NewFeedAnswer}, query=Asked, problems=("unknown-customer", "outcome-unknown")),
)
async def make_own_feed(request: WebRequest) -> ASGIResponse:
    """An address at which a calendar program finds your bookings. Only this answer says it; asked for again, there is
    another one, and the one before leads nowhere. Whoever knows it can read when and where you have booked.
    """
    visit = await admitted(request)
    query_of(request, Asked)
    return await _made(visit, _myself(visit), "")


@delete(
    _OWN,
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=CALENDAR_TAGS,
    opt=described(answers={204: None}, query=Asked, problems=("unknown-customer", "outcome-unknown")),
)
async def end_own_feed(request: WebRequest) -> ASGIResponse:
    """Let the address lead nowhere. Once more changes nothing."""
    visit = await admitted(request)
    query_of(request, Asked)
    feeds = visit.service.daybook.log.calendar_feeds
    await to_thread.run_sync(feeds.end, "", _myself(visit))
    return bare_answer(204, _HEADERS)


@get(
    _OF_RESOURCE,
    tags=CALENDAR_TAGS,
    opt=described(answers={200: FeedList}, query=Asked, reads=True, problems=("unknown-resource",)),
)
async def list_resource_feeds(request: WebRequest) -> ASGIResponse:
    """Who follows a resource's bookings: staff see whether they do, administrators see everybody."""
    visit = await admitted(request)
    query_of(request, Asked)
    actor, resource = await at_desk(visit, "staff", "admin")
    found = await to_thread.run_sync(visit.service.daybook.log.calendar_feeds.of_resource, resource)
    seen = [each for each in found if actor.role == "admin" or each.customer == actor.person]
    return json_answer({"items": [_shown(each) for each in seen]}, _HEADERS)


@post(
    _OF_RESOURCE,
    tags=CALENDAR_TAGS,
    opt=described(
        answers={201: NewFeedAnswer},
        query=Asked,
        reads=True,
        problems=("unknown-resource", "outcome-unknown"),
    ),
)
async def make_resource_feed(request: WebRequest) -> ASGIResponse:
    """An address at which a calendar program finds a resource's bookings, each by itself and without names, for staff
    whom it is the desk of. As with one's own: only this answer says it, and asked for again, there is another one.
    """
    visit = await admitted(request)
    query_of(request, Asked)
    actor, resource = await at_desk(visit, "staff")
    return await _made(visit, actor.person, resource)


@delete(
    _OF_RESOURCE,
    status_code=200,  # as above
    tags=CALENDAR_TAGS,
    opt=described(answers={204: None}, query=Asked, reads=True, problems=("unknown-resource", "outcome-unknown")),
)
async def end_resource_feeds(request: WebRequest) -> ASGIResponse:
    """End your address of a resource; administrators end everybody's, as when somebody has left the desk."""
    visit = await admitted(request)
    query_of(request, Asked)
    actor, resource = await at_desk(visit, "staff", "admin")
    whose = None if actor.role == "admin" else actor.person
    await to_thread.run_sync(visit.service.daybook.log.calendar_feeds.end, resource, whose)
    return bare_answer(204, _HEADERS)


def _myself(visit: Visit) -> str:
    """The path's customer, who must be who asks. Raises Refused (`unknown-customer`), Declined (`forbidden`)."""
    actor = visit.visitor.acting("customer")
    if visit.request.scope["path_params"]["customer"] == _MYSELF:
        return actor.person
    customer = customer_in(visit.request)
    if customer != actor.person:
        raise Refused("unknown-customer", f"There is no customer {customer}.", customer=customer)
    return customer


async def _made(visit: Visit, customer: str, resource: str) -> ASGIResponse:
    daybook = visit.service.daybook
    secret, feed = await to_thread.run_sync(make_feed, daybook.log, customer, resource, visit.now)
    path = f"/v1/feeds/{secret}{CALENDAR_ENDING}"
    answer = {"address": f"{daybook.settings.public_url or ''}{path}", "made_at": timestamp_of(feed.made_at)}
    return json_answer(answer, {**_HEADERS, "Location": path}, 201)


def _shown(feed: CalendarFeed) -> dict[str, Any]:
    return {"customer": feed.customer, "made_at": timestamp_of(feed.made_at)}


ROUTES: Final = [
    show_own_feed,
    make_own_feed,
    end_own_feed,
    list_resource_feeds,
    make_resource_feed,
    end_resource_feeds,
]
