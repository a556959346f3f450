"""A server that is away is asked now and then, not by everybody who needs it."""

from threading import Event, Thread
from typing import Any

import pytest
from tests.races.serving import until

from app.log.postgres import open_postgres
from app.log.reconnecting import LONGEST_PAUSE, SHORTEST_PAUSE, Reconnecting
from app.log.trouble import StoreUnavailable


class FarServer:
    """A server that may be away, a clock that the test sets, and how often anybody tried to reach it."""

    def __init__(self) -> None:
        self.is_away = True
        self.now = 1000.0
        self.tries = 0
        self.connect = Reconnecting(self._reached, clock=lambda: self.now)

    def _reached(self) -> str:
        self.tries += 1
        if self.is_away:
            raise StoreUnavailable(f"Away at try {self.tries}.")
        return "a connection"

    def tries_of(self, calls: int) -> int:
        """How many of so many calls, which all fail, tried to reach it."""
        before = self.tries
        for _ in range(calls):
            with pytest.raises(StoreUnavailable, match=r"Away at try \d+\."):
                self.connect()
        return self.tries - before


@pytest.fixture
def server() -> FarServer:
    return FarServer()


def test_within_the_pause_everybody_is_told_the_same_at_once(server: FarServer) -> None:
    assert server.tries_of(100) == 1
    with pytest.raises(StoreUnavailable, match=r"Away at try 1\."):
        server.connect()


def test_the_pause_doubles_up_to_the_longest(server: FarServer) -> None:
    server.tries_of(1)
    pauses = [SHORTEST_PAUSE * 2**number for number in range(6)]
    assert pauses[-1] < LONGEST_PAUSE < 2 * pauses[-1]
    for pause in [*pauses, LONGEST_PAUSE, LONGEST_PAUSE]:
        server.now += pause * 0.99
        assert server.tries_of(10) == 0
        server.now += pause * 0.02
        assert server.tries_of(10) == 1


def test_an_attempt_that_succeeds_ends_the_pause_and_its_growth(server: FarServer) -> None:
    for _ in range(10):
        server.tries_of(1)
        server.now += LONGEST_PAUSE
    server.is_away = False
    assert [server.connect() for _ in range(3)] == ["a connection"] * 3
    server.is_away = True
    server.tries_of(1)
    server.now += SHORTEST_PAUSE
    assert server.tries_of(1) == 1


def test_what_says_nothing_of_the_server_begins_no_pause() -> None:
    happens: list[BaseException] = [StoreUnavailable("Away."), KeyboardInterrupt()]
    now = [1000.0]
    connect = Reconnecting(lambda: _raise(happens.pop(0)) if happens else "a connection", lambda: now[0])
    with pytest.raises(StoreUnavailable):
        connect()
    now[0] += SHORTEST_PAUSE
    with pytest.raises(KeyboardInterrupt):
        connect()
    assert connect() == "a connection"


def _raise(error: BaseException) -> str:
    raise error


def test_while_one_tries_a_server_that_was_away_nobody_else_waits_for_it() -> None:
    tries, go_on, now = [Event(), Event()], Event(), [1000.0]

    def reached() -> str:
        if not tries[0].is_set():
            tries[0].set()
            raise StoreUnavailable("Away.")
        tries[1].set()
        go_on.wait(30)
        return "a connection"

    connect = Reconnecting(reached, lambda: now[0])
    with pytest.raises(StoreUnavailable):
        connect()
    now[0] += SHORTEST_PAUSE
    got: list[str] = []
    trying = Thread(target=lambda: got.append(connect()))
    trying.start()
    assert tries[1].wait(30)
    with pytest.raises(StoreUnavailable, match="Away"):
        connect()
    go_on.set()
    trying.join(30)
    assert got == ["a connection"]


def test_the_log_of_a_postgresql_that_is_away_turns_most_away_itself_and_finds_it_again(
    postgres: Any, severing_proxy: Any
) -> None:
    log = open_postgres(severing_proxy.url, postgres.schema)
    before = log.head()
    severing_proxy.refusing = True
    severing_proxy.cut_all()
    for _ in range(300):
        with pytest.raises(StoreUnavailable, match="PostgreSQL cannot be reached"):
            log.head()
        with pytest.raises(StoreUnavailable, match="PostgreSQL cannot be reached"), log.locked():
            pass
    assert 0 < severing_proxy.turned_away < 100
    severing_proxy.refusing = False

    def found() -> bool:
        try:
            return log.head() == before
        except StoreUnavailable:
            return False

    assert until(found, "the log is there again")
    with log.locked() as session:
        assert session.head == before
    log.close()
