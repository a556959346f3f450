"""When a resource has no place left: its calendar for everybody, in which no single booking can be seen."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from app.calendars.entries import UID_SUFFIX, window
from app.calendars.text import Entry
from app.read_models import days
from app.read_models.days import Taken
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.read_models.tables import instant_number, instant_of

SUMMARY: Final = "Busy"


class Busy(NamedTuple):
    """From `start` to `end`, in microseconds since 1970."""

    start: int
    end: int


def busy_times(reader: Reader, row: ResourceRow, now: datetime, most: int) -> list[Busy]:
    """When all places are taken or blocked, in order: at most so many, those that are not over first."""
    begin, end = window(now)
    zone = row.resource().plan.zone
    first, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    claimed = days.claimed(reader, [row.id], first, last, now).get(row.id, [])
    blocked = days.blocked(reader, [row.id], first, last).get(row.id, [])
    found = list(full([*claimed, *blocked], row.capacity))
    ahead = [each for each in found if each.end > instant_number(now)]
    behind = found[: len(found) - len(ahead)]
    return [*behind[max(0, len(behind) - max(0, most - len(ahead))) :], *ahead[:most]]


def full(taken: Iterable[Taken], capacity: int) -> Iterator[Busy]:
    """The intervals in which no unit is left, in order; those that touch are one."""
    steps = dict[int, int]()
    for each in taken:
        steps[each.start] = steps.get(each.start, 0) + each.units
        steps[each.end] = steps.get(each.end, 0) - each.units
    used, since = 0, None
    for at in sorted(steps):
        used += steps[at]
        if used >= capacity and since is None:
            since = at
        elif used < capacity and since is not None:
            yield Busy(since, at)
            since = None


def busy_entries(row: ResourceRow, times: Iterable[Busy]) -> Iterator[Entry]:
    """Entries that never change: an interval with another start or end is another entry.

    They are as old as the resource's definition, so that they do not tell when somebody booked.
    """
    for each in times:
        start, end = instant_of(each.start), instant_of(each.end)
        uid = f"{row.id}-{start:%Y%m%dT%H%M}-{end:%Y%m%dT%H%M}{UID_SUFFIX}"
        yield Entry(uid, 0, row.updated_at, start, end, "CONFIRMED", SUMMARY)
