"""When a booking could start: the starts that a resource's plan offers, and which of them have room on its days.

Minutes count from 1970 (UTC). What is taken lies in bytes, one for each minute: looking for room is a search in them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.interval import DAY, MINUTE, first_instant, in_zone
from domain.plan import Plan, Windows, windows_of
from domain.resource import Resource
from domain.resource_day import ResourceDay

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAKEN, _FREE = b"\1", b"\0"
_MOST_IN_A_BYTE = 255


def minute_of(moment: datetime) -> int:
    """The whole minute that a moment lies in."""
    return (moment - _EPOCH) // MINUTE


def next_minute(moment: datetime) -> int:
    """The first whole minute that is not before a moment."""
    return -((_EPOCH - moment) // MINUTE)


def moment_at(minute: int, zone: ZoneInfo) -> datetime:
    """The instant at which a minute begins, with the place's offset."""
    return in_zone(_EPOCH + minute * MINUTE, zone)


def date_at(minute: int, zone: ZoneInfo) -> date:
    """The place's date in a minute."""
    return (_EPOCH + minute * MINUTE).astimezone(zone).date()


def starts_between(plan: Plan, first: int, last: int, minutes: int) -> Sequence[range]:
    """When a booking of so many minutes may start by hours and grid, from minute `first` to minute `last`, both
    included: for each window a range of minutes, in order of time.
    """
    if first > last:
        return ()
    day, until = date_at(first, plan.zone) - DAY, date_at(last + minutes, plan.zone)  # windows run on past midnight
    times = tuple(plan.times_on(each) for each in dates_from(day, until))
    return _ranges(plan.zone, day, times, plan.policy.step, first, last, minutes)


@lru_cache(maxsize=256)
def _ranges(
    zone: ZoneInfo, day: date, times: tuple[Windows, ...], step: int, first: int, last: int, minutes: int
) -> tuple[range, ...]:
    """The same from the windows of consecutive dates. Candidates have their hours in common as often as not."""
    windows = [
        window for number, of_date in enumerate(times) for window in _windows(zone, day + number * DAY, tuple(of_date))
    ]
    found, until = list[range](), 0
    following: int | None = None
    for opens, closes in reversed(windows):
        until = until if closes == following else closes
        following = opens
        earliest = opens + max(0, -((opens - first) // step)) * step
        latest = min(closes - 1, until - minutes, last)
        if earliest <= latest:
            found.append(range(earliest, latest + 1, step))
    return tuple(reversed(found))


@lru_cache(maxsize=1_024)
def _windows(zone: ZoneInfo, day: date, times: Windows) -> tuple[tuple[int, int], ...]:
    """The windows of a date, from which minute to which."""
    return tuple((minute_of(window.opens), minute_of(window.closes)) for window in windows_of(zone, day, times))


def dates_from(first: date, last: date) -> list[date]:
    """The dates from the first to the last."""
    return [first + number * DAY for number in range((last - first).days + 1)]


class Span(NamedTuple):
    """What a booking takes: so many minutes, and those that are kept free before and after."""

    minutes: int
    before: int
    after: int

    @classmethod
    def of(cls, resource: Resource, minutes: int) -> "Span":
        """What a booking of a resource takes."""
        return cls(minutes, resource.policy.buffer_before, resource.policy.buffer_after)

    def dates(self, starts: Sequence[range], zone: ZoneInfo) -> tuple[date, date]:
        """The first and the last date that bookings could touch which start in these ranges, in order of time; there
        is at least one.
        """
        first, last = starts[0][0] - self.before, starts[-1][-1] + self.minutes + self.after
        return date_at(first, zone), date_at(last - 1, zone)


class FreeTime:
    """In which minutes of consecutive dates so many units of a resource can be had at a moment `now`."""

    def __init__(
        self,
        resource: Resource,
        days: Mapping[date, ResourceDay],
        dates: tuple[date, date],
        units: int,
        now: datetime,
    ) -> None:
        """`days`: what there is of the resource's days from the first to the last of `dates`; the others are free."""
        first, last = dates
        self._begins = minute_of(_frame(first, resource.plan.zone)[0])
        self._taken = b"".join(
            _taken_on(days.get(day), _frame(day, resource.plan.zone), resource.capacity - units, now)
            for day in dates_from(first, last)
        )

    def earliest(self, starts: Iterable[range], span: Span, first: int = 0) -> int | None:
        """The earliest of these starts, from minute `first` on, at which there is room; none without."""
        begins, length = self._begins + span.before, span.before + span.minutes + span.after
        for each in starts:
            if each[-1] < first:
                continue
            start = each[-(-max(first - each[0], 0) // each.step)]
            while start <= each[-1]:
                place = start - begins
                last_taken = self._taken.rfind(_TAKEN, place, place + length)
                if last_taken < 0:
                    return start
                free = self._taken.find(_FREE, last_taken + 1)
                if free < 0:
                    return None
                first = begins + free
                start += -(-(free - place) // each.step) * each.step
        return None


def booked_minutes(days: Iterable[ResourceDay], now: datetime) -> int:
    """How many minutes bookings take of days, times their units: buffers and live holds included, blocks not."""
    return sum(sum(day.units_claimed(now)) for day in days if day.exists)


@lru_cache(maxsize=4_096)
def _frame(day: date, zone: ZoneInfo) -> tuple[datetime, int]:
    """A date's first instant and its minutes. Candidates have zones and dates in common."""
    begins = first_instant(day, zone)
    return begins, (first_instant(day + DAY, zone) - begins) // MINUTE


def _taken_on(day: ResourceDay | None, frame: tuple[datetime, int], most: int, now: datetime) -> bytes | bytearray:
    """A date's minutes: 1 where more than `most` units are taken."""
    begins, minutes = frame
    if day is None or not day.exists:
        return bytes(minutes)
    flags = _without_room(day, most, now)
    # A day covers what it was opened with, which differs where a government has moved the clocks since.
    ahead = (begins - day.starts) // MINUTE
    if not ahead and len(flags) == minutes:
        return flags
    clipped = bytes(max(0, -ahead)) + flags[max(0, ahead) :]
    return clipped[:minutes].ljust(minutes, _FREE)


def _without_room(day: ResourceDay, most: int, now: datetime) -> bytes | bytearray:
    """Of each minute that a day covers, 1 where more than `most` units are taken.

    Where a byte can hold what is claimed, and blocks take everything, it is worked out by the standard library's own
    loops: a command looks at hundreds of days while others wait.
    """
    blocks = day.blocks.values()
    if day.capacity > _MOST_IN_A_BYTE or most < 0 or any(block.units is not None for block in blocks):
        return bytes(map(most.__lt__, day.units_taken(now)))
    try:
        flags = bytes(day.units_claimed(now)).translate(_above(most))
    except ValueError:  # more was claimed when the capacity was larger
        return bytes(map(most.__lt__, day.units_taken(now)))
    if not blocks:
        return flags
    marked = bytearray(flags)
    for block in blocks:
        minutes = day.minutes_between(block.start, block.end)
        marked[minutes] = _TAKEN * len(marked[minutes])
    return marked


@lru_cache(maxsize=256)
def _above(most: int) -> bytes:
    """A table for `bytes.translate`: 1 for numbers above `most`."""
    return bytes(number > most for number in range(_MOST_IN_A_BYTE + 1))
