"""Intervals cut at the full hours of a place's own clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

_HOUR = timedelta(hours=1)


class HourPart(NamedTuple):
    """What lies within one hour, 0 to 23, of a date. Where clocks go back, one hour has two parts."""

    date: date
    hour: int
    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds() / 60


def hours_of(start: datetime, end: datetime, zone: tzinfo) -> Iterator[HourPart]:
    """The parts of an interval, in order. An hour is told by the clock at the beginning of its part."""
    at, end = start.astimezone(UTC), end.astimezone(UTC)
    while at < end:
        local = at.astimezone(zone)
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        until = min(at + _HOUR - into, end)
        yield HourPart(local.date(), local.hour, at, until)
        at = until
