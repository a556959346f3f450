"""What is free: the slots of a resource's dates, and the resources that are free for an interval."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import inf
from typing import Any, Literal, NamedTuple

from app.bounded_cache import BoundedCache
from app.read_models.resources import ResourceRow
from app.read_models.tables import instant_number
from app.usage import Usage, minute_of
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import DAY, MINUTE, Interval, first_instant, in_zone
from domain.policies import Request, has_a_right_length, takes_no_more_units_than_allowed
from domain.refusal import Refused
from domain.resource import Resource

MOST_DATES = 92
MOST_SLOTS = 10_000

FOREVER = 2**63 - 1
"""Microseconds since 1970 that no clock will show."""

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = 60_000_000  # of a minute

SlotStatus = Literal["available", "full", "blocked", "past", "unbookable"]


class Slot(NamedTuple):
    """An interval that the plan offers: as instants, as text, and as minutes since 1970."""

    interval: Interval
    start: str
    end: str
    first_minute: int
    last_minute: int


class Offered(NamedTuple):
    """The slots that are listed under a date. With their buffers they touch the dates from `first` to `last`."""

    day: date
    slots: tuple[Slot, ...]
    first: date
    last: date


class Judged(NamedTuple):
    """A slot and what can be had of it."""

    slot: Slot
    booked: int
    available: int
    status: SlotStatus


class Judge(NamedTuple):
    """Says what can be had of a resource's slots. Minutes count from 1970.

    Starts before `present` are past; those before `earliest` or from `beyond` on break notice or horizon, which moves
    at `next_date` (microseconds since 1970). A slot is available when `units` can be had in it.
    """

    usage: Usage
    capacity: int
    before: int
    after: int
    units: int
    present: int
    earliest: int
    beyond: float
    next_date: int

    def judge(self, slot: Slot) -> Judged:
        """What is taken in the slot, what could be taken from start to end with its buffers, and why not."""
        start, end = slot.first_minute, slot.last_minute
        booked = self.usage.claimed.peak(start, end)
        available = self.usage.left(self.capacity, start - self.before, end + self.after)
        return Judged(slot, booked, available, self._status(slot, available))

    def right_until(self, slots: Iterable[Slot]) -> int:
        """The last moment (microseconds since 1970) at which this judgement of the slots is right by the clock: then
        one of them starts, or comes too near, or the horizon moves. What is taken may change before.
        """
        starts = [slot.first_minute for slot in slots]
        notice = self.earliest - self.present
        ahead = [start for start in starts if start >= self.present]
        ahead += [start - notice for start in starts if start >= self.earliest]
        moments = [min(ahead) * _MICROSECONDS] if ahead else []
        if any(start >= self.beyond for start in starts):
            moments.append(self.next_date - 1)
        return min(moments, default=FOREVER)

    def _status(self, slot: Slot, available: int) -> SlotStatus:
        start = slot.first_minute
        if start < self.present:
            return "past"
        if start < self.earliest or start >= self.beyond:
            return "unbookable"
        if available >= self.units:
            return "available"
        blocked = self.usage.blocked.peak(start - self.before, slot.last_minute + self.after)
        return "blocked" if blocked >= self.capacity else "full"


def offered_between(
    row: ResourceRow, first: date, last: date, duration: int | None = None, units: int = 1
) -> list[Offered]:
    """What is offered from `first` to `last`, both included, in slots of `duration` minutes (none: the shortest).

    Raises `Refused`: `malformed` (dates the wrong way round or out of bounds, too many dates or slots),
    `bad-duration`, `too-many-units`, `unknown-resource` (retired).
    """
    resource = row.resource()
    resource.must_be_open()
    _must_be_in_bounds(first, last)
    minutes = duration if duration is not None else resource.policy.min_duration
    _must_be_possible(resource, minutes, units)
    offered, count = [], 0
    for number in range((last - first).days + 1):
        offered.append(offered_on(row, first + number * DAY, minutes))
        count += len(offered[-1].slots)
        if count > MOST_SLOTS:
            raise _malformed("/to", f"these dates have more than {MOST_SLOTS:,} slots; ask for fewer at once")
    return offered


def judge_with(usage: Usage, resource: Resource, units: int, now: datetime, *, by_staff: bool) -> Judge:
    """A judge who knows what is taken. `by_staff` lifts notice and horizon."""
    policy, zone = resource.policy, resource.plan.zone
    earliest, beyond, next_date = now, inf, FOREVER
    if not by_staff:
        earliest = now + policy.min_notice * MINUTE
        today = now.astimezone(zone).date()
        beyond = minute_of(first_instant(today + (policy.max_advance_days + 1) * DAY, zone))
        next_date = instant_number(first_instant(today + DAY, zone))
    return Judge(
        usage,
        resource.capacity,
        policy.buffer_before,
        policy.buffer_after,
        units,
        _next_minute(now),
        _next_minute(earliest),
        beyond,
        next_date,
    )


def _next_minute(moment: datetime) -> int:
    """The first whole minute that is not before a moment."""
    return minute_of(moment + MINUTE - _MICROSECOND)


_OFFERED: BoundedCache[tuple[bytes, date, int], Offered] = BoundedCache(4_096)
"""A plan's slots stay the same until it is revised, and working out wall-clock times is the costly part. Resources
with the same plan have them in common, as the courts of a club do.
"""


def offered_on(row: ResourceRow, day: date, minutes: int) -> Offered:
    """What is offered under a date."""
    key = (_plan_of(row.timezone, row.definition), day, minutes)
    offered = _OFFERED.get(key)
    if offered is None:
        resource = row.resource()
        slots = tuple(_as_slots(resource.plan.slots_on(day, minutes)))
        around = _around(resource, slots)
        first, last = (around.start.date(), around.end.date()) if around is not None else (day, day)
        offered = Offered(day, slots, min(first, day), max(last, day))
        _OFFERED.put(key, offered)
    return offered


@lru_cache(maxsize=1_024)
def _plan_of(timezone: str, definition: str) -> bytes:
    """All of a definition that decides which slots are offered, and which dates they touch with their buffers."""
    said = json.loads(definition)
    planned = json.dumps([timezone, said["hours"], said["exceptions"], said["policy"]])
    return blake2b(planned.encode(), digest_size=16).digest()


def _around(resource: Resource, slots: Sequence[Slot]) -> Interval | None:
    """All that the slots could touch, buffers included; none without slots."""
    if not slots:
        return None
    policy, zone = resource.policy, resource.plan.zone
    start = min(slot.interval.start for slot in slots) - policy.buffer_before * MINUTE
    end = max(slot.interval.end for slot in slots) + policy.buffer_after * MINUTE
    return Interval(in_zone(start, zone), in_zone(end, zone))


def shown(resource: Resource, offered: Offered, version: int, judge: Judge) -> dict[str, Any]:
    """A date with its slots, ready for JSON. `version`: the resource-day's."""
    day, slots = offered.day, offered.slots
    head: dict[str, Any] = {"date": day.isoformat(), "version": version}
    if not slots and not resource.plan.touches(day):
        exception = resource.plan.exceptions.get(day)
        reason = exception.reason if exception else None
        return {**head, "status": "closed", "reason": reason, "slots": []}
    judged = (judge.judge(slot) for slot in slots)
    return {**head, "status": "open", "slots": [shown_slot(each, resource.capacity) for each in judged]}


def shown_slot(judged: Judged, capacity: int) -> dict[str, Any]:
    """A slot, ready for JSON."""
    return {
        "start": judged.slot.start,
        "end": judged.slot.end,
        "capacity": capacity,
        "booked": judged.booked,
        "available": judged.available,
        "status": judged.status,
    }


def _must_be_in_bounds(first: date, last: date) -> None:
    if last < first:
        raise _malformed("/to", "lies before from")
    if (last - first).days >= MOST_DATES:
        raise _malformed("/to", f"at most {MOST_DATES} dates can be asked for at once")
    if first < FIRST_DATE or last > LAST_DATE:
        raise _malformed("/from", f"dates lie between {FIRST_DATE} and {LAST_DATE}")


def _must_be_possible(resource: Resource, minutes: int, units: int) -> None:
    """Refuses what no slot could ever be booked with: a wrong length, or too many units."""
    if units < 1:
        raise _malformed("/units", "is at least 1")
    start = datetime(2000, 1, 1, tzinfo=resource.plan.zone)
    wanted = Interval(start, start + timedelta(minutes=max(min(minutes, 2 * 31 * 1440), 0)))
    asked = Request(resource, wanted, units, 1, start, by_staff=True)
    has_a_right_length(asked)
    takes_no_more_units_than_allowed(asked)


def _malformed(pointer: str, detail: str) -> Refused:
    return Refused(
        "malformed",
        f"This cannot be asked for: {pointer.removeprefix('/')} {detail}.",
        errors=[{"pointer": pointer, "detail": detail}],
    )


def _as_slots(intervals: Iterator[Interval]) -> Iterator[Slot]:
    for interval in intervals:
        start, end = interval
        yield Slot(interval, start.isoformat(), end.isoformat(), minute_of(start), minute_of(end))
