"""What is taken of a resource over time, as steps: quick to ask for the peak of any interval."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, chain
from typing import NamedTuple

from app.read_models.days import Taken, blocked, blocked_on, claimed, claimed_on
from app.read_models.reader import Reader
from app.read_models.tables import instant_number
from domain.claim import ALL_UNITS
from domain.resource_day import ResourceDay

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_MICROSECONDS = 60_000_000


class Steps:
    """Units taken at each moment. Minutes count from 1970; what is taken in part of a minute is taken in all of it,
    as a resource-day reckons.
    """

    def __init__(self, taken: Iterable[Taken]) -> None:
        changes: defaultdict[int, int] = defaultdict(int)
        for start, end, units in taken:
            changes[start // _MICROSECONDS] += units
            changes[-(-end // _MICROSECONDS)] -= units
        self._minutes = sorted(changes)
        self._levels = list(accumulate(changes[minute] for minute in self._minutes))

    def peak(self, start: int, end: int) -> int:
        """The most units taken at any moment from minute `start` to just before minute `end`."""
        if not self._minutes:
            return 0
        first = max(bisect_right(self._minutes, start) - 1, 0)
        return max(self._levels[first : bisect_left(self._minutes, end)], default=0)

    def total(self, start: int, end: int, most: int) -> int:
        """Units times minutes taken from minute `start` to just before minute `end`, at no moment more than `most`."""
        if not self._minutes:
            return 0
        at, found = max(bisect_right(self._minutes, start) - 1, 0), 0
        while at < len(self._minutes) and self._minutes[at] < end:
            until = self._minutes[at + 1] if at + 1 < len(self._minutes) else end
            found += min(self._levels[at], most) * max(min(until, end) - max(self._minutes[at], start), 0)
            at += 1
        return found

    def highest(self) -> int:
        """The most units taken at any moment."""
        return max(self._levels, default=0)


class Usage(NamedTuple):
    """What bookings have taken, what blocks have, and both together."""

    claimed: Steps
    blocked: Steps
    both: Steps

    def left(self, capacity: int, start: int, end: int) -> int:
        """Units that could be taken from minute `start` to minute `end`; never below 0."""
        return max(capacity - self.both.peak(start, end), 0)


def usage_of(reader: Reader, resources: list[str], first: date, last: date, now: datetime) -> dict[str, Usage]:
    """What is taken of each resource from the first to the last date, lapsed holds left out."""
    by_bookings = claimed(reader, resources, first, last, now)
    by_blocks = blocked(reader, resources, first, last)
    return {resource: _usage(by_bookings.get(resource, []), by_blocks.get(resource, [])) for resource in resources}


def usage_of_days(reader: Reader, days: Collection[tuple[str, date]], now: datetime) -> dict[str, Usage]:
    """What is taken on these resources' dates, by resource, lapsed holds left out; on other dates nothing is known."""
    streams = [ResourceDay.stream(resource, day) for resource, day in days]
    by_bookings, by_blocks = claimed_on(reader, streams, now), blocked_on(reader, streams)
    resources = {resource for resource, _ in days}
    return {resource: _usage(by_bookings.get(resource, []), by_blocks.get(resource, [])) for resource in resources}


def usage_on(days: Iterable[ResourceDay], now: datetime) -> Usage:
    """What is taken on days of one resource as replayed, holds left out that had lapsed at `now`."""
    by_bookings, by_blocks = list[Taken](), list[Taken]()
    for day in days:
        for claim in chain.from_iterable(day.claims.values()):
            if claim.until is None or claim.until > now:
                by_bookings.append(Taken(instant_number(claim.start), instant_number(claim.end), claim.units))
        for block in day.blocks.values():
            units = ALL_UNITS if block.units is None else block.units
            by_blocks.append(Taken(instant_number(block.start), instant_number(block.end), units))
    return _usage(by_bookings, by_blocks)


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970."""
    return (moment - EPOCH) // _MINUTE


def _usage(by_bookings: list[Taken], by_blocks: list[Taken]) -> Usage:
    steps = Steps(by_bookings)
    if not by_blocks:
        return Usage(steps, _NOTHING, steps)
    return Usage(steps, Steps(by_blocks), Steps(chain(by_bookings, by_blocks)))


_NOTHING = Steps(())
