"""Events to what the log stores, and back: the state is the model's own JSON, the rest the log's columns."""

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple, cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic import ValidationError

import domain.block
import domain.booking
import domain.customer
import domain.resource
import domain.resource_day
import domain.series  # noqa: F401 - these six fill Event.topics
from app.log.instants import timestamp_text
from app.log.records import LoggedEvent, RecordedEvent
from domain.event import Event

Facts = dict[str, Any]


class EventUnreadable(Exception):  # noqa: N818 - says what the event is
    """A stored event that this program cannot understand. Nothing of its content is in the message."""


class UnknownTopic(EventUnreadable):
    """A stored event of a kind that this program does not know: a newer Daybook wrote it, or none did."""


class Upcaster(NamedTuple):
    """How an event of a topic no longer written is read: as which topic, and with which facts."""

    topic: str
    change: Callable[[Facts], Facts]


UPCASTERS: Mapping[str, Upcaster] = {}
"""By the topic that is no longer written. A new version is read one release before it is written."""


class EventMapper(Mapper[str]):
    """Converts between domain events and the log's records."""

    def __init__(self, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> None:
        super().__init__(JSONTranscoder())
        self._upcasters = upcasters

    def to_logged(self, event: Event) -> LoggedEvent:
        """The event as it is to be stored."""
        return LoggedEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=event.TOPIC,
            state=event.model_dump_json().encode(),
            timestamp=timestamp_text(event.timestamp),
            by=event.by,
            command_id=event.command_id,
        )

    def to_event(self, stored: LoggedEvent | RecordedEvent) -> Event:
        """The event that was stored. Raises UnknownTopic, or EventUnreadable when its state does not fit."""
        topic, state = stored.topic, stored.state
        if topic in self._upcasters:
            topic, state = self._upcast(topic, state)
        kind = Event.topics.get(topic)
        if kind is None:
            raise UnknownTopic(f"The topic {topic} of {_place(stored)} is not known to this Daybook.")
        # One validation of one text: parsing the state first, to add the columns, would cost as much again.
        columns = (
            f'"originator_id":{quoted(stored.originator_id)},"originator_version":{stored.originator_version},'
            f'"timestamp":{quoted(stored.timestamp)},"by":{quoted(stored.by)},'
            f'"command_id":{quoted(stored.command_id)}}}'
        ).encode()
        try:
            return kind.model_validate_json(state[:-1] + (columns if state == b"{}" else b"," + columns))
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise EventUnreadable(f"The event {topic} of {_place(stored)} cannot be read: {faults}.") from error

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The library's name for `to_logged`."""
        return self.to_logged(cast(Event, domain_event))

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The library's name for `to_event`."""
        return self.to_event(cast(LoggedEvent, stored_event))

    def _upcast(self, topic: str, state: bytes) -> tuple[str, bytes]:
        facts: Facts = json.loads(state)
        while (upcaster := self._upcasters.get(topic)) is not None:
            topic, facts = upcaster.topic, upcaster.change(facts)
        return topic, json.dumps(facts, separators=(",", ":")).encode()


def _place(stored: LoggedEvent | RecordedEvent) -> str:
    return f"{stored.originator_id}, version {stored.originator_version}"
