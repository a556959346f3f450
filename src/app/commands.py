"""Commands: what somebody wants. Frozen and imperative; decisions turn them into events or refusals."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.block import BlockSource
from domain.definition import Definition
from domain.leg import WantedLeg
from domain.plan import DateException
from domain.resource import Resource
from domain.series import MOST_OCCURRENCES, OnConflict
from domain.sought import Sought

Role = Literal["customer", "agent", "staff", "admin", "auditor", "system"]
LIKELY_CANDIDATES = 20
"""What a wish for a kind weighs as, before anybody has looked how many there are."""
MOST_DAYS = 700
"""Resource-days that one automatic booking may look at."""
DAYS_AS_ONE = 4
"""Of days that are looked at, as many weigh as much as one plain booking."""
Choice = Literal["first", "fair", "fit"]
"""Which candidate an automatic booking takes of those that have room: the one that is free first, the one with the
fewest booked minutes that week, or the smallest that seats the party.
"""


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
RETENTION = Actor("system", "retention")
"""Who erases people some time after their last booking."""
CALENDAR = Actor("system", "calendar")
"""Who places and lifts blocks for external calendars."""
WAITLIST = Actor("system", "waitlist")
"""Who holds places for those in line, whoever's command made the room."""


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

    @property
    def weight(self) -> int:
        """How many ordinary commands it takes as long as, about."""
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Command):
    """Take all legs for a customer, or none; `hold` sets them aside for the policy's seconds."""

    customer: str
    legs: tuple[WantedLeg, ...]
    party: int = 1
    details: str | None = None
    hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSeries(Command):
    """Take all legs on each of several dates: `days` after those of `legs`, the first of which is 0.

    `repeat`: the rule that was expanded to them. `on_conflict`: when one cannot be booked, all are refused, or it is
    left out.
    """

    customer: str
    legs: tuple[WantedLeg, ...]
    days: tuple[int, ...]
    repeat: str
    on_conflict: OnConflict = "refuse"
    party: int = 1
    details: str | None = None

    @property
    def weight(self) -> int:
        return len(self.days) * len(self.legs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSeries(Command):
    """Give up the bookings of a series that start no earlier than one of them, or than a time; neither: than now.

    A time without offset is wall clock as the series has it.
    """

    series: str
    from_booking: str | None = None
    from_time: datetime | None = None
    reason: str | None = None

    @property
    def weight(self) -> int:
        return MOST_OCCURRENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAny(Command):
    """Take time of one candidate, whichever `choose` prefers of those that have room.

    `candidates`: their ids in the order of preference, or what they must have. Either `start` (and `end`, or
    `minutes`), or `between` two moments with `minutes`; without length, each candidate's shortest.
    """

    customer: str
    candidates: tuple[str, ...] | Sought
    start: datetime | None = None
    end: datetime | None = None
    between: tuple[datetime, datetime] | None = None
    minutes: int | None = None
    choose: Choice = "first"
    units: int = 1
    party: int = 1
    details: str | None = None
    hold: bool = False

    @property
    def weight(self) -> int:
        first, last = self.between or (self.start, self.start)
        dates = 1 if first is None or last is None else max(1, (last.date() - first.date()).days + 1)
        dates += 6 if self.choose == "fair" else 0  # whole weeks are looked at
        places = LIKELY_CANDIDATES if isinstance(self.candidates, Sought) else len(self.candidates)
        return max(1, min(places * dates, MOST_DAYS) // DAYS_AS_ONE)


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
class OnCustomer(Command):
    """A command about what is kept of one person."""

    customer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLegalHold(OnCustomer):
    """Keep the person from being erased."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftLegalHold(OnCustomer):
    """Let the person be erased again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCustomer(OnCustomer):
    """Destroy the person's key and record. `bookings`: theirs that were active at the position `looked_at`; what came
    after it is looked for when this is decided.
    """

    looked_at: int
    bookings: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLine(Command):
    """Wait for a resource's time from `start` (to `end`, or the shortest), or for any slot of `minutes` on a `day`
    (none: the shortest). Times without offset are the resource's wall clock.
    """

    customer: str
    resource: str
    start: datetime | None = None
    end: datetime | None = None
    day: date | None = None
    minutes: int | None = None
    units: int = 1
    party: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveLine(Command):
    """Wait no longer."""

    customer: str
    wish: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeLine(Command):
    """The sweeper's: let a day with a line catch up with its resource, and serve the line."""

    resource: str
    day: date
