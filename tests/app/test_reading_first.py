"""A command that looks at many days has them read a little at a time, and others are served in between."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.app.conftest import House

from app import reading_first
from app.commands import BookAny
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.reading import Reading
from app.log.trouble import StoreUnavailable
from app.memory import Memory
from app.outcome import Busy, Outcome
from app.work import MOST_READ_AT_ONCE
from domain.booking import Booking
from domain.sought import Sought

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

TUESDAY = datetime(2026, 12, 1, tzinfo=UTC)
DAYS = 40


@pytest.fixture
def house(log: EventLog) -> Iterator[House]:
    """A house with four psychologists."""
    house = House(log)
    for resource in ("dr-kim", "dr-lee", "dr-max", "dr-ray"):
        house.register(resource)
    yield house
    house.stop()


def wish(house: House, who: str = "alice", begins: datetime = TUESDAY) -> BookAny:
    """Any of the four within ten days: forty days to look at."""
    actor = house.person(who)
    return BookAny(
        actor=actor,
        customer=actor.person,
        command_id=random_command_id(),
        candidates=Sought("psychologist"),
        between=(begins, begins + timedelta(days=10)),
        choose="fit",
    )


class Watched:
    """What is read of days, how many at a time; and something that happens at the first of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[int] = []
        self.meanwhile: Any = None
        fetch = Memory.fetch

        def watched(memory: Memory, streams: Iterable[str], reads: Reading) -> None:
            days = [stream for stream in memory.missing(streams) if stream.startswith("day/")]
            if days:
                self.read.append(len(days))
                happens, self.meanwhile = self.meanwhile, None
                if happens is not None:
                    happens()
            fetch(memory, days, reads)

        monkeypatch.setattr(Memory, "fetch", watched)


def test_a_little_is_read_at_a_time_and_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    assert isinstance(house.run(wish(house)).subject, Booking)
    assert watched.read == [MOST_READ_AT_ONCE, DAYS - MOST_READ_AT_ONCE]
    house.run(wish(house))
    assert len(watched.read) == 2


def test_others_are_served_in_between(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    watched, bob, answered = Watched(monkeypatch), house.person("bob"), list[str]()

    def somebody_books() -> None:
        asked = house.ask(house.booking(bob, TUESDAY, resource="dr-kim"))
        asked.add_done_callback(lambda _: answered.append("bob"))

    watched.meanwhile = somebody_books
    asked = house.ask(wish(house))
    asked.add_done_callback(lambda _: answered.append("alice"))
    outcome = asked.result(30)
    assert isinstance(outcome, Outcome)
    assert isinstance(outcome.subject, Booking)
    assert answered == ["bob", "alice"]
    assert (outcome.subject.legs[0].resource, outcome.subject.start) == ("dr-lee", TUESDAY), "bob was faster"


def test_what_one_has_read_before_lets_the_next_one_read_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one comes while the first is read for, and is decided in the same batch after it."""
    watched, asked = Watched(monkeypatch), list[Any]()
    later = wish(house, "bob", TUESDAY + timedelta(days=20))

    def at_the_last_part() -> None:
        watched.meanwhile = lambda: asked.append(house.ask(later))

    watched.meanwhile = at_the_last_part
    house.run(wish(house))
    assert isinstance(asked[0].result(30), Outcome)
    assert watched.read == [MOST_READ_AT_ONCE, DAYS - MOST_READ_AT_ONCE] * 2


def test_what_was_pushed_out_meanwhile_is_read_when_it_is_decided(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    house.writer.memory._most["day"] = 16
    assert isinstance(house.run(wish(house)).subject, Booking)
    assert watched.read[:2] == [MOST_READ_AT_ONCE, DAYS - MOST_READ_AT_ONCE]


def test_when_it_cannot_be_read_who_waits_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> None:
        raise StoreUnavailable("The store is away.")

    command = wish(house)
    with monkeypatch.context() as away:
        away.setattr(Memory, "fetch", gone)
        with pytest.raises(StoreUnavailable):
            house.run(command)
    assert isinstance(house.run(command).subject, Booking)


def test_a_bounded_number_may_wait_for_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_first, "MOST_ASIDE", 2)
    watched, asked = Watched(monkeypatch), list[Any]()
    wishes = [wish(house, who, TUESDAY + timedelta(days=11 * number)) for number, who in enumerate("bcd", 1)]
    watched.meanwhile = lambda: asked.extend(map(house.ask, wishes))
    first = house.ask(wish(house)).result(30)
    answers = [each.result(30) for each in asked]
    assert [type(answer) for answer in (first, *answers)] == [Outcome, Outcome, Busy, Busy]


def test_what_is_queued_when_the_writer_stops_is_finished(house: House) -> None:
    asked = [house.ask(wish(house, who)) for who in ("alice", "bob")]
    house.stop()
    assert all(isinstance(each.result(30), Outcome) for each in asked)
