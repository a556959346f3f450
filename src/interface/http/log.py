"""The log itself: one booking's history, and everything, for auditors."""

from typing import Final

from anyio import to_thread
from litestar import get
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.read_models import bookings
from app.read_models.reader import Reader
from domain.booking import Booking
from domain.refusal import Refused
from interface.http.addresses import booking_in
from interface.http.answers import EventList
from interface.http.booking_queries import cached_resources, position_of, visible_booking
from interface.http.described import described
from interface.http.event_answers import EventsAsked, LogAsked, log_answer, stream_answer
from interface.http.parsing import WebRequest, query_of
from interface.http.service import NO_STORE, admitted, json_answer

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


@get(
    "/v1/events",
    tags=TAGS,
    opt=described(answers={200: EventList}, query=LogAsked, problems=("unknown-position",)),
)
async def show_events(request: WebRequest) -> ASGIResponse:
    """The whole log, in order, without what is sealed."""
    visit = await admitted(request)
    actor = visit.visitor.acting("auditor")
    asked, _ = query_of(request, LogAsked)
    after, daybook = await position_of(visit, "after", asked.after) or 0, visit.service.daybook

    def read() -> EventList:
        events = list(daybook.log.after(after, asked.limit + 1))
        return log_answer(events, asked.limit, daybook.vault, actor, daybook.log.log_id)

    return json_answer(await to_thread.run_sync(read), {"Cache-Control": NO_STORE})


ROUTES: Final = [show_booking_events, show_events]
