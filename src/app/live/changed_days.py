"""The slots that something happened to, as availability shows them now."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from app.availability import Offered, Slot, judge_with, offered_on, shown_slot
from app.live.news import Span
from app.read_models.days import versions_on
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.usage import EPOCH, Usage, minute_of, usage_of_days
from domain.interval import DAY
from domain.resource import Resource
from domain.resource_day import ResourceDay

_MINUTES_A_DAY = 1_440


class ChangedDay(NamedTuple):
    """A date of a resource with those of its slots that changed, ready for JSON. `version`: the resource-day's."""

    resource: str
    date: date
    version: int
    slots: list[dict[str, Any]]


class TouchedDay(NamedTuple):
    """A date, those of its slots that something happened to, and what is taken around them now."""

    resource: Resource
    date: date
    slots: list[Slot]
    version: int
    usage: Usage

    def changed(self, now: datetime, *, by_staff: bool) -> ChangedDay:
        """The slots as availability shows them, to staff or to everybody."""
        judge = judge_with(self.usage, self.resource, 1, now, by_staff=by_staff)
        slots = [shown_slot(judge.judge(slot), self.resource.capacity) for slot in self.slots]
        return ChangedDay(self.resource.key, self.date, self.version, slots)


class _Listed(NamedTuple):
    """Slots that are listed under a date, and all dates that the date's slots lie on."""

    resource: Resource
    day: date
    slots: list[Slot]
    dates: list[date]


def touched_days(
    reader: Reader, rows: Iterable[ResourceRow], touched: Mapping[str, Sequence[Span]], now: datetime
) -> list[TouchedDay]:
    """The dates from today on, and last night's, with slots that lie in what was touched; buffers count.

    A slot that changed and changed back is among them: whoever listens may have seen it in between. A retired
    resource has no slots. `touched`: by resource, in order and apart.
    """
    listed = [each for row in rows for each in _listed_in(row, touched.get(row.id, ()), now)]
    if not listed:
        return []
    usage = usage_of_days(reader, {(each.resource.key, day) for each in listed for day in each.dates}, now)
    streams = [ResourceDay.stream(each.resource.key, each.day) for each in listed]
    versions = versions_on(reader, streams)
    return [
        TouchedDay(each.resource, each.day, each.slots, versions.get(stream, 0), usage[each.resource.key])
        for each, stream in zip(listed, streams, strict=True)
    ]


def _listed_in(row: ResourceRow, touched: Sequence[Span], now: datetime) -> Iterator[_Listed]:
    resource = row.resource()
    if resource.retired or not touched:
        return
    today = now.astimezone(resource.plan.zone).date()
    ends = [end for _, end in touched]
    for day in _dates_around(resource, touched):
        offered = offered_on(row, day, resource.policy.min_duration)
        if offered.slots and (day >= today or offered.slots[-1].last_minute > minute_of(now)):
            slots = list(_slots_in(offered, resource, touched, ends))
            if slots:
                days = (offered.last - offered.first).days + 1
                yield _Listed(resource, day, slots, [offered.first + number * DAY for number in range(days)])


def _slots_in(offered: Offered, resource: Resource, touched: Sequence[Span], ends: Sequence[int]) -> Iterator[Slot]:
    before, after = resource.policy.buffer_before, resource.policy.buffer_after
    first, last = touched[0][0], ends[-1]
    for slot in offered.slots:
        start, end = slot.first_minute - before, slot.last_minute + after
        if first < end and start < last and touched[bisect_right(ends, start)][0] < end:
            yield slot  # of the spans that end after it begins, the first begins before it ends


def _dates_around(resource: Resource, touched: Iterable[Span]) -> list[date]:
    """The dates under which slots may be listed that lie in these spans: a window runs into the next date at most."""
    policy, zone = resource.policy, resource.plan.zone
    before = 2 + (policy.min_duration + policy.buffer_before + policy.buffer_after) // _MINUTES_A_DAY
    after = 1 + policy.buffer_before // _MINUTES_A_DAY
    dates: set[date] = set()
    for span in touched:
        first, last = ((EPOCH + timedelta(minutes=minute)).astimezone(zone).date() for minute in span)
        dates.update(first + number * DAY for number in range(-before, (last - first).days + after + 1))
    return sorted(dates)
