"""A venue's log, made by real commands, and ways to alter it behind Daybook's back."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import ADMIN, MONDAY_MORNING, STAFF, House
from tests.app.read_models.venue import catch_up, open_models
from tests.conftest import Store

from app.audit.verifying import Proof, Verified, verify
from app.commands import (
    Approve,
    BookSeries,
    Cancel,
    CancelSeries,
    Confirm,
    EraseCustomer,
    LiftBlock,
    LiftLegalHold,
    MarkNoShow,
    PlaceBlock,
    PlaceLegalHold,
    Reschedule,
)
from app.identity import random_command_id
from app.log.mapper import EventMapper
from app.log.verifying import Finding
from app.read_models.runner import Runner
from domain.leg import WantedLeg
from domain.series import Series

TOMORROW = MONDAY_MORNING + timedelta(days=1)


class Business:
    """A log in which a bit of everything happened, with read models that are up to date."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.log = store.open()
        self.house = House(self.log)
        self.alice, self.bob = self.house.person("alice"), self.house.person("bob")

    def open(self) -> None:
        """A day's business: some 40 events."""
        house, alice, bob = self.house, self.alice, self.bob
        house.register("hall", capacity=2, policy={"approval": True, "buffer_after": 15})
        house.register("dr-lee")
        first = house.book(alice, TOMORROW, resource="hall")
        house.run(Approve(actor=STAFF, booking=first.key, command_id=random_command_id()))
        second = house.book(bob, TOMORROW, resource="hall", details="knee")
        again = TOMORROW + timedelta(hours=3)
        house.run(Reschedule(actor=bob, booking=second.key, start=again, command_id=random_command_id()))
        house.run(Cancel(actor=alice, booking=first.key, reason="ill", command_id=random_command_id()))
        held = house.book(alice, TOMORROW, hold=True)
        house.run(Confirm(actor=alice, booking=held.key, command_id=random_command_id()))
        house.book(alice, TOMORROW + timedelta(hours=1), hold=True)
        house.pass_time(seconds=40)
        house.book(bob, TOMORROW + timedelta(hours=1))
        ends = TOMORROW + timedelta(hours=30)
        begins = TOMORROW + timedelta(hours=10)
        block = PlaceBlock(actor=STAFF, resource="hall", start=begins, end=ends, command_id=random_command_id())
        placed: Any = house.run(block).subject
        house.run(LiftBlock(actor=STAFF, resource="hall", block=placed.key, command_id=random_command_id()))
        self.repeat_something()
        house.pass_time(days=1, hours=2)
        self.forget_somebody()
        house.run(MarkNoShow(actor=STAFF, booking=held.key, command_id=random_command_id()))
        self.project()

    def repeat_something(self) -> None:
        """Alice takes three weeks at once, of which one cannot be had, and gives up the last."""
        weekly = BookSeries(
            actor=self.alice,
            customer=self.alice.person,
            legs=(WantedLeg("dr-lee", TOMORROW + timedelta(hours=1), None, 1),),
            days=(0, 7, 14),
            repeat="FREQ=WEEKLY;COUNT=3",
            on_conflict="skip",
            command_id=random_command_id(),
        )
        series = self.house.run(weekly).subject
        assert isinstance(series, Series)
        last = series.bookings[-1].booking
        self.house.run(
            CancelSeries(actor=self.alice, series=series.key, from_booking=last, command_id=random_command_id())
        )

    def forget_somebody(self) -> None:
        """Carol is kept by law for a while, and erased then."""
        carol = self.house.person("carol").person
        for kind in (PlaceLegalHold, LiftLegalHold):
            self.house.run(kind(actor=ADMIN, customer=carol, command_id=random_command_id()))
        erase = EraseCustomer(
            actor=ADMIN, customer=carol, looked_at=self.log.head().position, command_id=random_command_id()
        )
        self.house.run(erase)

    def project(self) -> None:
        """Take the read models to the log's head."""
        with closing(open_models(self.store)) as models:
            runner = Runner(models, self.log, EventMapper())
            runner.prepare()
            catch_up(runner)

    def alter(self, *statements: str) -> None:
        """Change what cannot be changed: as the tables' owner, with the triggers off."""
        for table in ("events", "appends"):
            if self.store.name == "postgres":
                self.store.ask(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            else:
                for change in ("UPDATE", "DELETE"):
                    self.store.ask(f"DROP TRIGGER IF EXISTS {table}_no_{change}")
        for statement in statements:
            self.store.ask(statement)

    def verify(self, *proofs: Proof, keys: dict[str, bytes] | None = None) -> Verified:
        """What a verification says now."""
        with closing(open_models(self.store)) as models:
            return verify(self.log, models, proofs, keys or {}, lambda _what, _done, _total: None)

    def found(self, *proofs: Proof, keys: dict[str, bytes] | None = None) -> list[Finding]:
        """The findings of that."""
        return self.verify(*proofs, keys=keys).findings

    def bookings(self) -> list[tuple[int, str, str]]:
        """Position, stream and topic of the bookings' events."""
        events = [event for event in self.log.after(0) if event.originator_id.startswith("booking/")]
        return [(event.id, event.originator_id, event.topic) for event in events]


def after_a_day(store: Store) -> Business:
    """A venue after a day's business."""
    made = Business(store)
    made.open()
    made.house.stop()
    return made


@pytest.fixture
def business(store: Store) -> Business:
    """One on either store."""
    return after_a_day(store)


@pytest.fixture
def in_files(tmp_path: Path) -> Iterator[Business]:
    """One on files."""
    store = Store(tmp_path / "data", None)
    yield after_a_day(store)
    store.close()


@pytest.fixture
def checkpoint_file(tmp_path: Path) -> Path:
    """Where a checkpoint is said to be from."""
    return tmp_path / "tonight"
