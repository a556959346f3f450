"""Waiting for the log to grow."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import psycopg
import pytest

from app.log.event_log import EventLog
from app.log.follower import Follower
from app.log.listening import ListeningFollower
from app.log.postgres import open_postgres
from app.log.postgres_connection import connect
from app.log.records import LoggedEvent

MakeEvent = Callable[..., LoggedEvent]

APPEND = """
import sys
from app.log.postgres import open_postgres
from app.log.records import LoggedEvent
log = open_postgres(sys.argv[1], sys.argv[2])
sys.stdin.readline()
log.append([LoggedEvent("booking/b1", 1, "T.1", b"{}", "2026-12-01T04:00:00.000000Z", "b", "c")], log.head())
log.close()
"""


def test_what_is_there_already_is_not_waited_for(log: EventLog, event: MakeEvent) -> None:
    log.append([event("booking/b1", 1)], log.head())
    began = monotonic()

    log.follower.wait(0, timeout=30)

    assert monotonic() - began < 5


def test_waiting_ends_when_its_time_is_over(log: EventLog) -> None:
    began = monotonic()

    log.follower.wait(0, timeout=0.05)

    assert monotonic() - began < 5


def test_an_append_of_this_process_wakes_all_who_wait(log: EventLog, event: MakeEvent) -> None:
    log.follower._poll_seconds = 1000.0  # so that nothing but the wake-up can end the wait

    with ThreadPoolExecutor(3) as pool:
        waits = [pool.submit(log.follower.wait, 0, 60) for _ in range(3)]
        with log.locked() as session:
            session.append([event("booking/b1", 1)])
        for wait in waits:
            wait.result(timeout=20)


def test_another_openers_append_is_found_by_polling(log: EventLog, store: Any, event: MakeEvent) -> None:
    other = store.open()
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(log.follower.wait, 0, 60)
        other.append([event("booking/b1", 1)], other.head())
        wait.result(timeout=20)


def test_an_append_of_another_process_wakes_without_polling(postgres: Any) -> None:
    log = open_postgres(*postgres)
    log.follower._poll_seconds = 1000.0
    with (
        subprocess.Popen([sys.executable, "-c", APPEND, *postgres], stdin=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor(1) as pool,
    ):
        wait = pool.submit(log.follower.wait, 0, 60)
        _wait_for_listener(postgres)
        process.communicate("\n", timeout=30)
        wait.result(timeout=20)
    log.close()


def test_a_lost_listening_connection_is_made_again(postgres: Any, event: MakeEvent) -> None:
    log, other = open_postgres(*postgres), open_postgres(*postgres)
    log.follower._poll_seconds = 1000.0
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(log.follower.wait, 0, 60)
        lost = _wait_for_listener(postgres)
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
        other.append([event("booking/b1", 1)], other.head())
        wait.result(timeout=20)
    log.close()
    other.close()


@pytest.mark.parametrize("said", ["1000000000000", "9" * 5000, "", "a sheep"])
def test_whatever_a_notice_says_the_log_alone_says_how_long_it_is(postgres: Any, event: MakeEvent, said: str) -> None:
    log, other = open_postgres(*postgres), open_postgres(*postgres)
    log.follower._poll_seconds = 1000.0
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(log.follower.wait, 0, 60)
        _wait_for_listener(postgres)
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("SELECT pg_notify(%s, %s)", [postgres.schema, said])
        other.append([event("booking/b1", 1)], other.head())
        wait.result(timeout=20)
    began = monotonic()

    log.follower.wait(1, timeout=0.1)

    assert monotonic() - began >= 0.1
    log.close()
    other.close()


def test_a_fault_while_listening_is_logged_and_listening_goes_on(
    postgres: Any, event: MakeEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    log, other = open_postgres(*postgres), open_postgres(*postgres)
    tried: list[int] = []

    def connect_at_last() -> Any:
        tried.append(1)
        if len(tried) == 1:
            raise ZeroDivisionError
        return connect(*postgres, autocommit=True)

    follower = ListeningFollower(lambda: log.head().position, connect_at_last, postgres.schema)
    follower._poll_seconds = 1000.0
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(follower.wait, 0, 60)
        _wait_for_listener(postgres)
        other.append([event("booking/b1", 1)], other.head())
        wait.result(timeout=20)
    follower.close()
    log.close()
    other.close()
    assert "listening failed" in capsys.readouterr().out


def test_a_log_that_is_shorter_than_before_is_waited_for() -> None:
    heads = iter([7, 3])
    follower = Follower(lambda: next(heads), poll_seconds=1000.0)
    follower.wait(5, timeout=30)
    follower.hint()
    began = monotonic()

    follower.wait(5, timeout=0.1)

    assert monotonic() - began >= 0.1


def test_a_poll_that_was_overtaken_by_an_append_does_not_hide_it() -> None:
    def late() -> int:
        follower.ring(4)
        return 3

    follower = Follower(late, poll_seconds=1000.0)
    began = monotonic()

    follower.wait(3, timeout=30)

    assert monotonic() - began < 5


def test_closing_lets_those_who_wait_go(store: Any) -> None:
    log = store.open()
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(log.follower.wait, 0, 60)
        log.close()
        wait.result(timeout=20)


def _wait_for_listener(place: Any) -> int:
    deadline = monotonic() + 20
    with psycopg.connect(place.url, autocommit=True) as connection:
        while monotonic() < deadline:
            listening = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE query = %s AND state = 'idle'",
                [f'LISTEN "{place.schema}"'],
            ).fetchone()
            if listening:
                return int(listening[0])
    raise AssertionError("nobody listens")
