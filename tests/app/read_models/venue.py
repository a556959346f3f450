"""A venue to read about: it books, blocks and defines by the domain's own decisions, straight into a log."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models.database import ReadModels, open_postgres, open_sqlite
from app.read_models.runner import Runner
from domain.block import Block
from domain.booking import Booking, Terms
from domain.claim import BlockedTime, Claim, Wanted
from domain.definition import Definition
from domain.event import Aggregate, Cause, Event
from domain.interval import Interval, in_zone, split_by_date
from domain.leg import Leg, WantedLeg, claimed_parts, interval_of, place
from domain.resource import Resource
from domain.resource_day import ResourceDay

if TYPE_CHECKING:
    from tests.conftest import Store

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OFFICE_HOURS: dict[str, Any] = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

Kind = TypeVar("Kind", bound=Aggregate)


class Venue:
    """Commands without rules about who and when: what a writer would decide, one append each."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.now = NOW
        self._mapper = EventMapper()
        self._aggregates: dict[str, Aggregate] = {}
        self._commands = 0

    def define(self, resource: str, timezone: str = "Asia/Dhaka", **definition: Any) -> Resource:
        aggregate = self.take(Resource, Resource.stream(resource))
        given = Definition.model_validate(
            {"name": resource.title(), "kind": "room", "hours": OFFICE_HOURS, **definition}
        )
        if aggregate.exists:
            aggregate.revise(self.cause(), None, given)
        else:
            aggregate.register(self.cause(), timezone, given)
        self.save(aggregate)
        return aggregate

    def retire(self, resource: str) -> None:
        aggregate = self.resource(resource)
        aggregate.retire(self.cause())
        self.save(aggregate)

    def book(
        self,
        booking: str,
        *legs: tuple[str, str] | tuple[str, str, str],
        units: int = 1,
        customer: str = "c-alice",
        by: str | None = None,
        party: int = 1,
        details: str | None = None,
        until: datetime | None = None,
        approval: bool = False,
    ) -> Booking:
        """Take legs (resource, start, and maybe end, as wall clock); a hold when `until` is given."""
        aggregate, cause = self.take(Booking, Booking.stream(booking)), self.cause(by or f"customer:{customer}")
        agreed = self._legs(legs, units)
        terms = Terms(customer=customer, party=party, legs=agreed)
        if until is None:
            aggregate.book(cause, terms, details, approval=approval)
        else:
            aggregate.hold(cause, terms, details, until)
        self.save(aggregate, *self._claimed(cause, aggregate, agreed, until))
        return aggregate

    def confirm(self, booking: str) -> None:
        aggregate, cause = self.booking(booking), self.cause()
        aggregate.confirm(cause, None, approval=False)
        days = self.days_of(aggregate)
        for day in days:
            day.keep(cause, booking)
        self.save(aggregate, *days)

    def cancel(self, booking: str, reason: str | None = None) -> None:
        aggregate, cause = self.booking(booking), self.cause()
        aggregate.cancel(cause, reason)
        days = self.days_of(aggregate)
        for day in days:
            day.release(cause, booking, "cancelled")
        self.save(aggregate, *days)

    def move(self, booking: str, *legs: tuple[str, str] | tuple[str, str, str]) -> None:
        aggregate, cause = self.booking(booking), self.cause()
        given_back = self.days_of(aggregate)
        agreed = self._legs(legs, 1)
        for day in given_back:
            day.release(cause, booking, "rescheduled")
        aggregate.reschedule(cause, agreed, approval=False)
        claimed = self._claimed(cause, aggregate, agreed, None, given_back)
        self.save(aggregate, *given_back, *(day for day in claimed if day not in given_back))

    def block(self, block: str, resource: str, start: str, end: str, units: int | None = None) -> None:
        """Take time away, from and to in the resource's wall clock."""
        aggregate, cause = self.take(Block, Block.stream(block)), self.cause("staff:bob")
        target = self.resource(resource)
        zone = target.plan.zone
        interval = Interval(
            *(in_zone(datetime.fromisoformat(text).replace(tzinfo=zone), zone) for text in (start, end))
        )
        parts = split_by_date(interval, zone)
        aggregate.place(
            cause,
            resource=resource,
            start=interval.start,
            end=interval.end,
            units=units,
            source="desk",
            reason=None,
            days=tuple(day for day, _ in parts),
        )
        days = []
        for on, part in parts:
            day = self.take(ResourceDay, ResourceDay.stream(resource, on))
            day.block(cause, target, BlockedTime(block, part.start, part.end, units, "desk", None))
            days.append(day)
        self.save(aggregate, *days)

    def has_block(self, block: str) -> bool:
        """Whether a block of that id was ever placed."""
        return self.take(Block, Block.stream(block)).exists

    def lift(self, block: str, resource: str) -> None:
        aggregate, cause = self.take(Block, Block.stream(block)), self.cause("staff:bob")
        aggregate.lift(cause)
        days = [self.take(ResourceDay, ResourceDay.stream(resource, day)) for day in aggregate.days]
        for day in days:
            day.unblock(cause, block)
        self.save(aggregate, *days)

    # Its parts.

    def cause(self, by: str = "staff:bob") -> Cause:
        self._commands += 1
        return Cause(by, f"{self._commands:032x}", self.now)

    def take(self, kind: type[Kind], stream: str) -> Kind:
        """A copy to decide on, as the writer takes one."""
        known = self._aggregates.get(stream)
        return kind.untouched(stream) if known is None else known.copy()  # type: ignore[return-value] # a stream has one kind

    def resource(self, resource: str) -> Resource:
        return self.take(Resource, Resource.stream(resource))

    def booking(self, booking: str) -> Booking:
        return self.take(Booking, Booking.stream(booking))

    def day(self, resource: str, day: date) -> ResourceDay:
        return self.take(ResourceDay, ResourceDay.stream(resource, day))

    def days_of(self, booking: Booking) -> list[ResourceDay]:
        streams = {ResourceDay.stream(leg.resource, day): None for leg in booking.legs for day in leg.days}
        return [self.take(ResourceDay, stream) for stream in streams]

    def save(self, *aggregates: Aggregate) -> None:
        """Append what they recorded, all of it or nothing, and keep them."""
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        self.append(events)  # type: ignore[arg-type] # the library's type for events is wider
        self._aggregates.update({aggregate.id: aggregate for aggregate in aggregates})

    def append(self, events: Sequence[Event]) -> None:
        if events:
            self.log.append([self._mapper.to_logged(event) for event in events], self.log.head())

    def _legs(self, legs: Sequence[tuple[str, ...]], units: int) -> tuple[Leg, ...]:
        agreed = []
        for resource, start, *end in legs:
            wanted = WantedLeg(
                resource,
                datetime.fromisoformat(start),
                datetime.fromisoformat(end[0]) if end else None,
                units,
            )
            target = self.resource(resource)
            agreed.append(place(wanted, interval_of(wanted, target), target).leg)
        return tuple(agreed)

    def _claimed(
        self,
        cause: Cause,
        booking: Booking,
        legs: Sequence[Leg],
        until: datetime | None,
        taken: Sequence[ResourceDay] = (),
    ) -> list[ResourceDay]:
        days = {day.id: day for day in taken}
        for number, leg in enumerate(legs):
            target = self.resource(leg.resource)
            for on, part in claimed_parts(Interval(leg.start, leg.end), target):
                stream = ResourceDay.stream(leg.resource, on)
                day = days.setdefault(stream, self.take(ResourceDay, stream))
                claim = Claim(
                    booking.key, number, booking.customer, part.start, part.end, leg.units, until, number == 0
                )
                day.change(cause, target, claim=[Wanted(claim, leg.start, leg.end)])
        return list(days.values())


def open_models(store: "Store", **options: Any) -> ReadModels:
    """The store's read models, opened once more."""
    if store.place is not None:
        return open_postgres(*store.place, **options)
    assert store.folder is not None
    return open_sqlite(store.folder, **options)


def catch_up(runner: Runner) -> None:
    """Take the read models to the log's head."""
    while runner.step():
        pass
