"""What happened to a resource on some of its dates, in the order in which it did: from the log, and from the refusals
that are kept beside it.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Final, Literal, NamedTuple

from app.commands import WAITLIST
from app.log.event_log import EventLog
from app.log.instants import timestamp_of
from app.log.mapper import EventMapper
from app.log.notes import WITHIN, Refusal, customer_of
from app.log.records import RecordedEvent
from domain.booking import (
    Booking,
    BookingCancelled,
    BookingCompleted,
    BookingConfirmed,
    BookingExpired,
    BookingHeld,
    BookingMarkedNoShow,
    BookingOffered,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
    BookingRevoked,
)
from domain.event import Event
from domain.interval import DAY
from domain.leg import Leg
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay, TimeBlocked, TimeClaimed, TimeUnblocked

_STREAMS: Final = 200
"""Streams that one statement reads."""
_ROWS: Final = 1_000
REPLAYED: Final = frozenset(
    {
        *("not-available", "closed", "outside-hours", "off-grid", "bad-duration"),
        *("too-soon", "too-far-ahead", "too-many-units", "legs-overlap", "daily-limit"),
    }
)
"""Refusals that another definition of the resource could have spared somebody, as far as they say what was asked."""
_PARTY: Final = "party-too-large"
"""Another definition could have spared them that, too, where it was noted how many they were."""
_KINDS: Final = frozenset({"Book", "BookSeries", "BookAny", WITHIN})
"""Commands by which somebody asks for a time that they do not have yet."""

Verb = Literal[
    "book", "hold", "confirm", "approve", "reject", "revoke", "cancel", "complete", "no-show", "lapse", "move"
]
_VERBS: Final[dict[type[Event], Verb]] = {
    BookingExpired: "lapse",
    BookingRejected: "reject",
    BookingRevoked: "revoke",
    BookingCancelled: "cancel",
    BookingCompleted: "complete",
    BookingMarkedNoShow: "no-show",
}


class Changed(NamedTuple):
    """The resource was defined or retired, or one of its days was blocked or freed: the event as it was."""

    position: int
    at: datetime
    event: Event


class Done(NamedTuple):
    """Something was done with a booking. `by`: as events name it. `legs`: what it has of the resource since then;
    only of what was booked, held or moved.
    """

    position: int
    at: datetime
    booking: str
    verb: Verb
    by: str
    customer: str
    party: int
    legs: tuple[Leg, ...] = ()


class TurnedDown(NamedTuple):
    """Somebody asked for what they did not get. `position`: the log up to there is what it was decided on. `customer`:
    for whom; none where that was not noted. `is_window`: any `minutes` (none: the shortest) from `start` to `end` would
    have done.
    """

    position: int
    at: datetime
    by: str
    customer: str | None
    start: datetime
    end: datetime | None
    units: int
    party: int
    is_window: bool
    minutes: int | None
    day: date


Step = Changed | Done | TurnedDown


class Taken(NamedTuple):
    """A booking that was taken: who has it, who made it, at which position it was theirs, and when it starts."""

    customer: str
    by: str
    position: int
    start: datetime


class Happened(NamedTuple):
    """All of it. `taken`: the bookings that were taken, rather than only held."""

    resource: str
    timezone: str
    first: date
    last: date
    steps: tuple[Step, ...]
    taken: dict[str, Taken]


def what_happened(log: EventLog, mapper: EventMapper, resource: str, first: date, last: date) -> Happened:
    """Raises Refused (`unknown-resource`), StoreUnavailable."""
    head = log.head().position
    definitions = _events(mapper, log.stream(Resource.stream(resource), up_to=head))
    if not definitions:
        raise Refused("unknown-resource", f"There is no resource {resource}.", resource=resource)
    found = Resource.untouched(Resource.stream(resource))
    for _, event in definitions:
        event.mutate(found)
    blocks, bookings = _on_days(log, mapper, resource, first, last, head)
    steps: list[Step] = [Changed(position, event.timestamp, event) for position, event in (*definitions, *blocks)]
    taken = dict[str, Taken]()
    for booking, events in _bookings(log, mapper, bookings, head):
        done = list(_done(booking, events, resource))
        steps += done
        if (taking := _taken(done)) is not None:
            taken[booking] = taking
    for refusal in _refusals(log, resource, first, last):
        if (asked := _turned_down(refusal, found, first, last)) is not None:
            steps.append(asked)
    steps.sort(key=lambda step: (step.position, isinstance(step, TurnedDown), step.at))
    return Happened(resource, found.timezone, first, last, tuple(steps), taken)


def _events(mapper: EventMapper, recorded: Iterable[RecordedEvent]) -> list[tuple[int, Event]]:
    return [(each.id, mapper.to_event(each)) for each in recorded]


def _on_days(
    log: EventLog, mapper: EventMapper, resource: str, first: date, last: date, head: int
) -> tuple[list[tuple[int, Event]], list[str]]:
    """The blocks of these dates, and the bookings that ever had a claim on one of them."""
    streams = [ResourceDay.stream(resource, first + DAY * number) for number in range((last - first).days + 1)]
    blocks, bookings = list[tuple[int, Event]](), dict[str, None]()
    for some in _some_of(streams):
        for events in log.streams(some, head).values():
            for position, event in _events(mapper, events):
                if isinstance(event, TimeClaimed):
                    bookings[event.booking] = None
                elif isinstance(event, TimeBlocked | TimeUnblocked):
                    blocks.append((position, event))
    return blocks, list(bookings)


def _bookings(
    log: EventLog, mapper: EventMapper, bookings: Iterable[str], head: int
) -> Iterator[tuple[str, list[tuple[int, Event]]]]:
    for some in _some_of(bookings):
        found = log.streams(map(Booking.stream, some), head)
        for stream, events in found.items():
            yield stream.removeprefix(Booking.stream("")), _events(mapper, events)


def _some_of(names: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(names)
    while some := list(islice(waiting, _STREAMS)):
        yield some


def _done(key: str, events: list[tuple[int, Event]], resource: str) -> Iterator[Done]:
    """What a booking went through, as far as it concerns the resource."""
    booking = Booking.untouched(Booking.stream(key))
    offered = any(isinstance(event, BookingOffered) for _, event in events)
    lapsed = any(isinstance(event, BookingExpired) for _, event in events)
    for position, event in events:
        before = booking.status if booking.exists else None
        event.mutate(booking)
        verb = _verb(event, before)
        if verb is None or (offered and lapsed):
            continue  # what was held for somebody in line who did not come was nobody's request
        by, has_legs = event.by, verb in {"book", "hold", "move"}
        if offered and verb in {"hold", "confirm"}:  # it waits for minutes, not for the seconds of a hold
            verb, by = "book" if verb == "hold" else "confirm", WAITLIST.by
        legs = tuple(leg for leg in booking.legs if leg.resource == resource) if has_legs else ()
        yield Done(position, event.timestamp, key, verb, by, booking.customer, booking.party, legs)


def _verb(event: Event, before: str | None) -> Verb | None:
    if isinstance(event, BookingHeld):
        return "hold"
    if isinstance(event, BookingRequested | BookingConfirmed):
        return "book" if before is None else "approve" if before == "pending" else "confirm"
    if isinstance(event, BookingRescheduled):
        return "move"
    return _VERBS.get(type(event))


def _taken(done: list[Done]) -> Taken | None:
    """When a booking was taken, if it ever was, and what it had of the resource in the end."""
    taking = next((each for each in done if each.verb in {"book", "confirm"}), None)
    legs = [leg for each in done for leg in each.legs]
    if taking is None or not legs:
        return None
    return Taken(taking.customer, done[0].by, taking.position, legs[-1].start)


def _refusals(log: EventLog, resource: str, first: date, last: date) -> Iterator[Refusal]:
    after = ("", "")
    within = ((first - DAY).isoformat(), (last + 2 * DAY).isoformat())
    while rows := log.refusals.search({"resource": resource}, after=after, limit=_ROWS, within=within):
        yield from rows
        after = (rows[-1].first_at, rows[-1].id)
        if len(rows) < _ROWS:
            return


def _turned_down(refusal: Refusal, resource: Resource, first: date, last: date) -> TurnedDown | None:
    if refusal.kind not in _KINDS or refusal.start is None:
        return None
    # From before it was noted for how many: then no window says how much of it would have done either.
    if refusal.party is None and (refusal.kind == WITHIN or refusal.code == _PARTY):
        return None
    if refusal.code not in REPLAYED and refusal.code != _PARTY:
        return None
    zone = resource.plan.zone
    start = datetime.fromisoformat(refusal.start)
    end = None if refusal.end is None else datetime.fromisoformat(refusal.end)
    day = (start if start.tzinfo is None else start.astimezone(zone)).date()
    if not first <= day <= last:
        return None
    return TurnedDown(
        refusal.position,
        timestamp_of(refusal.first_at),
        refusal.by,
        refusal.customer or customer_of(refusal.by),
        start,
        end,
        refusal.units or 1,
        refusal.party or 1,
        refusal.kind == WITHIN,
        refusal.minutes,
        day,
    )
