"""Recurrence rules (RFC 5545, 3.3.10) of series: read strictly, and expanded to dates before the writer is asked.

`python-dateutil` expands them. It looks for a rule's next date up to the year 9999, so what it is given is sure to
match at its start, and therefore again within a few decades; what is asked of it ends with the longest span.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from dateutil import rrule

from domain.refusal import Refused
from domain.series import MOST_OCCURRENCES

LONGEST_DAYS: Final = 3_660
"""From the first to the last date of a series; as far ahead as any resource can be booked."""
LONGEST_TEXT: Final = 200

_FREQUENCIES: Final = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}
_WEEKDAYS: Final = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_TOO_OFTEN: Final = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_UNTIL: Final = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_WEEKDAY: Final = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,3}")
_UNSIGNED: Final = re.compile(r"[0-9]{1,3}")


class OnWeekday(NamedTuple):
    """A weekday (0 = Monday), or only the one of that number in its month or year; below 0 from its end, 0: all."""

    weekday: int
    ordinal: int


class Until(NamedTuple):
    """The last moment on the wall clock, or, where `is_utc`, in UTC."""

    moment: datetime
    is_utc: bool


class Rule(NamedTuple):
    """A rule that may be expanded; `text` is what was said, in capital letters."""

    text: str
    frequency: str
    interval: int
    occurrences: int | None
    until: Until | None
    weekdays: tuple[OnWeekday, ...]
    month_days: tuple[int, ...]
    months: tuple[int, ...]
    positions: tuple[int, ...]
    week_starts: int

    def needs_zone(self) -> bool:
        """Whether its end is said in UTC, which means nothing on a wall clock without a time zone."""
        return self.until is not None and self.until.is_utc


def read_rule(text: str) -> Rule:
    """The rule that a text such as `FREQ=WEEKLY;BYDAY=TU;COUNT=10` says. Raises `Refused` (`malformed`)."""
    if len(text) > LONGEST_TEXT or not text.isascii():
        raise wrong(f"a rule has at most {LONGEST_TEXT} characters, all ASCII")
    said = text.upper()
    parts: dict[str, str] = {}
    for part in said.split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or not value:
            raise wrong(_why_not(name, part))
        if name in parts:
            raise wrong(f"{name} is said twice")
        parts[name] = value
    rule = _rule(said, parts)
    _must_fit_together(rule)
    return rule


def expanded(rule: Rule, start: datetime, zone: ZoneInfo | None = None) -> tuple[int, ...]:
    """The dates of all occurrences, as days after the first one's; the first is 0. `start`: wall clock, without offset.

    `zone` is that of the wall clock, for a rule that `needs_zone`. Raises `Refused` (`malformed`).
    """
    last = _last_moment(rule, start, zone)
    if not _may_be(rule, start.date()):
        raise _not_at(start)
    dates = list(islice(_dates(rule, start, last), MOST_OCCURRENCES + 1))
    if not dates or dates[0] != start.date():
        raise _not_at(start)
    if rule.occurrences is not None and len(dates) < rule.occurrences:
        raise wrong(f"these {rule.occurrences} occurrences take longer than {LONGEST_DAYS} days, which is the longest")
    if len(dates) > MOST_OCCURRENCES:
        raise wrong(f"a series has at most {MOST_OCCURRENCES} occurrences; say COUNT, or an earlier UNTIL")
    return tuple((day - dates[0]).days for day in dates)


def wrong(detail: str, pointer: str = "/repeat") -> Refused:
    """The refusal of a rule."""
    return Refused("malformed", f"{pointer}: {detail}.", errors=[{"pointer": pointer, "detail": detail}])


# Reading.


def _whole(name: str, value: str, least: int, most: int) -> int:
    if not (_NUMBER if least < 0 else _UNSIGNED).fullmatch(value) or not least <= int(value) <= most:
        raise wrong(f"{name} is a whole number from {least} to {most}")
    return int(value)


def _either_end(name: str, value: str, most: int) -> tuple[int, ...]:
    """Numbers from 1 to `most`, or counted from the end as -1 to -`most`; each once, in order."""
    numbers = {_whole(name, each, -most, most) for each in value.split(",")}
    if 0 in numbers:
        raise wrong(f"{name} counts from 1, or from -1 backwards")
    return tuple(sorted(numbers))


def _weekdays(value: str) -> tuple[OnWeekday, ...]:
    found = set()
    for each in value.split(","):
        match = _WEEKDAY.fullmatch(each)
        if match is None or abs(int(match[1] or 0)) > 53:
            raise wrong(
                "BYDAY is a list of MO, TU, WE, TH, FR, SA, SU, each with a number from 1 to 53 before it or none"
            )
        found.add(OnWeekday(_WEEKDAYS[match[2]], int(match[1] or 0)))
    return tuple(sorted(found))


def _until(value: str) -> Until:
    match = _UNTIL.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        day = datetime.strptime(match[1], "%Y%m%d")  # noqa: DTZ007 - wall clock
        clock = time(23, 59, 59) if match[2] is None else datetime.strptime(match[2], "%H%M%S").time()  # noqa: DTZ007 - the same
    except ValueError:
        raise wrong("UNTIL is a date such as 20270331, or a time such as 20270331T100000Z") from None
    return Until(datetime.combine(day, clock), bool(match[3]))


def _one_of(name: str, value: str, known: Mapping[str, Any]) -> str:
    if value in _TOO_OFTEN:
        raise wrong("a series repeats once a day at most: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY")
    if value not in known:
        raise wrong(f"{name} is one of {', '.join(known)}")
    return value


_PARTS: Final[Mapping[str, Callable[[str], Any]]] = {
    "FREQ": lambda value: _one_of("FREQ", value, _FREQUENCIES),
    "INTERVAL": lambda value: _whole("INTERVAL", value, 1, 999),
    "COUNT": lambda value: _whole("COUNT", value, 1, MOST_OCCURRENCES),
    "UNTIL": _until,
    "BYDAY": _weekdays,
    "BYMONTHDAY": lambda value: _either_end("BYMONTHDAY", value, 31),
    "BYMONTH": lambda value: tuple(sorted({_whole("BYMONTH", each, 1, 12) for each in value.split(",")})),
    "BYSETPOS": lambda value: _either_end("BYSETPOS", value, 4),
    "WKST": lambda value: _WEEKDAYS[_one_of("WKST", value, _WEEKDAYS)],
}


def _why_not(name: str, part: str) -> str:
    if name in {"BYHOUR", "BYMINUTE", "BYSECOND"}:
        return f"{name} is not for series: they repeat once a day at most, at the time of their start"
    if name in {"BYYEARDAY", "BYWEEKNO"}:
        return f"{name} is not supported; say BYMONTH, BYMONTHDAY or BYDAY"
    if ":" in name:
        return "write the rule alone, without a name and a colon before it"
    if name in _PARTS:
        return f"{name} lacks its value"
    known = ", ".join(_PARTS)
    return f"{part[:20] or 'an empty part'} is not known here; a rule is made of {known}, such as FREQ=WEEKLY;COUNT=10"


def _rule(text: str, parts: Mapping[str, str]) -> Rule:
    found = {name: _PARTS[name](value) for name, value in parts.items()}
    if "FREQ" not in found:
        raise wrong("a rule says FREQ")
    return Rule(
        text,
        found["FREQ"],
        found.get("INTERVAL", 1),
        found.get("COUNT"),
        found.get("UNTIL"),
        found.get("BYDAY", ()),
        found.get("BYMONTHDAY", ()),
        found.get("BYMONTH", ()),
        found.get("BYSETPOS", ()),
        found.get("WKST", 0),
    )


def _must_fit_together(rule: Rule) -> None:
    """What RFC 5545 forbids, and a set position that might never be reached."""
    if (rule.occurrences is None) == (rule.until is None):
        raise wrong("a series ends: say either COUNT or UNTIL")
    if rule.frequency in {"DAILY", "WEEKLY"} and any(each.ordinal for each in rule.weekdays):
        raise wrong("BYDAY has numbers only where FREQ is MONTHLY or YEARLY")
    if rule.frequency == "WEEKLY" and rule.month_days:
        raise wrong("BYMONTHDAY does not go with FREQ=WEEKLY")
    plain = rule.weekdays and not rule.month_days and not any(each.ordinal for each in rule.weekdays)
    if rule.positions and (rule.frequency != "MONTHLY" or not plain):
        raise wrong("BYSETPOS goes with FREQ=MONTHLY and BYDAY without numbers, from 1 to 4 or -1 to -4")


# Expanding.


def _last_moment(rule: Rule, start: datetime, zone: ZoneInfo | None) -> datetime:
    """Until when on the wall clock it goes on, at most."""
    longest = datetime.combine(start.date(), time.max) + timedelta(days=LONGEST_DAYS)
    if rule.until is None:
        return longest
    until = rule.until.moment
    if rule.until.is_utc:
        if zone is None:
            raise ValueError("a rule that needs a time zone came without one")
        try:
            until = until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        except OverflowError:  # the first or the last year that there is
            raise wrong(f"UNTIL is to lie within {LONGEST_DAYS} days after the start") from None
    if until > longest:
        raise wrong(f"UNTIL lies more than {LONGEST_DAYS} days after the start, which is the longest")
    if until < start:
        raise wrong("UNTIL lies before the start")
    return until


def _may_be(rule: Rule, day: date) -> bool:
    """Whether the rule's parts, but for the set positions, let it fall on a date."""
    length = monthrange(day.year, day.month)[1]
    return (
        (not rule.months or day.month in rule.months)
        and (not rule.month_days or not {day.day, day.day - length - 1}.isdisjoint(rule.month_days))
        and (not rule.weekdays or any(_is_on(rule, each, day) for each in rule.weekdays))
    )


def _is_on(rule: Rule, wanted: OnWeekday, day: date) -> bool:
    in_month = rule.frequency == "MONTHLY" or bool(rule.months)
    first = day.replace(day=1) if in_month else date(day.year, 1, 1)
    last = day.replace(day=monthrange(day.year, day.month)[1]) if in_month else date(day.year, 12, 31)
    ordinals = {0, (day - first).days // 7 + 1, -((last - day).days // 7) - 1}
    return day.weekday() == wanted.weekday and wanted.ordinal in ordinals


def _dates(rule: Rule, start: datetime, last: datetime) -> Iterator[date]:
    found = rrule.rrule(
        _FREQUENCIES[rule.frequency],  # type: ignore[arg-type] # its stubs know the numbers by their names alone
        dtstart=start,
        interval=rule.interval,
        wkst=rule.week_starts,
        until=last,
        bysetpos=rule.positions or None,
        bymonth=rule.months or None,
        bymonthday=rule.month_days or None,
        byweekday=[rrule.weekday(day, ordinal or None) for day, ordinal in rule.weekdays] or None,
    )
    return (each.date() for each in islice(found, rule.occurrences))


def _not_at(start: datetime) -> Refused:
    day = start.date()
    return wrong(f"the rule does not fall on {day:%A}, {day}, where the series starts", "/start")
