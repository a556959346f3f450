"""All that is held about a person, to hand it to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from anyio import to_thread
from litestar import get
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.details import Unreadable
from app.log.instants import timestamp_of
from app.log.notes import Refusal
from app.log.records import RecordedEvent
from app.people import People, Person
from app.read_models import bookings
from app.read_models.booking_rows import BookingRow
from app.read_models.page import Page
from app.read_models.reader import Reader
from domain.booking import Booking
from domain.customer import Customer
from domain.refusal import Refused
from domain.series import Series
from interface.http.addresses import customer_in
from interface.http.booking_answers import booking_answer, opened, sealed_marks
from interface.http.data_answers import CustomerDataAnswer, KeptBooking
from interface.http.described import described
from interface.http.event_answers import event_answer
from interface.http.feed_answers import KeptFeed
from interface.http.fields import Cursor, PageSize
from interface.http.line_answers import refusal_answer
from interface.http.message_answers import KeptMessage
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.refusals import disclosure_answer
from interface.http.service import NO_STORE, Service, admitted, json_answer

_SEALED: Final = {"sealed": True}
_MOST_NOTES: Final = 500
"""Of each kind: all of them are listed elsewhere, page by page."""


class DataAsked(Asked):
    """Which of the bookings; the rest is on every page."""

    limit: PageSize = 100
    cursor: Cursor | None = None


@get(
    "/v1/customers/{customer:str}/data",
    tags=["people"],
    opt=described(
        answers={200: CustomerDataAnswer}, query=DataAsked, reads=True, problems=("unknown-customer", "bad-cursor")
    ),
)
async def show_customer_data(request: WebRequest) -> ASGIResponse:
    """All that is held about a person, to hand it to them: they see it themselves; administrators see it without
    what is sealed.
    """
    visit = await admitted(request)
    asked, _ = query_of(request, DataAsked)
    customer = customer_in(request)
    is_own = "customer" in visit.visitor.roles and customer == visit.visitor.person
    actor = visit.visitor.acting("customer") if is_own else visit.visitor.acting("admin", "customer")
    if actor.role == "customer" and not is_own:
        raise Refused("unknown-customer", f"There is no customer {customer}.", customer=customer)
    person = await to_thread.run_sync(visit.service.daybook.people.person, customer)
    page = await visit.service.ask(visit, _bookings_of, customer, asked, visit.now)
    answer = await to_thread.run_sync(_answer, visit.service, actor, person, page, visit.now)
    return json_answer(answer, {"Cache-Control": NO_STORE})


def _bookings_of(reader: Reader, customer: str, asked: DataAsked, now: datetime) -> Page[BookingRow]:
    return bookings.search(reader, now=now, customer=customer, limit=asked.limit, cursor=asked.cursor)


def _answer(
    service: Service, actor: Actor, person: Person, page: Page[BookingRow], now: datetime
) -> CustomerDataAnswer:
    daybook, streams = service.daybook, [Booking.stream(row.id) for row in page.items]
    own = Customer.stream(person.customer)
    of_series = [Series.stream(key) for key in dict.fromkeys(row.series for row in page.items if row.series)]
    events = daybook.log.streams([own, *streams, *of_series], daybook.log.head().position)
    shown_to = daybook.log.disclosures.search({"customer": person.customer}, limit=_MOST_NOTES, newest=True)
    daybook.vault.warm([person.customer])
    kept = [_booking(service, actor, row, events.get(Booking.stream(row.id), ()), now) for row in page.items]
    return {
        "customer": person.customer,
        "profile": _SEALED if actor.role == "admin" and person.profile is not None else person.shown(),  # type: ignore[typeddict-item] # keys known at run time
        "account": _account(daybook.people, actor, person),
        "made_by": person.made_by,
        "calendar_feeds": _feeds(service, person.customer),
        "messages": _messages(service, person.customer),
        "refusals": [refusal_answer(each) for each in _refusals(service, person.customer)],
        "disclosures": [disclosure_answer(each) for each in shown_to],
        "events": [event_answer(each, daybook.vault, actor, person.customer) for each in events.get(own, ())],
        "bookings": kept,
        "series": [event_answer(each, daybook.vault, actor) for key in of_series for each in events.get(key, ())],
        "next": page.next,
    }


def _account(people: People, actor: Actor, person: Person) -> dict[str, Any] | None:
    if person.missing is not None:
        return {person.missing: True}
    try:
        account = people.account(person.customer)
    except Unreadable:
        return {"unreadable": True}
    if account is None:
        return None
    return _SEALED if actor.role == "admin" else account._asdict()


def _feeds(service: Service, customer: str) -> list[KeptFeed]:
    found = service.daybook.log.calendar_feeds.of_person(customer)
    return [{"resource": each.resource or None, "made_at": timestamp_of(each.made_at)} for each in found]


def _booking(
    service: Service, actor: Actor, row: BookingRow, events: Sequence[RecordedEvent], now: datetime
) -> KeptBooking:
    booking, vault = row.booking(), service.daybook.vault
    answer = booking_answer(
        booking,
        position=row.position,
        created_at=row.created_at,
        actions=[],
        sealed=sealed_marks(vault, booking) if actor.role == "admin" else opened(vault, booking, actor),
        now=now,
    )
    erased = frozenset({Booking.stream(row.id)} if vault.is_erased(row.customer) else ())
    shown = [event_answer(each, vault, actor, row.customer, erased=erased) for each in events]
    return {"booking": answer, "events": shown}


def _refusals(service: Service, customer: str) -> list[Refusal]:
    """What they were refused, and others for them, the newest first."""
    table = service.daybook.log.refusals
    of_them = ({"by": f"customer:{customer}"}, {"customer": customer})
    found = {row.id: row for equal in of_them for row in table.search(equal, limit=_MOST_NOTES, newest=True)}
    return sorted(found.values(), key=lambda row: (row.first_at, row.id), reverse=True)[:_MOST_NOTES]


def _messages(service: Service, customer: str) -> list[KeptMessage]:
    found = service.daybook.log.messages.of_person(customer)
    return [
        {
            "occasion": each.occasion,
            "booking": each.booking,
            "due_at": timestamp_of(each.due_at),
            "failures": each.failures,
            "given_up_at": None if each.given_up_at is None else timestamp_of(each.given_up_at),
            "trouble": each.trouble,
        }
        for each in found
    ]


ROUTES: Final = [show_customer_data]
