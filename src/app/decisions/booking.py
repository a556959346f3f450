"""Booking and holding."""

from datetime import timedelta

from app.commands import Book
from app.decisions.claims import bookable_legs, claim, claimed_days, keep_daily_limit
from app.decisions.decided import Decided
from app.decisions.line import serve_before
from app.identity import booking_id
from app.work import Work
from domain.booking import Booking, Terms
from domain.interval import in_zone
from domain.policies import must_not_hoard


def book(work: Work, command: Book) -> Decided:
    """Take all legs for the customer, or none. Raises `Refused` with the first broken rule."""
    placed = bookable_legs(work, command.actor, command.legs, command.party)
    if command.hold and not command.actor.is_desk:
        must_not_hoard(work.live_holds(command.customer), work.limits.max_holds)
    key = booking_id(command.command_id)
    keep_daily_limit(work, command.actor, placed, command.customer, key)

    cause, until = work.cause(command), None
    if command.hold:
        lapses = work.now + timedelta(seconds=min(each.resource.policy.hold_seconds for each in placed))
        until = in_zone(lapses, placed[0].resource.plan.zone)
    serve_before(work, cause, claimed_days(placed))
    booking = work.begin(Booking, Booking.stream(key))
    claim(work, cause, booking, command.customer, placed, until)
    terms = Terms(customer=command.customer, party=command.party, legs=tuple(each.leg for each in placed))
    details = None if command.details is None else work.vault.seal(command.customer, key, command.details)
    if until is None:
        booking.book(cause, terms, details, approval=any(each.resource.policy.approval for each in placed))
    else:
        booking.hold(cause, terms, details, until)
    if until is not None:
        work.note_hold(command.customer, key, until)
    return Decided(booking, created=True, customer=command.customer)
