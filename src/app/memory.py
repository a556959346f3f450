"""What the writer remembers: aggregates that are complete up to the log's position `seen`."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from app.day_snapshots import EVENTS_BETWEEN, begun, is_due
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.mapper import EventMapper
from app.log.reading import Reading
from app.log.records import Head, RecordedEvent, category
from app.log.snapshots import Reject
from domain.block import Block
from domain.booking import Booking, BookingHeld
from domain.customer import Customer
from domain.definition import POLICY_BOUNDS
from domain.event import Aggregate
from domain.resource import Resource
from domain.resource_day import ResourceDay
from domain.series import Series

AGGREGATES: dict[str, type[Aggregate]] = {
    "resource": Resource,
    "day": ResourceDay,
    "booking": Booking,
    "series": Series,
    "block": Block,
    "customer": Customer,
}
SHARES = {"day": 12, "booking": 1, "series": 50, "block": 12, "customer": 12}
"""One kept stream in how many is of a kind. Days weigh: two strips of 1,440 numbers, and their claims; and series: up
to a hundred bookings each.
"""

LONGEST_HOLD = timedelta(seconds=POLICY_BOUNDS["hold_seconds"][1])


class Kept(NamedTuple):
    """An aggregate and the position of its last event; 0 when it has none. Never changed once kept."""

    aggregate: Aggregate
    position: int


def untouched(stream: str) -> Aggregate:
    """The aggregate of a stream that has no events."""
    return AGGREGATES[category(stream)].untouched(stream)


class LiveHolds:
    """Holds by customer, forgotten when their time has run out; the longest that a hold can live bounds how many."""

    def __init__(self) -> None:
        self._by_customer: dict[str, set[str]] = {}
        self._by_time: list[tuple[datetime, str, str]] = []

    def note(self, customer: str, booking: str, expires_at: datetime, *, now: datetime) -> None:
        """Remember a hold, and forget those whose time has run out."""
        while self._by_time and self._by_time[0][0] <= now:
            _, of, lapsed = heappop(self._by_time)
            self._forget(of, lapsed)
        heappush(self._by_time, (expires_at, customer, booking))
        self._by_customer.setdefault(customer, set()).add(booking)

    def of(self, customer: str) -> list[str]:
        """Bookings that were held and may still be: whether they are is to be looked up."""
        return list(self._by_customer.get(customer, ()))

    def __len__(self) -> int:
        return len(self._by_time)

    def _forget(self, customer: str, booking: str) -> None:
        bookings = self._by_customer.get(customer, set())
        bookings.discard(booking)
        if not bookings:
            self._by_customer.pop(customer, None)


class Memory:
    """Bounded, and not thread-safe: it belongs to the writer's thread. All resources are kept, the rest as needed."""

    def __init__(
        self,
        log: EventLog,
        mapper: EventMapper,
        most: int = 50_000,
        offer: Callable[[ResourceDay, int, Head], None] = lambda day, position, head: None,
        reject: Reject = lambda snapshot: None,
    ) -> None:
        """`offer` is told of days that are worth a snapshot, with the position of their last event, and where the log
        ended when they stood so; `reject` of snapshots that are of no use.
        """
        self._most = {kind: max(16, most // share) for kind, share in SHARES.items()}
        self._log = log
        self._mapper = mapper
        self._offer = offer
        self._reject = reject
        self._resources: dict[str, Kept] = {}
        self._kept: dict[str, OrderedDict[str, Kept]] = {kind: OrderedDict() for kind in SHARES}
        self._holds = LiveHolds()
        self.seen = Head("", 0, "", b"")

    def begin(self) -> None:
        """Forget everything and start from the log as it is now."""
        for kept in self._kept.values():
            kept.clear()
        self._holds = LiveHolds()
        self.seen = self._log.head()
        streams = self._log.streams_of("resource/", self.seen.position)
        self._resources = {
            stream: self._replayed(events, Kept(untouched(stream), 0)) for stream, events in streams.items()
        }
        for recorded in self._log.recent(BookingHeld.TOPIC, self._oldest_live_hold()):
            self._note_hold(recorded)

    def _oldest_live_hold(self) -> str:
        return timestamp_text(self._log.clock() - LONGEST_HOLD)

    def get(self, stream: str) -> Kept | None:
        """The aggregate, if it is in memory."""
        kind = category(stream)
        if kind == "resource":
            return self._resources.get(stream) or Kept(untouched(stream), 0)
        kept = self._kept[kind].get(stream)
        if kept is not None:
            self._kept[kind].move_to_end(stream)
        return kept

    def missing(self, streams: Iterable[str]) -> list[str]:
        """Those that are not in memory, each once."""
        return [stream for stream in dict.fromkeys(streams) if self.get(stream) is None]

    def fetch(self, streams: Iterable[str], reads: Reading) -> None:
        """Bring streams into memory that are not there, with one query, and one for the snapshots of days."""
        missing = self.missing(streams)
        if missing:
            up_to = self.seen.position
            days = [stream for stream in missing if category(stream) == "day"]
            snapshots = begun(reads, days, up_to, self._reject) if days else {}
            whole = [stream for stream in missing if stream not in snapshots]
            found = reads.streams(whole, up_to) if whole else {}
            for stream in missing:
                since = snapshots.get(stream)
                if since is not None:
                    self._keep_loaded(stream, reads.stream(stream, since.day.version, up_to=up_to), Kept(*since))
                elif stream in found or category(stream) == "day":  # made-up ids must not push out what is there
                    self._keep_loaded(stream, found.get(stream, ()), Kept(untouched(stream), 0))

    def _keep_loaded(self, stream: str, events: Sequence[RecordedEvent], since: Kept) -> None:
        kept = self._replayed(events, since)
        self.put(stream, kept)
        if len(events) >= EVENTS_BETWEEN:
            self._offer_day(kept)

    def stored(self, stream: str, kept: Kept) -> None:
        """Keep an aggregate of which this process has just stored events, up to `seen`."""
        before = self._kept["day"].get(stream)
        self.put(stream, kept)
        if before is not None and is_due(before.aggregate.version, kept.aggregate.version):
            self._offer_day(kept)

    def _offer_day(self, kept: Kept) -> None:
        if isinstance(kept.aggregate, ResourceDay):
            self._offer(kept.aggregate, kept.position, self.seen)

    def put(self, stream: str, kept: Kept) -> None:
        """Keep an aggregate, letting the one that was not needed for longest go."""
        kind = category(stream)
        if kind == "resource":
            self._resources[stream] = kept
            return
        shelf = self._kept[kind]
        shelf[stream] = kept
        shelf.move_to_end(stream)
        if len(shelf) > self._most[kind]:
            shelf.popitem(last=False)

    def forget(self, streams: Iterable[str]) -> None:
        """Drop streams, so that they are read again."""
        for stream in streams:
            if category(stream) != "resource":
                self._kept[category(stream)].pop(stream, None)

    def catch_up(self, events: Sequence[RecordedEvent], head: Head) -> None:
        """Take in what others appended: on twins, since what was kept may be in somebody's answer."""
        twins: dict[str, Aggregate] = {}
        for recorded in events:
            stream = recorded.originator_id
            if recorded.topic == BookingHeld.TOPIC:
                self._note_hold(recorded)
            kept = self.get(stream)
            if kept is None:
                continue
            if stream not in twins:
                twins[stream] = kept.aggregate.copy()
            self._mapper.to_event(recorded).mutate(twins[stream])
            self.put(stream, Kept(twins[stream], recorded.id))
        self.seen = head

    def resources(self) -> Iterable[str]:
        """The streams of all resources."""
        return self._resources.keys()

    def knows_resource(self, resource: str) -> bool:
        """Whether there is such a resource."""
        return Resource.stream(resource) in self._resources

    @property
    def holds(self) -> "LiveHolds":
        """The holds that may still be alive."""
        return self._holds

    def _note_hold(self, recorded: RecordedEvent) -> None:
        event = self._mapper.to_event(recorded)
        if isinstance(event, BookingHeld):
            booking = recorded.originator_id.removeprefix("booking/")
            self._holds.note(event.terms.customer, booking, event.expires_at, now=event.timestamp)

    def _replayed(self, events: Sequence[RecordedEvent], since: Kept) -> Kept:
        """An aggregate that nobody has yet, and the events since then."""
        for recorded in events:
            self._mapper.to_event(recorded).mutate(since.aggregate)
        return Kept(since.aggregate, events[-1].id if events else since.position)
