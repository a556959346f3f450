"""The next best: what else is free of a resource when somebody was faster."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from app.availability import Judge, Judged, Slot, judge_with, offered_on
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, get_all
from app.usage import Usage, minute_of, usage_of_days
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import DAY, MINUTE

MOST = 5
DAYS_AFTER = 7
STAGES = ((0, 0), (1, 2), (3, 4), (5, DAYS_AFTER))
"""Dates after the wanted one that are looked at together: most often the first that are have enough."""


class Wanted(NamedTuple):
    """A place that somebody was refused; `start` and `end` have the resource's offset. `by_staff` lifts notice and
    horizon.
    """

    resource: str
    start: datetime
    end: datetime
    units: int
    by_staff: bool = False


def alternatives(reader: Reader, wanted: Sequence[Wanted], *, now: datetime) -> list[list[dict[str, Any]]]:
    """For each place up to 5 free slots of the same length: `{resource, start, end, available}`, ready for JSON.

    First the next starts after the wanted one on its date and the seven following, in order; then earlier ones
    of its date, the nearest first. None when the resource takes no bookings. What is taken is read for all
    places at once.
    """
    rows = get_all(reader, {each.resource for each in wanted})
    searches = {each: _Search(each, rows[each.resource], now) for each in wanted if _takes_bookings(rows, each)}
    for first, last in STAGES:
        going = [search for search in searches.values() if search.goes_on]
        offered = [search.offered(first, last) for search in going]
        touched = {(search.wanted.resource, day) for search, of in zip(going, offered, strict=True) for day in of.dates}
        usage = usage_of_days(reader, touched, now) if touched else {}
        for search, of in zip(going, offered, strict=True):
            if of.slots:
                search.look(of.slots, usage[search.wanted.resource])
    found = {each: search.shown() for each, search in searches.items()}
    return [found.get(each, []) for each in wanted]


class _Offered(NamedTuple):
    """Slots in order, and the dates that they touch with their buffers."""

    slots: list[Slot]
    dates: list[date]


class _Search:
    """A look for free slots around a start."""

    def __init__(self, wanted: Wanted, row: ResourceRow, now: datetime) -> None:
        self.wanted = wanted
        self._row = row
        self._minutes = round((wanted.end - wanted.start) / MINUTE)
        self._now = now
        self._later: list[Judged] = []
        self._earlier: Iterator[Judged] = iter(())

    @property
    def goes_on(self) -> bool:
        """Whether more is wanted."""
        return len(self._later) < MOST

    def offered(self, first: int, last: int) -> _Offered:
        """What starts on these dates after the wanted one."""
        wanted_on = self.wanted.start.date()
        slots: list[Slot] = []
        touched: list[date] = []
        # What a window after midnight offers is listed under the date before.
        for number in range(first - 1, last + 1):
            offered = offered_on(self._row, wanted_on + number * DAY, self._minutes)
            starting = _starting(offered.slots, wanted_on + first * DAY, wanted_on + last * DAY)
            if starting:
                slots += starting
                touched += (offered.first, offered.last)
        slots.sort(key=_first_minute)
        begins, days = min(touched, default=wanted_on), 0
        if touched:
            days = (max(touched) - begins).days + 1
        return _Offered(slots, [begins + number * DAY for number in range(days)])

    def look(self, slots: list[Slot], usage: Usage) -> None:
        """Take what is free of these, given what is taken on their dates. Judging ends when there is enough."""
        wanted = self.wanted
        judge = judge_with(usage, self._row.resource(), wanted.units, self._now, by_staff=wanted.by_staff)
        start = minute_of(wanted.start)
        after = slots[bisect_right(slots, start, key=_first_minute) :]
        before = slots[: bisect_left(slots, start, key=_first_minute)]
        self._later += islice(_available(judge, after), MOST - len(self._later))
        if before:  # the wanted date alone has any
            self._earlier = _available(judge, reversed(before))

    def shown(self) -> list[dict[str, Any]]:
        """What was found; to be asked once."""
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


def _takes_bookings(rows: dict[str, ResourceRow], wanted: Wanted) -> bool:
    """Whether the resource does, around that date."""
    row = rows.get(wanted.resource)
    is_known = FIRST_DATE + DAY < wanted.start.date() < LAST_DATE - (DAYS_AFTER + 1) * DAY
    return row is not None and not row.retired and is_known


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
