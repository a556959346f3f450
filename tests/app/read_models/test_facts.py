"""What read models read of an event is what the domain reads of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw, Struct

from app.log.mapper import UPCASTERS, EventMapper, EventUnreadable, UnknownTopic, Upcaster
from app.log.records import LoggedEvent
from app.read_models.facts import KINDS, Facts, legs_of
from app.read_models.feed import Fed
from domain.event import Event

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.json"))


def stored(path: Path, **changed: Any) -> Fed:
    """A golden event as the log has it."""
    kept = {**json.loads(path.read_text()), **changed}
    return Fed(1, kept["stream"], kept["version"], kept["topic"], kept["state"], kept["timestamp"], kept["by"])


def understood(fed: Fed) -> Event:
    """The domain's event."""
    columns = (fed.stream, fed.version, fed.topic, fed.state.encode())
    return EventMapper().to_event(LoggedEvent(*columns, timestamp=fed.timestamp, by=fed.by, command_id="0" * 32))


def values(facts: Struct) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.__struct_fields__}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_event_that_was_ever_written_says_the_same_as_to_the_domain(path: Path) -> None:
    fed = stored(path)
    event = understood(fed)
    topic, facts = Facts(EventMapper()).of(fed)
    assert topic == event.TOPIC
    if topic not in KINDS:
        assert facts.model_dump() == event.model_dump()
        return
    for name, value in values(facts).items():
        expected = getattr(event, name)
        if name == "terms" and value is not None:
            assert (value.customer, value.party) == (expected.customer, expected.party)
            value, expected = value.legs, expected.legs
        if isinstance(value, Raw):
            of_legs = [(leg.resource, leg.start, leg.end) for leg in legs_of(value)]
            assert of_legs == [(leg.resource, leg.start, leg.end) for leg in expected]
        else:
            assert value == expected


def test_all_that_happens_to_days_and_bookings_is_read_fast() -> None:
    of_masses = {
        topic for topic, event in Event.topics.items() if event.aggregate.__name__ in {"Booking", "ResourceDay"}
    }
    assert set(KINDS) == of_masses
    assert not set(KINDS) & set(UPCASTERS), "what is no longer written is read by the mapper"


def test_an_event_of_an_earlier_release_is_read_as_what_it_is_today() -> None:
    mapper = EventMapper({"BookingCalledOff.1": Upcaster("BookingCancelled.1", lambda facts: {"reason": facts["why"]})})
    (path,) = [each for each in GOLDEN if each.stem == "BookingCancelled.1"]
    topic, facts = Facts(mapper).of(stored(path, topic="BookingCalledOff.1", state='{"why":"ill"}'))
    assert (topic, facts.reason) == ("BookingCancelled.1", "ill")


def test_an_unknown_topic_is_an_error() -> None:
    with pytest.raises(UnknownTopic, match=r"BookingTeleported\.1"):
        Facts(EventMapper()).of(stored(GOLDEN[0], topic="BookingTeleported.1"))


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("TimeClaimed.1", "{}"),
        ("TimeClaimed.1", "not json"),
        ("DayOpened.1", '{"starts":"2026-12-01T00:00:00","minutes":"many","capacity":1,"resource_version":1}'),
        ("BookingRescheduled.1", '{"status":"pending"}'),
    ],
)
def test_facts_that_do_not_fit_are_an_error(topic: str, state: str) -> None:
    with pytest.raises(EventUnreadable, match=rf"The event {topic} of .*, version \d+ cannot be read"):
        Facts(EventMapper()).of(stored(GOLDEN[0], topic=topic, state=state))


@pytest.mark.parametrize("written", ["[]", "{}", '[{"resource":"moon"}]'])
def test_a_booking_without_legs_is_an_error(written: str) -> None:
    with pytest.raises(EventUnreadable):
        legs_of(written)
