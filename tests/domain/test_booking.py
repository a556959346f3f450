"""The life of a booking: every status, every wish, legal, illegal and repeated."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import pytest
from tests.domain.given import MONDAY, TUESDAY, Given, Told, at, cause, given, told

from domain.booking import (
    OCCUPYING,
    Booking,
    BookingCancelled,
    BookingCompleted,
    BookingConfirmed,
    BookingExpired,
    BookingHeld,
    BookingMarkedNoShow,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
    BookingRevoked,
    BookingStatus,
    BookingUnchanged,
    Terms,
)
from domain.leg import Leg

STREAM = "booking/b-alice"
UNTIL = MONDAY + timedelta(seconds=30)


def leg(start: str = "10:00", end: str = "10:30") -> Leg:
    """Dr Lee on Tuesday."""
    return Leg(
        resource="dr-lee", timezone="Europe/Vienna", start=at(start), end=at(end), units=1, days=(TUESDAY,)
    )  # fmt: skip


TERMS = Terms(customer="c-alice", party=2, legs=(leg(),))
HELD = told(BookingHeld, terms=TERMS, details=None, expires_at=UNTIL)
PENDING = told(BookingRequested, terms=TERMS, details="sealed")
CONFIRMED = told(BookingConfirmed, terms=TERMS, details="sealed", reason=None)
LIVES: dict[BookingStatus, tuple[Told, ...]] = {
    "held": (HELD,),
    "pending": (PENDING,),
    "confirmed": (CONFIRMED,),
    "rejected": (PENDING, told(BookingRejected, reason=None)),
    "revoked": (CONFIRMED, told(BookingRevoked, reason=None)),
    "cancelled": (CONFIRMED, told(BookingCancelled, reason=None)),
    "expired": (HELD, told(BookingExpired)),
    "completed": (CONFIRMED, told(BookingCompleted, reason=None)),
    "no_show": (CONFIRMED, told(BookingMarkedNoShow, reason=None)),
}


def a_booking(status: BookingStatus) -> Given[Booking]:
    """Alice's booking, in a status."""
    return given(Booking, STREAM, *LIVES[status])


Verb = Literal["confirm", "approve", "reject", "revoke", "cancel", "complete", "no-show", "reschedule"]
AT_ITS_START: frozenset[Verb] = frozenset({"complete", "no-show"})
MOVED = (leg("11:00", "11:30"),)
WISHES: dict[Verb, Callable[[Booking, datetime], bool]] = {
    "confirm": lambda booking, now: booking.confirm(cause(now), None, approval=False),
    "approve": lambda booking, now: booking.approve(cause(now), None),
    "reject": lambda booking, now: booking.reject(cause(now), None),
    "revoke": lambda booking, now: booking.revoke(cause(now), None),
    "cancel": lambda booking, now: booking.cancel(cause(now), None),
    "complete": lambda booking, now: booking.complete(cause(now), None),
    "no-show": lambda booking, now: booking.mark_no_show(cause(now), None),
    "reschedule": lambda booking, now: booking.reschedule(cause(now), MOVED, approval=False),
}
LEGAL: dict[tuple[BookingStatus, Verb], Told] = {
    ("held", "confirm"): told(BookingConfirmed, terms=None, details=None, reason=None),
    ("held", "cancel"): told(BookingCancelled, reason=None),
    ("pending", "approve"): told(BookingConfirmed, terms=None, details=None, reason=None),
    ("pending", "reject"): told(BookingRejected, reason=None),
    ("pending", "cancel"): told(BookingCancelled, reason=None),
    ("pending", "reschedule"): told(BookingRescheduled, legs=MOVED, status="confirmed"),
    ("confirmed", "revoke"): told(BookingRevoked, reason=None),
    ("confirmed", "cancel"): told(BookingCancelled, reason=None),
    ("confirmed", "complete"): told(BookingCompleted, reason=None),
    ("confirmed", "no-show"): told(BookingMarkedNoShow, reason=None),
    ("confirmed", "reschedule"): told(BookingRescheduled, legs=MOVED, status="confirmed"),
}
ALREADY: frozenset[tuple[BookingStatus, Verb]] = frozenset(
    {
        ("pending", "confirm"),
        ("confirmed", "confirm"),
        ("confirmed", "approve"),
        ("rejected", "reject"),
        ("revoked", "revoke"),
        ("cancelled", "cancel"),
        ("completed", "complete"),
        ("no_show", "no-show"),
    }
)


def moment_of(verb: Verb) -> datetime:
    """Now, or the booking's start for what can only be said from then on."""
    return at("10:00") if verb in AT_ITS_START else MONDAY


@pytest.mark.parametrize(("status", "verb"), LEGAL)
def test_a_legal_wish_is_granted(status: BookingStatus, verb: Verb) -> None:
    a_booking(status).when(lambda booking: WISHES[verb](booking, moment_of(verb))).then(LEGAL[status, verb]).answering(
        True
    )


@pytest.mark.parametrize(("status", "verb"), sorted(ALREADY))
def test_a_wish_that_is_already_true_writes_nothing(status: BookingStatus, verb: Verb) -> None:
    a_booking(status).when(lambda booking: WISHES[verb](booking, moment_of(verb))).then_nothing().answering(False)


def illegal() -> list[tuple[BookingStatus, Verb]]:
    """All the other wishes."""
    return [(status, verb) for status in LIVES for verb in WISHES if (status, verb) not in {*LEGAL, *ALREADY}]


@pytest.mark.parametrize(("status", "verb"), illegal())
def test_any_other_wish_is_refused_and_says_what_the_booking_is(status: BookingStatus, verb: Verb) -> None:
    code = "hold-expired" if status == "expired" else "invalid-transition"

    a_booking(status).when(lambda booking: WISHES[verb](booking, MONDAY)).then_refused(code, booking_status=status)


@pytest.mark.parametrize("verb", WISHES)
def test_a_hold_past_its_time_is_expired_before_anything_is_written(verb: Verb) -> None:
    a_booking("held").when(lambda booking: WISHES[verb](booking, UNTIL)).then_refused(
        "hold-expired", booking_status="expired"
    )


def test_a_hold_lives_until_just_before_its_time() -> None:
    held, last = a_booking("held"), UNTIL - timedelta(microseconds=1)

    assert (held.aggregate.status_at(last), held.aggregate.status_at(UNTIL)) == ("held", "expired")
    assert (held.aggregate.occupies(last), held.aggregate.occupies(UNTIL)) == (True, False)
    held.when(lambda booking: WISHES["confirm"](booking, last)).then(LEGAL["held", "confirm"])


def test_expiry_is_written_once_and_only_when_it_is_so() -> None:
    a_booking("held").when(lambda booking: booking.expire(cause(UNTIL))).then(told(BookingExpired)).answering(True)
    a_booking("held").when(lambda booking: booking.expire(cause())).then_nothing().answering(False)
    a_booking("expired").when(lambda booking: booking.expire(cause(UNTIL))).then_nothing().answering(False)
    a_booking("confirmed").when(lambda booking: booking.expire(cause(UNTIL))).then_nothing().answering(False)


def test_a_confirmed_hold_no_longer_expires() -> None:
    confirmed = a_booking("held").when(lambda booking: booking.confirm(cause(), "sealed", approval=False)).decided

    assert (confirmed.status_at(at("2030-01-01 00:00")), confirmed.expires_at) == ("confirmed", None)
    assert (confirmed.details, confirmed.customer, confirmed.party) == ("sealed", "c-alice", 2)


def test_a_booking_begins_confirmed_or_waits_for_the_desk() -> None:
    nothing = given(Booking, STREAM)

    nothing.when(lambda booking: booking.book(cause(), TERMS, "sealed", approval=False)).then(CONFIRMED)
    nothing.when(lambda booking: booking.book(cause(), TERMS, "sealed", approval=True)).then(PENDING)
    nothing.when(lambda booking: booking.hold(cause(), TERMS, None, UNTIL)).then(HELD)


def test_a_hold_of_what_needs_approval_is_confirmed_into_waiting() -> None:
    a_booking("held").when(lambda booking: booking.confirm(cause(), "sealed", approval=True)).then(
        told(BookingRequested, terms=None, details="sealed")
    )


def test_what_nobody_approved_before_its_start_can_only_be_rejected_or_cancelled() -> None:
    pending, start = a_booking("pending"), at("10:00")

    pending.when(lambda booking: booking.approve(cause(start), None)).then_refused(
        "invalid-transition", booking_status="pending"
    )
    pending.when(lambda booking: booking.reject(cause(start), None)).then(LEGAL["pending", "reject"])
    pending.when(lambda booking: booking.approve(cause(start - timedelta(seconds=1)), None)).then(
        LEGAL["pending", "approve"]
    )


@pytest.mark.parametrize("verb", sorted(AT_ITS_START))
def test_nobody_came_or_came_only_from_its_start_on(verb: Verb) -> None:
    a_booking("confirmed").when(lambda booking: WISHES[verb](booking, at("10:00") - timedelta(seconds=1))).then_refused(
        "invalid-transition", booking_status="confirmed"
    )


def test_a_move_keeps_the_booking_and_changes_its_legs() -> None:
    moved = a_booking("confirmed").when(lambda booking: WISHES["reschedule"](booking, MONDAY)).decided

    assert (moved.key, moved.legs, moved.start, moved.customer) == ("b-alice", MOVED, at("11:00"), "c-alice")


def test_a_move_asks_the_desk_again_where_approval_is_needed() -> None:
    a_booking("confirmed").when(lambda booking: booking.reschedule(cause(), MOVED, approval=True)).then(
        told(BookingRescheduled, legs=MOVED, status="pending")
    )


def test_a_move_to_where_it_is_writes_nothing_unless_the_request_is_to_be_known_again() -> None:
    confirmed = a_booking("confirmed")

    confirmed.when(lambda booking: booking.reschedule(cause(), (leg(),), approval=False)).then_nothing()
    confirmed.when(lambda booking: booking.note_unchanged(cause())).then(told(BookingUnchanged))


def test_the_start_of_a_booking_is_that_of_its_earliest_leg() -> None:
    legs = (leg("15:00", "15:30"), leg("09:00", "09:30"))
    terms = Terms(customer="c-alice", party=1, legs=legs)

    booking = given(Booking, STREAM, told(BookingConfirmed, terms=terms, details=None, reason=None)).aggregate

    assert booking.start == at("09:00")


def test_a_reason_is_kept_beside_the_status_that_it_explains() -> None:
    rejected = a_booking("pending").when(lambda booking: booking.reject(cause(), "sealed: full")).decided

    assert (rejected.status, rejected.reason) == ("rejected", "sealed: full")


def test_whoever_made_it_is_known_whoever_changes_it() -> None:
    booking = a_booking("pending").when(lambda booking: booking.approve(cause(by="staff:bob"), None)).decided

    assert booking.made_by == "customer:c-alice"


@pytest.mark.parametrize("status", LIVES)
def test_held_pending_and_confirmed_occupy(status: BookingStatus) -> None:
    assert a_booking(status).aggregate.status == status
    assert a_booking(status).aggregate.occupies(MONDAY) == (status in OCCUPYING)


def test_a_booking_that_was_never_made_is_unknown() -> None:
    given(Booking, STREAM).when(lambda booking: booking.must_exist()).then_refused("unknown-booking", booking="b-alice")
