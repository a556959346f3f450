"""Whatever two processes do to one log: what they remember is what the log adds up to, and nothing is oversold."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.app.conftest import House

from app.commands import (
    Actor,
    Approve,
    BookSeries,
    Cancel,
    CancelSeries,
    Command,
    Confirm,
    DefineResource,
    Lapse,
    LiftBlock,
    PlaceBlock,
    Reject,
    Reschedule,
)
from app.identity import random_command_id
from app.log.sqlite import open_sqlite
from app.outcome import Outcome
from domain.block import Block
from domain.booking import Booking
from domain.event import Aggregate
from domain.leg import WantedLeg
from domain.series import Series

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
STAFF, ADMIN = Actor("staff", "c-staff"), Actor("admin", "c-admin")

which = st.integers(0, 1)
slot = st.integers(0, 5)
nth = st.integers(0, 7)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["book", "hold"]), which, slot, st.integers(1, 2)),
        st.tuples(st.sampled_from(["cancel", "confirm", "approve", "reject", "lapse", "lift"]), which, nth),
        st.tuples(st.just("move"), which, nth, slot),
        st.tuples(st.just("repeat"), which, slot, st.sampled_from([(0, 1), (0, 0, 1), (0, 2, 3)]), st.booleans()),
        st.tuples(st.just("end"), which, nth),
        st.tuples(st.just("block"), which, slot, st.sampled_from([None, 1])),
        st.tuples(st.just("capacity"), which, st.integers(1, 3)),
        st.tuples(st.just("wait"), which, st.integers(1, 40)),
    ),
    max_size=25,
)


class Story:
    """Plays steps on two houses, and knows the bookings and blocks that came of them."""

    def __init__(self, houses: list[House]) -> None:
        self.houses = houses
        self.bookings: list[Booking] = []
        self.blocks: list[Block] = []
        self.series: list[Series] = []
        self.revised = 0  # one that changes nothing writes nothing; the next ones are refused then, which is fine
        registered: Any = houses[0].register("hall", capacity=2, policy={"approval": True})
        self.definition = registered.subject.definition
        self.people = [houses[0].person(name) for name in ("alice", "bob")]

    def play(self, step: tuple[Any, ...]) -> None:
        verb, house = step[0], self.houses[step[1]]
        if verb == "wait":
            for each in self.houses:
                each.pass_time(seconds=step[2])
            return
        command = self.command(verb, house, *step[2:])
        answer = house.ask(command).result(30) if command is not None else None
        if isinstance(answer, Outcome) and answer.created:
            by_kind: dict[type[Any], list[Any]] = {Booking: self.bookings, Block: self.blocks, Series: self.series}
            by_kind[type(answer.subject)].append(answer.subject)
            self.bookings += [member.booking for member in answer.members]

    def command(self, verb: str, house: House, *given: Any) -> Command | None:
        given_id: dict[str, Any] = {"command_id": random_command_id()}
        if verb in {"book", "hold"}:
            person = self.people[given[1] - 1]
            return house.booking(person, at(given[0]), resource="hall", hold=verb == "hold")
        if verb == "repeat":
            return self.repeating(given_id, *given)
        if verb == "end":
            series = self.series[given[0] % len(self.series)] if self.series else None
            return series and CancelSeries(actor=STAFF, series=series.key, **given_id)
        if verb == "block":
            ends = at(given[0]) + timedelta(hours=13)  # into the next date, now and then
            return PlaceBlock(actor=STAFF, resource="hall", start=at(given[0]), end=ends, units=given[1], **given_id)
        if verb == "capacity":
            self.revised += 1
            definition = self.definition.model_copy(update={"capacity": given[0]})
            return DefineResource(
                actor=ADMIN, resource="hall", timezone=None, definition=definition, expected=self.revised, **given_id
            )
        if verb == "lift":
            block = self.blocks[given[0] % len(self.blocks)] if self.blocks else None
            return block and LiftBlock(actor=STAFF, resource="hall", block=block.key, **given_id)
        return self.about_booking(verb, given_id, *given) if self.bookings else None

    def repeating(self, given_id: dict[str, Any], place: int, days: tuple[int, ...], skips: bool) -> Command:
        return BookSeries(
            actor=self.people[0],
            customer=self.people[0].person,
            legs=(WantedLeg("hall", at(place), None, 1),),
            days=days,
            repeat="FREQ=DAILY;COUNT=3",
            on_conflict="skip" if skips else "refuse",
            **given_id,
        )

    def about_booking(self, verb: str, given_id: dict[str, Any], number: int, place: int = 0) -> Command:
        booking = self.bookings[number % len(self.bookings)]
        owner = Actor("customer", booking.customer)
        if verb == "move":
            return Reschedule(actor=owner, booking=booking.key, start=at(place), **given_id)
        if verb == "lapse":
            return Lapse(actor=Actor("system", "sweeper"), booking=booking.key, **given_id)
        kinds: dict[str, Any] = {"cancel": Cancel, "confirm": Confirm, "approve": Approve, "reject": Reject}
        actor = STAFF if verb in {"approve", "reject"} else owner
        command: Command = kinds[verb](actor=actor, booking=booking.key, **given_id)
        return command


def at(number: int) -> datetime:
    """A start; the last one runs into the next date."""
    return MIDNIGHT + timedelta(hours=4 * number, minutes=30)


@contextmanager
def two_houses() -> Iterator[list[House]]:
    """Two writers on one log that neither has for itself."""
    with tempfile.TemporaryDirectory() as folder:
        logs = [open_sqlite(Path(folder), serving=False) for _ in range(2)]
        houses = [House(log) for log in logs]
        try:
            yield houses
        finally:
            for house, log in zip(houses, logs, strict=True):
                house.stop()
                log.close()


def state(aggregate: Aggregate) -> dict[str, Any]:
    """An aggregate's state, without a resource's plan, which is worked out when first asked for."""
    return {name: value for name, value in vars(aggregate).items() if name != "plan"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_two_memories_equal_the_replay_of_their_log(told: list[tuple[Any, ...]]) -> None:
    with two_houses() as houses:
        story = Story(houses)
        for step in told:
            story.play(step)
        for house in houses:  # a last command of each, so that both have caught up with the other
            house.ask(house.booking(story.people[0], at(2) + timedelta(days=40), resource="hall")).result(30)
            house.ask(house.booking(story.people[1], at(3) + timedelta(days=40), resource="hall")).result(30)
        houses[0].ask(houses[0].booking(story.people[0], at(4) + timedelta(days=40), resource="hall")).result(30)
        replayed: dict[str, Any] = {}
        for event in houses[0].log.after(0):
            replayed[event.originator_id] = houses[0].mapper.to_event(event).mutate(replayed.get(event.originator_id))
        newest = houses[0].writer.memory
        assert newest.seen == houses[0].log.head()
        for stream, aggregate in replayed.items():
            kept = newest.get(stream)
            assert kept is None or state(kept.aggregate) == state(aggregate), stream
        assert houses[0].oversold() == []
        times = [event.timestamp for event in houses[0].log.after(0)]
        assert times == sorted(times)
