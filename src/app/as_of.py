"""Things as they were: the log's streams, replayed up to a position."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from app.availability import judge_with, offered_between, shown
from app.day_snapshots import begun
from app.log.instants import BEFORE_ALL, timestamp_of, timestamp_text
from app.log.mapper import EventMapper
from app.log.reading import Reading
from app.read_models import days, resources
from app.read_models.days import DayRow
from app.read_models.resources import ResourceRow
from app.usage import usage_on
from domain.booking import Booking
from domain.event import Aggregate
from domain.interval import DAY
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay
from domain.series import Series

PAGE: Final = 1_000
"""Events that are in memory at once, however long a stream is."""

A = TypeVar("A", bound=Aggregate)


class Moment(NamedTuple):
    """The log up to a position, looked at by a clock that shows `now`: holds that had run out by then are expired."""

    position: int
    now: datetime


class Replayed(NamedTuple):
    """An aggregate as it was, and the position of its last event until then; version 0 where there was none."""

    aggregate: Any
    position: int


def moment_at(log: Reading, position: int) -> Moment:
    """A position that is in the log, at the time that its event bears."""
    recorded = log.at(position)
    return Moment(position, BEFORE_ALL if recorded is None else timestamp_of(recorded.timestamp))


def moment_of_time(log: Reading, now: datetime, head: int) -> Moment:
    """The last position up to `head` that is not later than a time, at that time."""
    return Moment(log.last_not_later(timestamp_text(now), head), now)


def moment_of_version(log: Reading, stream: str, version: int) -> Moment | None:
    """When a stream came to be at a version; none if it never was. It is at 0 until just before its first event."""
    found = log.stream(stream, max(version - 1, 0), 1)
    if not found:
        return None
    return moment_at(log, found[0].id if version else found[0].id - 1)


class AsOf:
    """The log as it stood at a moment, worked out from nothing but its events.

    What it hands out is to be looked at only. Raises StoreUnavailable, EventUnreadable.
    """

    def __init__(self, log: Reading, mapper: EventMapper, moment: Moment) -> None:
        self.moment = moment
        self._log = log
        self._mapper = mapper
        self._resource: Callable[[str], Replayed] = cache(lambda key: self._replayed(Resource, Resource.stream(key)))

    def resource(self, resource: str) -> Resource:
        """A resource as it was defined; version 0 where there was none."""
        found: Resource = self._resource(resource).aggregate
        return found

    def find_resource(self, resource: str) -> ResourceRow | None:
        """A resource as it was defined; none where there was none."""
        found = self._resource(resource)
        return resources.row_of(found.aggregate, found.position) if found.aggregate.exists else None

    def resource_row(self, resource: str) -> ResourceRow:
        """A resource as it was defined. Raises `Refused` (`unknown-resource`)."""
        found = self.find_resource(resource)
        if found is None:
            raise Refused(
                "unknown-resource",
                f"There was no resource {resource} yet at position {self.moment.position} of the log.",
                resource=resource,
            )
        return found

    def booking(self, booking: str) -> Replayed:
        """A booking as it stood. Its status is that of `status_at(moment.now)`."""
        return self._replayed(Booking, Booking.stream(booking))

    def series(self, series: str) -> Replayed:
        """A series as it was booked; version 0 where there was none."""
        return self._replayed(Series, Series.stream(series))

    def day(self, resource: str, day: date) -> DayRow:
        """A day as it stood, of a resource that was there. Raises `Refused` (`unknown-resource`)."""
        then = self.resource_row(resource).resource()
        found = self._replayed(ResourceDay, ResourceDay.stream(resource, day))
        return days.row_of(found.aggregate, then, day, found.position, self.moment.now)

    def availability(
        self,
        resource: str,
        first: date,
        last: date,
        *,
        duration: int | None = None,
        units: int = 1,
        by_staff: bool = False,
    ) -> list[dict[str, Any]]:
        """What was shown of the dates from `first` to `last`, both included, ready for JSON.

        Raises `Refused` as `offered_between` does, and `unknown-resource`.
        """
        row, now = self.resource_row(resource), self.moment.now
        then = row.resource()
        offered = offered_between(row, first, last, duration, units)
        touched = dict(self._days(resource, min(each.first for each in offered), max(each.last for each in offered)))
        judge = judge_with(usage_on(touched.values(), now), then, units, now, by_staff=by_staff)
        return [shown(then, each, touched[each.day].version, judge) for each in offered]

    def _days(self, resource: str, first: date, last: date) -> Iterator[tuple[date, ResourceDay]]:
        for number in range((last - first).days + 1):
            day = first + number * DAY
            yield day, self._replayed(ResourceDay, ResourceDay.stream(resource, day)).aggregate

    def _replayed(self, kind: type[A], stream: str) -> Replayed:
        since = begun(self._log, [stream], self.moment.position) if kind is ResourceDay else {}
        aggregate, position = since.get(stream) or (kind.untouched(stream), 0)
        is_all = False
        while not is_all:
            events = self._log.stream(stream, aggregate.version, PAGE, self.moment.position)
            for recorded in events:
                self._mapper.to_event(recorded).mutate(aggregate)
                position = recorded.id
            is_all = len(events) < PAGE
        return Replayed(aggregate, position)
