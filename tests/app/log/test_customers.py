"""The people beside the log."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.log.customers import CustomerRow
from app.log.event_log import EventLog

ALICE = CustomerRow("c-alice", "hash-of-alice", "wrapped", "key-1", None, "sealed", "2026-12-01T04:00:00.000000Z")


def test_a_person_is_added_and_found(log: EventLog) -> None:
    people = log.customers

    assert people.add(ALICE) == ALICE
    assert people.get("c-alice") == people.by_account("hash-of-alice") == ALICE
    assert people.get("c-bob") is people.by_account("hash-of-bob") is None
    assert people.many(["c-alice", "c-bob"]) == {"c-alice": ALICE}


def test_processes_that_race_for_one_account_get_the_same_person(log: EventLog, store: Any) -> None:
    openers: list[EventLog] = [log, store.open()]

    def add(n: int) -> CustomerRow:
        return openers[n % 2].customers.add(ALICE._replace(customer=f"c-{n}", wrapped_key=f"wrapped-{n}"))

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(add, range(16)))

    assert len(given) == 1
    assert store.ask("SELECT count(*) FROM customers") == [(1,)]


def test_the_house_and_people_without_an_account_are_added_once_by_id(log: EventLog) -> None:
    desk = CustomerRow("desk", None, "wrapped", "key-1", None, None, "2026-12-01T04:00:00.000000Z")
    guest = desk._replace(customer="c-guest")

    assert log.customers.add(desk) == desk
    assert log.customers.add(guest) == guest
    assert log.customers.add(desk._replace(wrapped_key="another")) == desk


def test_a_profile_is_replaced_only_at_the_expected_version(log: EventLog) -> None:
    log.customers.add(ALICE)

    assert log.customers.set_profile("c-alice", "first", expected_version=0)
    assert not log.customers.set_profile("c-alice", "late", expected_version=0)
    assert log.customers.set_profile("c-alice", "second")
    assert not log.customers.set_profile("c-bob", "nobody")
    assert log.customers.get("c-alice") == ALICE._replace(profile="second", profile_version=2)


def test_a_deleted_person_is_gone(log: EventLog) -> None:
    log.customers.add(ALICE)

    assert log.customers.delete("c-alice")
    assert not log.customers.delete("c-alice")
    assert log.customers.get("c-alice") is None
    assert log.customers.add(ALICE) == ALICE
