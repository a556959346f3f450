"""The next best: what else is free of a resource when somebody was faster."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from app.availability import Judged, judge_of, offered_on
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, get
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import DAY, MINUTE

MOST = 5
DAYS_AFTER = 7
STAGES = ((0, 0), (1, 2), (3, 4), (5, DAYS_AFTER))
"""Dates after the wanted one that are looked at together: most often the first that are have enough."""


def alternatives(
    reader: Reader,
    resource: str,
    start: datetime,
    end: datetime,
    units: int,
    *,
    now: datetime,
    by_staff: bool = False,
) -> list[dict[str, Any]]:
    """Up to 5 free slots of the same length: `{resource, start, end, available}`, ready for JSON.

    First the next starts after the wanted one on its date and the seven following, in order; then earlier ones
    of its date, the nearest first. None when the resource takes no bookings.
    """
    row = get(reader, resource)
    if row is None or row.retired or not FIRST_DATE + DAY < start.date() < LAST_DATE - (DAYS_AFTER + 1) * DAY:
        return []
    search = _Search(reader, row, start, round((end - start) / MINUTE), units, now, by_staff)
    found = islice(chain(search.later(), search.earlier()), MOST)
    return [_shown(resource, judged) for judged in found]


class _Search(NamedTuple):
    """A look for free slots around a start. Each part is worked out when it is needed."""

    reader: Reader
    row: ResourceRow
    start: datetime
    minutes: int
    units: int
    now: datetime
    by_staff: bool

    def later(self) -> Iterator[Judged]:
        """Those after it, in order."""
        for first, last in STAGES:
            for judged in self._free_on(first, last):
                if judged.slot.interval.start > self.start:
                    yield judged

    def earlier(self) -> Iterator[Judged]:
        """Those before it on its date, the nearest first."""
        for judged in reversed(self._free_on(0, 0)):
            if judged.slot.interval.start < self.start:
                yield judged

    def _free_on(self, first: int, last: int) -> list[Judged]:
        """Those that start on these dates after the wanted one, in order."""
        wanted_on = self.start.date()
        # What a window after midnight offers is listed under the date before.
        slots = [
            slot
            for number in range(first - 1, last + 1)
            for slot in offered_on(self.reader, self.row, wanted_on + number * DAY, self.minutes).slots
            if wanted_on + first * DAY <= slot.interval.start.date() <= wanted_on + last * DAY
        ]
        slots.sort(key=lambda slot: slot.first_minute)
        judge = judge_of(self.reader, self.row, slots, self.units, self.now, by_staff=self.by_staff)
        return [judged for judged in map(judge.judge, slots) if judged.status == "available"]


def _shown(resource: str, judged: Judged) -> dict[str, Any]:
    return {
        "resource": resource,
        "start": judged.slot.start,
        "end": judged.slot.end,
        "available": judged.available,
    }
