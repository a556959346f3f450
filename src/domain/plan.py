"""The plan of a day: hours, exceptions and policy become windows and slots of a date."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from domain.interval import DAY, MINUTE, Interval, first_instant, first_instant_at, in_zone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 1440


def clock_minutes(text: str) -> int:
    """Minutes since midnight of a wall-clock time such as `09:30`; `24:00` is the day's end."""
    return int(text[:2]) * 60 + int(text[3:])


class WallWindow(NamedTuple):
    """A window of wall-clock time: minutes since the date's midnight; `closes` above 1440 is the next day."""

    opens: int
    closes: int


WallTimes = tuple[str, str]
Windows = tuple[WallTimes, ...]


def wall_window(times: WallTimes) -> WallWindow:
    """A `[from, to]` pair in minutes; `to` at or before `from` means the next day."""
    opens, closes = clock_minutes(times[0]), clock_minutes(times[1])
    return WallWindow(opens, closes if closes > opens else closes + MINUTES_A_DAY)


class Stored(BaseModel):
    """A value that events hold. It checks shapes alone: rules are checked before it is stored, not on reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DateException(Stored):
    """What replaces a weekday's windows on one date; no windows means closed. The reason is public."""

    windows: Windows = ()
    reason: str | None = None


class Policy(Stored):
    """How a resource may be booked. Minutes, unless the name says otherwise; `definition.py` bounds each."""

    step: int = 30
    min_duration: int = 0
    max_duration: int = 0
    max_units: int = 1
    approval: bool = False
    hold_seconds: int = 30
    min_notice: int = 0
    max_advance_days: int = 365
    cancel_notice: int = 0
    buffer_before: int = 0
    buffer_after: int = 0
    daily_limit: int | None = None
    # Left out of what is stored while they are as they always were: logs of before read the same, and so do theirs.
    offer_minutes: int = Field(default=15, exclude_if=lambda minutes: minutes == 15)
    overtaking: bool = Field(default=True, exclude_if=lambda allowed: allowed is True)

    def said(self) -> dict[str, int | bool | None]:
        """All of it by name, also what is not stored."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class Window(NamedTuple):
    """An opening window of a date as instants, under the date on which it begins."""

    date: date
    opens: datetime
    closes: datetime


@lru_cache(maxsize=128)
def windows_of(zone: ZoneInfo, day: date, all_times: Windows) -> tuple[Window, ...]:
    """Wall-clock windows of a date as instants. Kept for a while: a long booking looks at the same dates again and
    again, and a date may have 288 windows.
    """
    midnight = datetime.combine(day, time())
    windows = []
    for times in all_times:
        opens, closes = wall_window(times)
        first = first_instant_at(midnight + opens * MINUTE, zone)
        last = first_instant_at(midnight + closes * MINUTE, zone)
        if first < last:
            windows.append(Window(day, first, last))
    return tuple(windows)


class Plan(NamedTuple):
    """When a resource is open and how it may be booked."""

    zone: ZoneInfo
    hours: Mapping[Weekday, Windows]
    exceptions: Mapping[date, DateException]
    policy: Policy

    def times_on(self, day: date) -> tuple[WallTimes, ...]:
        """The wall-clock windows that begin on a date, in order."""
        exception = self.exceptions.get(day)
        return self.hours.get(WEEKDAYS[day.weekday()], ()) if exception is None else exception.windows

    def windows_on(self, day: date) -> list[Window]:
        """The windows that begin on a date, as instants, without those that the clocks jump over entirely."""
        return list(windows_of(self.zone, day, tuple(self.times_on(day))))

    def window_of(self, start: datetime) -> Window | None:
        """The window that an instant falls into, of its own date or one that runs on from the date before."""
        day = start.astimezone(self.zone).date()
        for begins_on in (day, day - DAY):
            for window in self.windows_on(begins_on):
                if window.opens <= start < window.closes:
                    return window
        return None

    def open_until(self, window: Window, at_least: datetime) -> datetime:
        """The end of the opening that `window` begins, followed through windows that touch to `at_least`."""
        closes, day = window.closes, window.date
        while closes < at_least and day <= closes.date():
            for later in self.windows_on(day):
                if later.opens == closes:
                    closes = later.closes
            day += DAY
        return closes

    def _open_until(self, windows: list[Window], length: timedelta) -> list[datetime]:
        """For each window of a date the end of the opening that it belongs to, in one pass from the last one."""
        ends: list[datetime] = []
        for window, following in zip(reversed(windows), [None, *reversed(windows)], strict=False):
            if following is None:
                ends.append(self.open_until(window, window.closes + length))
            else:
                ends.append(ends[-1] if window.closes == following.opens else window.closes)
        return ends[::-1]

    def touches(self, day: date) -> bool:
        """Whether any window has a moment on the date."""
        begins = first_instant(day, self.zone)
        return bool(self.windows_on(day)) or any(window.closes > begins for window in self.windows_on(day - DAY))

    def slots_on(self, day: date, minutes: int) -> Iterator[Interval]:
        """The slots of `minutes` that begin in the windows of a date: one for each start on a grid that fits."""
        length, step = minutes * MINUTE, self.policy.step * MINUTE
        zone, windows = self.zone, self.windows_on(day)
        for window, until in zip(windows, self._open_until(windows, length), strict=True):
            start = window.opens
            while start < window.closes and start + length <= until:
                yield Interval(in_zone(start, zone), in_zone(start + length, zone))
                start += step
