"""Half-open intervals [start, end) of instants, and how a place's wall clock maps onto them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.refusal import Refused

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Interval(NamedTuple):
    """From `start` to just before `end`, both aware instants. 10:00-11:00 and 11:00-12:00 do not overlap."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share a moment."""
        return self.start < other.end and other.start < self.end

    @property
    def minutes(self) -> float:
        """Elapsed minutes from start to end; negative when the end comes first."""
        return (self.end - self.start) / MINUTE


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same instant with the place's offset, as it is stored: the moment and the wall clock at once."""
    there = moment.astimezone(zone)
    return there.replace(tzinfo=timezone(there.utcoffset() or timedelta()), fold=0)


def first_instant_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the place's clocks show `wall` (naive), or have just jumped over it."""
    first, second = _offsets_at(wall, zone)
    if first >= second:
        return wall.replace(tzinfo=timezone(first), fold=0)
    before, after = wall.replace(tzinfo=timezone(second)), wall.replace(tzinfo=timezone(first))
    return in_zone(_jump_between(before.astimezone(UTC), after.astimezone(UTC), zone), zone)


def _offsets_at(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The zone's offsets for both folds of a wall-clock time (PEP 495).

    Equal: it comes once. The first above the second: it comes twice. The first below the second: the clocks jump
    over it, and the offsets are those before and after the jump.
    """
    first, second = zone.utcoffset(wall.replace(fold=0) if wall.fold else wall), zone.utcoffset(wall.replace(fold=1))
    return first or timedelta(), second or timedelta()


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC, to the minute) at which the zone's offset changes between two instants."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, round((after - before) / MINUTE)
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * MINUTE).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + high * MINUTE


def exact_instant_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant at which the place's clocks show `wall` (naive).

    Raises `Refused`: `no-such-local-time` (the clocks jump over it), `ambiguous-local-time` (it comes twice).
    """
    first, second = _offsets_at(wall, zone)
    if first == second:
        return wall.replace(tzinfo=timezone(first), fold=0)
    shown = f"{wall:%H:%M on} {wall.day} {wall:%B %Y}"
    facts = {"local_time": wall.isoformat(), "timezone": zone.key}
    if first < second:
        after = in_zone(wall.replace(tzinfo=timezone(first)), zone)
        raise Refused(
            "no-such-local-time",
            f"{shown} does not exist in {zone.key}: the clocks are put forward over it. "
            f"Please choose another time, or send the time with its UTC offset.",
            **facts,
            next_local_time=after.isoformat(),
        )
    choices = [wall.replace(tzinfo=timezone(offset), fold=0).isoformat() for offset in (first, second)]
    raise Refused(
        "ambiguous-local-time",
        f"{shown} comes twice in {zone.key}: the clocks are put back. "
        f"Please send the time with its UTC offset: {choices[0]} or {choices[1]}.",
        **facts,
        choices=[*choices],
    )


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a date begins in the zone; where midnight is skipped, the first one after it."""
    return first_instant_at(datetime.combine(day, time()), zone)


def dates_touched(interval: Interval, zone: ZoneInfo) -> Iterator[date]:
    """The zone's dates on which the interval has at least a moment, in order."""
    last = (interval.end - timedelta(microseconds=1)).astimezone(zone).date()
    day = interval.start.astimezone(zone).date()
    while day <= last:
        yield day
        day += DAY


def split_by_date(interval: Interval, zone: ZoneInfo) -> list[tuple[date, Interval]]:
    """The part of the interval on each of the zone's dates that it touches; its instants carry the zone's offsets."""
    days = list(dates_touched(interval, zone))
    if len(days) == 1:
        return [(days[0], interval)]
    edges = [interval.start, *(first_instant(day, zone) for day in days[1:]), interval.end]
    return [
        (day, Interval(in_zone(start, zone), in_zone(end, zone)))
        for day, (start, end) in zip(days, pairwise(edges), strict=True)
    ]
