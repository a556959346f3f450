"""What time does by itself: seen at once, written down within a second, by one process at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.app.conftest import ADMIN

from app.commands import JoinLine, RetireResource
from app.identity import random_command_id
from app.read_models import database
from app.read_models.bookings import lapsed
from app.read_models.runner import Runner
from app.read_models.wishes import days_behind
from app.sweeper import Due, Sweeper

AT_TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)


def swept(house: Any, store: Any) -> int:
    """Bring read models up to date and sweep once."""
    models = database.open_postgres(*store.place) if store.name == "postgres" else database.open_sqlite(store.folder)
    runner = Runner(models, house.log, house.mapper)
    runner.prepare()
    while runner.step():
        pass

    def find() -> Due:
        with models.reading() as reader:
            return Due(lapsed(reader, house.time), days_behind(reader, house.time))

    handed_over = Sweeper(house.writer.queue, find, lambda: True).sweep()
    models.close()
    return handed_over


def test_a_hold_that_ran_out_is_written_down_and_its_place_is_free(house: Any, store: Any) -> None:
    house.register()
    house.book(house.person("alice"), AT_TEN, hold=True)
    assert swept(house, store) == 0
    house.pass_time(seconds=30)
    before = house.log.head().position
    assert swept(house, store) == 1
    assert house.topics(before) == ["BookingExpired", "TimeReleased"]
    assert house.log.after(before)[0].by == "system:sweeper"
    assert swept(house, store) == 0


def test_a_request_that_nobody_approved_is_turned_down_at_its_start(house: Any, store: Any) -> None:
    house.register("ground-a", policy={"approval": True})
    house.book(house.person("alice"), AT_TEN, resource="ground-a")
    house.pass_time(days=1, hours=6)
    before = house.log.head().position
    assert swept(house, store) == 1
    assert house.topics(before) == ["BookingRejected", "TimeReleased"]


def test_the_line_of_a_place_that_was_retired_is_ended(house: Any, store: Any) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN)
    waiting = {"customer": bob.person, "resource": "dr-lee", "start": AT_TEN}
    house.run(JoinLine(actor=bob, command_id=random_command_id(), **waiting))
    assert swept(house, store) == 0
    house.run(RetireResource(actor=ADMIN, command_id=random_command_id(), resource="dr-lee"))
    before = house.log.head().position
    assert swept(house, store) == 1
    assert {"WishWithdrawn", "LineLeft"} <= set(house.topics(before))
    assert swept(house, store) == 0


def test_what_another_command_wrote_meanwhile_is_left_alone(house: Any, store: Any, houses: Callable[..., Any]) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN, hold=True)
    house.pass_time(seconds=30)
    house.book(bob, AT_TEN)  # lets the lapsed claim go, while the booking itself still waits for the sweeper
    before = house.log.head().position
    assert swept(house, store) == 1
    assert house.topics(before) == ["BookingExpired"]
    assert house.oversold() == []
    assert timedelta(0) == house.writer._clock.skew
