"""The work of one batch: commands decide on copies, and what they record becomes one append or nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from app.commands import Command
from app.details import Vault
from app.log.reading import Reading
from app.log.records import category
from app.memory import Kept, Memory, untouched
from domain.block import Block
from domain.booking import Booking
from domain.customer import Customer, CustomerErased
from domain.event import Aggregate, Cause, Event
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay
from domain.series import Series

A = TypeVar("A", bound=Aggregate)


MOST_READ_AT_ONCE: Final = 32
"""Streams that a batch may read for those who look at many: others wait meanwhile."""


class ReadFirst(Exception):  # noqa: N818 - no error: what is to be done before it can be decided
    """A command looks at more streams that are not in memory than a batch may read."""

    def __init__(self, streams: list[str]) -> None:
        super().__init__(f"{len(streams)} streams")
        self.streams: Final = streams


class Limits(NamedTuple):
    """Limits that are settings rather than rules of a resource."""

    max_holds: int = 3
    max_wishes: int = 3


class Work:
    """What a batch has decided so far. Copies are made at first touch; the originals stay as they are stored."""

    def __init__(self, memory: Memory, reads: Reading, vault: Vault, now: datetime, limits: Limits) -> None:
        self.now = now
        self.vault = vault
        self.limits = limits
        self.events: list[Event] = []
        self.copies: dict[str, Aggregate] = {}
        self._memory = memory
        self._reads = reads
        self._mine: list[str] = []
        self._before: dict[str, Aggregate | None] | None = None
        self.reads_whatever_is_needed = False
        """Whether the command in turn may read as many streams as it looks at: they have been read for it before."""
        self._may_read = MOST_READ_AT_ONCE

    # What decisions ask for.

    def see(self, kind: type[A], stream: str) -> A:
        """An aggregate to look at: it must not be changed."""
        found = self.copies.get(stream)
        if found is None:
            kept = self._memory.get(stream)
            if kept is None:
                self._memory.fetch([stream], self._reads)
                kept = self._memory.get(stream)
            found = kept.aggregate if kept is not None else untouched(stream)
        if not isinstance(found, kind):
            raise TypeError(f"{stream} is a {type(found).__name__}, not a {kind.__name__}")
        return found

    def take(self, kind: type[A], stream: str) -> A:
        """An aggregate to decide on: this batch's copy."""
        found = self.see(kind, stream)
        if self._before is not None and stream not in self._before:
            self._before[stream] = self.copies.get(stream)
            found = self.copies[stream] = found.fork()
        elif stream not in self.copies:
            found = found.copy()
            self.copies[stream] = found
        if stream not in self._mine:
            self._mine.append(stream)
        return found

    def begin(self, kind: type[A], stream: str) -> A:
        """A new aggregate whose stream is known to be empty, since its name was made for this command."""
        self.copies.setdefault(stream, untouched(stream))
        return self.take(kind, stream)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of the command in turn that may be refused by itself: then nothing of it is left, and the refusal
        goes on to whoever tried it. Not within another one.
        """
        mine, self._before = len(self._mine), {}
        try:
            yield
        except Refused:
            self._put_back(self._before)
            del self._mine[mine:]
            raise
        finally:
            self._before = None

    def fetch(self, streams: Iterable[str]) -> None:
        """Bring streams that are about to be seen into memory, in one query."""
        self._memory.fetch((each for each in streams if each not in self.copies), self._reads)

    def gather(self, streams: Iterable[str]) -> None:
        """Have streams in memory that are about to be looked at, by one query for those that are not yet there.

        Raises ReadFirst when they are too many to be read while others wait.
        """
        missing = self._memory.missing(stream for stream in streams if stream not in self.copies)
        if not self.reads_whatever_is_needed:
            if len(missing) > self._may_read:
                raise ReadFirst(missing)
            self._may_read -= len(missing)
        self._memory.fetch(missing, self._reads)

    def resource(self, resource: str) -> Resource:
        """A resource to look at."""
        return self.see(Resource, Resource.stream(resource))

    def resources(self) -> Iterator[Resource]:
        """Every resource that there is, to look at; in no order."""
        for stream in {**dict.fromkeys(self._memory.resources()), **self.copies}:
            if category(stream) == "resource":
                yield self.see(Resource, stream)

    def live_holds(self, customer: str) -> int:
        """How many holds of the customer have neither ended nor lapsed, those that they waited for in line left out."""
        holds = (self.see(Booking, Booking.stream(booking)) for booking in self._memory.holds.of(customer))
        return sum(held.exists and held.wish is None and held.status_at(self.now) == "held" for held in holds)

    def note_hold(self, customer: str, booking: str, expires_at: datetime) -> None:
        """Let later decisions count this hold. Harmless when it is never stored: whether it is held is looked up."""
        self._memory.holds.note(customer, booking, expires_at, now=self.now)

    def begun_since(self, position: int, most: int) -> list[str] | None:
        """The streams of bookings that began beyond a position; none when that is more than `most` events ago."""
        events = self._reads.after(position, most + 1)
        if len(events) > most:
            return None
        begun = [each.originator_id for each in events if each.originator_version == 1]
        return [stream for stream in begun if category(stream) == "booking"]

    def active_bookings(self, day: ResourceDay, customer: str, but: str) -> int:
        """How many legs of a customer's bookings count for the daily limit on a day, leaving one booking out."""
        others = [key for key in day.counted_bookings(customer) if key != but]
        self.gather(map(Booking.stream, others))
        return sum(self.see(Booking, Booking.stream(key)).occupies(self.now) for key in others)

    def cause(self, command: Command) -> Cause:
        """Why the command's events are written."""
        return Cause(command.actor.by, command.command_id, self.now)

    def days_changed(self) -> list[str]:
        """The resource-days on which the command in turn recorded anything, in the order in which they were taken."""
        return [each for each in self._mine if category(each) == "day" and self.copies[each].pending_events]

    # What the writer asks for.

    def keep(self, fingerprint: str | None) -> int:
        """Collect what the command in turn recorded; how many events. The first one carries the fingerprint."""
        fresh: list[Event] = []
        for stream in self._mine:
            fresh.extend(event for event in self.copies[stream].collect_events() if isinstance(event, Event))
        if fresh and fingerprint is not None:
            fresh[0] = fresh[0].model_copy(update={"fingerprint": fingerprint})
        self.events.extend(fresh)
        self._mine.clear()
        return len(fresh)

    def undo(self) -> None:
        """Put back what the command in turn changed: as if it had never been tried."""
        for stream in self._mine:
            if self.copies[stream].pending_events:
                self._take_back(stream)
        self._mine.clear()

    def _put_back(self, before: dict[str, Aggregate | None]) -> None:
        for stream, aggregate in before.items():
            if aggregate is None:
                del self.copies[stream]
            else:
                self.copies[stream] = aggregate

    def _take_back(self, stream: str) -> None:
        """Make the copy what earlier commands of the batch left; without any, it is made again when it is needed."""
        del self.copies[stream]
        earlier = [event for event in self.events if event.originator_id == stream]
        if earlier:
            twin = self.see(Aggregate, stream).copy()
            for event in earlier:
                event.mutate(twin)
            self.copies[stream] = twin

    def last_index(self, stream: str) -> int:
        """The place in `events` of a stream's last one; -1 when it has none."""
        for index in range(len(self.events) - 1, -1, -1):
            if self.events[index].originator_id == stream:
                return index
        return -1

    def see_subject(self, stream: str) -> Booking | Resource | Block | Customer | Series:
        """What a command was about, to look at."""
        found = self.see(Aggregate, stream)
        if not isinstance(found, Booking | Resource | Block | Customer | Series):
            raise TypeError(f"{stream} is nothing that a command is about")
        return found

    def stored_from(self, first_position: int) -> None:
        """Everything is stored: the copies that changed replace what the memory kept."""
        last = {event.originator_id: position for position, event in enumerate(self.events, first_position)}
        for stream, position in last.items():
            self._memory.stored(stream, Kept(self.copies[stream], position))

    def erased(self) -> list[str]:
        """Customers whose keys and records are to go with the append."""
        erased = [each.originator_id for each in self.events if isinstance(each, CustomerErased)]
        return [stream.removeprefix(Customer.stream("")) for stream in erased]

    def streams(self) -> Iterable[str]:
        """All streams that have been copied."""
        return self.copies.keys()


def is_subject(stream: str) -> bool:
    """Whether a stream is what a command is about, rather than a day that it touches."""
    return category(stream) in {"booking", "series", "block", "resource", "customer"}
