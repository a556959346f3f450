"""Notes beside the log: together, bounded, counted, and pruned."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.app.conftest import MONDAY_MORNING, STAFF, House

from app import noting
from app.commands import Actor, BookAny, Cancel, Lapse
from app.disclosures import Disclosures, disclosure_row
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.notes import Disclosure, Refusal
from app.log.trouble import StoreUnavailable
from app.noting import Noting
from app.refusals import Refusals, refusal_row
from app.writer import Writer
from domain.refusal import Refused

TEN = datetime.fromisoformat("2026-12-01T10:00")


class Hand:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.shows = MONDAY_MORNING

    def __call__(self) -> datetime:
        return self.shows


class Notes:
    """Both kinds of notes over one log, written down when the test says so."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.clock = Hand()
        self.dropped: list[tuple[str, int]] = []
        shared: dict[str, Any] = {"may_prune": lambda: True, "dropped": lambda *told: self.dropped.append(told)}
        self.refusing: Noting[Refusal] = Noting(log.refusals, refusal_row, 90, self.clock, **shared)
        self.disclosing: Noting[Disclosure] = Noting(log.disclosures, disclosure_row, 730, self.clock, **shared)
        self.disclosures = Disclosures(self.disclosing, self.clock)

    def shown(self) -> list[Disclosure]:
        self.disclosing.flush()
        return self.log.disclosures.search({})


@pytest.fixture
def notes(log: EventLog) -> Notes:
    return Notes(log)


@pytest.fixture
def house(notes: Notes) -> Iterator[House]:
    """A house whose writer's refusals are noted."""
    found = House(notes.log)
    found.stop()
    found.writer = Writer(
        *(notes.log, found.mapper, found.vault, found.writer._clock),
        note_refusal=Refusals(notes.refusing).note,
    )
    found.writer.start()
    found.register()
    yield found
    found.stop()


def refused(house: House, notes: Notes, *commands: Any) -> list[Refusal]:
    """What is noted of commands that are all refused."""
    for command in commands:
        with pytest.raises(Refused):
            house.run(command)
    house.stop()  # answers come first, notes behind them
    notes.refusing.flush()
    return notes.log.refusals.search({})


def test_a_refusal_is_noted_with_what_was_asked_and_the_position_that_refused(house: House, notes: Notes) -> None:
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, TEN)
    head = notes.log.head().position
    wish = house.booking(bob, TEN)
    (found,) = refused(house, notes, wish)
    assert found[1:] == (
        *(timestamp_text(house.time), timestamp_text(house.time), 1, bob.by, wish.command_id, "Book", None, "dr-lee"),
        *("2026-12-01T10:00:00+00:00", "2026-12-01T10:30:00+00:00", 1, "not-available", head),
        *(bob.person, 1, None),
    )
    assert found.position == 4


def test_a_refusal_says_for_whom_for_how_many_and_how_much_of_a_window(house: House, notes: Notes) -> None:
    alice, bob, carol = (house.person(name) for name in ("alice", "bob", "carol"))
    house.book(alice, TEN)
    asked: list[Any] = [
        replace(house.booking(bob, TEN, party=2), actor=STAFF, command_id=random_command_id()),
        replace(house.booking(carol, TEN), actor=STAFF, command_id=random_command_id()),
        BookAny(
            actor=carol,
            command_id=random_command_id(),
            customer=carol.person,
            candidates=("dr-lee",),
            between=(TEN, TEN + timedelta(minutes=30)),
            minutes=30,
        ),
    ]
    found = refused(house, notes, *asked)
    said = sorted((each.by, each.kind, each.customer, each.party, each.minutes) for each in found)
    assert said == sorted(
        [
            (STAFF.by, "Book", bob.person, 2, None),
            (STAFF.by, "Book", carol.person, 1, None),
            (carol.by, "BookAnyBetween", carol.person, 1, 30),
        ],
        key=lambda each: each[:3],
    )


def test_who_repeats_a_wish_within_a_minute_is_counted_together(house: House, notes: Notes) -> None:
    bob = house.person("bob")
    wishes = [house.booking(bob, TEN.replace(minute=7)) for _ in range(3)]
    other = house.booking(bob, TEN.replace(minute=11))
    found = refused(house, notes, *wishes, other)
    assert sorted((each.times, each.start) for each in found) == [
        (1, "2026-12-01T10:11:00"),
        (3, "2026-12-01T10:07:00"),
    ]
    assert next(each.command_id for each in found if each.times == 3) == wishes[0].command_id


def test_other_commands_say_what_they_were_about_and_the_systems_own_are_nobodys(house: House, notes: Notes) -> None:
    bob, key = house.person("bob"), "b-" + "0" * 32
    system = Actor("system", "sweeper")
    given: dict[str, Any] = {"command_id": random_command_id(), "booking": key}
    (found,) = refused(house, notes, Cancel(actor=bob, **given), Lapse(actor=system, **given))
    assert (found.kind, found.booking, found.resource, found.code) == ("Cancel", key, None, "unknown-booking")


def test_counts_go_on_from_round_to_round_and_from_process_to_process(log: EventLog, notes: Notes) -> None:
    other = Notes(log)
    for each in (notes, notes, other):
        each.disclosures.note("staff:c-sam", "c-alice", "b-1")
        each.disclosing.flush()
        each.clock.shows += timedelta(seconds=10)
    (found,) = notes.shown()
    assert (found.by, found.customer, found.booking, found.times) == ("staff:c-sam", "c-alice", "b-1", 3)
    assert found.first_at == timestamp_text(MONDAY_MORNING)
    notes.clock.shows += timedelta(minutes=1)
    notes.disclosures.note("staff:c-sam", "c-alice", "b-1")
    assert [each.times for each in notes.shown()] == [3, 1]


def test_what_one_sees_of_oneself_and_the_desk_of_itself_is_not_noted(notes: Notes) -> None:
    for by, customer in (("customer:c-alice", "c-alice"), ("staff:c-alice", "c-alice"), ("staff:c-sam", "desk")):
        notes.disclosures.note(by, customer, "profile")
    assert notes.shown() == []
    notes.disclosures.note("agent:c-web", "c-alice", "profile")
    assert [each.booking for each in notes.shown()] == [None]


def test_what_there_is_no_room_for_is_dropped_counted_and_told(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(noting, "MOST_WAITING", 3)
    for number in range(5):
        notes.disclosures.note("staff:c-sam", f"c-{number}", "profile")
    assert {each.customer for each in notes.shown()} == {"c-0", "c-1", "c-2"}
    assert notes.dropped == [("disclosures", 2)]
    assert "notes dropped" in capsys.readouterr().out


def test_a_round_is_bounded_and_the_rest_is_written_in_the_next(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "ROWS_A_STATEMENT", 2)
    monkeypatch.setattr(noting, "STATEMENTS_A_ROUND", 2)
    for number in range(7):
        notes.disclosures.note("staff:c-sam", f"c-{number}", "profile")
    assert [len(notes.shown()) for _ in range(3)] == [4, 7, 7]


def test_what_cannot_be_stored_is_tried_again(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    notes.disclosures.note("staff:c-sam", "c-alice", "profile")
    with monkeypatch.context() as away:
        away.setattr(notes.log, "write", _unavailable)
        with pytest.raises(StoreUnavailable):
            notes.disclosing.flush()
    assert len(notes.shown()) == 1


def _unavailable(*_: object) -> None:
    raise StoreUnavailable("The disk is full.")


def test_old_notes_are_pruned(notes: Notes) -> None:
    for number in range(3):
        notes.disclosures.note("staff:c-sam", f"c-{number}", "profile")
        notes.clock.shows += timedelta(days=1)
    assert len(notes.shown()) == 3
    assert notes.disclosing.prune() == 0
    notes.clock.shows = MONDAY_MORNING + timedelta(days=731, seconds=1)
    assert notes.disclosing.prune() == 2
    assert [each.customer for each in notes.shown()] == ["c-2"]


def test_notes_are_found_by_who_whom_and_when_page_by_page(notes: Notes) -> None:
    for number in range(4):
        for customer in ("c-alice", "c-bob"):
            notes.disclosures.note(f"staff:c-{number % 2}", customer, "profile")
        notes.clock.shows += timedelta(minutes=1)
    notes.disclosing.flush()
    table = notes.log.disclosures
    every = table.search({"customer": "c-alice"})
    assert [each.by for each in every] == ["staff:c-0", "staff:c-1"] * 2
    assert table.search({"customer": "c-alice", "by": "staff:c-1"}) == [every[1], every[3]]
    assert table.search({"customer": "c-alice"}, since=every[1].first_at, until=every[3].first_at) == every[1:3]
    assert table.search({"customer": "c-alice"}, after=(every[1].first_at, every[1].id), limit=1) == [every[2]]


def test_what_waits_at_the_end_is_written(notes: Notes) -> None:
    notes.disclosing.start()
    notes.disclosures.note("staff:c-sam", "c-alice", "profile")
    notes.disclosing.stop()
    assert len(notes.log.disclosures.search({})) == 1
