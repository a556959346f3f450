"""Whatever happened: what is imagined of it is what a house of that kind would have done with the same wishes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.app.conftest import STAFF
from tests.app.whatif.conftest import Past

from app.commands import SWEEPER, Actor, Approve, Cancel, Confirm, Lapse, LiftBlock, PlaceBlock, Reject, Reschedule
from app.identity import random_command_id
from app.log.sqlite import open_sqlite
from app.whatif.changes import changes_of
from domain.block import Block
from domain.booking import Booking
from domain.definition import Definition
from domain.interval import DAY
from domain.refusal import Refused

MONDAY = datetime(2026, 11, 30, 4, tzinfo=UTC)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BEFORE: dict[str, Any] = {
    "name": "Moon Hospital",
    "kind": "hospital",
    "capacity": 2,
    "hours": dict.fromkeys(WEEK, (("08:00", "12:00"), ("22:00", "03:00"))),
    "policy": {"step": 30, "min_duration": 30, "max_duration": 60, "buffer_after": 30, "hold_seconds": 600},
}
CHANGES = (
    "capacity=1",
    "capacity=4",
    "hours.tue=10:00-12:00",
    "hours.wed=closed",
    "policy.buffer_after=0",
    "policy.min_notice=2880",
    "policy.max_duration=30",
    "policy.hold_seconds=60",
    "policy.approval=true",
)
HALF_HOURS = st.integers(16, 24) | st.integers(0, 95)
story = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["book", "hold", "book"]), HALF_HOURS, st.sampled_from([30, 60])),
        st.tuples(st.sampled_from(["confirm", "cancel", "approve", "reject"]), st.integers(0, 9)),
        st.tuples(st.just("move"), st.integers(0, 9), HALF_HOURS),
        st.tuples(st.just("block"), HALF_HOURS, st.sampled_from([30, 180]), st.sampled_from([None, 1])),
        st.tuples(st.just("lift"), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.sampled_from([1, 4, 11])),
    ),
    max_size=40,
)


class Telling:
    """A house that a story is told in. What is done with a booking is done only if it is among `done`."""

    def __init__(self, past: Past, done: set[int] | None, refused: set[int]) -> None:
        self.past = past
        self.only = done
        self.refused_before = refused
        self.done: set[int] = set()
        self.bookings: list[tuple[Actor, str] | None] = []
        self.blocks: list[str] = []

    def tell(self, steps: list[tuple[Any, ...]]) -> None:
        for number, (kind, *said) in enumerate(steps):
            if kind == "wait":
                self.past.pass_time(minutes=said[0])
                self._lapse()
            elif kind in {"book", "hold"}:
                self._ask(number, kind == "hold" and len(self.bookings) not in self.refused_before, *said)
            elif kind == "block":
                self._block(*said)
            elif kind == "lift":
                self._lift(*said)
            elif self.only is None or number in self.only:
                self._follow(number, kind, *said)

    def _ask(self, number: int, hold: bool, half: int, minutes: int) -> None:
        who = self.past.person(f"guest-{number}")
        start = _at(half)
        wish = self.past.booking(who, start, start + timedelta(minutes=minutes), resource="moon", hold=hold)
        try:
            subject = self.past.run(wish).subject
        except Refused:
            self.bookings.append(None)
            return
        assert isinstance(subject, Booking)
        self.bookings.append((who, subject.key))

    def _block(self, half: int, minutes: int, units: int | None) -> None:
        placed = PlaceBlock(
            actor=STAFF,
            command_id=random_command_id(),
            resource="moon",
            start=_at(half),
            end=_at(half) + timedelta(minutes=minutes),
            units=units,
        )
        subject = self.past.run(placed).subject
        assert isinstance(subject, Block)
        self.blocks.append(subject.key)

    def _lift(self, which: int) -> None:
        if which < len(self.blocks):
            block = self.blocks[which]
            self.past.run(LiftBlock(actor=STAFF, command_id=random_command_id(), resource="moon", block=block))

    def _follow(self, number: int, kind: str, which: int, *half: int) -> None:
        booked = self.bookings[which] if which < len(self.bookings) else None
        if booked is None:
            return
        who, key = booked
        kinds: dict[str, Any] = {"confirm": Confirm, "cancel": Cancel, "approve": Approve, "reject": Reject}
        facts: dict[str, Any] = {"command_id": random_command_id(), "booking": key}
        if kind == "move":
            command: Any = Reschedule(actor=who, start=_at(*half), **facts)
        else:
            command = kinds[kind](actor=STAFF if kind in {"approve", "reject"} else who, **facts)
        if self.past.try_to(command) is None:
            self.done.add(number)

    def _lapse(self) -> None:
        for booked in self.bookings:
            if booked is not None:
                self.past.run(Lapse(actor=SWEEPER, command_id=random_command_id(), booking=booked[1]))

    def found(self, key: str) -> Booking:
        booking = Booking.untouched(Booking.stream(key))
        for event in self.past.log.stream(booking.id):
            self.past.mapper.to_event(event).mutate(booking)
        return booking


def _at(half: int) -> datetime:
    return MONDAY.replace(hour=0) + DAY + half * timedelta(minutes=30)


@contextmanager
def a_house(definition: dict[str, Any]) -> Iterator[Past]:
    with tempfile.TemporaryDirectory() as folder:
        log = open_sqlite(Path(folder), serving=True)
        past = Past(log)
        try:
            past.register("moon", timezone="Europe/Vienna", **definition)
            yield past
        finally:
            past.stop()
            log.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=story, changes=st.sets(st.sampled_from(CHANGES), max_size=3))
@example(steps=[("book", 16, 30)] * 4, changes={"capacity=4"})
def test_what_is_imagined_is_what_would_have_been(steps: list[tuple[Any, ...]], changes: set[str]) -> None:
    wanted = sorted(changes)
    otherwise = changes_of(wanted).of(Definition.model_validate(BEFORE).checked("Europe/Vienna"), "Europe/Vienna")
    with a_house(BEFORE) as past:
        was = Telling(past, None, set())
        was.tell(steps)
        found = past.imagine(*wanted, resource="moon", first=date(2026, 11, 29), last=date(2026, 12, 5))
        unchanged = past.imagine(resource="moon", first=date(2026, 11, 29), last=date(2026, 12, 5))
        taken = [key is not None and was.found(key[1]).status not in {"expired", "held"} for key in was.bookings]
    assert (unchanged.lost, unchanged.served, unchanged.unlike) == ([], 0, 0)
    assert unchanged.before == unchanged.after
    refused = {number for number, key in enumerate(was.bookings) if key is None}
    with a_house(otherwise.model_dump(mode="json")) as there:
        would = Telling(there, was.done, refused)
        would.tell(steps)
        statuses = [None if key is None else would.found(key[1]).status for key in would.bookings]
    lost = {each.booking for each in found.lost}
    for number, (key, status) in enumerate(zip(was.bookings, statuses, strict=True)):
        if key is not None and taken[number]:
            assert (key[1] in lost) == (status in {None, "expired", "held"}), number
    assert found.served == sum(statuses[number] is not None for number in refused)
