"""From wanted legs to claims on days: shared by booking, holding and moving."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.commands import Actor
from app.decisions.access import must_be_open_to
from app.work import Work
from domain.booking import Booking
from domain.claim import Claim, ReleaseReason, Wanted
from domain.event import Cause
from domain.leg import (
    Leg,
    PlacedLeg,
    WantedLeg,
    interval_of,
    must_be_short_enough,
    must_leave_each_other_room,
    must_take_no_more_units_at_once,
    place,
)
from domain.policies import Request, must_be_bookable, must_keep_daily_limit
from domain.resource import Resource
from domain.resource_day import ResourceDay


def bookable_legs(work: Work, actor: Actor, wanted: Sequence[WantedLeg], party: int) -> list[PlacedLeg]:
    """The legs that the rules allow, before looking at what is taken. Raises `Refused` with the first broken rule."""
    placed = []
    for leg in wanted:
        resource = work.resource(leg.resource)
        must_be_open_to(actor, resource)
        interval = interval_of(leg, resource)
        must_be_bookable(Request(resource, interval, leg.units, party, work.now, actor.is_desk))
        placed.append(place(leg, interval, resource))
    must_be_short_enough(sum(len(each.parts) for each in placed))
    if len(placed) > 1:
        must_take_no_more_units_at_once(placed)
        must_leave_each_other_room(placed)
    return placed


def keep_daily_limit(work: Work, actor: Actor, placed: Sequence[PlacedLeg], customer: str, booking: str) -> None:
    """Raises `Refused` (`daily-limit`): each leg counts, on the date of its start. Staff are not bound."""
    starts: dict[str, list[PlacedLeg]] = {}
    for each in placed:
        starts.setdefault(ResourceDay.stream(each.leg.resource, each.leg.start.date()), []).append(each)
    for legs in starts.values():
        first = legs[0]
        keep_daily_limit_of(work, actor, first.resource, first.leg.start, customer, booking, len(legs))


def keep_daily_limit_of(
    work: Work, actor: Actor, resource: Resource, start: datetime, customer: str, booking: str, legs: int = 1
) -> None:
    """The same for one resource and a start with its offset: of so many legs of one booking."""
    if actor.is_desk or resource.policy.daily_limit is None:
        return
    day = work.see(ResourceDay, ResourceDay.stream(resource.key, start.date()))
    must_keep_daily_limit(resource, start, work.active_bookings(day, customer, but=booking), legs)


def claim(
    work: Work,
    cause: Cause,
    booking: Booking,
    customer: str,
    placed: Sequence[PlacedLeg],
    until: datetime | None,
    *,
    instead_of: Sequence[Leg] = (),
) -> None:
    """Take the legs' time on every day that they touch, and give back that of `instead_of`, judged together.

    Raises `Refused` (`not-available`).
    """
    wanted = _by_day(booking.key, customer, placed, until)
    given_back = set(day_streams(instead_of))
    known = {each.leg.resource: each.resource for each in placed}
    for stream in sorted(given_back | wanted.keys()):
        day = work.take(ResourceDay, stream)
        resource = known.get(day.resource) or work.resource(day.resource)
        release: tuple[str, ReleaseReason] | None = (booking.key, "rescheduled") if stream in given_back else None
        day.change(cause, resource, release=release, claim=wanted.get(stream, ()))


def release(work: Work, cause: Cause, booking: Booking, reason: ReleaseReason) -> None:
    """Give back all that the booking has on any day."""
    for stream in day_streams(booking.legs):
        work.take(ResourceDay, stream).release(cause, booking.key, reason)


def claimed_days(placed: Iterable[PlacedLeg]) -> list[str]:
    """The days on which placed legs will hold claims, each once."""
    return list(dict.fromkeys(ResourceDay.stream(each.leg.resource, day) for each in placed for day, _ in each.parts))


def day_streams(legs: Iterable[Leg]) -> list[str]:
    """The days on which legs hold claims, each once."""
    return list(dict.fromkeys(ResourceDay.stream(leg.resource, day) for leg in legs for day in leg.days))


def _by_day(
    booking: str, customer: str, placed: Sequence[PlacedLeg], until: datetime | None
) -> dict[str, list[Wanted]]:
    wanted: dict[str, list[Wanted]] = {}
    for index, (leg, parts, _) in enumerate(placed):
        for day, part in parts:
            counted = day == leg.start.date()
            taken = Claim(booking, index, customer, part.start, part.end, leg.units, until, counted)
            stream = ResourceDay.stream(leg.resource, day)
            wanted.setdefault(stream, []).append(Wanted(taken, leg.start, leg.end))
    return wanted
