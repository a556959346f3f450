"""Calendars to follow: when a resource is busy, for everybody who may see it, and feeds by secret addresses."""

from typing import Final

from anyio import to_thread
from litestar import route
from litestar.response.base import ASGIResponse

from app.calendars.busy import busy_entries, busy_times
from app.calendars.feeds import MOST_ENTRIES, entries_of_all, find_feed, rows_of
from app.calendars.text import calendar_text
from app.log.calendar_feeds import CalendarFeed
from app.read_models.booking_rows import BookingRow
from app.read_models.reader import Reader
from domain.definition import Visibility
from interface.http.addresses import resource_in, secret_in, unknown_feed
from interface.http.calendar_answers import CALENDAR, CALENDAR_TAGS, READING, calendar_answer, names_in, told_to
from interface.http.described import described
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.resources import shareable, visible_resource
from interface.http.service import Visit, admitted

_SEEN_BY_CUSTOMERS: Final = frozenset[Visibility]({"public", "signed-in"})


@route(
    "/v1/resources/{resource:str}/calendar.ics",
    http_method=READING,
    tags=CALENDAR_TAGS,
    opt=described(
        answers={200: CALENDAR, 304: None},
        query=Asked,
        sign_in="optional",
        reads=True,
        if_none_match=True,
        weak_etag=True,
        problems=("unknown-resource",),
    ),
)
async def show_resource_calendar(request: WebRequest) -> ASGIResponse:
    """When a resource has no place left, from 31 days ago to 366 ahead (iCalendar): nothing of single bookings.

    There for whoever may see the resource's availability.
    """
    visit = await admitted(request)
    query_of(request, Asked)
    resource = resource_in(request)
    text = await visit.service.ask(visit, _busy, visit, resource)
    return calendar_answer(visit, text, f"{resource}.ics", shareable(visit.visitor))


def _busy(reader: Reader, visit: Visit, resource: str) -> bytes:
    row = visible_resource(reader, visit.visitor, resource)
    times = busy_times(reader, row, visit.now, MOST_ENTRIES)
    return calendar_text(busy_entries(row, times), row.name)


@route(
    "/v1/feeds/{feed:str}",
    http_method=READING,
    tags=CALENDAR_TAGS,
    opt=described(
        answers={200: CALENDAR, 304: None},
        query=Asked,
        sign_in="optional",
        reads=True,
        if_none_match=True,
        weak_etag=True,
        problems=("unknown-feed",),
    ),
)
async def show_feed(request: WebRequest) -> ASGIResponse:
    """The calendar of whoever made this address, or of a resource for its desk: bookings from 31 days ago to 366 ahead
    (iCalendar), at most 1,000, those that are not over first. The address is all that is asked for.
    """
    visit = await admitted(request)
    query_of(request, Asked)
    log = visit.service.daybook.log
    feed = await to_thread.run_sync(find_feed, log, secret_in(request))
    if feed is None:
        raise unknown_feed()
    rows, names, title = await visit.service.ask(visit, _followed, visit, feed)
    told = told_to(visit.service.daybook.settings.public_url, names, bool(feed.resource), feed.resource or None)
    entries = await to_thread.run_sync(entries_of_all, log, rows, visit.now, told)
    text = await to_thread.run_sync(calendar_text, entries, title)
    return calendar_answer(visit, text, "bookings.ics", {"Cache-Control": "private, no-cache"})


def _followed(reader: Reader, visit: Visit, feed: CalendarFeed) -> tuple[list[BookingRow], dict[str, str], str]:
    """The bookings, the resources' names as the reader may see them, and what the calendar is called."""
    rows = rows_of(reader, feed, visit.now)
    place = visit.service.daybook.settings.place_name
    if not feed.resource:
        return rows, names_in(reader, rows, _SEEN_BY_CUSTOMERS), place
    names = names_in(reader, rows, None)
    return rows, names, names.get(feed.resource, place)


ROUTES: Final = [show_resource_calendar, show_feed]
