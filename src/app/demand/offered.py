"""What a resource offered: its opening hours times its capacity, without what was blocked, by the plan of each date."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from app.local_hours import HourPart, hours_of
from app.read_models.days import Taken, blocked
from app.read_models.demand import PlanSince, plans
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.usage import Steps, minute_of
from domain.interval import DAY, first_instant
from domain.resource import Resource

Hour = tuple[date, int]
"""A date of the resource's zone, and an hour of its clock, 0 to 23."""


class OpenHour(NamedTuple):
    """The part of an opening window that lies within an hour, and the resource as it was defined then."""

    part: HourPart
    resource: Resource


def offered(reader: Reader, row: ResourceRow, first: date, last: date) -> dict[Hour, int]:
    """Minutes times units that were on offer from the first to the last date, by hour; hours without any left out."""
    opened = opening_hours(plans(reader, row), row, first, last)
    return offered_in(opened, blocked(reader, [row.id], first, last).get(row.id, []))


def opening_hours(known: Sequence[PlanSince], row: ResourceRow, first: date, last: date) -> Iterator[OpenHour]:
    """The opening hours of these dates. For each window the plan counts that the resource had when the date ended on
    which the window begins; of today and later dates, the plan that it has.
    """
    zone = row.resource().plan.zone
    starts = [plan.since for plan in known]
    for number in range(-1, (last - first).days + 1):
        day = first + number * DAY
        before = bisect_left(starts, first_instant(day + DAY, zone))
        resource = known[before - 1].resource if before else None
        for window in [] if resource is None else resource.plan.windows_on(day):
            for part in hours_of(window.opens, window.closes, zone):
                if resource is not None and first <= part.date <= last:
                    yield OpenHour(part, resource)


def offered_in(opened: Iterable[OpenHour], blocks: Sequence[Taken]) -> dict[Hour, int]:
    """Of opening hours, minutes times units that no block takes away."""
    found: dict[Hour, int] = {}
    steps = Steps(blocks)
    for part, resource in opened:
        start, end, capacity = minute_of(part.start), minute_of(part.end), resource.capacity
        free = (end - start) * capacity - steps.total(start, end, capacity)
        key = (part.date, part.hour)
        found[key] = found.get(key, 0) + free
    return {hour: minutes for hour, minutes in found.items() if minutes}


def instants_of(row: ResourceRow, first: date, last: date) -> tuple[datetime, datetime]:
    """The first instant of the first date, and the one just after the last date, where the resource is."""
    zone = row.resource().plan.zone
    return first_instant(first, zone), first_instant(last + DAY, zone)
