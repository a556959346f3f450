"""The log itself: one booking's history, and everything, for auditors."""

from typing import Annotated, Final

from anyio import to_thread
from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field, StringConstraints

from app.commands import Actor
from app.log.lines import newest_line, oldest_line
from app.log.searching import Wanted
from app.read_models import bookings
from app.read_models.reader import Reader
from domain.booking import Booking
from domain.refusal import Refused
from interface.http.addresses import BOOKING_ID, COMMAND_ID, booking_in
from interface.http.answers import EventList, LineList
from interface.http.booking_queries import cached_resources, position_of, visible_booking, with_offset
from interface.http.described import described
from interface.http.event_answers import EventsAsked, stream_answer
from interface.http.fields import Instant, PageSize, ResourceId
from interface.http.line_answers import LineCursor, Order, RefusalsInLine, line_answer, reached
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.problems import malformed
from interface.http.service import NO_STORE, Visit, admitted, json_answer

TAGS: Final = ["log"]


@get(
    "/v1/bookings/{booking:str}/events",
    tags=TAGS,
    opt=described(answers={200: EventList}, query=EventsAsked, reads=True, problems=("unknown-booking",)),
)
async def show_booking_events(request: WebRequest) -> ASGIResponse:
    """A booking's history. Auditors see it without what is sealed."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff", "auditor", "agent", "customer")
    asked, _ = query_of(request, EventsAsked)
    booking = booking_in(request)
    customer = await visit.service.ask(visit, _customer_of, actor, booking)
    return await stream_answer(visit, actor, Booking.stream(booking), asked, customer)


def _customer_of(reader: Reader, actor: Actor, booking: str) -> str:
    if actor.role != "auditor":
        return visible_booking(reader, actor, booking, cached_resources(reader)).customer
    row = bookings.get(reader, booking)
    if row is None:
        raise Refused("unknown-booking", f"There is no booking {booking}.", booking=booking)
    return row.customer


class LogAsked(Asked):
    """Events of the whole log beyond the position `after`, as `next` or a header `Daybook-Position` named it.

    `from` and `to`: from when on, and until just before when, with their offset. `order`: which ones come first.
    """

    after: Annotated[str, Field(max_length=100)] = "0"
    limit: PageSize = 100
    by: Annotated[str | None, Field(min_length=1, max_length=100, examples=["staff:c-5f0e2d7c"])] = None
    resource: ResourceId | None = None
    booking: Annotated[str | None, StringConstraints(pattern=BOOKING_ID)] = None
    command: Annotated[str | None, StringConstraints(pattern=COMMAND_ID)] = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None
    order: Order = "oldest"
    refusals: RefusalsInLine = "false"
    cursor: LineCursor = None

    def wanted(self) -> Wanted:
        """The filters. Raises Declined (`malformed`)."""
        since, until = with_offset("from", self.from_), with_offset("to", self.to)
        return Wanted(self.by, self.resource, self.booking, self.command, since, until)

    @property
    def is_plain(self) -> bool:
        """Whether nothing but positions leads from page to page."""
        return self.order == "oldest" and self.refusals == "false"


@get(
    "/v1/events",
    tags=TAGS,
    opt=described(answers={200: LineList}, query=LogAsked, problems=("unknown-position", "bad-cursor")),
)
async def show_events(request: WebRequest) -> ASGIResponse:
    """The whole log, in order, without what is sealed. With filters a page may hold few events, or none, though `next`
    says where to go on: a request looks at 50,000 positions at most.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("auditor")
    asked, _ = query_of(request, LogAsked)
    wanted = asked.wanted()
    after = await position_of(visit, "after", asked.after) or 0
    if asked.is_plain and asked.cursor is not None:
        raise malformed("cursor", "goes with `refusals` or `order`; without them, send `next` as `after`")
    shows, answer = await to_thread.run_sync(_line, visit, actor, asked, wanted, after)
    visit.shows(shows)
    return json_answer(answer, {"Cache-Control": NO_STORE})


def _line(visit: Visit, actor: Actor, asked: LogAsked, wanted: Wanted, after: int) -> tuple[int, LineList]:
    """A page, and the position that it shows."""
    daybook = visit.service.daybook
    head = daybook.log.head().position
    start = reached(asked.cursor, daybook.log.log_id, asked.order, after if asked.order == "oldest" else head + 1)
    with_refusals = asked.refusals == "true"
    read = newest_line if asked.order == "newest" else oldest_line
    line = read(daybook.log, wanted, after, start, asked.limit, with_refusals=with_refusals)
    answer = line_answer(line, daybook.log, asked.order, daybook.vault, actor)
    if asked.is_plain:
        answer["next"] = visit.service.position(line.seen) if line.reached is not None else None
    return (line.seen if asked.order == "oldest" else head), answer


ROUTES: Final = [show_booking_events, show_events]
