"""People whose last booking is long over are erased by themselves, where a setting says so."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.app.conftest import ADMIN, MONDAY_MORNING, House
from tests.app.read_models.venue import catch_up, open_models
from tests.conftest import Store

from app.commands import PlaceLegalHold
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models.database import ReadModels
from app.read_models.runner import Runner
from app.retention import Retention

TEN = MONDAY_MORNING + timedelta(hours=6)


@pytest.fixture
def models(store: Store, log: EventLog) -> Iterator[ReadModels]:
    """Read models of the house's log."""
    found = open_models(store)
    yield found
    found.close()


@pytest.fixture
def runner(models: ReadModels, log: EventLog) -> Runner:
    """Keeps them up when it is told to."""
    found = Runner(models, log, EventMapper())
    found.prepare()
    return found


def test_only_those_whose_last_booking_is_long_over_go(
    house: House, models: ReadModels, runner: Runner, log: EventLog
) -> None:
    house.register()
    alice, bob, carol, sam = (house.person(name) for name in ("alice", "bob", "carol", "sam"))
    house.book(alice, TEN)
    house.book(bob, TEN + timedelta(hours=1))
    house.book(carol, TEN + timedelta(hours=2))
    house.run(PlaceLegalHold(actor=ADMIN, command_id=random_command_id(), customer=carol.person))
    house.pass_time(days=20)
    house.book(bob, house.time + timedelta(hours=1))
    house.pass_time(days=20)
    retention = Retention(30, log, models, house.writer.queue, lambda: True, lambda: house.time)
    catch_up(runner)
    assert retention.go_round() == 1
    there = log.customers.many([each.person for each in (alice, bob, carol, sam)])
    assert set(there) == {bob.person, carol.person, sam.person}
    catch_up(runner)
    assert retention.go_round() == 0
    last = log.after(0)[-1]
    assert (last.topic, last.by) == ("CustomerErased.1", "system:retention")


def test_somebody_who_books_at_that_very_moment_stays(
    house: House, models: ReadModels, runner: Runner, log: EventLog
) -> None:
    house.register()
    alice = house.person("alice")
    house.book(alice, TEN)
    house.pass_time(days=40)
    catch_up(runner)
    house.book(alice, house.time + timedelta(hours=1))  # the read models have not seen it
    retention = Retention(30, log, models, house.writer.queue, lambda: True, lambda: house.time)
    assert retention.go_round() == 0
    assert log.customers.get(alice.person) is not None
