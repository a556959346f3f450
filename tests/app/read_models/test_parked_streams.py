"""An event that cannot be applied stops its own stream in its own read model, and nothing else."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.app.read_models.venue import NOW, Venue, catch_up

from app.log.mapper import EventMapper, Upcaster
from app.log.records import LoggedEvent
from app.read_models import bookings, days, resources
from app.read_models.database import ReadModels
from app.read_models.reader import Reader
from app.read_models.runner import Runner

if TYPE_CHECKING:
    pass


FRAME = {"capacity": 1, "resource_version": 1, "starts": "2026-12-02T00:00:00+06:00", "minutes": 1440}


def ids(models: ReadModels) -> list[str]:
    with models.reading() as reader:
        return [row.id for row in bookings.search(reader, now=NOW, limit=500).items]


def booked(venue: Venue, number: int) -> None:
    venue.define("moon", capacity=1000)
    for each in range(number):
        venue.book(f"b-{each}", ("moon", "2026-12-02T10:00"))


def test_an_event_that_cannot_be_applied_parks_its_stream_and_no_other(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    booked(venue, 2)
    unknown = _unknown_event(venue, "booking/b-0", 2)
    venue.book("b-5", ("moon", "2026-12-03T10:00"))
    _unknown_event(venue, "booking/b-0", 3, topic="BookingExpired.1")  # later ones are not taken in either
    venue.cancel("b-1")
    catch_up(runner)
    assert runner.position() == venue.log.head().position
    assert [(entry.projection, entry.stream, entry.position) for entry in runner.parked()] == [
        ("bookings", "booking/b-0", unknown),
        ("demand", "booking/b-0", unknown),
    ]
    assert "BookingTeleported.1" in runner.parked()[0].error
    with models.reading() as reader:
        assert reader.is_parked("booking/b-0")
        assert not reader.is_parked("booking/b-1")
        rows = {key: _status(reader, key) for key in ("b-0", "b-1", "b-5")}
        assert reader.parked() == runner.parked()
    assert rows == {"b-0": "confirmed", "b-1": "cancelled", "b-5": "confirmed"}


def test_a_rebuild_takes_in_what_a_newer_program_understands(venue: Venue, models: ReadModels, runner: Runner) -> None:
    booked(venue, 1)
    _unknown_event(venue, "booking/b-0", 2)
    catch_up(runner)
    assert [entry.projection for entry in runner.parked()] == ["bookings", "demand"]
    upcasters = {"BookingTeleported.1": Upcaster("BookingRevoked.1", lambda _: {"reason": None})}
    newer = Runner(models, venue.log, EventMapper(upcasters))
    newer.prepare()
    newer.rebuild()
    assert newer.parked() == []
    with models.reading() as reader:
        assert _status(reader, "b-0") == "revoked"


def test_a_gap_in_a_stream_parks_it(venue: Venue, runner: Runner) -> None:
    booked(venue, 1)
    _unknown_event(venue, "booking/b-0", 7, topic="BookingExpired.1")
    _unknown_event(venue, "day/moon/2026-12-02", 9, topic="TimeUnblocked.1", state='{"block":"k-1"}')
    catch_up(runner)
    assert [entry.stream for entry in runner.parked()] == ["booking/b-0", "day/moon/2026-12-02"]


def test_an_event_that_the_database_refuses_parks_its_stream_and_no_other(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    """A number beyond 64 bits, in the middle of a batch whose other events are fine."""
    booked(venue, 2)
    culprit = _unknown_event(
        venue, "day/moon/2026-12-02", 4, topic="DayRevised.1", state=json.dumps({**FRAME, "capacity": 2**70})
    )
    venue.book("b-5", ("moon", "2026-12-03T10:00"))
    catch_up(runner)
    assert [(entry.projection, entry.stream, entry.position) for entry in runner.parked()] == [
        ("days", "day/moon/2026-12-02", culprit)
    ]
    with models.reading() as reader:
        row = resources.get(reader, "moon")
        assert row is not None
        touched = NOW.date() + timedelta(days=1)
        assert days.get(reader, row, touched, NOW).version == 3
        assert len(days.get(reader, row, touched, NOW).claims) == 2
        assert len(days.get(reader, row, touched + timedelta(days=1), NOW).claims) == 1
    assert len(ids(models)) == 3


def _unknown_event(
    venue: Venue, stream: str, version: int, topic: str = "BookingTeleported.1", state: str = "{}"
) -> int:
    """Append what no decision of this program would; answers its position."""
    event = LoggedEvent(
        originator_id=stream,
        originator_version=version,
        topic=topic,
        state=state.encode(),
        timestamp="2026-12-01T08:00:00.000000Z",
        by="staff:bob",
        command_id="0" * 32,
    )
    return venue.log.append([event], venue.log.head()).position


def _status(reader: Reader, key: str) -> str:
    row = bookings.get(reader, key)
    assert row is not None
    return row.status
