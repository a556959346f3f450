"""What is free: the slots of a resource's dates, and the resources that are free for an interval."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import inf
from typing import Any, Literal, NamedTuple

from app.bounded_cache import BoundedCache
from app.read_models.days import versions
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.usage import Usage, minute_of, usage_of
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import DAY, MINUTE, Interval, first_instant, in_zone
from domain.policies import Request, has_a_right_length, takes_no_more_units_than_allowed
from domain.refusal import Refused
from domain.resource import Resource

MOST_DATES = 92
MOST_SLOTS = 10_000

_MICROSECOND = timedelta(microseconds=1)

SlotStatus = Literal["available", "full", "blocked", "past", "unbookable"]


class Slot(NamedTuple):
    """An interval that the plan offers: as instants, as text, and as minutes since 1970."""

    interval: Interval
    start: str
    end: str
    first_minute: int
    last_minute: int


class Judged(NamedTuple):
    """A slot and what can be had of it."""

    slot: Slot
    booked: int
    available: int
    status: SlotStatus


class Judge(NamedTuple):
    """Says what can be had of a resource's slots. Minutes count from 1970.

    Starts before `present` are past; those before `earliest` or from `beyond` on break notice or horizon. A slot
    is available when `units` can be had in it.
    """

    usage: Usage
    capacity: int
    before: int
    after: int
    units: int
    present: int
    earliest: int
    beyond: float

    def judge(self, slot: Slot) -> Judged:
        """What is taken in the slot, what could be taken from start to end with its buffers, and why not."""
        start, end = slot.first_minute, slot.last_minute
        booked = self.usage.claimed.peak(start, end)
        available = self.usage.left(self.capacity, start - self.before, end + self.after)
        return Judged(slot, booked, available, self._status(slot, available))

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


def availability(
    reader: Reader,
    row: ResourceRow,
    first: date,
    last: date,
    *,
    duration: int | None = None,
    units: int = 1,
    now: datetime,
    by_staff: bool = False,
) -> list[dict[str, Any]]:
    """The days from `first` to `last`, both included, with their slots of `duration` minutes, ready for JSON.

    Raises `Refused`: `malformed` (dates the wrong way round or out of bounds, too many dates or slots),
    `bad-duration`, `too-many-units`, `unknown-resource` (retired).
    """
    resource = row.resource()
    resource.must_be_open()
    _must_be_in_bounds(first, last)
    minutes = duration if duration is not None else resource.policy.min_duration
    _must_be_possible(resource, minutes, units)
    days = [first + number * DAY for number in range((last - first).days + 1)]
    offered = _offered(reader, row, days, minutes)
    judge = judge_of(reader, row, [slot for slots in offered for slot in slots], units, now, by_staff=by_staff)
    touched = versions(reader, row.id, first, last)
    return [
        _day(resource, day, touched.get(day, 0), [judge.judge(slot) for slot in slots])
        for day, slots in zip(days, offered, strict=True)
    ]


def judge_of(
    reader: Reader, row: ResourceRow, slots: list[Slot], units: int, now: datetime, *, by_staff: bool
) -> Judge:
    """A judge who knows what is taken around these slots. `by_staff` lifts notice and horizon."""
    resource = row.resource()
    policy, zone = resource.policy, resource.plan.zone
    usage = usage_of(reader, [row.id], _around(resource, slots, now), now)[row.id]
    earliest, beyond = now, inf
    if not by_staff:
        earliest = now + policy.min_notice * MINUTE
        last_date = now.astimezone(zone).date() + policy.max_advance_days * DAY
        beyond = minute_of(first_instant(last_date + DAY, zone))
    return Judge(
        usage,
        resource.capacity,
        policy.buffer_before,
        policy.buffer_after,
        units,
        _next_minute(now),
        _next_minute(earliest),
        beyond,
    )


def _next_minute(moment: datetime) -> int:
    """The first whole minute that is not before a moment."""
    return minute_of(moment + MINUTE - _MICROSECOND)


_SLOTS: BoundedCache[tuple[str, str, int, date, int], tuple[Slot, ...]] = BoundedCache(4_096)
"""A plan's slots stay the same until it is revised, and working out wall-clock times is the costly part."""


def slots_of(reader: Reader, row: ResourceRow, day: date, minutes: int) -> tuple[Slot, ...]:
    """The slots listed under a date."""
    key = (reader.log_id, row.id, row.version, day, minutes)
    slots = _SLOTS.get(key)
    if slots is None:
        slots = tuple(_as_slots(row.resource().plan.slots_on(day, minutes)))
        _SLOTS.put(key, slots)
    return slots


def _around(resource: Resource, slots: list[Slot], now: datetime) -> Interval:
    """All that the slots could touch, buffers included."""
    policy, zone = resource.policy, resource.plan.zone
    start = min((slot.interval.start for slot in slots), default=now) - policy.buffer_before * MINUTE
    end = max((slot.interval.end for slot in slots), default=now) + policy.buffer_after * MINUTE
    return Interval(in_zone(start, zone), in_zone(end, zone))


def _offered(reader: Reader, row: ResourceRow, days: list[date], minutes: int) -> list[tuple[Slot, ...]]:
    offered, count = [], 0
    for day in days:
        offered.append(slots_of(reader, row, day, minutes))
        count += len(offered[-1])
        if count > MOST_SLOTS:
            raise _malformed("/to", f"these dates have more than {MOST_SLOTS:,} slots; ask for fewer at once")
    return offered


def _day(resource: Resource, day: date, version: int, slots: list[Judged]) -> dict[str, Any]:
    head: dict[str, Any] = {"date": day.isoformat(), "version": version}
    if not slots and not resource.plan.touches(day):
        exception = resource.plan.exceptions.get(day)
        reason = exception.reason if exception else None
        return {**head, "status": "closed", "reason": reason, "slots": []}
    return {**head, "status": "open", "slots": [_shown(judged, resource.capacity) for judged in slots]}


def _shown(judged: Judged, capacity: int) -> dict[str, Any]:
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
