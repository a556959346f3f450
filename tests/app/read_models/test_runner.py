"""The runner: whole appends, positions that move once, second deliveries, and those who wait."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.app.read_models.venue import LATER, NOW, Venue, catch_up, open_models

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.sqlite import open_sqlite
from app.read_models import bookings, database
from app.read_models.database import ReadModels
from app.read_models.delivery import Delivery
from app.read_models.feed import batch_after, fed_after
from app.read_models.generations import Generation, Moved, all_generations
from app.read_models.runner import Runner
from app.read_models.steps import BATCH
from domain.booking import Booking, Terms
from domain.leg import Leg
from domain.refusal import Refused

if TYPE_CHECKING:
    from tests.conftest import Store


def active(models: ReadModels) -> list[Generation]:
    with models.looking() as connection:
        return [generation for generation in all_generations(connection) if generation.active]


def everything(models: ReadModels) -> dict[str, list[Any]]:
    """All rows of all read models."""
    with models.looking() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for generation in all_generations(connection)
            if generation.active
            for table in models.projections[generation.projection].metadata(generation.number).sorted_tables
        }


def test_an_empty_log_can_be_read_at_once(runner: Runner, models: ReadModels, log: EventLog) -> None:
    with models.reading() as reader:
        assert (reader.position, reader.log_id) == (0, log.log_id)
    assert runner.positions() == dict.fromkeys(["bookings", "days", "demand", "resources", "wishes"], 0)
    assert not runner.step()


def test_all_read_models_reach_the_head_in_one_transaction(venue: Venue, runner: Runner, models: ReadModels) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"))
    assert runner.lag() == 4
    assert runner.step()
    assert runner.position() == 4
    assert runner.positions() == dict.fromkeys(["bookings", "days", "demand", "resources", "wishes"], 4)
    assert runner.lag() == 0
    with models.reading() as reader:
        assert (reader.position, reader.position_of("days")) == (4, 4)


def test_a_batch_ends_where_an_append_ends(venue: Venue) -> None:
    venue.define("moon", capacity=1000)
    blocks = BATCH // 2
    for block in range(3):
        _append_at_once(venue, [f"b-{block}-{number}" for number in range(blocks)])
    ends = [row[0] for row in venue.log.rows("SELECT last_position FROM appends ORDER BY last_position")]
    position, batches = 0, []
    while batch := batch_after(venue.log, position, BATCH):
        position = batch[-1].position
        batches.append(position)
    assert batches[-1] == venue.log.head().position
    assert set(batches) <= set(ends)
    assert len(batches) > 1


def test_a_batch_may_touch_more_streams_than_a_statement_may_have_parameters(
    models: ReadModels, runner: Runner
) -> None:
    many = 70_000  # PostgreSQL's driver stops at 65,535
    with models.writing() as connection:
        for projection in models.projections.values():
            (number,) = {generation.number for generation in active(models) if generation.projection == projection.name}
            changes = projection.changes(connection, number, {f"{projection.name}/{each}": 2 for each in range(many)})
            changes.write(connection)


def test_a_position_moves_only_from_where_it_was_read(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"))
    seen, batch = active(models), fed_after(venue.log, 0, 100)
    delivery = Delivery(models, EventMapper())
    delivery.deliver(batch, seen)
    before = everything(models)
    with pytest.raises(Moved):
        delivery.deliver(batch, seen)
    assert everything(models) == before


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.integers(0, 9), st.integers(9, 15)),
        st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(9, 15)),
        st.tuples(st.just("block"), st.integers(0, 2), st.integers(9, 15)),
        st.tuples(st.just("lift"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("define"), st.integers(5, 9), st.just(0)),
        st.tuples(st.just("hold"), st.integers(0, 9), st.integers(9, 15)),
        st.tuples(st.just("confirm"), st.integers(0, 9), st.just(0)),
    ),
    max_size=25,
)


def live(venue: Venue, steps: Sequence[tuple[str, int, int]]) -> None:
    """Do what makes sense of the steps."""
    venue.define("moon", capacity=100)
    for step in steps:
        with suppress(Refused):
            live_through(venue, *step)


def live_through(venue: Venue, verb: str, number: int, hour: int) -> None:
    booking, block, when = venue.booking(f"b-{number}"), f"k-{number}", ("moon", f"2026-12-02T{hour:02}:00")
    status = booking.status if booking.exists else None
    if verb == "book" and status is None:
        venue.book(booking.key, when)
    elif verb == "hold" and status is None:
        venue.book(booking.key, when, until=LATER)
    elif verb == "confirm" and status == "held":
        venue.confirm(booking.key)
    elif verb == "cancel" and status is not None:
        venue.cancel(booking.key)
    elif verb == "move" and status == "confirmed":
        venue.move(booking.key, when)
    elif verb == "block" and not venue.has_block(block):
        venue.block(block, "moon", f"2026-12-02T{hour:02}:00", f"2026-12-03T{hour:02}:00", units=number + 1)
    elif verb == "lift" and venue.has_block(block):
        venue.lift(block, "moon")
    elif verb == "define":
        venue.define("moon", capacity=100 + number)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS, cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=6))
def test_a_second_delivery_of_any_event_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], cuts: list[tuple[int, int]]
) -> None:
    """Batches that overlap what was applied already leave what applying each event once leaves."""
    folder = tmp_path_factory.mktemp("twice")
    log = open_sqlite(folder / "log", serving=True)
    once, twice = _models(folder / "once", log), _models(folder / "twice", log)
    try:
        live(Venue(log), steps)
        catch_up(once[1])
        delivery = Delivery(twice[0], EventMapper())
        for start, length in [*cuts, (0, 10_000)]:
            position = active(twice[0])[0].position
            batch = fed_after(log, min(start, position), length)  # it may begin earlier, never later
            if batch:
                delivery.deliver(batch, active(twice[0]))
        assert twice[1].parked() == []
        assert everything(twice[0]) == everything(once[0])
    finally:
        for models in (once[0], twice[0]):
            models.close()
        log.close()


def test_batches_of_one_event_leave_what_one_batch_leaves(tmp_path: Path) -> None:
    log = open_sqlite(tmp_path / "log", serving=True)
    one, many = _models(tmp_path / "one", log), _models(tmp_path / "many", log)
    venue = Venue(log)
    venue.define("moon", capacity=2)
    venue.book("b-1", ("moon", "2026-12-02T10:00"), until=LATER)
    venue.confirm("b-1")
    venue.move("b-1", ("moon", "2026-12-02T10:30"))
    venue.block("k-1", "moon", "2026-12-02T12:00", "2026-12-02T13:00")
    venue.lift("k-1", "moon")
    catch_up(many[1])
    for event in fed_after(log, 0, 100):
        Delivery(one[0], EventMapper()).deliver([event], active(one[0]))
    assert everything(one[0]) == everything(many[0])
    for models in (one[0], many[0]):
        models.close()
    log.close()


def test_two_that_both_believe_they_may_run_apply_everything_once(
    venue: Venue, runner: Runner, models: ReadModels, store: "Store"
) -> None:
    elsewhere = open_models(store)
    other = Runner(elsewhere, venue.log, EventMapper())
    runner.start()
    other.start()
    try:
        venue.define("moon", capacity=1000)
        for number in range(60):
            venue.book(f"b-{number}", ("moon", "2026-12-02T10:00"))
        for each in (runner, other):
            each.wait_for(venue.log.head().position, timeout=10)
        before = everything(models)
        runner.rebuild()
        assert [rows for _, rows in sorted(before.items())] == [rows for _, rows in sorted(everything(models).items())]
        assert runner.parked() == []
    finally:
        other.stop()
        elsewhere.close()


def test_a_reader_sees_one_moment_while_the_runner_goes_on(venue: Venue, runner: Runner, models: ReadModels) -> None:
    venue.define("moon")
    catch_up(runner)
    with models.reading() as reader:
        venue.book("b-1", ("moon", "2026-12-02T10:00"))
        worker = Thread(target=catch_up, args=(runner,))
        worker.start()
        worker.join()
        assert bookings.get(reader, "b-1") is None
    with models.reading() as reader:
        assert bookings.get(reader, "b-1") is not None


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


def _models(folder: Path, log: EventLog) -> tuple[ReadModels, Runner]:
    models = database.open_sqlite(folder)
    runner = Runner(models, log, EventMapper())
    runner.prepare()
    return models, runner
