"""What others are told of: what happened to a booking, as the log says it. Read models are not asked: a rebuild of them
tells nobody anything again.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, get_args

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.records import RecordedEvent, category
from domain.booking import (
    Booking,
    BookingCancelled,
    BookingCompleted,
    BookingConfirmed,
    BookingExpired,
    BookingHeld,
    BookingMarkedNoShow,
    BookingOffered,
    BookingPlacedInSeries,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
    BookingRevoked,
    BookingStatus,
    BookingUnchanged,
)
from domain.event import Event
from domain.leg import Leg

HappeningType = Literal[
    "booking.held",
    "booking.offered",
    "booking.pending",
    "booking.confirmed",
    "booking.moved",
    "booking.rejected",
    "booking.revoked",
    "booking.cancelled",
    "booking.expired",
    "booking.completed",
    "booking.no_show",
]
HAPPENING_TYPES: Final[tuple[HappeningType, ...]] = get_args(HappeningType)

TOLD: Final[Mapping[type[Event], HappeningType]] = {
    BookingHeld: "booking.held",
    BookingOffered: "booking.offered",
    BookingRequested: "booking.pending",
    BookingConfirmed: "booking.confirmed",
    BookingRescheduled: "booking.moved",
    BookingRejected: "booking.rejected",
    BookingRevoked: "booking.revoked",
    BookingCancelled: "booking.cancelled",
    BookingExpired: "booking.expired",
    BookingCompleted: "booking.completed",
    BookingMarkedNoShow: "booking.no_show",
}
UNTOLD: Final[frozenset[type[Event]]] = frozenset({BookingPlacedInSeries, BookingUnchanged})
"""Events of bookings that are no news by themselves."""


class Happening(NamedTuple):
    """One event of a booking that others are told of.

    `previous_status` and `previous_legs`: as they were before it, none at the booking's first event. All else is as it
    was right after it. `position` is the event's place in the log, `version` that in the booking's stream.
    """

    type: HappeningType
    event: Event
    position: int
    version: int
    booking: Booking
    previous_status: BookingStatus | None
    previous_legs: tuple[Leg, ...]


def is_of_booking(recorded: RecordedEvent) -> bool:
    """Whether an event may be one that others are told of."""
    return category(recorded.originator_id) == "booking"


def happening_at(log: EventLog, mapper: EventMapper, recorded: RecordedEvent) -> Happening | None:
    """What happened by an event; None where nobody is told of such a one. Blocks on the store.

    Raises StoreUnavailable, EventUnreadable.
    """
    if not is_of_booking(recorded):
        return None
    return happening(mapper, log.stream(recorded.originator_id, up_to=recorded.id))


def happening(mapper: EventMapper, stream: Sequence[RecordedEvent]) -> Happening | None:
    """What happened by the last event of a booking's stream. Raises EventUnreadable."""
    booking = Booking.untouched(stream[0].originator_id)
    *before, last = [mapper.to_event(recorded) for recorded in stream]
    for event in before:
        event.mutate(booking)
    told = TOLD.get(type(last))
    if told is None:
        return None
    previous_status, previous_legs = (booking.status, booking.legs) if before else (None, ())
    last.mutate(booking)
    return Happening(told, last, stream[-1].id, last.originator_version, booking, previous_status, previous_legs)
