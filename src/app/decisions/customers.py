"""What is kept of people: holds by law, and erasing."""

from collections.abc import Iterator
from typing import Final

from app.commands import RETENTION, EraseCustomer, LiftLegalHold, OnCustomer, PlaceLegalHold
from app.decisions.decided import Decided
from app.decisions.line import withdraw_all
from app.details import DESK, UnknownCustomer
from app.outcome import Busy
from app.work import Work
from domain.booking import Booking
from domain.customer import Customer
from domain.refusal import Refused

MOST_SINCE: Final = 10_000
"""Events that an erasure may have been under way for: all of them are read while others wait."""


def place_legal_hold(work: Work, command: PlaceLegalHold) -> Decided:
    """Keep the person from being erased."""
    customer = _known(work, command)
    reason = None if command.reason is None else work.vault.seal(DESK, command.customer, command.reason)
    customer.place_legal_hold(work.cause(command), reason)
    return Decided(customer)


def lift_legal_hold(work: Work, command: LiftLegalHold) -> Decided:
    """Let the person be erased again."""
    customer = _known(work, command)
    customer.lift_legal_hold(work.cause(command))
    return Decided(customer)


def erase_customer(work: Work, command: EraseCustomer) -> Decided:
    """Destroy the person's key and record, unless they have bookings to come or the law wants them kept.

    Raises `Refused` (`unknown-customer`, `active-bookings`, `legal-hold`), and Busy.
    """
    customer = work.take(Customer, Customer.stream(command.customer))
    if not customer.erased and not work.vault.knows(command.customer):
        raise UnknownCustomer(command.customer)
    if command.actor == RETENTION and customer.waits_for(work.now):
        raise Refused("active-bookings", "This person waits in line.", customer=customer.key, bookings=[])
    withdraw_all(work, work.cause(command), customer)
    customer.erase(work.cause(command), tuple(dict.fromkeys(_active(work, command))))
    return Decided(customer)


def _known(work: Work, command: OnCustomer) -> Customer:
    customer = work.take(Customer, Customer.stream(command.customer))
    if customer.erased or not work.vault.knows(command.customer):
        raise UnknownCustomer(command.customer)
    return customer


def _active(work: Work, command: EraseCustomer) -> Iterator[str]:
    """The person's bookings that are not over: those that were known, and those made since."""
    begun = work.begun_since(command.looked_at, MOST_SINCE)
    if begun is None:
        raise Busy("Too much happened since this person's bookings were looked at. Please try again.")
    for stream in (*map(Booking.stream, command.bookings), *begun):
        booking = work.see(Booking, stream)
        if booking.exists and booking.customer == command.customer and booking.is_active_at(work.now):
            yield booking.key
