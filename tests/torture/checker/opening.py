"""When a place is open, and the slots that a date offers, from a definition as the log has it: reckoned with the
standard library's time zones alone.

Edges of opening hours that the clocks jump over are taken as they come: no place of a run has one.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.torture.checker.evidence import Facts

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Span = tuple[int, int]
"""From one minute since 1970 to just before another."""


def slots_on(definition: Facts, zone: ZoneInfo, day: date, length: int) -> Iterator[Span]:
    """The slots of `length` minutes that are listed under a date: each start on the grid of one of its windows from
    which the place stays open so long, also into a window that touches.
    """
    opening = _joined([*_windows(definition, zone, day), *_windows(definition, zone, day + DAY)])
    step = definition["policy"]["step"]
    for opens, closes in _windows(definition, zone, day):
        until = max(end for start, end in opening if start <= opens < end)
        yield from ((start, start + length) for start in range(opens, closes, step) if start + length <= until)


def is_closed(definition: Facts, zone: ZoneInfo, day: date) -> bool:
    """Whether no window has a moment on the date."""
    begins = _minute(day, 0, zone)
    before = any(closes > begins for _, closes in _windows(definition, zone, day - DAY))
    return not before and not _windows(definition, zone, day)


def _windows(definition: Facts, zone: ZoneInfo, day: date) -> list[Span]:
    exception = definition["exceptions"].get(day.isoformat())
    times = definition["hours"].get(WEEKDAYS[day.weekday()], []) if exception is None else exception["windows"]
    windows = []
    for opens, closes in (map(_clock_minutes, pair) for pair in times):
        closes_at = closes if closes > opens else closes + 24 * 60
        windows.append((_minute(day, opens, zone), _minute(day, closes_at, zone)))
    return windows


def _clock_minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _minute(day: date, minutes: int, zone: ZoneInfo) -> int:
    """The minute since 1970 at which the clocks of a zone show a time."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return int(wall.replace(tzinfo=zone).timestamp()) // 60


def _joined(windows: list[Span]) -> list[Span]:
    """Windows that touch as one."""
    joined: list[Span] = []
    for opens, closes in sorted(windows):
        if joined and joined[-1][1] == opens:
            joined[-1] = (joined[-1][0], closes)
        else:
            joined.append((opens, closes))
    return joined
