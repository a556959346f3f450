"""The library's own application runs on the log, through its own extension points."""

from collections.abc import Iterator
from typing import Any

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    IntegrityError,
    Mapper,
    NotSupportedError,
    StoredEvent,
)

from app.log.event_log import EventLog
from app.log.records import LoggedEvent


class Dog(Aggregate):
    """The library's favourite example."""

    def __init__(self) -> None:
        self.tricks: list[str] = []

    @event("TrickAdded")
    def add_trick(self, trick: str) -> None:
        self.tricks.append(trick)


class StampedMapper(Mapper[Any]):
    """Adds what Daybook's log asks of every event."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        plain = super().to_stored_event(domain_event)
        return LoggedEvent(
            str(plain.originator_id),
            plain.originator_version,
            plain.topic,
            plain.state,
            domain_event.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "system:kennel",
            "command-1",
        )


@pytest.fixture
def environment(store: Any) -> dict[str, str]:
    persistence = {"PERSISTENCE_MODULE": "app.log.factory"}
    if store.place is not None:
        return persistence | {"DAYBOOK_DATABASE_URL": store.place.url, "DAYBOOK_SCHEMA": store.place.schema}
    return persistence | {"DAYBOOK_DATA": str(store.folder)}


@pytest.fixture
def kennel(environment: dict[str, str]) -> Iterator[Application[Any]]:
    topic = f"{StampedMapper.__module__}:{StampedMapper.__qualname__}"
    with Application[Any](environment | {"MAPPER_TOPIC": topic}) as application:
        yield application
    application.close()


def test_aggregates_are_saved_and_loaded(kennel: Application[Any]) -> None:
    fido, rex = Dog(), Dog()
    fido.add_trick("sit")

    recordings = kennel.save(fido, rex)

    assert [recording.notification.id for recording in recordings] == [1, 2, 3]
    assert kennel.repository.get(fido.id).tricks == ["sit"]
    assert kennel.repository.get(fido.id, version=1).tricks == []
    assert [n.id for n in kennel.notification_log.select(1, 10)] == [1, 2, 3]


def test_two_copies_of_one_aggregate_cannot_both_be_saved(kennel: Application[Any]) -> None:
    fido = Dog()
    kennel.save(fido)
    first: Dog = kennel.repository.get(fido.id)
    second: Dog = kennel.repository.get(fido.id)
    first.add_trick("sit")
    second.add_trick("roll over")
    kennel.save(first)

    with pytest.raises(IntegrityError):
        kennel.save(second)

    assert kennel.repository.get(fido.id).tricks == ["sit"]


def test_saving_under_a_condition_passes_it_on(kennel: Application[Any]) -> None:
    log = kennel.recorder
    assert isinstance(log, EventLog)
    fido = Dog()

    kennel.save(fido, seen=log.head())

    assert log.max_notification_id() == 1


def test_a_subscription_yields_what_was_there_and_what_comes(kennel: Application[Any]) -> None:
    fido = Dog()
    kennel.save(fido)

    with kennel.recorder.subscribe() as subscription:
        assert next(subscription).id == 1
        fido.add_trick("sit")
        kennel.save(fido)
        assert next(subscription).id == 2

    with kennel.recorder.subscribe(gt=1) as later:
        assert next(later).id == 2


def test_an_empty_log_has_no_largest_position(kennel: Application[Any]) -> None:
    assert kennel.recorder.max_notification_id() is None


def test_what_the_log_does_not_keep_is_said(environment: dict[str, str]) -> None:
    factory: InfrastructureFactory[Any] = InfrastructureFactory.construct(environment)
    with pytest.raises(NotSupportedError):
        factory.aggregate_recorder("snapshots")
    with pytest.raises(NotSupportedError):
        factory.tracking_recorder()
    with pytest.raises(NotSupportedError):
        factory.process_recorder()
    nowhere: InfrastructureFactory[Any] = InfrastructureFactory.construct({"PERSISTENCE_MODULE": "app.log.factory"})
    with pytest.raises(InfrastructureFactoryError):
        nowhere.application_recorder()
