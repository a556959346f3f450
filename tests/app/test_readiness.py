"""Whether a process may be sent requests: what it says, and what it keeps to itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.app.conftest import House
from tests.app.read_models.venue import Venue, catch_up, open_models

from app.clock import CheckedClock
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.records import LoggedEvent
from app.read_models.database import ReadModels
from app.read_models.runner import Runner
from app.readiness import Readiness
from app.writer_here import WriterHere

if TYPE_CHECKING:
    from tests.conftest import Store


@pytest.fixture
def models(store: "Store", log: EventLog) -> Iterator[ReadModels]:
    opened = open_models(store)
    yield opened
    opened.close()


@pytest.fixture
def runner(models: ReadModels, log: EventLog) -> Runner:
    """A runner that is taken on by hand."""
    prepared = Runner(models, log, EventMapper())
    prepared.prepare()
    return prepared


@pytest.fixture
def readiness(house: House, runner: Runner) -> Readiness:
    clock = CheckedClock(house.log.clock, house.log.clock)
    return Readiness(house.log, clock, WriterHere(house.writer, clock, lambda: True, lambda: None), runner)


def test_a_process_with_nothing_wrong_is_ready(readiness: Readiness, log: EventLog, runner: Runner) -> None:
    Venue(log).define("moon")
    assert readiness.troubles() == []  # what came a moment ago may still be on its way
    catch_up(runner)
    assert readiness.troubles() == []


def test_a_process_whose_log_was_replaced_says_that_it_must_be_started_again(
    readiness: Readiness, store: "Store"
) -> None:
    store.ask(f"UPDATE log_head SET log_id = '{'f' * 32}'")
    assert "The log was replaced by another one: start Daybook again." in readiness.troubles()


def test_an_event_that_waits_for_long_is_told_however_few_there_are(
    readiness: Readiness, log: EventLog, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    Venue(log).define("moon")
    now = log.clock()
    monkeypatch.setattr(log, "clock", lambda: now.replace(year=now.year + 1))
    assert any(trouble.endswith(" s behind.") for trouble in readiness.troubles())
    catch_up(runner)
    assert readiness.troubles() == []


def test_parked_streams_are_counted_and_only_the_log_lines_name_them(
    readiness: Readiness, log: EventLog, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    _unknown(log, "booking/b-1", "booking/b-2", "day/moon/2026-12-02")
    catch_up(runner)
    runner.prepare()
    said = readiness.troubles()
    assert said == [
        "2 streams are parked for bookings; the log lines say which.",
        "1 stream is parked for days; the log lines say which.",
        "2 streams are parked for demand; the log lines say which.",
    ]
    told = capsys.readouterr().out
    assert [told.count(f"stream={stream}") for stream in ("booking/b-1", "booking/b-2")] == [2, 2]  # of two read models


def test_what_keeps_the_projector_from_working_is_said_without_its_words(
    readiness: Readiness, runner: Runner, models: ReadModels
) -> None:
    runner._trouble.happened(ValueError("b-1 of c-alice at 10.0.0.7"))
    assert readiness.troubles() == ["The read models stand still: a fault of Daybook's. The log lines say more."]
    runner._trouble.is_over()
    models.close()
    assert readiness.troubles() == []


def _unknown(log: EventLog, *streams: str) -> None:
    """One event to each stream that this program does not know."""
    for stream in streams:
        event = LoggedEvent(stream, 1, "Teleported.1", b"{}", "2026-12-01T08:00:00.000000Z", "staff:bob", "0" * 32)
        log.append([event], log.head())
