"""What happens in the line of those who wait on a resource-day, and what a customer's own stream knows of it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from domain.event import Event
from domain.wish import Waiting, Wish, WithdrawalReason

if TYPE_CHECKING:
    from domain.customer import Customer
    from domain.resource_day import ResourceDay

Date = date  # inside the events, `date` is a field


class _OfWish(Event):
    """All that a wish is."""

    wish: str
    customer: str
    resource: str
    date: Date
    start: datetime | None
    end: datetime | None
    minutes: int
    units: int
    party: int
    until: datetime
    days: tuple[Date, ...]

    def made(self) -> Wish:
        """The wish."""
        return Wish(
            self.wish,
            self.customer,
            self.resource,
            self.date,
            self.start,
            self.end,
            self.minutes,
            self.units,
            self.party,
            self.until,
            self.days,
        )


class WishMade(_OfWish):
    """Somebody joined the day's line, behind all who wait. On each day that the wish would take time on."""

    TOPIC: ClassVar[str] = "WishMade.1"

    def apply(self, aggregate: "ResourceDay") -> None:
        aggregate.line[self.wish] = Waiting(self.made(), self.by, self.timestamp)


class WishServed(Event):
    """Room appeared: what was wished for is held for the customer, by this booking."""

    TOPIC: ClassVar[str] = "WishServed.1"
    wish: str
    booking: str

    def apply(self, aggregate: "ResourceDay") -> None:
        del aggregate.line[self.wish]


class WishWithdrawn(Event):
    """Somebody left the line, or was erased, or the resource was retired."""

    TOPIC: ClassVar[str] = "WishWithdrawn.1"
    wish: str
    reason: WithdrawalReason

    def apply(self, aggregate: "ResourceDay") -> None:
        del aggregate.line[self.wish]


class LineJoined(_OfWish):
    """The customer waits for this: beside `WishMade`, so that their own stream tells how many wishes they have."""

    TOPIC: ClassVar[str] = "LineJoined.1"

    def apply(self, aggregate: "Customer") -> None:
        aggregate.wishes[self.wish] = self.made()


class LineLeft(Event):
    """The customer no longer waits: served with `booking`, or without one."""

    TOPIC: ClassVar[str] = "LineLeft.1"
    wish: str
    booking: str | None

    def apply(self, aggregate: "Customer") -> None:
        aggregate.end(self.wish, self.booking)


OF_DAYS = (WishMade, WishServed, WishWithdrawn)
OF_CUSTOMERS = (LineJoined, LineLeft)
