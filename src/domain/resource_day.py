"""A resource-day: one resource on one date of its own zone. It guards capacity, as its stream proves."""

from collections.abc import Sequence
from datetime import date, datetime
from operator import add
from typing import ClassVar, Self

from domain.block import BlockSource
from domain.claim import ALL_UNITS, BlockedTime, Claim, ReleaseReason, Taken, Wanted, why_not
from domain.event import Aggregate, Cause, Event
from domain.interval import DAY, MINUTE, Interval, first_instant
from domain.line import OF_DAYS, WishMade, WishServed, WishWithdrawn
from domain.plan import Plan
from domain.refusal import Refused
from domain.resource import Resource
from domain.wish import Waiting, Wish, WithdrawalReason, must_have_room_for_one_more

Date = date  # inside ResourceDay, `date` is the attribute


class DayOpened(Event):
    """The day is used for the first time: its first instant, its minutes (1,380 to 1,500), what it opened under."""

    TOPIC: ClassVar[str] = "DayOpened.1"
    resource: str
    date: date
    starts: datetime
    minutes: int
    capacity: int
    resource_version: int

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.open(self)


class DayRevised(Event):
    """The day caught up with its resource, or with a time zone whose government moved the clocks.

    `starts` and `minutes`: what the day covers from now on, never less than before.
    """

    TOPIC: ClassVar[str] = "DayRevised.1"
    capacity: int
    resource_version: int
    starts: datetime
    minutes: int

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.capacity, aggregate.resource_version = self.capacity, self.resource_version
        if (self.starts, self.minutes) != (aggregate.starts, aggregate.minutes):
            aggregate.reframe(self.starts, self.minutes)


class TimeClaimed(Event):
    """Units were taken for a booking's leg, buffers included; the part of it that lies on this day.

    `leg` counts the booking's legs from 0. `until` is when a hold lapses, none for good. `counted`: whether
    the claim counts for the customer's daily limit on this day.
    """

    TOPIC: ClassVar[str] = "TimeClaimed.1"
    booking: str
    leg: int
    customer: str
    start: datetime
    end: datetime
    units: int
    until: datetime | None
    counted: bool

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.take(
            Claim(
                self.booking,
                self.leg,
                self.customer,
                self.start,
                self.end,
                self.units,
                self.until,
                self.counted,
            )
        )


class ClaimKept(Event):
    """A hold was confirmed: the booking's claims on this day no longer lapse."""

    TOPIC: ClassVar[str] = "ClaimKept.1"
    booking: str

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.keep_for_good(self.booking)


class TimeReleased(Event):
    """All that a booking had claimed on this day was given back."""

    TOPIC: ClassVar[str] = "TimeReleased.1"
    booking: str
    reason: ReleaseReason

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.give_back(self.booking)


class TimeBlocked(Event):
    """A block's part on this day. `units` none means all capacity; `reason` is sealed."""

    TOPIC: ClassVar[str] = "TimeBlocked.1"
    block: str
    start: datetime
    end: datetime
    units: int | None
    source: BlockSource
    reason: str | None

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.shut(BlockedTime(self.block, self.start, self.end, self.units, self.source, self.reason))


class TimeUnblocked(Event):
    """A block's part on this day was given back."""

    TOPIC: ClassVar[str] = "TimeUnblocked.1"
    block: str

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.reopen(self.block)


class ResourceDay(Aggregate):
    """Stream `day/<resource>/<date>`. Usage is kept as two strips of minutes: claiming is one `max`."""

    resource: str
    date: date
    starts: datetime
    minutes: int
    capacity: int
    resource_version: int
    claims: dict[str, tuple[Claim, ...]]
    counted: dict[str, tuple[str, ...]]
    lapsing: dict[str, datetime]
    blocks: dict[str, BlockedTime]
    line: dict[str, Waiting]
    claimed: list[int]
    blocked: list[int]

    def begin(self) -> None:
        self.resource, day = self.id.removeprefix("day/").rsplit("/", 1)
        self.date = date.fromisoformat(day)
        self.claims, self.counted, self.lapsing, self.blocks, self.line = {}, {}, {}, {}, {}
        self.claimed, self.blocked = [], []
        self.capacity = self.resource_version = self.minutes = 0

    @staticmethod
    def stream(resource: str, day: Date) -> str:
        """The name of a resource-day's stream."""
        return f"day/{resource}/{day.isoformat()}"

    def copy(self) -> Self:
        twin = super().copy()
        twin.claims, twin.counted = self.claims.copy(), self.counted.copy()
        twin.lapsing, twin.blocks, twin.line = self.lapsing.copy(), self.blocks.copy(), self.line.copy()
        twin.claimed, twin.blocked = self.claimed.copy(), self.blocked.copy()
        return twin

    # How events change the state.

    def open(self, event: DayOpened) -> None:
        """Set the day's frame; applying later events needs no time-zone database."""
        self.starts, self.minutes = event.starts, event.minutes
        self.capacity, self.resource_version = event.capacity, event.resource_version
        self.claimed, self.blocked = [0] * event.minutes, [0] * event.minutes

    def reframe(self, starts: datetime, minutes: int) -> None:
        """Cover another stretch of time, with all that is taken."""
        self.starts, self.minutes = starts, minutes
        self.claimed, self.blocked = [0] * minutes, [0] * minutes
        for claims in self.claims.values():
            for claim in claims:
                self._add(self.claimed, claim.start, claim.end, claim.units)
        for block in self.blocks.values():
            self._add(self.blocked, block.start, block.end, ALL_UNITS if block.units is None else block.units)

    def take(self, claim: Claim) -> None:
        """Add a claim."""
        self.claims[claim.booking] = (*self.claims.get(claim.booking, ()), claim)
        if claim.counted:
            self.counted[claim.customer] = (*self.counted_bookings(claim.customer), claim.booking)
        if claim.until is not None:
            self.lapsing[claim.booking] = claim.until
        self._add(self.claimed, claim.start, claim.end, claim.units)

    def keep_for_good(self, booking: str) -> None:
        """Let a booking's claims no longer lapse."""
        self.lapsing.pop(booking, None)
        self.claims[booking] = tuple(claim._replace(until=None) for claim in self.claims[booking])

    def give_back(self, booking: str) -> None:
        """Remove all claims of a booking."""
        self.lapsing.pop(booking, None)
        for claim in self.claims.pop(booking):
            self._add(self.claimed, claim.start, claim.end, -claim.units)
            if claim.counted:
                self._count_no_more(claim)

    def _count_no_more(self, claim: Claim) -> None:
        others = tuple(key for key in self.counted_bookings(claim.customer) if key != claim.booking)
        if others:
            self.counted[claim.customer] = others
        else:
            self.counted.pop(claim.customer, None)

    def shut(self, block: BlockedTime) -> None:
        """Add a block."""
        self.blocks[block.block] = block
        self._add(self.blocked, block.start, block.end, ALL_UNITS if block.units is None else block.units)

    def reopen(self, block: str) -> None:
        """Remove a block."""
        lifted = self.blocks.pop(block)
        self._add(self.blocked, lifted.start, lifted.end, -(ALL_UNITS if lifted.units is None else lifted.units))

    def _add(self, strip: list[int], start: datetime, end: datetime, units: int) -> None:
        minutes = self.minutes_between(start, end)
        strip[minutes] = [taken + units for taken in strip[minutes]]

    # What can be seen of it.

    def minutes_between(self, start: datetime, end: datetime) -> slice:
        """The day's minutes, counted from its first instant, that an interval covers."""
        return slice(
            max(0, (start - self.starts) // MINUTE),
            max(0, min(self.minutes, -((self.starts - end) // MINUTE))),
        )

    def peak_claimed(self, start: datetime, end: datetime) -> int:
        """The most units that claims take at any moment of the interval; 0 on a day never touched."""
        return max(self.claimed[self.minutes_between(start, end)], default=0) if self.exists else 0

    def left(self, start: datetime, end: datetime, capacity: int) -> int:
        """Units that could be taken from start to end under a capacity; below 0 where more than that is taken."""
        if not self.exists:
            return capacity
        minutes = self.minutes_between(start, end)
        if not self.blocks:
            return capacity - max(self.claimed[minutes], default=0)
        return capacity - max(map(add, self.claimed[minutes], self.blocked[minutes]), default=0)

    def units_claimed(self, now: datetime) -> list[int]:
        """The units that bookings take in each minute; holds that have lapsed take none. Not to be changed."""
        lapsed = [claim for key, until in self.lapsing.items() if until <= now for claim in self.claims[key]]
        if not lapsed:
            return self.claimed
        claimed = self.claimed.copy()
        for claim in lapsed:
            self._add(claimed, claim.start, claim.end, -claim.units)
        return claimed

    def units_taken(self, now: datetime) -> list[int]:
        """The units that bookings and blocks take in each minute, likewise."""
        claimed = self.units_claimed(now)
        return list(map(add, claimed, self.blocked)) if self.blocks else claimed

    def counted_bookings(self, customer: str) -> tuple[str, ...]:
        """The bookings of a customer that have a claim here counting for the daily limit."""
        return self.counted.get(customer, ())

    def bookings_in(self, interval: Interval) -> list[str]:
        """The bookings with a claim in an interval."""
        return [
            booking
            for booking, claims in self.claims.items()
            if any(interval.overlaps(Interval(claim.start, claim.end)) for claim in claims)
        ]

    # Decisions.

    def change(
        self,
        cause: Cause,
        resource: Resource,
        *,
        release: tuple[str, ReleaseReason] | None = None,
        claim: Sequence[Wanted] = (),
    ) -> None:
        """Give back what a booking has here and take what it wants instead, judged together.

        Raises `Refused` (`not-available`); what was recorded before that is to be thrown away with this copy.
        """
        self.catch_up(cause, resource, [Interval(wanted.claim.start, wanted.claim.end) for wanted in claim])
        if release is not None and release[0] in self.claims:
            self.record(TimeReleased, cause, booking=release[0], reason=release[1])
        for wanted in claim:
            self._must_fit(wanted, resource)
            self.record(TimeClaimed, cause, **wanted.claim._asdict())

    def release(self, cause: Cause, booking: str, reason: ReleaseReason) -> None:
        """Give back all that a booking has here."""
        if booking in self.claims:
            self.record(TimeReleased, cause, booking=booking, reason=reason)

    def keep(self, cause: Cause, booking: str) -> None:
        """Make a hold's claims permanent."""
        if booking in self.lapsing:
            self.record(ClaimKept, cause, booking=booking)

    def block(self, cause: Cause, resource: Resource, blocked: BlockedTime) -> list[str]:
        """Take time away; returns the bookings that stand in it."""
        wanted = Interval(blocked.start, blocked.end)
        self.catch_up(cause, resource, [wanted])
        overlaps = self.bookings_in(wanted)
        self.record(TimeBlocked, cause, **blocked._asdict())
        return overlaps

    def unblock(self, cause: Cause, block: str) -> None:
        """Give a block's time back."""
        if block in self.blocks:
            self.record(TimeUnblocked, cause, block=block)

    def wait(self, cause: Cause, wish: Wish) -> None:
        """Put a wish at the end of the line, on a day that has caught up. Raises `Refused` (`line-full`)."""
        waiting = sum(each.wish.until > cause.timestamp for each in self.line.values())
        must_have_room_for_one_more(self.resource, self.date, waiting)
        self.record(WishMade, cause, **wish._asdict())

    def serve(self, cause: Cause, wish: str, booking: str) -> None:
        """Take a wish out of the line whose time was just claimed for a booking."""
        if wish in self.line:
            self.record(WishServed, cause, wish=wish, booking=booking)

    def withdraw(self, cause: Cause, wish: str, reason: WithdrawalReason) -> None:
        """Take a wish out of the line."""
        if wish in self.line:
            self.record(WishWithdrawn, cause, wish=wish, reason=reason)

    def catch_up(self, cause: Cause, resource: Resource, wanted: Sequence[Interval] = ()) -> None:
        """Let lapsed holds go, then take over what the resource's administrator changed.

        `wanted`: what is about to be taken. Where it lies outside the day as it was opened, the time-zone database
        has changed since, and the day is made to cover both.
        """
        if not self.exists:
            starts, minutes = self._frame(resource.plan)
            facts = {"resource": self.resource, "date": self.date, "starts": starts, "minutes": minutes}
            self.record(DayOpened, cause, **facts, **_terms_of(resource))
            return
        if self.lapsing:
            for booking in [key for key, until in self.lapsing.items() if until <= cause.timestamp]:
                self.record(TimeReleased, cause, booking=booking, reason="expired")
        outside = not all(self._covers(interval) for interval in wanted)
        if outside or self.resource_version != resource.version:
            starts, minutes = self._widened(resource.plan) if outside else (self.starts, self.minutes)
            self.record(DayRevised, cause, starts=starts, minutes=minutes, **_terms_of(resource))

    def _covers(self, interval: Interval) -> bool:
        return self.starts <= interval.start and interval.end <= self.starts + self.minutes * MINUTE

    def _frame(self, plan: Plan) -> tuple[datetime, int]:
        """The date's first instant and its minutes, by today's time-zone database."""
        starts = first_instant(self.date, plan.zone)
        return starts, (first_instant(self.date + DAY, plan.zone) - starts) // MINUTE

    def _widened(self, plan: Plan) -> tuple[datetime, int]:
        """The frame that covers the day as it was and as the time-zone database has it now."""
        starts, minutes = self._frame(plan)
        first = min(starts, self.starts)
        last = max(starts + minutes * MINUTE, self.starts + self.minutes * MINUTE)
        return first, (last - first) // MINUTE

    def _must_fit(self, wanted: Wanted, resource: Resource) -> None:
        claim, capacity = wanted.claim, self.capacity
        left = self.left(claim.start, claim.end, capacity)
        if left >= claim.units:
            return
        booked = self.peak_claimed(claim.start, claim.end)
        blocked = min(capacity, max(self.blocked[self.minutes_between(claim.start, claim.end)], default=0))
        policy = resource.policy
        taken = Taken(capacity, booked, blocked, max(left, 0))
        raise Refused(
            "not-available",
            why_not(resource.name, wanted, taken, slot=policy.min_duration == policy.max_duration),
            resource=self.resource,
            start=wanted.start.isoformat(),
            end=wanted.end.isoformat(),
            units=claim.units,
            capacity=capacity,
            booked=booked,
            blocked=blocked,
            available=taken.left,
        )


def _terms_of(resource: Resource) -> dict[str, int]:
    return {"capacity": resource.capacity, "resource_version": resource.version}


for _event in (DayOpened, DayRevised, TimeClaimed, ClaimKept, TimeReleased, TimeBlocked, TimeUnblocked, *OF_DAYS):
    _event.aggregate = ResourceDay
