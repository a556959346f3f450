"""A house: a log, its people and one writer, with a clock that tests set."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.app.scene import Scene
from tests.conftest import Store
from tests.recount import Recount, Row

from app.clock import CheckedClock
from app.commands import Actor, Book, Command, DefineResource
from app.details import Vault
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.outcome import Outcome
from app.people import People
from app.queue import Answer, Asked, Queue
from app.work import Limits
from app.writer import Writer
from domain.booking import Booking
from domain.definition import Definition
from domain.leg import WantedLeg
from domain.plan import WEEKDAYS

MONDAY_MORNING = datetime(2026, 11, 30, 4, tzinfo=UTC)
ADMIN = Actor("admin", "c-admin")
STAFF = Actor("staff", "c-staff")


class House:
    """What one process has. Several houses on one log are several processes."""

    def __init__(self, log: EventLog, now: datetime = MONDAY_MORNING, *, database_now: datetime | None = None) -> None:
        self.log = log
        self.time = now
        self.vault = Vault(log, b"k" * 32)
        self.vault.check()
        self.people = People(log, self.vault)
        self.mapper = EventMapper()
        clock = CheckedClock(lambda: self.time, lambda: database_now or self.time)
        self.writer = Writer(log, self.mapper, self.vault, clock, limits=Limits(3), queue=Queue())
        self.writer.start()

    def person(self, name: str) -> Actor:
        """A customer with an account of that name."""
        return Actor("customer", self.people.person_of("test", name))

    def ask(self, command: Command) -> "Future[Answer]":
        """Put a command into the queue; its answer comes later."""
        answer: Future[Answer] = Future()
        self.writer.queue.put(Asked(command, answer.set_result))
        return answer

    def run(self, command: Command) -> Outcome:
        """Run a command to its end. Raises what it was refused with."""
        answer = self.ask(command).result(30)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def register(self, resource: str = "dr-lee", *, timezone: str = "UTC", **terms: Any) -> Outcome:
        """Register a resource: by default a psychologist, open all day on every day, half an hour a slot."""
        hours = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))
        defined = {"name": resource.title(), "kind": "psychologist", "capacity": 1, "hours": hours, **terms}
        return self.run(
            DefineResource(
                actor=ADMIN,
                command_id=random_command_id(),
                resource=resource,
                timezone=timezone,
                definition=Definition.model_validate(defined),
            )
        )

    def booking(
        self, actor: Actor, start: datetime, end: datetime | None = None, *, resource: str = "dr-lee", **more: Any
    ) -> Book:
        """The command that books one leg for the actor."""
        given = {"command_id": random_command_id(), "customer": actor.person, **more}
        units = given.pop("units", 1)
        return Book(actor=actor, legs=(WantedLeg(resource, start, end, units),), **given)

    def book(self, actor: Actor, start: datetime, end: datetime | None = None, **more: Any) -> Booking:
        """Book one leg; the booking as it stands then."""
        subject = self.run(self.booking(actor, start, end, **more)).subject
        assert isinstance(subject, Booking)
        return subject

    def pass_time(self, **parts: float) -> None:
        """Let the house's clock run on."""
        self.time += timedelta(**parts)

    def stop(self) -> None:
        """Finish what is queued."""
        self.writer.stop(30)

    def topics(self, after: int = 0) -> list[str]:
        """The topics of all events beyond a position."""
        return [event.topic.removesuffix(".1") for event in self.log.after(after)]

    def oversold(self) -> list[str]:
        """Every claim that raised usage above the capacity then in force, recounted from the raw log."""
        events = self.log.after(0)
        return Recount(Row(event.id, event.originator_id, event.topic, event.state) for event in events).oversold


@pytest.fixture
def house(log: EventLog) -> Iterator[House]:
    """One process on a fresh log, of either store."""
    found = House(log)
    yield found
    found.stop()


@pytest.fixture
def houses() -> Iterator[Callable[..., House]]:
    """Makes several houses, and stops them after the test."""
    made: list[House] = []

    def make(log: EventLog, *args: Any, **more: Any) -> House:
        made.append(House(log, *args, **more))
        return made[-1]

    yield make
    for house in made:
        house.stop()


@pytest.fixture
def scene(store: Store) -> Iterator[Scene]:
    """A store of either kind with read models that another connection keeps up."""
    made = Scene(store)
    yield made
    made.close()
