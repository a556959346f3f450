"""Work that one process does at a time."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.log.lease import Lease
from app.log.postgres import PostgresLog, open_postgres
from app.log.sqlite import open_sqlite


@pytest.fixture
def log(postgres: Any) -> Iterator[PostgresLog]:
    opened = open_postgres(*postgres)
    yield opened
    opened.close()


def lapse(log: PostgresLog) -> None:
    """As if the holder had been paused until its time was over."""
    log.write("UPDATE leases SET expires_at = expires_at - 1000")


def test_one_of_two_holds_it_until_it_lets_go(log: PostgresLog) -> None:
    one, two = Lease(log, "projector", "one", 30), Lease(log, "projector", "two", 30)

    assert one.acquire()
    assert one.acquire()
    assert not two.acquire()
    assert one.renew()
    assert not two.renew()
    one.release()
    assert two.acquire()
    assert not one.renew()
    assert (one.term, two.term) == (0, 2)


def test_leases_of_other_names_are_free(log: PostgresLog) -> None:
    assert Lease(log, "projector", "one", 30).acquire()
    assert Lease(log, "sweeper", "two", 30).acquire()


def test_a_holder_that_was_paused_finds_that_it_lost_it(log: PostgresLog) -> None:
    one, two = Lease(log, "projector", "one", 30), Lease(log, "projector", "two", 30)
    assert one.acquire()
    lapse(log)

    assert two.acquire()

    assert two.term == 2
    assert not one.renew()
    one.release()
    assert not one.acquire()


def test_a_lapsed_lease_is_lost_even_if_nobody_took_it(log: PostgresLog) -> None:
    lease = Lease(log, "projector", "one", 30)
    assert lease.acquire()
    lapse(log)

    assert not lease.renew()
    assert lease.acquire()
    assert lease.term == 2


def test_the_process_that_serves_a_folder_always_has_it(tmp_path: Any) -> None:
    log = open_sqlite(tmp_path, serving=True)
    lease = Lease(log, "projector", "one", 30)

    assert lease.acquire()
    assert lease.renew()
    lease.release()
    log.close()
