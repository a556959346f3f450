"""Requests of the past, decided once more: by the decisions of the writer, on a memory that holds nothing else."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Final, TypedDict

from app.commands import (
    SWEEPER,
    Actor,
    Approve,
    Book,
    BookAny,
    Cancel,
    Command,
    Complete,
    Confirm,
    Lapse,
    MarkNoShow,
    OnBooking,
    Reject,
    Reschedule,
    Revoke,
    Role,
)
from app.decisions import decide
from app.details import Vault
from app.identity import booking_id
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.reading import Reading
from app.memory import Kept, Memory, untouched
from app.whatif.changes import Changes
from app.whatif.happened import Changed, Done, TurnedDown, Verb
from app.work import Limits, Work
from domain.booking import Booking
from domain.claim import BlockedTime
from domain.event import Aggregate, Cause
from domain.leg import Leg, WantedLeg
from domain.refusal import Refused
from domain.resource import Resource, ResourceRegistered, ResourceRevised
from domain.resource_day import ResourceDay, TimeBlocked, TimeUnblocked

_NO_LIMITS: Final = Limits(max_holds=1_000_000, max_wishes=0)
"""Limits that are a person's over all resources were kept when it happened."""
_EVERYTHING: Final = 1_000_000_000
_ON_BOOKING: Final[dict[Verb, type[OnBooking]]] = {
    "confirm": Confirm,
    "approve": Approve,
    "reject": Reject,
    "revoke": Revoke,
    "cancel": Cancel,
    "complete": Complete,
    "no-show": MarkNoShow,
    "lapse": Lapse,
}
_ROLES: Final[dict[str, Role]] = {role: role for role in ("customer", "agent", "staff", "admin", "auditor", "system")}


class _Who(TypedDict):
    """What all commands have that ask for a time."""

    actor: Actor
    command_id: str
    customer: str
    party: int


class _Imagined(Memory):
    """A memory of what was only imagined: nothing of it can be read again, so nothing is let go."""

    def __init__(self, log: EventLog, mapper: EventMapper) -> None:
        super().__init__(log, mapper, most=_EVERYTHING)

    def fetch(self, streams: Iterable[str], reads: Reading) -> None:
        for stream in self.missing(streams):
            self.put(stream, Kept(untouched(stream), 0))

    def all_of(self, kind: str) -> list[Aggregate]:
        """What there is of a kind."""
        return [kept.aggregate for kept in self._kept[kind].values()]


class Replay:
    """A resource, its days and its bookings, as they come to be step by step under changes.

    Only the legs on the resource are replayed: that a booking's other legs had room was settled when it was made.
    Nobody waits in line here, for whoever did had been refused before.
    """

    def __init__(self, log: EventLog, mapper: EventMapper, resource: str, changes: Changes) -> None:
        self._log = log
        self._vault = Vault(log, bytes(32))  # there is nothing to seal
        self._memory = _Imagined(log, mapper)
        self._stream = Resource.stream(resource)
        self._changes = changes
        self._bookings: dict[str, str] = {}
        self._position = 0
        self.decided = 0
        """Commands that were decided."""
        self.definitions: list[tuple[datetime, Resource]] = []
        """The resource as it was from a time on."""

    @property
    def resource(self) -> Resource:
        """As it is now. Raises LookupError before it was defined."""
        return self.definitions[-1][1]

    def change(self, step: Changed) -> None:
        """Take over what the administrator or the desk did. Raises CannotImagine."""
        if step.event.originator_id == self._stream:
            self._define(step)
        else:
            self._block(step)

    def do(self, step: Done) -> str | None:
        """Do with a booking what was done with it; why it was refused, or none. What follows on a booking that there
        is not is nothing.
        """
        booking = self._bookings.get(step.booking)
        if step.verb in {"book", "hold"} or (step.verb == "move" and booking is None):
            return self._begin(step) if step.legs else None
        if booking is None:
            return None
        actor = SWEEPER if step.by == SWEEPER.by else _actor(step.by)
        if step.verb == "move" and step.legs:
            move = Reschedule(actor=actor, command_id=self._command_id(step), booking=booking, legs=_wanted(step.legs))
            return self._decide(move, step.at)
        kind = _ON_BOOKING.get(step.verb, Cancel)  # what was moved elsewhere is given up here
        refused = self._decide(kind(actor=actor, command_id=self._command_id(step), booking=booking), step.at)
        if refused is None and step.verb == "move":
            del self._bookings[step.booking]
        return refused

    def has(self, booking: str) -> bool:
        """Whether a booking was made here, and not moved elsewhere since."""
        return booking in self._bookings

    def ask(self, step: TurnedDown) -> str | None:
        """Ask once more for what somebody did not get; why not this time either, or none when it is theirs."""
        command_id = sha256(f"{step.position} {step.at} {self.decided}".encode()).hexdigest()[:32]
        # Where it was not noted for whom they asked: each time for another one, as limits count people.
        customer = step.customer or f"c-{command_id}"
        return self._decide(_wish(step, self.resource.key, command_id, customer), step.at)

    def bookings(self) -> Iterator[Booking]:
        """All bookings that there are."""
        return (each for each in self._memory.all_of("booking") if isinstance(each, Booking) and each.exists)

    def days(self) -> Iterator[ResourceDay]:
        """All days on which anything happened."""
        return (each for each in self._memory.all_of("day") if isinstance(each, ResourceDay) and each.exists)

    def _define(self, step: Changed) -> None:
        event, kept = step.event, self._memory.get(self._stream)
        resource = Resource.untouched(self._stream)
        if kept is not None and isinstance(kept.aggregate, Resource):
            resource = kept.aggregate.copy()
        if isinstance(event, ResourceRegistered):
            event = event.model_copy(update={"definition": self._changes.of(event.definition, event.timezone)})
        elif isinstance(event, ResourceRevised):
            event = event.model_copy(update={"definition": self._changes.of(event.definition, resource.timezone)})
        event.mutate(resource)
        self._memory.put(self._stream, Kept(resource, step.position))
        self.definitions.append((step.at, resource))

    def _block(self, step: Changed) -> None:
        """What the desk or a calendar blocked is blocked, whatever else is otherwise."""
        event, work = step.event, self._work(step.at)
        day, cause = work.take(ResourceDay, event.originator_id), Cause(event.by, event.command_id, step.at)
        if isinstance(event, TimeBlocked):
            blocked = BlockedTime(event.block, event.start, event.end, event.units, event.source, event.reason)
            day.block(cause, self.resource, blocked)
        elif isinstance(event, TimeUnblocked):
            day.unblock(cause, event.block)
        self._keep(work)

    def _begin(self, step: Done) -> str | None:
        command_id = self._command_id(step)
        hold = step.verb == "hold"
        refused = self._decide(
            Book(
                actor=_actor(step.by),
                command_id=command_id,
                customer=step.customer,
                legs=_wanted(step.legs),
                party=step.party,
                hold=hold,
            ),
            step.at,
        )
        if refused is None:
            self._bookings[step.booking] = booking_id(command_id)
        return refused

    def _decide(self, command: Command, at: datetime) -> str | None:
        work = self._work(at)
        self.decided += 1
        try:
            decide(work, command)
        except Refused as refused:
            return refused.code
        self._keep(work)
        return None

    def _work(self, at: datetime) -> Work:
        work = Work(self._memory, self._log, self._vault, at, _NO_LIMITS)
        work.reads_whatever_is_needed = True
        return work

    def _keep(self, work: Work) -> None:
        work.keep(None)
        work.stored_from(self._position + 1)
        self._position += len(work.events)

    def _command_id(self, step: Done) -> str:
        return sha256(f"{step.booking} {step.position}".encode()).hexdigest()[:32]


def _actor(by: str) -> Actor:
    """Who an event names; the scope that their token had was kept when it happened."""
    role, _, person = by.partition(":")
    return Actor(_ROLES[role], person)


def _wish(step: TurnedDown, resource: str, command_id: str, customer: str) -> Book | BookAny:
    who: _Who = {"actor": _actor(step.by), "command_id": command_id, "customer": customer, "party": step.party}
    if step.is_window and step.end is not None:
        within = (step.start, step.end)
        return BookAny(**who, candidates=(resource,), between=within, minutes=step.minutes, units=step.units)
    return Book(**who, legs=(WantedLeg(resource, step.start, step.end, step.units),))


def _wanted(legs: Iterable[Leg]) -> tuple[WantedLeg, ...]:
    return tuple(WantedLeg(leg.resource, leg.start, leg.end, leg.units) for leg in legs)
