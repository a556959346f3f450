"""Refusals of a day: what was asked for on it, and turned down."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from app.log.notes import NoteTable, Refusal
from domain.interval import DAY

_ROWS: Final = 500
_TICK: Final = datetime.resolution


def refusals_of_day(
    table: NoteTable[Refusal], resource: str, timezone: str, day: date
) -> Callable[[tuple[str, str], str | None, int], list[Refusal]]:
    """A function of a key, a time and a number: so many refusals beyond the key (`first_at`, id), first noted before
    that time (all, with none), of those who wanted time of the resource that lies on the day, be it a part of it.
    """
    zone, near = ZoneInfo(timezone), (str(day - DAY), str(day + 2 * DAY))

    def rows(after: tuple[str, str], until: str | None) -> Iterator[Refusal]:
        is_all = False
        while not is_all:
            found = table.search({"resource": resource}, "", until, after, _ROWS, within=near)
            yield from found
            is_all = len(found) < _ROWS
            after = after if is_all else (found[-1].first_at, found[-1].id)

    def search(after: tuple[str, str], until: str | None, limit: int) -> list[Refusal]:
        wanted = (row for row in rows(after, until) if lies_on(row, zone, day))
        return list(islice(wanted, limit))

    return search


def lies_on(row: Refusal, zone: ZoneInfo, day: date) -> bool:
    """Whether what was asked for lies on a date of the place's own clock; where no end was named, whether it begins."""
    if row.start is None:
        return False
    first = _date(row.start, zone)
    last = first if row.end is None else max(first, _date(row.end, zone, just_before=True))
    return first <= day <= last


def wall_clock(text: str, zone: ZoneInfo) -> datetime:
    """A time as it was asked for, by the place's own clock and without an offset, as those are who gave none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def _date(text: str, zone: ZoneInfo, *, just_before: bool = False) -> date:
    return (wall_clock(text, zone) - (_TICK if just_before else 0 * _TICK)).date()
