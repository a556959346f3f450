"""How much of what a resource offered was taken."""

from datetime import datetime
from typing import NamedTuple

from app.whatif.happened import Happened
from app.whatif.replaying import Replay
from domain.booking import BookingStatus
from domain.claim import ALL_UNITS, BlockedTime
from domain.interval import DAY, MINUTE, Interval, first_instant
from domain.plan import Window
from domain.resource import Resource

_STANDING: frozenset[BookingStatus] = frozenset({"pending", "confirmed", "completed", "no_show"})


class Use(NamedTuple):
    """Minutes of single units: what was offered within opening hours, blocks left out; and what bookings took."""

    offered: int
    taken: int

    @property
    def share(self) -> float | None:
        """Utilisation, 0 to 1 and above where more was taken than is offered now; none where nothing was offered."""
        return self.taken / self.offered if self.offered else None


def use_of(replay: Replay, happened: Happened, now: datetime) -> Use:
    """What came of a replay, on the dates that it is about."""
    zone = replay.resource.plan.zone
    whole = Interval(first_instant(happened.first, zone), first_instant(happened.last + DAY, zone))
    taken = 0
    for booking in replay.bookings():
        if booking.status_at(now) in _STANDING:
            legs = (leg for leg in booking.legs if leg.resource == happened.resource)
            taken += sum(leg.units * _minutes(leg.start, leg.end, whole) for leg in legs)
    blocks = [block for day in replay.days() for block in day.blocks.values()]
    offered, day = 0, happened.first
    while day <= happened.last:
        resource = _in_force(replay, min(now, first_instant(day + DAY, zone)))
        if not resource.retired:
            offered += sum(_offered(window, resource.capacity, blocks) for window in resource.plan.windows_on(day))
        day += DAY
    return Use(offered, taken)


def _minutes(start: datetime, end: datetime, within: Interval) -> int:
    return max(0, int((min(end, within.end) - max(start, within.start)) / MINUTE))


def _in_force(replay: Replay, at: datetime) -> Resource:
    """The resource as it was at a time; before it was defined, as it was first."""
    found = replay.definitions[0][1]
    for since, resource in replay.definitions:
        if since > at:
            break
        found = resource
    return found


def _offered(window: Window, capacity: int, blocks: list[BlockedTime]) -> int:
    """A window's minutes, times the units that blocks leave in each."""
    minutes = int((window.closes - window.opens) / MINUTE)
    within = [block for block in blocks if block.start < window.closes and window.opens < block.end]
    if not within:
        return minutes * capacity
    left = [capacity] * minutes
    for block in within:
        first = max(0, (block.start - window.opens) // MINUTE)
        last = min(minutes, -((window.opens - block.end) // MINUTE))
        units = ALL_UNITS if block.units is None else block.units
        left[first:last] = [each - units for each in left[first:last]]
    return sum(max(0, each) for each in left)
