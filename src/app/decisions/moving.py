"""Moving a booking: the old legs are given back and the new ones taken in one append, or nothing changes."""

from app.commands import Reschedule
from app.decisions.access import must_be_open_to
from app.decisions.claims import bookable_legs, claim, claimed_days, keep_daily_limit
from app.decisions.decided import Decided
from app.decisions.lifecycle import must_not_be_too_late, taken
from app.decisions.line import serve_before
from app.work import Work
from domain.booking import Booking
from domain.leg import WantedLeg, moment
from domain.refusal import Refused


def reschedule(work: Work, command: Reschedule) -> Decided:
    """Move to other legs. Raises `Refused` with the first broken rule; then the booking is as it was."""
    booking = taken(work, command)
    booking.must_be_movable(work.now)
    must_not_be_too_late(work, command, booking)
    placed = bookable_legs(work, command.actor, _wanted(work, command, booking), booking.party)
    keep_daily_limit(work, command.actor, placed, booking.customer, booking.key)

    cause, before = work.cause(command), booking.legs
    legs = tuple(each.leg for each in placed)
    asks_again = any(each.resource.policy.approval for each in placed)
    pending = booking.status == "pending" if command.actor.is_desk else asks_again
    if legs != before:
        serve_before(work, cause, claimed_days(placed))
    if booking.reschedule(cause, legs, approval=pending):
        claim(work, cause, booking, booking.customer, placed, None, instead_of=before)
    return Decided(booking, customer=booking.customer)


def _wanted(work: Work, command: Reschedule, booking: Booking) -> tuple[WantedLeg, ...]:
    """The legs asked for. Of the only leg, what is not named stays: its length, resource and units."""
    if command.legs:
        return command.legs
    if len(booking.legs) != 1 or command.start is None:
        raise Refused(
            "malformed",
            f"This booking has {len(booking.legs)} legs. Please send all of them as 'legs'.",
            errors=[{"pointer": "/legs", "detail": "needed for a booking of several legs"}],
        )
    leg = booking.legs[0]
    resource = work.resource(command.resource or leg.resource)
    must_be_open_to(command.actor, resource)
    end = command.end or moment(command.start, resource) + (leg.end - leg.start)
    return (WantedLeg(resource.key, command.start, end, command.units or leg.units),)
