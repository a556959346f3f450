"""A long log, made by commands in this process: `venue-crowd` has full days, the rest of the venue is booked evenly."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Semaphore
from time import monotonic

from workloads import RESOURCES, SLOT_MINUTES, Workload, first_day

from app.assembly import Daybook
from app.commands import Actor, Book, DefineResource
from app.identity import random_command_id
from app.queue import Answer, Asked
from app.settings import Settings
from app.writer import Writer
from domain.leg import WantedLeg
from interface.http.models import ResourceBody

CROWDED_DAYS = 20
PEOPLE = 100
WAITING = 4_000
STEP = 200
SAY_SECONDS = 5.0


def fill(settings: Settings, workload: Workload, events: int, on_crowded_day: int) -> int:
    """Append about `events` events; returns how many bookings lie outside the crowded days.

    Nothing is projected meanwhile: the read models are to be built afterwards.
    """
    daybook = Daybook.open(settings)
    assert daybook.writing is not None
    writer = daybook.writing.writer
    try:
        daybook.vault.check()
        writer.start()
        filler = _Filler(daybook, writer)
        filler.define(workload)
        for number in range(CROWDED_DAYS * on_crowded_day):
            filler.book("venue-crowd", number % CROWDED_DAYS, number // CROWDED_DAYS % workload.slots)
        evenly = _evenly(workload)
        spread = 0
        while writer.memory.seen.position < events:
            for _ in range(STEP):
                filler.book(*next(evenly))
                spread += 1
            filler.say(events)
        filler.finish()
        return spread
    finally:
        writer.stop()
        daybook.log.close()


def _evenly(workload: Workload) -> Iterator[tuple[str, int, int]]:
    """Resource, day and slot of one booking after the other, as `load.lua` has it."""
    number = 0
    while True:
        slot = number // 200
        yield f"venue-{number % 200}", slot // workload.slots, slot % workload.slots
        number += 1


class _Filler:
    def __init__(self, daybook: Daybook, writer: Writer) -> None:
        self._writer = writer
        self._people = [daybook.people.person_of("", f"customer-{number}") for number in range(PEOPLE)]
        self._room = Semaphore(WAITING)
        self._failed: BaseException | None = None
        self._sent = 0
        self._began = self._said = monotonic()
        self._first = first_day().replace(tzinfo=None)

    def define(self, workload: Workload) -> None:
        definition = ResourceBody.model_validate(workload.definition()).definition()
        admin = Actor("admin", self._people[0])
        for resource in RESOURCES:
            self._put(
                DefineResource(
                    actor=admin,
                    command_id=random_command_id(),
                    resource=resource,
                    timezone="UTC",
                    definition=definition,
                )
            )
        self.finish()

    def book(self, resource: str, day: int, slot: int) -> None:
        person = self._people[self._sent % PEOPLE]
        start = self._first + timedelta(days=day, minutes=slot * SLOT_MINUTES)
        self._put(
            Book(
                actor=Actor("customer", person),
                command_id=random_command_id(),
                customer=person,
                legs=(WantedLeg(resource, start, None, 1),),
            )
        )

    def say(self, events: int) -> None:
        if monotonic() - self._said > SAY_SECONDS:
            self._said = monotonic()
            position = self._writer.memory.seen.position
            print(f"  {position:,} of {events:,} events, {position / (self._said - self._began):,.0f}/s", flush=True)

    def finish(self) -> None:
        """Wait until every command is answered. Raises what one of them failed with."""
        for _ in range(WAITING):
            if not self._room.acquire(timeout=60):
                raise RuntimeError("The writer does not answer.")
        self._room.release(WAITING)
        if self._failed is not None:
            raise self._failed

    def _put(self, command: Book | DefineResource) -> None:
        if not self._room.acquire(timeout=60):
            raise RuntimeError("The writer does not answer.")
        self._sent += 1
        self._writer.queue.put(Asked(command, self._answered))

    def _answered(self, answer: Answer) -> None:
        if isinstance(answer, BaseException):
            self._failed = answer
        self._room.release()
