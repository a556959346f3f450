"""The next best: what else is free of a resource when somebody was faster."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from app.availability import Judged, Slot, judge_of, offered_on
from app.read_models.reader import Reader
from app.read_models.resources import get
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import DAY, MINUTE

MOST = 5
DAYS_AFTER = 7


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
    wanted_on = start.date()
    minutes = round((end - start) / MINUTE)
    # What a window after midnight offers is listed under the date before.
    slots = [
        slot
        for number in range(-1, DAYS_AFTER + 1)
        for slot in offered_on(reader, row, wanted_on + number * DAY, minutes).slots
        if wanted_on <= slot.interval.start.date() <= wanted_on + DAYS_AFTER * DAY
    ]
    judge = judge_of(reader, row, slots, units, now, by_staff=by_staff)
    free = (judged for judged in map(judge.judge, _in_order(slots, start)) if judged.status == "available")
    return [_shown(resource, judged) for judged in islice(free, MOST)]


def _in_order(slots: list[Slot], start: datetime) -> Iterator[Slot]:
    ordered = sorted(slots, key=lambda slot: slot.first_minute)
    yield from (slot for slot in ordered if slot.interval.start > start)
    earlier = [slot for slot in ordered if slot.interval.start < start]
    yield from (slot for slot in reversed(earlier) if slot.interval.start.date() == start.date())


def _shown(resource: str, judged: Judged) -> dict[str, Any]:
    return {
        "resource": resource,
        "start": judged.slot.start,
        "end": judged.slot.end,
        "available": judged.available,
    }
