"""A resource-day against the simplest thing that could be right: a list of claims, counted minute by minute."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.domain.given import (
    VIENNA,
    a_definition,
    a_resource,
    cause,
    collect,
    daily,
    replayed,
    reread,
    state_of,
    wanted,
)

from domain.claim import BlockedTime, Wanted
from domain.event import Event
from domain.interval import MINUTE, Interval, first_instant
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay

LONG_DAY = date(2026, 10, 25)
"""The day of 25 hours: one with every number of minutes that the others have."""
MINUTES = 1500
MIDNIGHT = first_instant(LONG_DAY, VIENNA)


class Taken(NamedTuple):
    """A claim as the model knows it: minutes of the day, end excluded. `until` is minutes of the machine's clock."""

    booking: str
    customer: str
    start: int
    end: int
    units: int
    until: int | None


class Shut(NamedTuple):
    """A block as the model knows it."""

    block: str
    start: int
    end: int
    units: int | None


spans = st.tuples(st.integers(-90, MINUTES), st.integers(5, 240))
units = st.integers(1, 3)
lives = st.none() | st.integers(1, 30)
customers = st.sampled_from(["c-alice", "c-bob"])
which = st.integers(0, 100)


class DayMachine(RuleBasedStateMachine):
    """Everything that can happen to a day, in any order, judged by the model as well."""

    @initialize(capacity=st.integers(1, 4))
    def open(self, capacity: int) -> None:
        self.resource: Resource = a_resource(
            a_definition("Moon Hospital", "hospital", open_on=daily("00:00-24:00"), capacity=capacity), VIENNA
        )
        self.day = ResourceDay.untouched(ResourceDay.stream(self.resource.key, LONG_DAY))
        self.log: list[Event] = []
        self.clock, self.made = 0, 0
        self.claims: list[Taken] = []
        self.blocks: list[Shut] = []

    # What the model thinks.

    def live(self) -> list[Taken]:
        """The claims that have not lapsed."""
        return [claim for claim in self.claims if claim.until is None or claim.until > self.clock]

    def taken_at(self, minute: int, claims: list[Taken]) -> int:
        """Units that claims take at a minute."""
        return sum(claim.units for claim in claims if claim.start <= minute < claim.end)

    def shut_at(self, minute: int) -> int:
        """Units that blocks take at a minute."""
        return sum(
            1_000 if block.units is None else block.units for block in self.blocks if block.start <= minute < block.end
        )

    def fits(self, claims: list[Taken], wish: Taken) -> bool:
        """Whether a wish fits beside claims, at every minute of the day."""
        capacity = self.resource.capacity
        minutes = range(max(0, wish.start), min(MINUTES, wish.end))
        free = (capacity - self.taken_at(minute, claims) - self.shut_at(minute) for minute in minutes)
        return min(free, default=capacity) >= wish.units

    # What the day does.

    def decide(self, decision: Callable[[ResourceDay], object]) -> bool:
        """Decide on a copy and keep it unless it was refused; whether it was kept."""
        copy = self.day.copy()
        try:
            decision(copy)
        except Refused:
            return False
        self.log += collect(copy)
        self.day = copy
        return True

    def now(self) -> datetime:
        """The time of the batch; the day itself lies ahead."""
        return MIDNIGHT - timedelta(days=30) + self.clock * MINUTE

    def interval(self, start: int, end: int) -> Interval:
        """Minutes of the day as instants."""
        return Interval(MIDNIGHT + start * MINUTE, MIDNIGHT + end * MINUTE)

    def wanted(self, wish: Taken, leg: int) -> Wanted:
        """A wish as the day wants to hear it."""
        until = None if wish.until is None else self.now() + (wish.until - self.clock) * MINUTE
        return wanted(
            wish.booking, self.interval(wish.start, wish.end), wish.units,
            customer=wish.customer, until=until, leg=leg, counted=leg == 0,
        )  # fmt: skip

    def change(self, wishes: list[Taken], *, instead_of: str | None = None) -> None:
        """Ask for one booking's claims, in place of another's: all or none."""
        claims = [claim for claim in self.live() if claim.booking != instead_of]
        expected = True
        for wish in wishes:
            expected = expected and self.fits(claims, wish)
            claims.append(wish)

        kept = self.decide(
            lambda day: day.change(
                cause(self.now()),
                self.resource,
                release=(instead_of, "rescheduled") if instead_of else None,
                claim=[self.wanted(wish, leg) for leg, wish in enumerate(wishes)],
            )
        )

        assert kept == expected
        if kept:
            self.claims = claims

    @rule(legs=st.lists(spans, min_size=1, max_size=3), units=units, life=lives, customer=customers)
    def book_or_hold(self, legs: list[tuple[int, int]], units: int, life: int | None, customer: str) -> None:
        self.made += 1
        until = None if life is None else self.clock + life
        self.change([Taken(f"b-{self.made}", customer, start, start + length, units, until) for start, length in legs])

    @precondition(lambda self: self.live())
    @rule(which=which, span=spans, units=units)
    def move(self, which: int, span: tuple[int, int], units: int) -> None:
        chosen = self.live()[which % len(self.live())]
        moved = Taken(chosen.booking, chosen.customer, span[0], span[0] + span[1], units, None)
        self.change([moved], instead_of=chosen.booking)

    @precondition(lambda self: self.claims)
    @rule(which=which)
    def cancel(self, which: int) -> None:
        chosen = self.claims[which % len(self.claims)].booking
        self.decide(lambda day: day.release(cause(self.now()), chosen, "cancelled"))
        self.claims = [claim for claim in self.claims if claim.booking != chosen]

    @precondition(lambda self: self.live())
    @rule(which=which)
    def confirm(self, which: int) -> None:
        chosen = self.live()[which % len(self.live())].booking
        self.decide(lambda day: day.keep(cause(self.now()), chosen))
        self.claims = [claim._replace(until=None) if claim.booking == chosen else claim for claim in self.claims]

    @rule(span=spans, units=st.none() | units)
    def block(self, span: tuple[int, int], units: int | None) -> None:
        self.made += 1
        block = Shut(f"k-{self.made}", span[0], sum(span), units)
        time = BlockedTime(block.block, *self.interval(block.start, block.end), block.units, "desk", None)

        overlaps: list[str] = []
        self.decide(lambda day: overlaps.extend(day.block(cause(self.now()), self.resource, time)))

        self.claims = self.live()
        assert set(overlaps) == {
            claim.booking for claim in self.claims if claim.start < block.end and block.start < claim.end
        }
        self.blocks.append(block)

    @precondition(lambda self: self.blocks)
    @rule(which=which)
    def lift(self, which: int) -> None:
        chosen = self.blocks.pop(which % len(self.blocks))
        self.decide(lambda day: day.unblock(cause(self.now()), chosen.block))

    @rule(capacity=st.integers(1, 4))
    def change_the_capacity(self, capacity: int) -> None:
        definition = self.resource.definition.model_copy(update={"capacity": capacity})
        self.resource.revise(cause(self.now()), None, definition)

    @rule(minutes=st.integers(1, 20))
    def let_time_pass(self, minutes: int) -> None:
        self.clock += minutes

    # What is always so.

    @invariant()
    def the_last_claim_never_raised_usage_above_the_capacity_then_in_force(self) -> None:
        """Each was judged when it was made; what the model found right then, it must find right in the strip."""
        caught_up = self.day.copy()
        caught_up.catch_up(cause(self.now()), self.resource)

        claims = self.live()
        assert caught_up.claimed == [self.taken_at(minute, claims) for minute in range(MINUTES)]
        assert set(caught_up.claims) == {claim.booking for claim in claims}
        assert caught_up.capacity == self.resource.capacity

    @invariant()
    def what_is_left_is_what_nobody_took(self) -> None:
        if not self.day.exists:
            return
        caught_up = self.day.copy()
        caught_up.catch_up(cause(self.now()), self.resource)
        claims, capacity = self.live(), self.resource.capacity
        for start, end in [(0, 60), (60, 600), (0, MINUTES), (1440, MINUTES)]:
            free = min(capacity - self.taken_at(m, claims) - self.shut_at(m) for m in range(start, end))
            left = caught_up.left(*self.interval(start, end), capacity)
            assert max(0, left) == max(0, free)

    @invariant()
    def the_daily_limit_counts_each_customers_bookings(self) -> None:
        caught_up = self.day.copy()
        caught_up.catch_up(cause(self.now()), self.resource)
        for customer in ("c-alice", "c-bob"):
            expected = {claim.booking for claim in self.live() if claim.customer == customer}
            assert sorted(caught_up.counted_bookings(customer)) == sorted(expected)

    @invariant()
    def its_events_alone_give_the_same_day(self) -> None:
        nothing = ResourceDay.untouched(self.day.id)
        assert state_of(replayed(self.log, nothing.copy())) == state_of(self.day)
        assert state_of(replayed(map(reread, self.log), nothing.copy())) == state_of(self.day)


DayMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestResourceDayAgainstTheModel = DayMachine.TestCase
