"""One entry of an external calendar as it says when it is, read strictly (RFC 5545, 3.6.1 and 3.8)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Component, vRecur

from app.external_calendars.window import FeedUnreadable

Moment = datetime | date
"""A date (of an entry that lasts whole days), or an instant with the time zone that it was said in."""
LONGEST_UID: Final = 1_000
"""Each busy time names its entry: a long name many times over would be a bomb."""

_READ: Final = frozenset(
    {"UID", "RECURRENCE-ID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "TRANSP", "STATUS"}
    | {"RRULE", "RDATE", "EXDATE", "FREEBUSY", "X-WR-TIMEZONE"}
)
"""The properties that say when somebody is busy."""


class Entry(NamedTuple):
    """What an entry says. `recurrence`: of which occurrence it tells, or None for a whole series or a single event;
    `and_later`: of those after it, too. `lasts`: of a date whole days, else elapsed time after `days` on the calendar.
    """

    uid: str
    recurrence: Moment | None
    and_later: bool
    sequence: int
    start: Moment
    days: int
    lasts: timedelta
    takes_time: bool
    is_cancelled: bool
    rule: vRecur | None
    also: tuple[tuple[Moment, datetime | timedelta | None], ...]
    but_not: tuple[Moment, ...]

    def end_of(self, start: Moment) -> Moment:
        """When an occurrence ends that starts then."""
        if not isinstance(start, datetime):
            return start + timedelta(days=self.days)
        nominal = start + timedelta(days=self.days)  # on the wall clock, as long as nothing is subtracted
        return (nominal.astimezone(UTC) + self.lasts).astimezone(start.tzinfo)


def read_entry(component: Component, zone: ZoneInfo) -> Entry:
    """Reads a VEVENT. `zone`: of times that are said without one. Raises FeedUnreadable."""
    refuse_dropped_lines(component)
    start = _moment(component, "DTSTART", zone)
    if start is None:
        raise FeedUnreadable("An entry says no start.")
    uid = _text(component, "UID")
    if not uid:
        raise FeedUnreadable("An entry has no UID, so it could not be recognised again.")
    if len(uid) > LONGEST_UID:
        raise FeedUnreadable(f"An entry has a UID of more than {LONGEST_UID} characters.")
    days, lasts = _length(component, start, zone)
    rules = all_of(component, "RRULE")
    if len(rules) > 1:
        raise FeedUnreadable("An entry has several rules to repeat by.")
    recurrence = _moment(component, "RECURRENCE-ID", zone)
    ranged = recurrence is not None and component["RECURRENCE-ID"].params.get("RANGE", "").upper() == "THISANDFUTURE"
    status = _text(component, "STATUS").upper()
    return Entry(
        uid=uid,
        recurrence=recurrence,
        and_later=ranged,
        sequence=_whole_number(component, "SEQUENCE"),
        start=start,
        days=days,
        lasts=lasts,
        takes_time=_text(component, "TRANSP").upper() != "TRANSPARENT",
        is_cancelled=status == "CANCELLED",
        rule=rules[0] if rules else None,
        also=tuple(_more(component, "RDATE", zone)),
        but_not=tuple(moment for moment, _ in _more(component, "EXDATE", zone)),
    )


def refuse_dropped_lines(component: Component) -> None:
    """Whatever parses a calendar leaves out what it cannot read, and notes it: a line that is no line may be a rule to
    repeat by, and without it busy time would be free. Raises FeedUnreadable.
    """
    if any(name is None or name.upper() in _READ for name, _ in component.errors):
        raise FeedUnreadable("It has a line that cannot be understood.")


def all_of(component: Component, name: str) -> list[Any]:
    """All that is said under a name, one line or several."""
    found = component.get(name, [])
    return list(found) if isinstance(found, list) and not hasattr(found, "dts") else [found]


def _text(component: Component, name: str) -> str:
    found = all_of(component, name)
    return str(found[0]).strip() if found else ""


def _whole_number(component: Component, name: str) -> int:
    text = _text(component, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _moment(component: Component, name: str, zone: ZoneInfo) -> Moment | None:
    found = all_of(component, name)
    if not found:
        return None
    if len(found) > 1:
        raise FeedUnreadable(f"An entry has several {name}.")
    return in_zone_said(found[0].dt, found[0].params, zone)


def in_zone_said(said: object, parameters: Any, zone: ZoneInfo) -> Moment:
    """A moment with the zone it was said in, else with `zone`. Raises FeedUnreadable."""
    if isinstance(said, datetime):
        if said.tzinfo is not None:
            return said
        if "TZID" in parameters:
            raise FeedUnreadable("An entry is in a time zone that the calendar does not explain.")
        return said.replace(tzinfo=zone)
    if isinstance(said, date):
        return said
    raise FeedUnreadable("An entry's time is neither a date nor a time.")


def _length(component: Component, start: Moment, zone: ZoneInfo) -> tuple[int, timedelta]:
    """Days on the calendar and elapsed time after them."""
    end, lasts = _moment(component, "DTEND", zone), component.get("DURATION")
    whole_days = not isinstance(start, datetime)
    if end is not None:
        if isinstance(end, datetime) is whole_days:
            raise FeedUnreadable("An entry starts with a date and ends with a time, or the other way round.")
        elapsed = _elapsed(start, end)
        if elapsed < timedelta():
            raise FeedUnreadable("An entry ends before it starts.")
        # Some programs end a whole day on the same date, which they mean as one.
        return (max(elapsed.days, 1), timedelta()) if whole_days else (0, elapsed)
    if lasts is None:
        return (1, timedelta()) if whole_days else (0, timedelta())
    said = getattr(lasts, "dt", None)
    if not isinstance(said, timedelta) or said < timedelta():
        raise FeedUnreadable("An entry's duration is none.")
    rest = said - timedelta(days=said.days)
    return (max(said.days + (1 if rest else 0), 1), timedelta()) if whole_days else (said.days, rest)


def _elapsed(start: Moment, end: Moment) -> timedelta:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return end.astimezone(UTC) - start.astimezone(UTC)
    return datetime.combine(end, time()) - datetime.combine(start, time())


def _more(component: Component, name: str, zone: ZoneInfo) -> Iterator[tuple[Moment, datetime | timedelta | None]]:
    """Moments that a list names, each with an end or a length of its own or none."""
    for listed in all_of(component, name):
        for each in listed.dts:
            said, end = each.dt if isinstance(each.dt, tuple) else (each.dt, None)
            if isinstance(end, datetime) and end.tzinfo is None:
                end = end.replace(tzinfo=zone)
            yield in_zone_said(said, listed.params, zone), end
