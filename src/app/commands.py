"""Commands: what somebody wants. Frozen and imperative; decisions turn them into events or refusals."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.block import BlockSource
from domain.definition import Definition
from domain.leg import WantedLeg
from domain.plan import DateException
from domain.resource import Resource

Role = Literal["customer", "agent", "staff", "admin", "auditor", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which role. `person` is the made-up id (`c-...`), or a name such as `sweeper` for the system.

    `scope` limits staff to resource ids and `kind:<kind>`; none means all.
    """

    role: Role
    person: str
    scope: frozenset[str] | None = None

    @property
    def by(self) -> str:
        """How events name the actor."""
        return f"{self.role}:{self.person}"

    @property
    def is_desk(self) -> bool:
        """Whether the rules for customers (notice, horizon, limits) do not bind this actor."""
        return self.role in {"staff", "system"}

    def covers(self, resource: Resource) -> bool:
        """Whether the resource lies within the actor's scope."""
        if self.scope is None:
            return True
        return resource.key in self.scope or (resource.exists and f"kind:{resource.definition.kind}" in self.scope)


SWEEPER = Actor("system", "sweeper")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command carries.

    `command_id`: 32 hex digits, random, or derived from actor, route and idempotency key (`keyed`). `body`: the
    SHA-256 of the request's body, for repeats. `expected`: the version that the sender saw (If-Match).
    `arrived`: seconds of the monotonic clock.
    """

    actor: Actor
    command_id: str
    keyed: bool = False
    body: bytes = b""
    expected: int | None = None
    arrived: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Command):
    """Take all legs for a customer, or none; `hold` sets them aside for the policy's seconds."""

    customer: str
    legs: tuple[WantedLeg, ...]
    party: int = 1
    details: str | None = None
    hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBooking(Command):
    """A command about one booking."""

    booking: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(OnBooking):
    """Turn a hold into a booking; `details` is the JSON text of a client's object."""

    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(OnBooking):
    """Confirm what waits for the desk."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(OnBooking):
    """Turn down what waits for the desk."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke(OnBooking):
    """Take a confirmed booking back."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(OnBooking):
    """Give a booking up."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete(OnBooking):
    """Say that it took place."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNoShow(OnBooking):
    """Say that nobody came."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(OnBooking):
    """Move: either all `legs` anew, or what changes of the only leg (`start`, and `end`, `resource`, `units`)."""

    legs: tuple[WantedLeg, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    resource: str | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse(OnBooking):
    """The sweeper's: write down that a hold ran out, or that a pending booking's start passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineResource(Command):
    """Register a resource, or define it anew (then `expected` is needed). `timezone` may be left out then."""

    resource: str
    timezone: str | None
    definition: Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class SetException(Command):
    """Replace one date's windows, or (none) let the weekday's hours apply again."""

    resource: str
    date: date
    exception: DateException | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireResource(Command):
    """Take no new claims."""

    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceBlock(Command):
    """Take time away. Times without offset are the resource's wall clock; `units` none means all capacity."""

    resource: str
    start: datetime
    end: datetime
    units: int | None = None
    reason: str | None = None
    source: BlockSource = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftBlock(Command):
    """Give a block's time back."""

    resource: str
    block: str
