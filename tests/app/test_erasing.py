"""Erasing a person: their key goes with the append that says so, and nobody seals anything under it again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.app.conftest import ADMIN, MONDAY_MORNING, STAFF, House
from tests.conftest import Store

from app.commands import Actor, Cancel, Command, Complete, EraseCustomer, LiftLegalHold, PlaceLegalHold
from app.details import UnknownCustomer
from app.erasure_list import Erased, ErasureList
from app.forgetting import RESTORER, Forgetting, erase_again
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.verifying import findings
from domain.customer import Customer
from domain.refusal import Refused

TEN = MONDAY_MORNING + timedelta(hours=6)


def erasing(customer: str, looked_at: int = 0, bookings: tuple[str, ...] = ()) -> Command:
    """The command."""
    return EraseCustomer(
        actor=ADMIN, command_id=random_command_id(), customer=customer, looked_at=looked_at, bookings=bookings
    )


def code_of(house: House, command: Command) -> str:
    with pytest.raises(Refused) as refused:
        house.run(command)
    return refused.value.code


@pytest.fixture
def alice(house: House) -> Actor:
    """A customer who had a booking, long ago now."""
    house.register()
    alice = house.person("alice")
    house.book(alice, TEN, details='{"symptom":"a cough"}')
    house.pass_time(days=2)
    return alice


def test_key_and_row_go_with_the_append(house: House, alice: Actor) -> None:
    stream = house.log.stream
    booked = next(event for event in house.log.after(0) if event.topic.startswith("BookingConfirmed"))
    sealed = booked.state.decode().split('"details":"')[1].split('"')[0]
    booking = booked.originator_id.removeprefix("booking/")
    assert house.vault.reveal(alice.person, booking, sealed, to="staff:c-sam") == {"symptom": "a cough"}
    outcome = house.run(erasing(alice.person))
    assert isinstance(outcome.subject, Customer)
    assert [event.topic for event in stream(Customer.stream(alice.person))] == ["CustomerErased.1"]
    assert house.log.customers.get(alice.person) is None
    assert house.vault.reveal(alice.person, booking, sealed, to="staff:c-sam") == {"erased": True}
    assert house.people.person(alice.person).shown() == {"erased": True}
    assert list(findings(house.log, house.log.head())) == []


def test_nothing_is_booked_for_them_any_more_and_they_come_back_as_somebody_else(house: House, alice: Actor) -> None:
    house.run(erasing(alice.person))
    house.people.forget(alice.person)
    assert code_of(house, house.booking(alice, TEN + timedelta(days=3), details="{}")) == "unknown-customer"
    assert house.person("alice").person != alice.person


def test_erasing_twice_changes_nothing_and_strangers_are_unknown(house: House, alice: Actor) -> None:
    house.run(erasing(alice.person))
    head = house.log.head()
    house.run(erasing(alice.person))
    assert house.log.head() == head
    assert code_of(house, erasing("c-nobody")) == "unknown-customer"


def test_whoever_has_a_booking_to_come_is_not_erased(house: House, alice: Actor) -> None:
    booking = house.book(alice, TEN + timedelta(days=3))
    looked_at = house.log.head().position
    assert code_of(house, erasing(alice.person, looked_at, (booking.key,))) == "active-bookings"
    house.run(Cancel(actor=alice, command_id=random_command_id(), booking=booking.key))
    house.run(erasing(alice.person, looked_at, (booking.key,)))


def test_a_booking_made_after_the_look_counts(house: House, alice: Actor) -> None:
    looked_at = house.log.head().position
    house.book(alice, TEN + timedelta(days=3))
    house.book(house.person("bob"), TEN + timedelta(days=4))
    assert code_of(house, erasing(alice.person, looked_at)) == "active-bookings"


def test_a_booking_that_waits_beside_the_erasure_is_either_seen_or_refused(house: House, alice: Actor) -> None:
    at, found = house.log.head().position, []
    for hour in range(20):
        day = TEN + timedelta(days=5, hours=hour / 2)
        found += [house.ask(house.booking(alice, day)), house.ask(erasing(alice.person, at))]
    answers = [answer.result(30) for answer in found]
    erased = house.log.customers.get(alice.person) is None
    booked = [answer for answer in answers[::2] if not isinstance(answer, BaseException)]
    assert bool(booked) != erased


def test_a_legal_hold_keeps_them_until_it_is_lifted(house: House, alice: Actor) -> None:
    hold = PlaceLegalHold(actor=ADMIN, command_id=random_command_id(), customer=alice.person, reason="a lawsuit")
    house.run(hold)
    assert "a lawsuit" not in house.log.after(0)[-1].state.decode()
    assert code_of(house, erasing(alice.person)) == "legal-hold"
    house.run(LiftLegalHold(actor=ADMIN, command_id=random_command_id(), customer=alice.person))
    house.run(erasing(alice.person))
    assert code_of(house, hold) == "unknown-customer"


def test_another_process_seals_nothing_for_them_although_it_has_their_key_in_memory(
    log: EventLog, houses: Callable[..., House]
) -> None:
    here = houses(log)
    here.register()
    alice, there = here.person("alice"), houses(log)
    there.book(alice, TEN, details="{}")  # so its vault has the key
    here.pass_time(days=2)
    there.pass_time(days=2)
    here.run(erasing(alice.person, here.log.head().position))
    assert code_of(there, there.booking(alice, TEN + timedelta(days=4), details='{"a":1}')) == "unknown-customer"


def test_other_processes_forget_when_they_look(log: EventLog, houses: Callable[..., House], store: Store) -> None:
    here, door = houses(log), houses(store.open())
    here.register()
    alice = here.person("alice")
    assert door.person("alice") == alice
    sealed = door.vault.seal(alice.person, "profile", "{}")
    forgetting = Forgetting(door.log, door.people, None)
    here.run(erasing(alice.person))
    forgetting.look()
    with pytest.raises(UnknownCustomer):
        door.vault.seal(alice.person, "profile", "{}")
    assert door.vault.reveal(alice.person, "profile", sealed, to="staff:c-sam") == {"erased": True}


def test_done_bookings_stay_as_they_were_without_the_person(house: House, alice: Actor) -> None:
    booking = house.book(house.person("bob"), TEN + timedelta(days=3))
    house.pass_time(days=3)
    house.run(Complete(actor=STAFF, command_id=random_command_id(), booking=booking.key))
    house.run(erasing(booking.customer, house.log.head().position, (booking.key,)))
    assert "BookingCompleted" in house.topics()


class TestAfterARestore:
    """What the list is for."""

    def test_whoever_is_on_the_list_goes_again(self, house: House, alice: Actor, tmp_path: Path) -> None:
        erasures = ErasureList(tmp_path / "kept" / "erasures.jsonl")
        row = house.log.customers.get(alice.person)
        assert row is not None
        house.run(erasing(alice.person))
        Forgetting(house.log, house.people, erasures).look()
        assert list(erasures.read()) == [alice.person]
        assert erase_again(house.log, erasures, lambda: house.time) == []
        house.log.customers.add(row)  # as an older backup has it, but for the event
        assert erase_again(house.log, erasures, lambda: house.time) == [alice.person]
        assert house.log.customers.get(alice.person) is None
        assert list(findings(house.log, house.log.head())) == []

    def test_in_a_log_that_knew_nothing_of_it_the_event_is_written_again(
        self, house: House, alice: Actor, tmp_path: Path
    ) -> None:
        erasures = ErasureList(tmp_path / "kept" / "erasures.jsonl")
        erasures.add([Erased(alice.person, "2026-12-03T00:00:00.000000Z")])
        house.stop()
        assert erase_again(house.log, erasures, lambda: house.time) == [alice.person]
        last = house.log.after(0)[-1]
        assert (last.topic, last.by) == ("CustomerErased.1", RESTORER)
        assert list(findings(house.log, house.log.head())) == []
