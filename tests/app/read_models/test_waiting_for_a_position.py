"""Those who wait for the read models are told in time, or told that they are behind."""

import asyncio
from collections.abc import Sequence
from threading import Event
from typing import TYPE_CHECKING

import pytest
from tests.app.read_models.venue import NOW, Venue, open_models

from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.read_models import bookings
from app.read_models.database import ReadModels
from app.read_models.runner import Behind, Runner
from domain.booking import Booking, Terms
from domain.leg import Leg

if TYPE_CHECKING:
    from tests.conftest import Store


def test_whoever_waits_is_told_when_the_position_is_reached(venue: Venue, runner: Runner) -> None:
    runner.start()
    venue.define("moon")
    for number in range(20):
        venue.book(f"b-{number}", ("moon", f"2026-12-{number + 2:02}T10:00"))
        runner.wait_for(venue.log.head().position, timeout=30)


def test_event_loops_wait_without_a_thread_each(venue: Venue, runner: Runner) -> None:
    runner.start()
    asyncio.run(_wait_for_many(venue, runner))


async def _wait_for_many(venue: Venue, runner: Runner) -> None:
    wanted = [asyncio.create_task(runner.reached(position)) for position in range(1, 30)]
    await asyncio.sleep(0)
    venue.define("moon")
    await asyncio.to_thread(_append_at_once, venue, [f"b-{number}" for number in range(40)])
    await asyncio.gather(*wanted)


def test_a_position_that_does_not_come_in_time_is_behind(venue: Venue, runner: Runner) -> None:
    runner.start()
    with pytest.raises(Behind, match="position 0, not 7"):
        runner.wait_for(7, timeout=0.01)
    with pytest.raises(Behind):
        asyncio.run(runner.reached(7, timeout=0.01))


def test_a_process_that_does_not_run_sees_what_another_one_did(venue: Venue, runner: Runner, store: "Store") -> None:
    elsewhere = open_models(store)
    watching = Runner(elsewhere, venue.log, EventMapper(), may_run=lambda: False)
    watching.start()
    runner.start()
    try:
        venue.define("moon")
        for number in range(5):
            venue.book(f"b-{number}", ("moon", f"2026-12-{number + 2:02}T10:00"))
            watching.wait_for(venue.log.head().position, timeout=30)
            with elsewhere.reading() as reader:
                assert bookings.get(reader, f"b-{number}") is not None
    finally:
        watching.stop()
        elsewhere.close()


def test_trouble_is_reported_and_tried_again(
    models: ReadModels, venue: Venue, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str | None] = []
    recovered = Event()

    def may_run() -> bool:
        seen.append(runner.failure)
        if len(seen) < 3:
            raise StoreUnavailable("The lease cannot be read now.")
        if runner.failure is None:
            recovered.set()
        return True

    runner = Runner(models, venue.log, EventMapper(), may_run=may_run)
    runner.start()
    venue.define("moon")
    runner.wait_for(1, timeout=30)
    assert recovered.wait(30)
    runner.stop()
    assert seen[0] is None
    assert seen[1] == seen[2] == "The read models stand still: the store cannot be used. The log lines say more."
    told = [line for line in capsys.readouterr().out.splitlines() if "read models stand still" in line]
    assert len(told) == 1, "once, however often it is tried"


def _append_at_once(venue: Venue, ids: Sequence[str]) -> None:
    """Many bookings in one append."""
    start = NOW.replace(day=5)
    leg = Leg(
        resource="moon",
        timezone="UTC",
        start=start,
        end=start.replace(hour=9),
        units=1,
        days=(start.date(),),
    )
    taken = [venue.take(Booking, Booking.stream(key)) for key in ids]
    for booking in taken:
        booking.book(venue.cause(), Terms(customer="c-alice", party=1, legs=(leg,)), None, approval=False)
    venue.save(*taken)
