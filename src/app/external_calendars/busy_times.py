"""When an external calendar says that somebody is busy: pure reading, from bytes to times on dates.

What the entries are called, where they are and who comes is not read.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from app.external_calendars.entries import Entry, Moment, read_entry, refuse_dropped_lines
from app.external_calendars.free_busy import busy_periods
from app.external_calendars.recurring import Occurrence, Steps, occurrences
from app.external_calendars.window import BusyTime, FeedUnreadable, Window
from domain.interval import DAY, MINUTE, Interval, first_instant, first_instant_at, in_zone, split_by_date

MOST_ENTRIES: Final = 20_000
MOST_BUSY_TIMES: Final = 2_000
"""Of one calendar within the window: 95 a day for three weeks."""
_LAST: Final = b"END:VCALENDAR"


def busy_times(feed: bytes, window: Window) -> list[BusyTime]:
    """All times within the window, by date and start. A whole calendar or nothing. Raises FeedUnreadable.

    May take long, or much memory, for a feed that means harm.
    """
    try:
        return _busy_times(feed, window)
    except BrokenCalendarProperty as error:
        raise FeedUnreadable("An entry has a time, or a rule to repeat by, that cannot be understood.") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise FeedUnreadable("It cannot be understood as a calendar.") from error


def _busy_times(feed: bytes, window: Window) -> list[BusyTime]:
    calendar = _calendar(feed)
    refuse_dropped_lines(calendar)
    zone = _zone_of(calendar) or window.zone
    within = Interval(*(first_instant(window.first + DAY * days, window.zone) for days in (0, window.days)))
    found = dict[tuple[str, str, date], BusyTime]()
    for uid, occurrence in _named(calendar, zone, within):
        for part in _parts(uid, occurrence, within, window.zone):
            found[part[:3]] = part
            if len(found) > MOST_BUSY_TIMES:
                raise FeedUnreadable(f"It has more than {MOST_BUSY_TIMES} busy times in {window.days} days.")
    return sorted(found.values(), key=lambda each: (each.day, each.start, each.end, each.uid, each.recurrence))


def _named(calendar: Calendar, zone: ZoneInfo, within: Interval) -> Iterator[tuple[str, Occurrence]]:
    """All times of the calendar's entries, each with its entry's UID, and its busy periods, without one."""
    by_uid = dict[str, list[Entry]]()
    events = calendar.walk("VEVENT")
    if len(events) > MOST_ENTRIES:
        raise FeedUnreadable(f"It has more than {MOST_ENTRIES} entries.")
    for event in events:
        entry = read_entry(event, zone)
        by_uid.setdefault(entry.uid, []).append(entry)
    steps = Steps()
    for uid, entries in by_uid.items():
        for occurrence in occurrences(entries, within, steps):
            yield uid, occurrence
    for told in calendar.walk("VFREEBUSY"):
        for period in busy_periods(told, zone):
            yield "", period


def _calendar(feed: bytes) -> Calendar:
    if not feed.rstrip().upper().endswith(_LAST):
        raise FeedUnreadable("It is no calendar, or not all of one.")
    calendars = Calendar.from_ical(feed, multiple=True)
    if len(calendars) != 1 or calendars[0].name != "VCALENDAR":
        raise FeedUnreadable("It is not one calendar.")
    return calendars[0]


def _zone_of(calendar: Calendar) -> ZoneInfo | None:
    """The zone that some programs say for the whole calendar."""
    name = str(calendar.get("X-WR-TIMEZONE", ""))
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _parts(uid: str, occurrence: Occurrence, within: Interval, zone: ZoneInfo) -> Iterator[BusyTime]:
    start = max(_instant(occurrence.start, zone), within.start)
    end = min(_instant(occurrence.end, zone), within.end)
    if start >= end:
        return
    whole = Interval(_minute_before(start), min(_minute_after(end), within.end))
    for day, part in split_by_date(Interval(in_zone(whole.start, zone), in_zone(whole.end, zone)), zone):
        yield BusyTime(uid, occurrence.key, day, part.start, part.end)


def _instant(moment: Moment, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return first_instant_at(datetime.combine(moment, time()), zone).astimezone(UTC)


def _minute_before(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _minute_after(moment: datetime) -> datetime:
    before = _minute_before(moment)
    return before if before == moment else before + MINUTE
