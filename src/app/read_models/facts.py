"""What projections read of the events that come in masses: only the fields that they need, parsed once.

The domain's events are not made for these: building and checking one costs several times as much as its rows. They
were checked before they were stored. Fields and topics are a storage format, so they can be named a second time.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec import MsgspecError, Raw, Struct
from msgspec.json import Decoder

from app.log.mapper import EventMapper, EventUnreadable
from app.log.records import RecordedEvent
from app.read_models.feed import Fed


class Opened(Struct, gc=False):
    """Of `DayOpened` and `DayRevised`."""

    starts: datetime
    minutes: int
    capacity: int
    resource_version: int


class Claimed(Struct, gc=False):
    """Of `TimeClaimed`."""

    booking: str
    leg: int
    customer: str
    start: datetime
    end: datetime
    units: int
    until: datetime | None


class OfBooking(Struct, gc=False):
    """Of `ClaimKept` and `TimeReleased`."""

    booking: str


class Blocked(Struct, gc=False):
    """Of `TimeBlocked`."""

    block: str
    start: datetime
    end: datetime
    units: int | None
    source: str
    reason: str | None


class OfBlock(Struct, gc=False):
    """Of `TimeUnblocked`."""

    block: str


class Offered(Struct, gc=False):
    """Of `BookingOffered`."""

    made_by: str


class Terms(Struct, gc=False):
    """Of a booking's first event. `legs` are read by `legs_of`."""

    customer: str
    party: int
    legs: Raw


class Held(Struct, gc=False):
    """Of `BookingHeld`."""

    terms: Terms
    details: str | None
    expires_at: datetime


class Requested(Struct, gc=False):
    """Of `BookingRequested`."""

    terms: Terms | None
    details: str | None


class Confirmed(Struct, gc=False):
    """Of `BookingConfirmed`."""

    terms: Terms | None
    details: str | None
    reason: str | None


class Rescheduled(Struct, gc=False):
    """Of `BookingRescheduled`."""

    legs: Raw
    status: str


class PlacedInSeries(Struct, gc=False):
    """Of `BookingPlacedInSeries`."""

    series: str


class Ended(Struct, gc=False):
    """Of all that ends a booking and may have a reason."""

    reason: str | None


class Nothing(Struct, gc=False):
    """Of what says all in its topic."""


class LegFacts(Struct, gc=False):
    """Of a leg."""

    resource: str
    timezone: str
    start: datetime
    end: datetime
    units: int


KINDS: Mapping[str, type[Struct]] = {
    "DayOpened.1": Opened,
    "DayRevised.1": Opened,
    "TimeClaimed.1": Claimed,
    "ClaimKept.1": OfBooking,
    "TimeReleased.1": OfBooking,
    "TimeBlocked.1": Blocked,
    "TimeUnblocked.1": OfBlock,
    "WishMade.1": Nothing,
    "WishServed.1": Nothing,
    "WishWithdrawn.1": Nothing,
    "BookingHeld.1": Held,
    "BookingOffered.1": Offered,
    "BookingRequested.1": Requested,
    "BookingConfirmed.1": Confirmed,
    "BookingRescheduled.1": Rescheduled,
    "BookingPlacedInSeries.1": PlacedInSeries,
    "BookingUnchanged.1": Nothing,
    "BookingExpired.1": Nothing,
    "BookingRejected.1": Ended,
    "BookingRevoked.1": Ended,
    "BookingCancelled.1": Ended,
    "BookingCompleted.1": Ended,
    "BookingMarkedNoShow.1": Ended,
}
"""By topic, as it is written today. All others are read by the mapper."""

_DECODERS: Mapping[str, Callable[[str | bytes], Any]] = {topic: Decoder(kind).decode for topic, kind in KINDS.items()}
_LEGS = Decoder(list[LegFacts])


def legs_of(written: Raw | str) -> list[LegFacts]:
    """A booking's legs, at least one. Raises EventUnreadable."""
    try:
        legs = _LEGS.decode(written)
    except MsgspecError as error:
        raise EventUnreadable(f"The legs cannot be read: {error}.") from error
    if not legs:
        raise EventUnreadable("There are no legs.")
    return legs


class Facts:
    """Reads stored events."""

    def __init__(self, mapper: EventMapper) -> None:
        self._mapper = mapper

    def of(self, fed: Fed) -> tuple[str, Any]:
        """The topic as it is written today, and the facts: one of KINDS, or the event itself of all other topics.

        Raises UnknownTopic, or EventUnreadable when its state does not fit.
        """
        decode = _DECODERS.get(fed.topic)
        topic, state = fed.topic, fed.state
        if decode is None:  # rare, or written by an older Daybook
            event = self._mapper.to_event(_recorded(fed))
            topic, state = event.TOPIC, event.model_dump_json()
            decode = _DECODERS.get(topic)
            if decode is None:
                return topic, event
        try:
            return topic, decode(state)
        except MsgspecError as error:
            place = f"{fed.stream}, version {fed.version}"
            raise EventUnreadable(f"The event {topic} of {place} cannot be read: {error}.") from error


def _recorded(fed: Fed) -> RecordedEvent:
    """With nothing in the fields that no read model needs."""
    return RecordedEvent(
        originator_id=fed.stream,
        originator_version=fed.version,
        topic=fed.topic,
        state=fed.state.encode(),
        id=fed.position,
        timestamp=fed.timestamp,
        by=fed.by,
        command_id="",
        recorded_at="",
    )
