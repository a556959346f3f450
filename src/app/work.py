"""The work of one batch: commands decide on copies, and what they record becomes one append or nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from app.commands import Command
from app.details import Vault
from app.log.reading import Reading
from app.log.records import category
from app.memory import Kept, Memory, untouched
from domain.block import Block
from domain.booking import Booking
from domain.event import Aggregate, Cause, Event
from domain.resource import Resource
from domain.resource_day import ResourceDay

A = TypeVar("A", bound=Aggregate)


class Limits(NamedTuple):
    """Limits that are settings rather than rules of a resource."""

    max_holds: int = 3


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
        if stream not in self.copies:
            found = found.copy()
            self.copies[stream] = found
        if stream not in self._mine:
            self._mine.append(stream)
        return found

    def begin(self, kind: type[A], stream: str) -> A:
        """A new aggregate whose stream is known to be empty, since its name was made for this command."""
        self.copies.setdefault(stream, untouched(stream))
        return self.take(kind, stream)

    def resource(self, resource: str) -> Resource:
        """A resource to look at."""
        return self.see(Resource, Resource.stream(resource))

    def live_holds(self, customer: str) -> int:
        """How many holds of the customer have neither ended nor lapsed."""
        holds = (self.see(Booking, Booking.stream(booking)) for booking in self._memory.holds.of(customer))
        return sum(held.exists and held.status_at(self.now) == "held" for held in holds)

    def note_hold(self, customer: str, booking: str, expires_at: datetime) -> None:
        """Let later decisions count this hold. Harmless when it is never stored: whether it is held is looked up."""
        self._memory.holds.note(customer, booking, expires_at, now=self.now)

    def active_bookings(self, day: ResourceDay, customer: str, but: str) -> int:
        """How many of a customer's bookings count for the daily limit on a day, leaving one out."""
        others = (key for key in day.counted_bookings(customer) if key != but)
        return sum(self.see(Booking, Booking.stream(key)).occupies(self.now) for key in others)

    def cause(self, command: Command) -> Cause:
        """Why the command's events are written."""
        return Cause(command.actor.by, command.command_id, self.now)

    # What the writer asks for.

    def has_something_to_keep(self) -> bool:
        """Whether the command in turn recorded anything."""
        return any(self.copies[stream].pending_events for stream in self._mine)

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

    def see_subject(self, stream: str) -> Booking | Resource | Block:
        """What a command was about, to look at."""
        found = self.see(Aggregate, stream)
        if not isinstance(found, Booking | Resource | Block):
            raise TypeError(f"{stream} is nothing that a command is about")
        return found

    def stored_from(self, first_position: int) -> None:
        """Everything is stored: the copies that changed replace what the memory kept."""
        last = {event.originator_id: position for position, event in enumerate(self.events, first_position)}
        for stream, position in last.items():
            self._memory.put(stream, Kept(self.copies[stream], position))

    def streams(self) -> Iterable[str]:
        """All streams that have been copied."""
        return self.copies.keys()


def is_subject(stream: str) -> bool:
    """Whether a stream is what a command is about, rather than a day that it touches."""
    return category(stream) in {"booking", "block", "resource"}
