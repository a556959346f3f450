"""The occurrences of the entries of one UID in an external calendar (RFC 5545, 3.8.5).

`recurring-ical-events` expands series. It is given what all of them say on one clock, the series' own, without its
zone: with it, it knows a time both by what it is in UTC and by what the clock shows, and 10:00 in Berlin that is taken
out (09:00 in UTC) takes 09:00 in Berlin with it: time given back that is busy.

Nothing here bounds how long it looks for a date that never comes: whoever reads a stranger's feed does so in a process
of its own, with a limit.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from dateutil.rrule import rrulestr
from icalendar import Calendar
from recurring_ical_events import of  # type: ignore[import-untyped] # it comes without types

from app.external_calendars.entries import Entry, Moment
from app.external_calendars.series_clock import SeriesClock
from app.external_calendars.window import FeedUnreadable
from domain.interval import Interval

MOST_STEPS: Final = 100_000
"""Occurrences that all of a feed's rules may pass on the way to the window's end: daily since 1900 is 46,000."""
MOST_AT_ONCE: Final = 5_000
"""Of those, the ones of one series within the window: the library makes an entry of each."""
_SLACK: Final = timedelta(days=2)
"""More than any two clocks differ."""
_PLACE: Final = "X-PLACE"
"""Where in the list the entry is that an occurrence comes of."""


class Occurrence(NamedTuple):
    """One time that a series takes; `key`: what it is called by in its series, '' for what does not repeat; where a
    feed says two things under one UID, its times.
    """

    key: str
    start: Moment
    end: Moment


class Steps:
    """How many occurrences may still be passed."""

    def __init__(self, most: int = MOST_STEPS) -> None:
        self._left = most

    def take(self) -> None:
        """Raises FeedUnreadable when there were too many."""
        self._left -= 1
        if self._left < 0:
            raise FeedUnreadable("Its entries repeat too often.")


def occurrences(entries: Iterable[Entry], within: Interval, steps: Steps) -> Iterator[Occurrence]:
    """All times that the entries of one UID take within an interval, and some of before and after it. Raises
    FeedUnreadable.
    """
    versions, changed = _newest(entries)
    if not versions:
        for entry in changed:
            yield from _told(entry)
    for series in versions:
        for found in _of_series(series, changed, within, steps):
            yield found if len(versions) == 1 else by_its_time(found)


def key_of(moment: Moment) -> str:
    """An occurrence's name: its first start, in UTC, or its date."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" if isinstance(moment, datetime) else f"{moment:%Y%m%d}"


def _newest(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The series itself, and what is said of single occurrences; of two versions, the later one. Of versions that are
    as late as each other nobody knows which counts: all that say different things do, or busy time would be free.
    """
    series = list[Entry]()
    changed = dict[str, Entry]()
    for entry in entries:
        if entry.recurrence is None:
            if series and entry.sequence > series[0].sequence:
                series.clear()
            if not series or (entry.sequence == series[0].sequence and entry not in series):
                series.append(entry)
            continue
        key = key_of(entry.recurrence)
        if key not in changed or entry.sequence >= changed[key].sequence:
            changed[key] = entry
    return series, list(changed.values())


def _of_series(series: Entry, changed: Sequence[Entry], within: Interval, steps: Steps) -> Iterator[Occurrence]:
    if series.is_cancelled:
        return
    if series.rule is None and not series.also and not changed:
        yield from _told(series)
    else:
        yield from _expanded(series, changed, within, steps)


def by_its_time(found: Occurrence) -> Occurrence:
    """Named so that what two versions both say is there once, and what they say differently is told apart."""
    return found._replace(key=f"{key_of(found.start)} {key_of(found.end)}")


def _told(entry: Entry) -> Iterator[Occurrence]:
    """What an entry says of itself."""
    if entry.takes_time and not entry.is_cancelled:
        key = "" if entry.recurrence is None else key_of(entry.recurrence)
        yield Occurrence(key, entry.start, entry.end_of(entry.start))


def _expanded(series: Entry, changed: Sequence[Entry], within: Interval, steps: Steps) -> Iterator[Occurrence]:
    clock = SeriesClock(series)
    since, until = clock.wall(within.start) - _SLACK, clock.wall(within.end) + _SLACK
    earlier = [-clock.moved(entry) for entry in changed if entry.and_later]
    _pass_through(series, clock, since, until + max([timedelta(), *earlier]), steps)
    lasting = {clock.wall(start): _lasting(start, end) for start, end in series.also if end is not None}
    since -= max(lasting.values(), default=timedelta())  # the library looks for none that is longer than its series
    said, calendar = [series, *changed], Calendar()
    for place, entry in enumerate(said):
        event = clock.event(entry)
        event.add(_PLACE, str(place))
        calendar.add_component(event)
    for found in of(calendar).between(since, until):
        entry, start = said[int(found[_PLACE])], clock.wall(found["DTSTART"].dt)
        if entry.is_cancelled or not entry.takes_time:
            continue
        key = key_of(clock.moment(start - clock.moved(entry)))
        begin = entry.start if start == clock.wall(entry.start) else clock.moment(start)
        length = lasting.get(start) if entry is series else None
        yield Occurrence(key, begin, entry.end_of(begin) if length is None else _after(begin, length))


def _pass_through(series: Entry, clock: SeriesClock, since: datetime, until: datetime, steps: Steps) -> None:
    """Pass all occurrences until then: the library would do so whatever their number. Raises FeedUnreadable."""
    for _ in series.also:
        steps.take()
    if series.rule is None:
        return
    written: bytes = clock.rule(series.rule).to_ical()  # type: ignore[no-untyped-call] # it comes without types here
    at_once = Steps(MOST_AT_ONCE)
    try:
        for start in rrulestr(written.decode(), dtstart=clock.wall(series.start)):
            steps.take()
            if start >= since:
                at_once.take()
            if start > until:
                return
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise FeedUnreadable("An entry has a rule to repeat by that cannot be understood.") from error


def _lasting(start: Moment, end: datetime | timedelta) -> timedelta:
    if not isinstance(start, datetime):
        raise FeedUnreadable("An entry names a date with a length.")
    return end if isinstance(end, timedelta) else end - start


def _after(start: Moment, length: timedelta) -> Moment:
    return (start.astimezone(UTC) + length).astimezone(start.tzinfo) if isinstance(start, datetime) else start + length
