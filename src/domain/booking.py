"""A booking: what a customer has, from hold or request to its end."""

from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from domain.event import Aggregate, Cause, Event
from domain.leg import Leg
from domain.plan import Stored
from domain.refusal import Refused

BookingStatus = Literal[
    "held", "pending", "confirmed", "rejected", "revoked", "cancelled", "expired", "completed", "no_show"
]
OCCUPYING: frozenset[BookingStatus] = frozenset({"held", "pending", "confirmed"})


class Terms(Stored):
    """What a booking is about; on its first event alone."""

    customer: str
    party: int
    legs: tuple[Leg, ...]


class BookingHeld(Event):
    """Places were set aside until `expires_at`."""

    TOPIC: ClassVar[str] = "BookingHeld.1"
    terms: Terms
    details: str | None
    expires_at: datetime

    def apply(self, aggregate: "Booking") -> None:
        aggregate.agree(self.terms, self.details, self)
        aggregate.status, aggregate.expires_at = "held", self.expires_at


class BookingOffered(Event):
    """What is held was wished for in line: by `made_by`, in the form of an event's `by`, before room appeared."""

    TOPIC: ClassVar[str] = "BookingOffered.1"
    wish: str
    made_by: str

    def apply(self, aggregate: "Booking") -> None:
        aggregate.wish, aggregate.made_by = self.wish, self.made_by


class BookingRequested(Event):
    """A booking waits for the desk. `terms` only when it begins with this; `details`, sealed, when new."""

    TOPIC: ClassVar[str] = "BookingRequested.1"
    terms: Terms | None
    details: str | None

    def apply(self, aggregate: "Booking") -> None:
        aggregate.agree(self.terms, self.details, self)
        aggregate.status, aggregate.expires_at = "pending", None


class BookingConfirmed(Event):
    """A booking stands. `terms` only when it begins with this; `details` when new; it and `reason` are sealed."""

    TOPIC: ClassVar[str] = "BookingConfirmed.1"
    terms: Terms | None
    details: str | None
    reason: str | None

    def apply(self, aggregate: "Booking") -> None:
        aggregate.agree(self.terms, self.details, self)
        aggregate.status, aggregate.expires_at = "confirmed", None
        aggregate.reason = self.reason


class BookingRescheduled(Event):
    """A booking gave back its old legs and took these, in one append; `status` is what it has since."""

    TOPIC: ClassVar[str] = "BookingRescheduled.1"
    legs: tuple[Leg, ...]
    status: Literal["pending", "confirmed"]

    def apply(self, aggregate: "Booking") -> None:
        aggregate.legs, aggregate.status = self.legs, self.status


class BookingPlacedInSeries(Event):
    """The booking was made as one of a series, with this number by its rule, from 1."""

    TOPIC: ClassVar[str] = "BookingPlacedInSeries.1"
    series: str
    number: int

    def apply(self, aggregate: "Booking") -> None:
        aggregate.series = self.series


class BookingUnchanged(Event):
    """A request with an idempotency key asked for what was so already: noted, so that a later repeat is known."""

    TOPIC: ClassVar[str] = "BookingUnchanged.1"

    def apply(self, aggregate: "Booking") -> None:
        """Nothing changes."""


class BookingExpired(Event):
    """A hold's time ran out."""

    TOPIC: ClassVar[str] = "BookingExpired.1"

    def apply(self, aggregate: "Booking") -> None:
        aggregate.status = "expired"


class _Ended(Event):
    """A status that says why; the reason is sealed."""

    status: ClassVar[BookingStatus]
    reason: str | None

    def apply(self, aggregate: "Booking") -> None:
        aggregate.status, aggregate.reason = self.status, self.reason


class BookingRejected(_Ended):
    """The desk, or the passing of its start, turned a pending booking down."""

    TOPIC: ClassVar[str] = "BookingRejected.1"
    status = "rejected"


class BookingRevoked(_Ended):
    """The desk took a confirmed booking back."""

    TOPIC: ClassVar[str] = "BookingRevoked.1"
    status = "revoked"


class BookingCancelled(_Ended):
    """The customer, or the desk for them, gave it up."""

    TOPIC: ClassVar[str] = "BookingCancelled.1"
    status = "cancelled"


class BookingCompleted(_Ended):
    """It took place; its claims stay."""

    TOPIC: ClassVar[str] = "BookingCompleted.1"
    status = "completed"


class BookingMarkedNoShow(_Ended):
    """Nobody came; its claims stay."""

    TOPIC: ClassVar[str] = "BookingMarkedNoShow.1"
    status = "no_show"


class Booking(Aggregate):
    """Stream `booking/<id>`."""

    customer: str
    party: int
    legs: tuple[Leg, ...]
    details: str | None
    reason: str | None
    made_by: str
    status: BookingStatus
    expires_at: datetime | None
    wish: str | None
    series: str | None

    def begin(self) -> None:
        self.expires_at = self.reason = self.details = self.wish = self.series = None

    @staticmethod
    def stream(booking: str) -> str:
        """The name of a booking's stream."""
        return f"booking/{booking}"

    @property
    def key(self) -> str:
        """The booking's id."""
        return self.id.removeprefix("booking/")

    def agree(self, terms: Terms | None, details: str | None, event: Event) -> None:
        """Take over the terms that the first event carries, and details where they are new."""
        if terms is not None:
            self.customer, self.party, self.legs, self.made_by = (
                terms.customer,
                terms.party,
                terms.legs,
                event.by,
            )
        if details is not None:
            self.details = details

    # What can be seen of it.

    @property
    def start(self) -> datetime:
        """The earliest start of its legs."""
        return min(leg.start for leg in self.legs)

    def status_at(self, now: datetime) -> BookingStatus:
        """Its status as everyone sees it: a hold past its time has expired, written or not."""
        if self.status == "held" and self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return self.status

    def occupies(self, now: datetime) -> bool:
        """Whether it takes places at this moment's reckoning."""
        return self.status_at(now) in OCCUPYING

    def is_active_at(self, now: datetime) -> bool:
        """Whether it takes places and is not over yet."""
        return self.occupies(now) and any(leg.end > now for leg in self.legs)

    # Decisions. Each returns whether it changed anything; a wish that is already true changes nothing.

    def hold(self, cause: Cause, terms: Terms, details: str | None, expires_at: datetime) -> None:
        """Set places aside until `expires_at`."""
        self.record(BookingHeld, cause, terms=terms, details=details, expires_at=expires_at)

    def offer(self, cause: Cause, terms: Terms, expires_at: datetime, wish: str, made_by: str) -> None:
        """Set aside until `expires_at` what somebody waited for; `made_by` put the wish in line."""
        self.record(BookingHeld, cause, terms=terms, details=None, expires_at=expires_at)
        self.record(BookingOffered, cause, wish=wish, made_by=made_by)

    def book(self, cause: Cause, terms: Terms, details: str | None, *, approval: bool) -> None:
        """Begin as confirmed, or as pending where the desk has to approve."""
        if approval:
            self.record(BookingRequested, cause, terms=terms, details=details)
        else:
            self.record(BookingConfirmed, cause, terms=terms, details=details, reason=None)

    def confirm(self, cause: Cause, details: str | None, *, approval: bool) -> bool:
        """Turn a hold into a booking. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        if not self._must_be("confirm", {"held"}, {"pending", "confirmed"}, cause.timestamp):
            return False
        if approval:
            self.record(BookingRequested, cause, terms=None, details=details)
        else:
            self.record(BookingConfirmed, cause, terms=None, details=details, reason=None)
        return True

    def approve(self, cause: Cause, reason: str | None) -> bool:
        """Confirm a pending booking. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        if not self._must_be("approve", {"pending"}, {"confirmed"}, cause.timestamp):
            return False
        if self.start <= cause.timestamp:
            raise self._not_from("approve", "pending", "Its start has passed while it was waiting.")
        self.record(BookingConfirmed, cause, terms=None, details=None, reason=reason)
        return True

    def reject(self, cause: Cause, reason: str | None) -> bool:
        """Turn a pending booking down. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        return self._end("reject", BookingRejected, {"pending"}, cause, reason)

    def revoke(self, cause: Cause, reason: str | None) -> bool:
        """Take a confirmed booking back. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        return self._end("revoke", BookingRevoked, {"confirmed"}, cause, reason)

    def cancel(self, cause: Cause, reason: str | None) -> bool:
        """Give it up. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        return self._end("cancel", BookingCancelled, {"held", "pending", "confirmed"}, cause, reason)

    def complete(self, cause: Cause, reason: str | None) -> bool:
        """Say that it took place, once it began. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        return self._end("complete", BookingCompleted, {"confirmed"}, cause, reason, from_start=True)

    def mark_no_show(self, cause: Cause, reason: str | None) -> bool:
        """Say that nobody came, once it began. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        return self._end("no-show", BookingMarkedNoShow, {"confirmed"}, cause, reason, from_start=True)

    def reschedule(self, cause: Cause, legs: tuple[Leg, ...], *, approval: bool) -> bool:
        """Move to other legs. Raises `Refused` (`hold-expired`, `invalid-transition`)."""
        self.must_be_movable(cause.timestamp)
        if legs == self.legs:
            return False
        status = "pending" if approval else "confirmed"
        self.record(BookingRescheduled, cause, legs=legs, status=status)
        return True

    def must_be_movable(self, now: datetime) -> None:
        """Raises `Refused` (`hold-expired`, `invalid-transition`) unless it is pending or confirmed."""
        self._must_be("reschedule", {"pending", "confirmed"}, frozenset(), now)

    def place_in_series(self, cause: Cause, series: str, number: int) -> None:
        """Say that it is one of a series that is being made."""
        self.record(BookingPlacedInSeries, cause, series=series, number=number)

    def note_unchanged(self, cause: Cause) -> None:
        """Write down that a request found its wish already true."""
        self.record(BookingUnchanged, cause)

    def expire(self, cause: Cause) -> bool:
        """Write down that the hold's time ran out, if it did."""
        if self.status == "held" and self.status_at(cause.timestamp) == "expired":
            self.record(BookingExpired, cause)
            return True
        return False

    def must_exist(self) -> Self:
        """Itself. Raises `Refused` (`unknown-booking`) when there is no such booking."""
        if not self.exists:
            raise Refused("unknown-booking", f"There is no booking {self.key}, or it is not yours.", booking=self.key)
        return self

    def _end(
        self,
        verb: str,
        event: type[_Ended],
        legal: set[BookingStatus],
        cause: Cause,
        reason: str | None,
        *,
        from_start: bool = False,
    ) -> bool:
        if not self._must_be(verb, legal, {event.status}, cause.timestamp):
            return False
        if from_start and cause.timestamp < self.start:
            raise self._not_from(verb, self.status, f"It only starts at {self.start.isoformat()}.")
        self.record(event, cause, reason=reason)
        return True

    def _must_be(
        self,
        verb: str,
        legal: set[BookingStatus],
        already: set[BookingStatus] | frozenset[Any],
        now: datetime,
    ) -> bool:
        """Whether the verb has something to do; False when the wish is already true."""
        status = self.status_at(now)
        if status in already:
            return False
        if status == "expired":
            raise Refused(
                "hold-expired",
                "The hold's time ran out and its place was given back. Please book again.",
                booking_status="expired",
            )
        if status not in legal:
            raise self._not_from(verb, status, "")
        return True

    def _not_from(self, verb: str, status: BookingStatus, why: str) -> Refused:
        sentence = f"A booking that is {status.replace('_', '-')} cannot take '{verb}'. {why}".rstrip()
        return Refused("invalid-transition", sentence, booking_status=status)


for _event in (
    BookingHeld,
    BookingOffered,
    BookingRequested,
    BookingConfirmed,
    BookingRescheduled,
    BookingPlacedInSeries,
    BookingUnchanged,
    BookingExpired,
    BookingRejected,
    BookingRevoked,
    BookingCancelled,
    BookingCompleted,
    BookingMarkedNoShow,
):
    _event.aggregate = Booking
