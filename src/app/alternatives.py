"""The next best: what else is free of a resource when somebody was faster."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from app.availability import Judge, Judged, Slot, judge_with, offered_on
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, get_all
from app.usage import Usage, minute_of, usage_of
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import DAY, MINUTE

MOST = 5
DAYS_AFTER = 7
STAGES = ((0, 0), (1, 2), (3, 4), (5, DAYS_AFTER))
"""Dates after the wanted one that are looked at together: most often the first that are have enough."""


class Wanted(NamedTuple):
    """A place that somebody was refused. `by_staff` lifts notice and horizon."""

    resource: str
    start: datetime
    end: datetime
    units: int
    by_staff: bool = False


def alternatives(reader: Reader, wanted: Sequence[Wanted], *, now: datetime) -> list[list[dict[str, Any]]]:
    """For each place up to 5 free slots of the same length: `{resource, start, end, available}`, ready for JSON.

    First the next starts after the wanted one on its date and the seven following, in order; then earlier ones
    of its date, the nearest first. None when the resource takes no bookings. Many places are looked for together
    with little more than the reading that one takes.
    """
    rows = get_all(reader, {each.resource for each in wanted})
    searches = [_Search(each, rows.get(each.resource), now) for each in wanted]
    for first, last in STAGES:
        _take_up(reader, [search for search in searches if search.goes_on], first, last, now)
    return [search.shown() for search in searches]


def _take_up(reader: Reader, searches: Iterable["_Search"], first: int, last: int, now: datetime) -> None:
    """Look on these dates after the wanted ones; what is taken on the same dates is read at once."""
    together: defaultdict[tuple[date, date], list[tuple[_Search, list[Slot]]]] = defaultdict(list)
    for search in searches:
        slots, dates = search.offered(first, last)
        if slots:
            together[dates].append((search, slots))
    for dates, found in together.items():
        usage = usage_of(reader, list({search.wanted.resource for search, _ in found}), *dates, now)
        for search, slots in found:
            search.look(slots, usage[search.wanted.resource])


class _Search:
    """A look for free slots around a start."""

    def __init__(self, wanted: Wanted, row: ResourceRow | None, now: datetime) -> None:
        self.wanted = wanted
        self._row = row if row is not None and _takes_bookings(row, wanted.start.date()) else None
        self._minutes = round((wanted.end - wanted.start) / MINUTE)
        self._now = now
        self._later: list[Judged] = []
        self._earlier: Iterator[Judged] = iter(())

    @property
    def goes_on(self) -> bool:
        """Whether more can be found, and is wanted."""
        return self._row is not None and len(self._later) < MOST

    def offered(self, first: int, last: int) -> tuple[list[Slot], tuple[date, date]]:
        """Slots that start on these dates after the wanted one, in order, and the dates that they touch."""
        assert self._row is not None  # noqa: S101 - what goes on has one
        begins, ends = (self.wanted.start.date() + number * DAY for number in (first, last))
        slots: list[Slot] = []
        touched: list[date] = []
        # What a window after midnight offers is listed under the date before.
        for number in range(first - 1, last + 1):
            day = self.wanted.start.date() + number * DAY
            offered = offered_on(self._row, day, self._minutes)
            starting = _starting(offered.slots, begins, ends)
            if starting:
                slots += starting
                touched += (offered.first, offered.last)
        slots.sort(key=_first_minute)
        return slots, (min(touched, default=begins), max(touched, default=ends))

    def look(self, slots: list[Slot], usage: Usage) -> None:
        """Take what is free of these, given what is taken on their dates. Judging ends when there is enough."""
        judge = self._judge(usage)
        wanted = minute_of(self.wanted.start)
        after = slots[bisect_right(slots, wanted, key=_first_minute) :]
        before = slots[: bisect_left(slots, wanted, key=_first_minute)]
        self._later += islice(_available(judge, after), MOST - len(self._later))
        if before:  # the first dates alone have any
            self._earlier = _available(judge, reversed(before))

    def shown(self) -> list[dict[str, Any]]:
        """What was found."""
        found = [*self._later, *islice(self._earlier, MOST - len(self._later))]
        return [
            {
                "resource": self.wanted.resource,
                "start": judged.slot.start,
                "end": judged.slot.end,
                "available": judged.available,
            }
            for judged in found
        ]

    def _judge(self, usage: Usage) -> Judge:
        assert self._row is not None  # noqa: S101 - what goes on has one
        wanted = self.wanted
        return judge_with(usage, self._row.resource(), wanted.units, self._now, by_staff=wanted.by_staff)


def _takes_bookings(row: ResourceRow, day: date) -> bool:
    """Whether it does around a date."""
    return not row.retired and FIRST_DATE + DAY < day < LAST_DATE - (DAYS_AFTER + 1) * DAY


def _starting(slots: Sequence[Slot], first: date, last: date) -> Sequence[Slot]:
    """Those that start from the first to the last date. Slots are in order, and most often all or none do."""
    if not slots or slots[-1].interval.start.date() < first or slots[0].interval.start.date() > last:
        return ()
    if slots[0].interval.start.date() >= first and slots[-1].interval.start.date() <= last:
        return slots
    return [slot for slot in slots if first <= slot.interval.start.date() <= last]


def _available(judge: Judge, slots: Iterable[Slot]) -> Iterator[Judged]:
    return (judged for judged in map(judge.judge, slots) if judged.status == "available")


def _first_minute(slot: Slot) -> int:
    return slot.first_minute
