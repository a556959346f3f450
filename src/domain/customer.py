"""What the log itself knows of a customer: what they wait for, that they must be kept, that they were erased."""

from datetime import datetime
from typing import ClassVar, Final, Self

from domain.event import Aggregate, Cause, Event
from domain.line import OF_CUSTOMERS, LineJoined, LineLeft
from domain.refusal import Refused
from domain.wish import Wish, must_not_wait_everywhere

MOST_ENDED: Final = 20
"""Wishes that a customer is remembered to have waited for, so that leaving a line again, or repeating it, is known."""


class LegalHoldPlaced(Event):
    """The law wants what is known of the person to be kept. `reason` is sealed under the desk's key."""

    TOPIC: ClassVar[str] = "LegalHoldPlaced.1"
    reason: str | None

    def apply(self, aggregate: "Customer") -> None:
        aggregate.on_legal_hold, aggregate.reason = True, self.reason


class LegalHoldLifted(Event):
    """The person may be erased again."""

    TOPIC: ClassVar[str] = "LegalHoldLifted.1"

    def apply(self, aggregate: "Customer") -> None:
        aggregate.on_legal_hold, aggregate.reason = False, None


class CustomerErased(Event):
    """The person's key and record were destroyed; whatever was sealed under the key is gone for good."""

    TOPIC: ClassVar[str] = "CustomerErased.1"

    def apply(self, aggregate: "Customer") -> None:
        aggregate.erased = True


class Customer(Aggregate):
    """Stream `customer/<id>`; without events until something is decided about the person. `reason` of a legal hold.

    `wishes`: what stands in line for them, or did until it was over. `ended`: what became of the last ones that left
    the line: a booking, or nothing.
    """

    on_legal_hold: bool
    reason: str | None
    erased: bool
    wishes: dict[str, Wish]
    ended: dict[str, str | None]

    def begin(self) -> None:
        self.on_legal_hold, self.reason, self.erased = False, None, False
        self.wishes, self.ended = {}, {}

    def copy(self) -> Self:
        twin = super().copy()
        twin.wishes, twin.ended = self.wishes.copy(), self.ended.copy()
        return twin

    @staticmethod
    def stream(customer: str) -> str:
        """The name of a customer's stream."""
        return f"customer/{customer}"

    @property
    def key(self) -> str:
        """The customer's id."""
        return self.id.removeprefix("customer/")

    def end(self, wish: str, booking: str | None) -> None:
        """Take a wish out, and remember what became of it while few others end."""
        del self.wishes[wish]
        self.ended[wish] = booking
        if len(self.ended) > MOST_ENDED:
            del self.ended[next(iter(self.ended))]

    def waits_for(self, now: datetime) -> list[Wish]:
        """The wishes that are not over."""
        return [wish for wish in self.wishes.values() if wish.until > now]

    def join(self, cause: Cause, wish: Wish, most: int) -> None:
        """Note that they wait. Raises `Refused` (`unknown-customer`, `too-many-wishes`)."""
        self._must_be_there()
        must_not_wait_everywhere(len(self.waits_for(cause.timestamp)), most)
        self.record(LineJoined, cause, **wish._asdict())

    def leave(self, cause: Cause, wish: str, booking: str | None = None) -> None:
        """Note that they no longer wait: served with a booking, or without one."""
        if wish in self.wishes:
            self.record(LineLeft, cause, wish=wish, booking=booking)

    def place_legal_hold(self, cause: Cause, reason: str | None) -> None:
        """Keep the person from being erased; once more changes nothing."""
        self._must_be_there()
        if not self.on_legal_hold:
            self.record(LegalHoldPlaced, cause, reason=reason)

    def lift_legal_hold(self, cause: Cause) -> None:
        """Let the person be erased again; once more changes nothing."""
        self._must_be_there()
        if self.on_legal_hold:
            self.record(LegalHoldLifted, cause)

    def erase(self, cause: Cause, active: tuple[str, ...] = ()) -> bool:
        """Write down that the person's key is destroyed in this same append; False when it was before.

        `active`: their bookings that occupy something and are not over. Raises Refused (`active-bookings`,
        `legal-hold`).
        """
        if self.erased:
            return False
        if self.on_legal_hold:
            raise Refused(
                "legal-hold",
                "The law wants what is known of this person to be kept. Lift the hold first, when it no longer does.",
                customer=self.key,
            )
        if active:
            raise Refused(
                "active-bookings",
                "This person has bookings that are not over. Let them end, or cancel or revoke them; then erase.",
                customer=self.key,
                bookings=list(active),
            )
        self.record(CustomerErased, cause)
        return True

    def erase_again(self, cause: Cause) -> None:
        """The same of a person who was erased before in a log that a backup knew nothing of yet."""
        if not self.erased:
            self.record(CustomerErased, cause)

    def _must_be_there(self) -> None:
        if self.erased:
            raise Refused("unknown-customer", f"There is no customer {self.key}.", customer=self.key)


for _event in (LegalHoldPlaced, LegalHoldLifted, CustomerErased, *OF_CUSTOMERS):
    _event.aggregate = Customer
