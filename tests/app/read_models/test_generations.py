"""Versions of read models: built beside the old, swapped in by one row; rebuilding, starting over, parked streams."""

from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, update
from tests.app.read_models.venue import NOW, Venue, catch_up, open_models

from app.log.mapper import EventMapper
from app.log.sqlite import open_sqlite
from app.log.trouble import StoreUnavailable
from app.read_models import bookings, database
from app.read_models.booking_rows import Bookings
from app.read_models.database import ReadModels
from app.read_models.day_rows import Days
from app.read_models.delivery import Delivery
from app.read_models.generations import Generation, all_generations, generations
from app.read_models.housekeeping import Housekeeping
from app.read_models.reader import Behind
from app.read_models.resources import Resources
from app.read_models.runner import Runner

if TYPE_CHECKING:
    from tests.conftest import Store


class NewerBookings(Bookings):
    """Bookings of a later release, in tables of the same shape."""

    version = 3
    readable = frozenset({2, 3})


class OtherBookings(Bookings):
    """Bookings of a later release, whose queries need tables of another shape."""

    version = 3
    readable = frozenset({3})


def of(models: ReadModels, projection: str) -> list[Generation]:
    with models.looking() as connection:
        return [g for g in all_generations(connection) if g.projection == projection]


def tables(models: ReadModels) -> set[str]:
    with models.looking() as connection:
        return {name for name in inspect(connection).get_table_names() if name[-1].isdigit()}


def ids(models: ReadModels) -> list[str]:
    with models.reading() as reader:
        return [row.id for row in bookings.search(reader, now=NOW, limit=500).items]


def booked(venue: Venue, number: int) -> None:
    venue.define("moon", capacity=1000)
    for each in range(number):
        venue.book(f"b-{each}", ("moon", "2026-12-02T10:00"))


def test_what_is_new_cannot_be_read_before_it_is_complete(venue: Venue, models: ReadModels) -> None:
    booked(venue, 2)
    runner = Runner(models, venue.log, EventMapper())
    runner.prepare()
    with pytest.raises(Behind), models.reading():
        raise AssertionError("nothing is there yet")
    catch_up(runner)
    assert ids(models) == ["b-0", "b-1"]


def test_a_changed_projection_is_built_beside_the_old_one_and_swapped_in(
    venue: Venue, models: ReadModels, runner: Runner, store: "Store"
) -> None:
    booked(venue, 3)
    catch_up(runner)
    changed = open_models(store, projections=(Resources(), Days(), NewerBookings()))
    newer = Runner(changed, venue.log, EventMapper())
    newer.prepare()
    assert [(g.version, g.active, g.position) for g in of(changed, "bookings")] == [
        (2, True, venue.log.head().position),
        (3, False, 0),
    ]
    assert ids(changed) == ["b-0", "b-1", "b-2"]  # the old one answers meanwhile
    catch_up(newer)
    assert [(g.version, g.active) for g in of(changed, "bookings") if g.retired_at is None] == [(3, True)]
    assert ids(changed) == ["b-0", "b-1", "b-2"]
    assert [g.active for g in of(changed, "days")] == [True]  # unchanged, so not built again
    with pytest.raises(Behind):
        ids(models)  # the old program must not read the new tables
    changed.close()


def test_tables_of_another_shape_are_not_read_until_they_are_built(
    venue: Venue, runner: Runner, store: "Store"
) -> None:
    booked(venue, 3)
    catch_up(runner)
    changed = open_models(store, projections=(Resources(), Days(), OtherBookings()))
    newer = Runner(changed, venue.log, EventMapper())
    newer.prepare()
    with pytest.raises(Behind):
        ids(changed)
    catch_up(newer)
    assert len(ids(changed)) == 3
    changed.close()


def test_an_older_program_leaves_a_newer_ones_read_models_alone(
    venue: Venue, models: ReadModels, store: "Store"
) -> None:
    changed = open_models(store, projections=(Resources(), Days(), NewerBookings()))
    newer = Runner(changed, venue.log, EventMapper())
    newer.prepare()
    booked(venue, 1)
    catch_up(newer)
    older = Runner(models, venue.log, EventMapper())
    older.prepare()
    assert "built by a newer Daybook" in (older.failure or "")
    venue.book("b-9", ("moon", "2026-12-02T11:00"))
    catch_up(older)
    assert [g.position for g in of(changed, "bookings")] == [4]
    with pytest.raises(StoreUnavailable, match="newer Daybook"):
        older.rebuild()
    changed.close()


def test_old_tables_are_dropped_once_nobody_can_be_reading_them(
    venue: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked(venue, 1)
    catch_up(runner)
    before = tables(models)
    monkeypatch.setattr(Runner, "_is_alone", lambda _: False)
    runner.rebuild()
    catch_up(runner)
    assert before < tables(models)
    with models.looking() as connection:
        found = all_generations(connection)
    Housekeeping(models, venue.log).drop_retired(found, grace_seconds=3600)
    assert before < tables(models)
    Housekeeping(models, venue.log).drop_retired(found, grace_seconds=0)
    assert len(tables(models)) == len(before)
    assert not before & tables(models)
    assert ids(models) == ["b-0"]


def test_a_rebuild_goes_on_beside_a_working_service(venue: Venue, models: ReadModels, runner: Runner) -> None:
    booked(venue, 200)
    runner.start()
    runner.wait_for(venue.log.head().position, timeout=30)
    told: list[tuple[int, int]] = []
    answered, done = [], Event()

    def ask_all_the_time() -> None:
        while not done.is_set():
            answered.append(len(ids(models)))

    def tell(what: str, done: int, total: int) -> None:
        if what == "Building read models":
            told.append((done, total))

    asking = Thread(target=ask_all_the_time)
    asking.start()
    rebuilding = Thread(target=lambda: runner.rebuild(tell))
    rebuilding.start()
    for number in range(20):
        venue.book(f"c-{number:02}", ("moon", "2026-12-02T12:00"))
        runner.wait_for(venue.log.head().position, timeout=30)
        with models.reading() as reader:
            assert bookings.get(reader, f"c-{number:02}") is not None
    rebuilding.join(30)
    done.set()
    asking.join(30)
    assert not rebuilding.is_alive()
    assert min(answered) >= 200
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert [g.number for g in of(models, "bookings") if g.active] == [2]
    assert len(ids(models)) == 220


def test_what_another_process_rebuilds_is_kept_up_by_the_one_that_serves(
    venue: Venue, models: ReadModels, runner: Runner, store: "Store"
) -> None:
    booked(venue, 30)
    runner.start()
    elsewhere = open_models(store)
    Runner(elsewhere, venue.log, EventMapper()).rebuild()
    assert len(ids(models)) == 30
    venue.book("c-1", ("moon", "2026-12-02T12:00"))
    runner.wait_for(venue.log.head().position, timeout=30)
    assert len(ids(elsewhere)) == 31
    elsewhere.close()


def test_what_is_built_while_nobody_waits_has_all_its_indexes_in_the_end(
    venue: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def indexes(number: int) -> set[str | None]:
        with models.looking() as connection:
            found = inspect(connection)
            names = [table for table in found.get_table_names() if table.endswith(f"_{number}")]
            return {index["name"] for name in names for index in found.get_indexes(name)}

    booked(venue, 2)
    catch_up(runner)
    wanted = {name.replace("_1", "_2") for name in indexes(1) if name}
    seen: list[set[str | None]] = []
    deliver = Delivery.deliver

    def look_and_deliver(delivery: Delivery, batch: Any, to: Any) -> None:
        seen.append(indexes(2))
        deliver(delivery, batch, to)

    monkeypatch.setattr(Delivery, "deliver", look_and_deliver)
    runner.rebuild()
    assert seen == [set()]
    assert indexes(2) == wanted != set()


def test_a_rebuild_of_nothing_comes_to_an_end(runner: Runner, models: ReadModels) -> None:
    runner.rebuild()
    assert ids(models) == []


def test_a_rebuild_that_was_broken_off_is_taken_back_by_the_next(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    booked(venue, 3)
    catch_up(runner)
    Housekeeping(models, venue.log).begin_anew()  # and then its process died
    runner.rebuild()
    assert [g.number for g in of(models, "bookings") if g.retired_at is None] == [3]
    assert len(ids(models)) == 3


def test_a_damaged_file_is_built_anew(tmp_path: Path) -> None:
    log = open_sqlite(tmp_path, serving=True)
    venue = Venue(log)
    booked(venue, 2)
    (tmp_path / "read-models.sqlite3").write_bytes(b"not a database at all" * 1000)
    models = database.open_sqlite(tmp_path)
    runner = Runner(models, log, EventMapper())
    runner.prepare()
    catch_up(runner)
    assert ids(models) == ["b-0", "b-1"]
    models.close()
    log.close()


@pytest.mark.parametrize("why", ["another log", "beyond the head"])
def test_what_was_built_from_another_log_is_started_over(
    venue: Venue, models: ReadModels, runner: Runner, why: str
) -> None:
    """As after a restore of the log, when the read models are older or newer than it."""
    booked(venue, 3)
    catch_up(runner)
    changed: dict[str, object] = {"log_id": "f" * 32} if why == "another log" else {"position": 1000}
    with models.writing() as connection:
        connection.execute(update(generations).values(**changed))
    restarted = Runner(models, venue.log, EventMapper())
    restarted.prepare()
    assert restarted.position() == 0
    with pytest.raises(Behind):
        ids(models)
    catch_up(restarted)
    assert len(ids(models)) == 3
    with models.reading() as reader:
        assert reader.log_id == venue.log.log_id
