"""Reading, on both stores."""

from collections.abc import Callable
from typing import Any

import pytest

from app.log.event_log import EventLog
from app.log.records import LoggedEvent, RecordedEvent

MakeEvent = Callable[..., LoggedEvent]


@pytest.fixture
def filled(log: EventLog, event: MakeEvent) -> EventLog:
    """Positions 1 to 6, in three appends."""
    at = "2026-12-01T04:00:0{}.000000Z".format
    log.append(
        [event("resource/moon", 1, topic="ResourceRegistered.1", timestamp=at(0), command_id="k1")],
        log.head(),
    )
    log.append(
        [
            event("day/moon/2026-12-01", 1, topic="DayOpened.1", timestamp=at(1), command_id="k2"),
            event("day/moon/2026-12-01", 2, timestamp=at(1), command_id="k2"),
            event("booking/b1", 1, topic="BookingHeld.1", timestamp=at(1), command_id="k2"),
        ],
        log.head(),
    )
    log.append(
        [
            event("resource/moon", 2, topic="ResourceRevised.1", timestamp=at(2), command_id="k3"),
            event("resource0", 1, timestamp=at(2), command_id="k4"),
        ],
        log.head(),
    )
    return log


def positions(events: list[RecordedEvent]) -> list[int]:
    return [e.id for e in events]


def test_the_log_is_read_page_by_page(filled: EventLog) -> None:
    assert positions(filled.after(0, 4)) == [1, 2, 3, 4]
    assert positions(filled.after(4, 4)) == [5, 6]
    assert filled.after(6) == []


def test_whole_streams_are_read_as_of_a_position(filled: EventLog) -> None:
    names = ["resource/moon", "booking/b1", "booking/absent"]

    assert {name: positions(events) for name, events in filled.streams(names, 6).items()} == {
        "resource/moon": [1, 5],
        "booking/b1": [4],
    }
    assert {n: positions(e) for n, e in filled.streams(names, 3).items()} == {"resource/moon": [1]}
    assert filled.streams([], 6) == {}


def test_thousands_of_streams_are_one_question(filled: EventLog) -> None:
    names = [f"booking/{n}" for n in range(50_000)]

    assert list(filled.streams([*names, "booking/b1"], 6)) == ["booking/b1"]


def test_streams_of_a_kind_are_found_by_their_prefix(filled: EventLog) -> None:
    assert {n: positions(e) for n, e in filled.streams_of("resource/", 6).items()} == {"resource/moon": [1, 5]}
    assert {n: positions(e) for n, e in filled.streams_of("resource/", 4).items()} == {"resource/moon": [1]}


def test_events_are_found_by_their_command(filled: EventLog) -> None:
    assert {c: positions(e) for c, e in filled.commands(["k3", "k2", "k9"]).items()} == {"k2": [2, 3, 4], "k3": [5]}
    assert {c: positions(e) for c, e in filled.commands(["k2", "k3"], up_to=3).items()} == {"k2": [2, 3]}


def test_one_stream_is_read_beyond_a_version(filled: EventLog) -> None:
    assert positions(filled.stream("day/moon/2026-12-01")) == [2, 3]
    assert positions(filled.stream("day/moon/2026-12-01", after_version=1)) == [3]
    assert positions(filled.stream("day/moon/2026-12-01", limit=1)) == [2]


def test_recent_events_of_a_topic_start_at_a_time(filled: EventLog) -> None:
    assert positions(filled.recent("TimeClaimed.1", "2026-12-01T04:00:01.000000Z")) == [3, 6]
    assert positions(filled.recent("TimeClaimed.1", "2026-12-01T04:00:01.000001Z")) == [6]


def test_a_second_opener_reads_the_same_log(filled: EventLog, store: Any) -> None:
    other = store.open()

    assert (filled.log_id, filled.secret, filled.head()) == (other.log_id, other.secret, other.head())
    assert filled.after(0) == other.after(0)
    assert not other.created


def test_notifications_and_streams_are_selected_as_the_library_wants(filled: EventLog) -> None:
    select = filled.select_notifications
    assert [n.id for n in select(2, 2)] == [2, 3]
    assert [n.id for n in select(2, 2, inclusive_of_start=False)] == [3, 4]
    assert [n.id for n in select(None, 10, stop=2)] == [1, 2]
    assert [n.id for n in select(1, 10, topics=["TimeClaimed.1"])] == [3, 6]
    assert filled.max_notification_id() == 6
    by_version = filled.select_events
    assert [e.originator_version for e in by_version("resource/moon", desc=True)] == [2, 1]
    assert [e.originator_version for e in by_version("resource/moon", gt=1, lte=2, limit=5)] == [2]
