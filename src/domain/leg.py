"""A leg: one resource from start to end, as a booking asks for it and as it has it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import MINUTE, Interval, exact_instant_at, in_zone, split_by_date
from domain.plan import Stored
from domain.refusal import Refused
from domain.resource import Resource

LONGEST_DATES = 31


class Leg(Stored):
    """What a booking has: start and end with the resource's offset, the dates on which it holds claims."""

    resource: str
    timezone: str
    start: datetime
    end: datetime
    units: int
    days: tuple[date, ...]


class PlacedLeg(NamedTuple):
    """A leg, what it claims on each of its dates, buffers included, and the resource whose rules allowed it."""

    leg: Leg
    parts: list[tuple[date, Interval]]
    resource: Resource


class WantedLeg(NamedTuple):
    """What a booking asks for. A time without offset is the resource's wall clock; no end: the shortest."""

    resource: str
    start: datetime
    end: datetime | None
    units: int


def interval_of(wanted: WantedLeg, resource: Resource) -> Interval:
    """The instants that a wanted leg names, with the resource's offset.

    Raises `Refused` as `moment` does.
    """
    start = moment(wanted.start, resource)
    if wanted.end is None:
        return Interval(start, in_zone(start + resource.policy.min_duration * MINUTE, resource.plan.zone))
    return Interval(start, moment(wanted.end, resource))


def moment(given: datetime, resource: Resource) -> datetime:
    """A time as the API takes it, as an instant with the resource's offset.

    Raises `Refused` (`no-such-local-time`, `ambiguous-local-time`); beyond the years that calendars are kept
    for, where adding a day would overflow, `in-the-past` or `too-far-ahead`.
    """
    if given.date() < FIRST_DATE:
        raise Refused("in-the-past", f"Times before {FIRST_DATE} cannot be booked.", start=given.isoformat())
    if given.date() > LAST_DATE:
        raise Refused(
            "too-far-ahead",
            f"Times after {LAST_DATE} cannot be booked.",
            start=given.isoformat(),
            last_date=LAST_DATE.isoformat(),
        )
    zone = resource.plan.zone
    return exact_instant_at(given, zone) if given.tzinfo is None else in_zone(given, zone)


def claimed_interval(interval: Interval, resource: Resource) -> Interval:
    """The interval, whose instants carry the resource's offset, with the buffers that are kept free around it."""
    policy, zone = resource.policy, resource.plan.zone
    if not policy.buffer_before and not policy.buffer_after:
        return interval
    before, after = timedelta(minutes=policy.buffer_before), timedelta(minutes=policy.buffer_after)
    return Interval(in_zone(interval.start - before, zone), in_zone(interval.end + after, zone))


def place(wanted: WantedLeg, interval: Interval, resource: Resource) -> PlacedLeg:
    """The leg that a booking gets, once the rules allow it. Raises `Refused` (`bad-duration`)."""
    parts = claimed_parts(interval, resource)
    leg = Leg(
        resource=wanted.resource,
        timezone=resource.timezone,
        start=interval.start,
        end=interval.end,
        units=wanted.units,
        days=tuple(day for day, _ in parts),
    )
    return PlacedLeg(leg, parts, resource)


def claimed_parts(interval: Interval, resource: Resource) -> list[tuple[date, Interval]]:
    """What a leg claims on each of the dates that it touches, buffers included. Raises `Refused` (`bad-duration`)."""
    claimed = claimed_interval(interval, resource)
    must_be_short_enough((claimed.end - claimed.start).days)
    parts = split_by_date(claimed, resource.plan.zone)
    must_be_short_enough(len(parts))
    return parts


def must_be_short_enough(dates: int) -> None:
    """Raises `Refused` (`bad-duration`) for more dates than one booking or block may lie on."""
    if dates > LONGEST_DATES:
        raise Refused(
            "bad-duration",
            f"This lies on {dates} dates; at most {LONGEST_DATES} are possible. Please split it.",
            most_dates=LONGEST_DATES,
        )


def must_take_no_more_units_at_once(placed: Sequence[PlacedLeg]) -> None:
    """Raises `Refused` (`too-many-units`) for legs of one booking that take more of a resource at once than one may."""
    for leg, _, resource in placed:
        same = [each.leg for each in placed if each.leg.resource == leg.resource]
        together = sum(each.units for each in same if each.start <= leg.start < each.end)  # most is where one begins
        most = resource.policy.max_units
        if together > most:
            raise Refused(
                "too-many-units",
                f"One booking of {resource.name} takes {'1 unit' if most == 1 else f'{most} units'} at a time at most, "
                f"and these legs take {together}.",
                resource=leg.resource,
                max_units=most,
            )


def must_leave_each_other_room(placed: Sequence[PlacedLeg], whose: str = "The legs of this booking") -> None:
    """Raises `Refused` (`legs-overlap`) for legs that want more of a resource at once than it has."""
    for leg, parts, resource in placed:
        # Most is wanted where one of them begins.
        together = max(_wanted_at(part.start, leg.resource, placed) for _, part in parts)
        if together > max(resource.capacity, leg.units):
            raise Refused(
                "legs-overlap",
                f"{whose} want {together} places of {resource.name} at once, and it has "
                f"{resource.capacity}. Please choose different times, or another resource.",
                resource=leg.resource,
                wanted=together,
                capacity=resource.capacity,
            )


def _wanted_at(moment: datetime, resource: str, placed: Sequence[PlacedLeg]) -> int:
    return sum(
        leg.units
        for leg, parts, _ in placed
        if leg.resource == resource and any(part.start <= moment < part.end for _, part in parts)
    )
