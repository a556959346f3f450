"""What happens to a booking after it was made, short of moving it."""

from app.commands import Approve, Cancel, Command, Complete, Confirm, Lapse, MarkNoShow, OnBooking, Reject, Revoke
from app.decisions.access import ResourceOf, must_be_current, must_be_theirs
from app.decisions.claims import day_streams, release
from app.decisions.decided import Decided
from app.outcome import Changeable
from app.work import Work
from domain.booking import Booking
from domain.policies import last_change
from domain.refusal import Refused
from domain.resource_day import ResourceDay


def confirm(work: Work, command: Confirm) -> Decided:
    """Turn a hold into a booking and make its claims permanent."""
    booking = taken(work, command)
    cause = work.cause(command)
    details = None if command.details is None else work.vault.seal(booking.customer, booking.key, command.details)
    if booking.confirm(cause, details, approval=needs_approval(work, booking)):
        for stream in day_streams(booking.legs):
            work.take(ResourceDay, stream).keep(cause, booking.key)
    return _decided(booking)


def approve(work: Work, command: Approve) -> Decided:
    """Let a pending booking stand."""
    booking = taken(work, command)
    booking.approve(work.cause(command), _sealed(work, booking, command.reason))
    return _decided(booking)


def reject(work: Work, command: Reject) -> Decided:
    """Turn a pending booking down."""
    booking, cause = taken(work, command), work.cause(command)
    if booking.reject(cause, _sealed(work, booking, command.reason)):
        release(work, cause, booking, "rejected")
    return _decided(booking)


def revoke(work: Work, command: Revoke) -> Decided:
    """Take a confirmed booking back."""
    booking, cause = taken(work, command), work.cause(command)
    if booking.revoke(cause, _sealed(work, booking, command.reason)):
        release(work, cause, booking, "revoked")
    return _decided(booking)


def cancel(work: Work, command: Cancel) -> Decided:
    """Give a booking up; customers up to `cancel_notice` minutes before it starts."""
    booking, cause = taken(work, command), work.cause(command)
    if booking.status_at(work.now) in {"pending", "confirmed"}:
        must_not_be_too_late(work, command, booking)
    if booking.cancel(cause, _sealed(work, booking, command.reason)):
        release(work, cause, booking, "cancelled")
    return _decided(booking)


def complete(work: Work, command: Complete) -> Decided:
    """Say that it took place."""
    booking = taken(work, command)
    booking.complete(work.cause(command), _sealed(work, booking, command.reason))
    return _decided(booking)


def mark_no_show(work: Work, command: MarkNoShow) -> Decided:
    """Say that nobody came."""
    booking = taken(work, command)
    booking.mark_no_show(work.cause(command), _sealed(work, booking, command.reason))
    return _decided(booking)


def lapse(work: Work, command: Lapse) -> Decided:
    """Write down that a hold ran out, or turn down what nobody approved before its start."""
    booking, cause = taken(work, command), work.cause(command)
    if booking.expire(cause):
        release(work, cause, booking, "expired")
    elif booking.status == "pending" and booking.start <= work.now and booking.reject(cause, None):
        release(work, cause, booking, "rejected")
    return _decided(booking)


def taken(work: Work, command: OnBooking) -> Booking:
    """The command's booking, to decide on. Raises `Refused` (`unknown-booking`, `stale-version`)."""
    booking = work.take(Booking, Booking.stream(command.booking))
    must_be_theirs(command.actor, booking, work.resource)
    must_be_current(command.expected, booking)
    return booking


def needs_approval(work: Work, booking: Booking) -> bool:
    """Whether any of its resources leaves the decision to the desk."""
    return any(work.resource(leg.resource).policy.approval for leg in booking.legs)


def changeable(booking: Booking, resource_of: ResourceOf) -> Changeable:
    """Until when its customer may cancel or move it, and whether they may move it at all."""
    places = [resource_of(leg.resource) for leg in booking.legs]
    until = min(last_change(place, leg.start) for place, leg in zip(places, booking.legs, strict=True))
    return Changeable(until, all(place.definition.visibility != "staff" for place in places))


def must_not_be_too_late(work: Work, command: Command, booking: Booking) -> None:
    """Raises `Refused` (`too-late-to-change`) for customers and agents; staff are not bound."""
    if command.actor.is_desk:
        return
    for leg in booking.legs:
        resource = work.resource(leg.resource)
        if work.now > last_change(resource, leg.start):
            notice = resource.policy.cancel_notice
            until = f"up to {notice} minutes before it starts" if notice else "until it starts"
            raise Refused(
                "too-late-to-change",
                f"A booking of {resource.name} can be changed {until}. Please call the desk.",
                booking_status=booking.status_at(work.now),
                cancel_notice=resource.policy.cancel_notice,
            )


def _sealed(work: Work, booking: Booking, reason: str | None) -> str | None:
    return None if reason is None else work.vault.seal(booking.customer, booking.key, reason)


def _decided(booking: Booking) -> Decided:
    return Decided(booking, customer=booking.customer)
