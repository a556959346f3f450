"""Events to what is stored and back, for every topic that was ever released."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from app.log.mapper import EventMapper, EventUnreadable, UnknownTopic, Upcaster
from app.log.records import LoggedEvent
from domain.booking import BookingCancelled, BookingExpired
from domain.event import Event
from domain.resource_day import TimeClaimed

GOLDEN = Path(__file__).parent.parent / "golden"
DHAKA = timezone(timedelta(hours=6))
ENVELOPE: dict[str, Any] = {
    "originator_version": 2,
    "timestamp": datetime(2026, 12, 1, 4, 0, 0, 120, tzinfo=UTC),
    "by": "customer:c-5f0e",
    "command_id": "0a" * 16,
}


def golden(topic: str) -> LoggedEvent:
    """The stored event of a topic, as the release that brought the topic wrote it."""
    stored = json.loads((GOLDEN / f"{topic}.json").read_text(encoding="utf-8"))
    return LoggedEvent(
        originator_id=stored["stream"],
        originator_version=stored["version"],
        topic=stored["topic"],
        state=stored["state"].encode(),
        timestamp=stored["timestamp"],
        by=stored["by"],
        command_id=stored["command_id"],
    )


ALL_GOLDEN = sorted(file.stem for file in GOLDEN.glob("*.json"))


def test_every_topic_has_a_golden_event() -> None:
    """A released topic stays readable for ever; a new one is put beside the others before it is released."""
    assert sorted(Event.topics) == [topic for topic in ALL_GOLDEN if topic in Event.topics]


@pytest.mark.parametrize("topic", ALL_GOLDEN)
def test_a_golden_event_can_be_read_and_is_written_the_same_way_again(topic: str) -> None:
    stored = golden(topic)
    event = EventMapper().to_event(stored)
    assert event.originator_id == stored.originator_id
    if topic == event.TOPIC:  # it was not upcast
        assert EventMapper().to_logged(event) == stored


def test_the_envelope_is_kept_in_columns_and_only_the_facts_in_the_state() -> None:
    event = BookingCancelled(originator_id="booking/b-17", reason=None, **ENVELOPE)
    assert EventMapper().to_logged(event) == LoggedEvent(
        originator_id="booking/b-17",
        originator_version=2,
        topic="BookingCancelled.1",
        state=b'{"reason":null}',
        timestamp="2026-12-01T04:00:00.000120Z",
        by="customer:c-5f0e",
        command_id="0a" * 16,
    )


def test_timestamps_sort_as_text_whatever_offset_they_came_with() -> None:
    early = BookingExpired(
        originator_id="booking/b-1", **{**ENVELOPE, "timestamp": datetime(2026, 12, 1, 9, tzinfo=DHAKA)}
    )
    late = BookingExpired(
        originator_id="booking/b-1", **{**ENVELOPE, "timestamp": datetime(2026, 12, 1, 4, tzinfo=UTC)}
    )
    mapper = EventMapper()
    assert mapper.to_logged(early).timestamp < mapper.to_logged(late).timestamp
    assert mapper.to_logged(early).timestamp == "2026-12-01T03:00:00.000000Z"


def test_an_event_without_facts_makes_the_round_trip() -> None:
    event = BookingExpired(originator_id="booking/b-1", **ENVELOPE)
    assert EventMapper().to_event(EventMapper().to_logged(event)) == event


def test_quotes_and_backslashes_in_names_make_the_round_trip() -> None:
    event = BookingExpired(originator_id='booking/"b\\1"', **{**ENVELOPE, "by": 'agent:"é'})
    assert EventMapper().to_event(EventMapper().to_logged(event)) == event


def test_the_local_offset_of_an_instant_is_stored_and_read_back() -> None:
    event = TimeClaimed(
        originator_id="day/moon/2026-12-01",
        booking="b-1",
        leg=0,
        customer="c-1",
        start=datetime(2026, 12, 1, 10, tzinfo=DHAKA),
        end=datetime(2026, 12, 1, 10, 30, tzinfo=DHAKA),
        units=1,
        until=None,
        counted=True,
        **ENVELOPE,
    )
    stored = EventMapper().to_logged(event)
    assert b'"start":"2026-12-01T10:00:00+06:00"' in stored.state
    read = EventMapper().to_event(stored)
    assert isinstance(read, TimeClaimed)
    assert read.start.isoformat() == "2026-12-01T10:00:00+06:00"


def test_a_fact_of_the_state_cannot_take_the_place_of_a_column() -> None:
    stored = golden("BookingExpired.1")
    forged = LoggedEvent(**{**vars(stored), "state": b'{"by":"staff:mallory"}'})
    assert EventMapper().to_event(forged).by == stored.by


def test_an_unknown_topic_is_an_error() -> None:
    stored = LoggedEvent(**{**vars(golden("BookingExpired.1")), "topic": "BookingTeleported.1"})
    with pytest.raises(UnknownTopic, match=r"BookingTeleported\.1"):
        EventMapper().to_event(stored)


@pytest.mark.parametrize("state", [b"{}", b'{"reason":7}', b'{"reason":null,"colour":"purple"}', b"[]", b"x"])
def test_a_state_that_does_not_fit_its_topic_is_an_error_that_shows_nothing_of_it(state: bytes) -> None:
    stored = LoggedEvent(**{**vars(golden("BookingCancelled.1")), "state": state})
    with pytest.raises(EventUnreadable) as refused:
        EventMapper().to_event(stored)
    assert "purple" not in str(refused.value)


def test_an_old_topic_is_read_as_what_replaced_it_through_every_version_between() -> None:
    mapper = EventMapper(
        upcasters={
            "BookingDropped.1": Upcaster("BookingDropped.2", lambda facts: {**facts, "why": facts["why"] or "-"}),
            "BookingDropped.2": Upcaster("BookingCancelled.1", lambda facts: {"reason": facts["why"]}),
        }
    )
    stored = LoggedEvent(**{**vars(golden("BookingCancelled.1")), "topic": "BookingDropped.1", "state": b'{"why":""}'})
    event = mapper.to_event(stored)
    assert isinstance(event, BookingCancelled)
    assert event.reason == "-"


def test_the_library_finds_the_mapper_under_its_own_names() -> None:
    event = BookingExpired(originator_id="booking/b-1", **ENVELOPE)
    stored = EventMapper().to_stored_event(event)
    assert stored == EventMapper().to_logged(event)
    assert EventMapper().to_domain_event(stored) == event
