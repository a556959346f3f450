"""What an audit reads of events: a second naming of the stored fields, apart from the domain's events.

Fields and topics are a storage format, so that an audit can read them by itself and share nothing with what it judges.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from app.log.verifying import Finding, Stored


class Leg(Struct):
    """Of a booking."""

    resource: str
    start: datetime
    end: datetime
    units: int
    days: tuple[date, ...]


class Terms(Struct):
    """Of a booking's first event."""

    customer: str
    legs: tuple[Leg, ...]


class Held(Struct):
    """Of `BookingHeld`."""

    terms: Terms
    expires_at: datetime


class Agreed(Struct):
    """Of `BookingRequested` and `BookingConfirmed`."""

    terms: Terms | None


class Rescheduled(Struct):
    """Of `BookingRescheduled`."""

    legs: tuple[Leg, ...]
    status: str


class PlacedInSeries(Struct):
    """Of `BookingPlacedInSeries`."""

    series: str
    number: int


class Occurrence(Struct):
    """Of a series."""

    number: int
    booking: str
    start: datetime


class SeriesBooked(Struct):
    """Of `SeriesBooked`."""

    customer: str
    bookings: tuple[Occurrence, ...]


class SeriesCancelled(Struct):
    """Of `SeriesCancelled`."""

    bookings: tuple[str, ...]


class Nothing(Struct):
    """Of what an audit reads nothing of but the topic."""


class Opened(Struct):
    """Of `DayOpened` and `DayRevised`."""

    starts: datetime
    minutes: int
    capacity: int
    resource_version: int


class Claimed(Struct):
    """Of `TimeClaimed`."""

    booking: str
    leg: int
    start: datetime
    end: datetime
    units: int
    until: datetime | None


class Kept(Struct):
    """Of `ClaimKept`."""

    booking: str


class Released(Struct):
    """Of `TimeReleased`."""

    booking: str
    reason: str


class Placed(Struct):
    """Of `BlockPlaced`."""

    resource: str
    days: tuple[date, ...]


class Blocked(Struct):
    """Of `TimeBlocked`; no units means all of them."""

    block: str
    start: datetime
    end: datetime
    units: int | None


class Unblocked(Struct):
    """Of `TimeUnblocked`."""

    block: str


class Definition(Struct):
    """Of a resource, as far as an audit needs it."""

    capacity: int


class Defined(Struct):
    """Of `ResourceRegistered` and `ResourceRevised`."""

    definition: Definition


class Wished(Struct):
    """Of `WishMade` and `LineJoined`."""

    wish: str
    customer: str
    days: tuple[date, ...]


class WishEnded(Struct):
    """Of `WishServed`, `WishWithdrawn` and `LineLeft`; `booking` where one was offered."""

    wish: str
    booking: str | None = None


class Offered(Struct):
    """Of `BookingOffered`."""

    wish: str


_KINDS: Final[Mapping[str, type[Struct]]] = {
    "ResourceRegistered.1": Defined,
    "ResourceRevised.1": Defined,
    "ResourceRetired.1": Nothing,
    "DayOpened.1": Opened,
    "DayRevised.1": Opened,
    "TimeClaimed.1": Claimed,
    "ClaimKept.1": Kept,
    "TimeReleased.1": Released,
    "TimeBlocked.1": Blocked,
    "TimeUnblocked.1": Unblocked,
    "WishMade.1": Wished,
    "WishServed.1": WishEnded,
    "WishWithdrawn.1": WishEnded,
    "BlockPlaced.1": Placed,
    "BlockLifted.1": Nothing,
    "BookingHeld.1": Held,
    "BookingOffered.1": Offered,
    "BookingRequested.1": Agreed,
    "BookingConfirmed.1": Agreed,
    "BookingRescheduled.1": Rescheduled,
    "BookingPlacedInSeries.1": PlacedInSeries,
    "BookingUnchanged.1": Nothing,
    "BookingExpired.1": Nothing,
    "BookingRejected.1": Nothing,
    "BookingRevoked.1": Nothing,
    "BookingCancelled.1": Nothing,
    "BookingCompleted.1": Nothing,
    "BookingMarkedNoShow.1": Nothing,
    "SeriesBooked.1": SeriesBooked,
    "SeriesCancelled.1": SeriesCancelled,
    "SeriesUnchanged.1": Nothing,
    "LegalHoldPlaced.1": Nothing,
    "LegalHoldLifted.1": Nothing,
    "CustomerErased.1": Nothing,
    "LineJoined.1": Wished,
    "LineLeft.1": WishEnded,
}
TOPICS: Final = frozenset(_KINDS)
"""All topics that an audit knows: those that are written, and those of before for as long as any log has them."""
_DECODERS: Final[Mapping[str, Decoder[Any]]] = {topic: Decoder(kind) for topic, kind in _KINDS.items()}


class NotAsItsTopic(Exception):  # noqa: N818 - what it is
    """An event's state lacks what its topic promises."""

    def __init__(self, event: Stored, reason: str) -> None:
        super().__init__(reason)
        self.finding = Finding(
            event.position,
            f"The event at {event.position} is not what its topic {event.topic} promises.",
            "state",
            event.stream,
            f"the fields of {event.topic}",
            reason,
        )


def facts_of(event: Stored) -> Any:
    """The facts of an event of a known topic. Raises NotAsItsTopic."""
    try:
        return _DECODERS[event.topic].decode(event.state)
    except (MsgspecError, UnicodeEncodeError) as error:
        raise NotAsItsTopic(event, str(error)) from error
