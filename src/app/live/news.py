"""What the log says happened between two positions, as far as those who listen are concerned."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.log.event_log import EventLog
from app.log.mapper import EventUnreadable
from app.log.records import RecordedEvent
from app.read_models.facts import Blocked, Claimed, Facts, OfBlock, OfBooking
from app.read_models.feed import Fed, fed_after
from app.usage import minute_of
from domain.block import Block
from domain.booking import Booking
from domain.interval import MINUTE
from domain.resource_day import TimeReleased

Span = tuple[int, int]
"""Minutes since 1970: from the first to just before the last."""

_MICROSECOND = MINUTE.resolution


class News(NamedTuple):
    """What happened after position `before`, up to `position`.

    `touched`: by resource, when something was taken or given back, in order and apart from each other. `revised`:
    resources that were registered, revised or retired. `bookings`: those that something happened to, with the
    resources on whose days it happened.
    """

    before: int
    position: int
    touched: Mapping[str, Sequence[Span]]
    revised: frozenset[str]
    bookings: Mapping[str, Collection[str]]


class _Released(NamedTuple):
    """Time on a day was given back: `holder` is the stream of the booking or block that had it."""

    day: str
    resource: str
    holder: str


class _Noted:
    """What is noted while the events are read."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.spans: dict[str, list[Span]] = {}
        self.revised: set[str] = set()
        self.bookings: dict[str, set[str]] = {}
        self.released: list[_Released] = []

    def day(self, fed: Fed, resource: str) -> None:
        """Something happened on one of the resource's days."""
        try:
            topic, said = self._facts.of(fed)
        except EventUnreadable:
            return  # its stream is parked: the read models, and so availability, stand still as well
        if isinstance(said, Claimed | Blocked):
            self.spans.setdefault(resource, []).append(_span(said.start, said.end))
        if isinstance(said, Claimed | OfBooking):
            self.bookings.setdefault(said.booking, set()).add(resource)
            if topic == TimeReleased.TOPIC:
                self.released.append(_Released(fed.stream, resource, Booking.stream(said.booking)))
        elif isinstance(said, OfBlock):
            self.released.append(_Released(fed.stream, resource, Block.stream(said.block)))

    def given_back(self, released: _Released, taken: Iterable[Fed]) -> None:
        """These events are among those by which the time was once taken."""
        for fed in taken:
            if fed.stream == released.day and fed.topic.startswith(("TimeClaimed.", "TimeBlocked.")):
                _, said = self._facts.of(fed)
                if _holder(said) == released.holder:
                    self.spans.setdefault(released.resource, []).append(_span(said.start, said.end))


def news_between(log: EventLog, facts: Facts, before: int, up_to: int, resources: Collection[str]) -> News:
    """What happened to these resources, on their days, and to any booking. Raises StoreUnavailable."""
    noted = _Noted(facts)
    for fed in fed_after(log, before, up_to - before):
        kind, _, rest = fed.stream.partition("/")
        if kind == "booking":
            noted.bookings.setdefault(rest, set())
        elif kind == "resource" and rest in resources:
            noted.revised.add(rest)
        elif kind == "day" and (resource := rest.rpartition("/")[0]) in resources:
            noted.day(fed, resource)
    if noted.released:
        _note_what_was_given_back(log, noted, up_to)
    touched = {resource: _merged(spans) for resource, spans in noted.spans.items()}
    return News(before, up_to, touched, frozenset(noted.revised), noted.bookings)


def _note_what_was_given_back(log: EventLog, noted: _Noted, up_to: int) -> None:
    """An event that gives time back does not say which. The command that took it is one of the holder's own."""
    holders = log.streams({each.holder for each in noted.released}, up_to)
    commands = {name: {event.command_id for event in events} for name, events in holders.items()}
    made = log.commands(set().union(*commands.values()), up_to)
    for released in noted.released:
        of_holder = commands.get(released.holder, ())
        noted.given_back(released, (_fed(event) for command in of_holder for event in made.get(command, ())))


def _fed(event: RecordedEvent) -> Fed:
    return Fed(
        event.id,
        event.originator_id,
        event.originator_version,
        event.topic,
        event.state.decode(),
        event.timestamp,
        event.by,
    )


def _holder(said: object) -> str | None:
    if isinstance(said, Claimed):
        return Booking.stream(said.booking)
    return Block.stream(said.block) if isinstance(said, Blocked) else None


def _span(start: datetime, end: datetime) -> Span:
    """Part of a minute counts as all of it, as a resource-day reckons."""
    return minute_of(start), minute_of(end + MINUTE - _MICROSECOND)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
