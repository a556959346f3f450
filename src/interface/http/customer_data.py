"""What is kept of a person: showing it, keeping it by law, and erasing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from anyio import to_thread
from litestar import delete, get, put
from litestar.response.base import ASGIResponse

from app.commands import Actor, EraseCustomer, LiftLegalHold, PlaceLegalHold
from app.details import Unreadable
from app.log.instants import timestamp_of
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
from interface.http.answers import CustomerDataAnswer, KeptBooking
from interface.http.booking_answers import booking_answer, opened, sealed_marks
from interface.http.described import described
from interface.http.event_answers import event_answer
from interface.http.feed_answers import KeptFeed
from interface.http.fields import Cursor, PageSize
from interface.http.models import Asked, ReasonBody
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.service import NO_STORE, Service, admitted, bare_answer, json_answer

TAGS: Final = ["people"]
_SEALED: Final = {"sealed": True}
_MOST_LISTED: Final = 100


class DataAsked(Asked):
    """Which of the bookings; the rest is on every page."""

    limit: PageSize = 100
    cursor: Cursor | None = None


@get(
    "/v1/customers/{customer:str}/data",
    tags=TAGS,
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


@delete(
    "/v1/customers/{customer:str}",
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=TAGS,
    opt=described(
        answers={204: None}, command=True, problems=("unknown-customer", "active-bookings", "legal-hold", "behind")
    ),
)
async def erase_customer(request: WebRequest) -> ASGIResponse:
    """Destroy a person's key and record: what was sealed for them can be read by nobody any more, in no copy of the
    log. Once more changes nothing.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    customer, service = customer_in(request), visit.service
    fields = await visit.command(actor)
    head = await to_thread.run_sync(service.daybook.log.head)
    await service.daybook.reached(head.position)
    looked_at, active = await service.daybook.query(_active_of, customer, visit.now)
    command = EraseCustomer(**fields, customer=customer, looked_at=looked_at, bookings=tuple(active))
    outcome = await service.execute(command)
    await to_thread.run_sync(service.daybook.people.forget, customer)
    service.gate.forget(customer)
    return bare_answer(204, service.after_command(outcome))


@put(
    "/v1/customers/{customer:str}/legal-hold",
    tags=TAGS,
    opt=described(
        answers={204: None}, body=ReasonBody, body_optional=True, command=True, problems=("unknown-customer",)
    ),
)
async def place_legal_hold(request: WebRequest) -> ASGIResponse:
    """Keep a person from being erased, because the law wants it."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    said = await body_of(request, ReasonBody, optional=True)
    command = PlaceLegalHold(**await visit.command(actor), customer=customer_in(request), reason=said.reason)
    return bare_answer(204, visit.service.after_command(await visit.service.execute(command)))


@delete(
    "/v1/customers/{customer:str}/legal-hold",
    status_code=200,  # as above
    tags=TAGS,
    opt=described(answers={204: None}, command=True, problems=("unknown-customer",)),
)
async def lift_legal_hold(request: WebRequest) -> ASGIResponse:
    """Let a person be erased again."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    command = LiftLegalHold(**await visit.command(actor), customer=customer_in(request))
    return bare_answer(204, visit.service.after_command(await visit.service.execute(command)))


def _bookings_of(reader: Reader, customer: str, asked: DataAsked, now: datetime) -> Page[BookingRow]:
    return bookings.search(reader, now=now, customer=customer, limit=asked.limit, cursor=asked.cursor)


def _active_of(reader: Reader, customer: str, now: datetime) -> tuple[int, list[str]]:
    return reader.position, bookings.active_of(reader, customer, now, _MOST_LISTED)


def _answer(
    service: Service, actor: Actor, person: Person, page: Page[BookingRow], now: datetime
) -> CustomerDataAnswer:
    daybook, streams = service.daybook, [Booking.stream(row.id) for row in page.items]
    own = Customer.stream(person.customer)
    of_series = [Series.stream(key) for key in dict.fromkeys(row.series for row in page.items if row.series)]
    events = daybook.log.streams([own, *streams, *of_series], daybook.log.head().position)
    daybook.vault.warm([person.customer])
    kept = [_booking(service, actor, row, events.get(Booking.stream(row.id), ()), now) for row in page.items]
    return {
        "customer": person.customer,
        "profile": _SEALED if actor.role == "admin" and person.profile is not None else person.shown(),  # type: ignore[typeddict-item] # keys known at run time
        "account": _account(daybook.people, actor, person),
        "made_by": person.made_by,
        "calendar_feeds": _feeds(service, person.customer),
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


ROUTES: Final = [show_customer_data, erase_customer, place_legal_hold, lift_legal_hold]
