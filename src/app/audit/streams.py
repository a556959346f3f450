"""The log by its streams: each is looked at by itself, so that one stream at a time has to be in memory."""

from collections.abc import Iterator
from typing import Protocol

from app.audit.capacity import Capacities, DayCount
from app.audit.facts import TOPICS, NotAsItsTopic
from app.audit.lifecycle import BookingLife, OtherLife, PersonLife
from app.log.reading import Reading
from app.log.verifying import PAGE, Finding, Stored

_OF_RESOURCES = """
SELECT position, stream, version, topic, command_id, "by", timestamp, state FROM events
WHERE (stream, version) > (?, ?) AND stream < 'resource0' AND position <= ? ORDER BY stream, version LIMIT ?
"""  # 0 is the character after the slash


class _Looking(Protocol):
    def look(self, event: Stored) -> Iterator[Finding]: ...


class Streams:
    """Looks at each event in its stream's order, one stream after the other."""

    def __init__(self, capacities: Capacities) -> None:
        self._capacities = capacities
        self.people: set[str] = set()
        """Whose the bookings are that were looked at."""
        self._stream = ""
        self._life: _Looking = OtherLife("")

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event of the stream, or the first one of the next."""
        if event.stream != self._stream:
            self._stream, self._life = event.stream, self._begun(event.stream)
        if event.topic not in TOPICS:
            return  # told where the log is looked at in its order
        try:
            yield from self._life.look(event)
        except NotAsItsTopic as other:
            yield other.finding

    def _begun(self, stream: str) -> _Looking:
        kind = stream.partition("/")[0]
        if kind == "day":
            return DayCount(stream, self._capacities)
        if kind == "customer":
            return PersonLife()
        return BookingLife(self.people) if kind == "booking" else OtherLife(kind)


def capacities_of(log: Reading, head: int) -> Capacities:
    """What all resources allowed, up to a position. Raises StoreUnavailable."""
    found = Capacities()
    stream, version = "resource/", 0
    while page := log.rows(_OF_RESOURCES, [stream, version, head, PAGE]):
        for event in map(Stored._make, page):
            try:
                found.note(event)
            except (NotAsItsTopic, KeyError):
                continue  # told where its stream is looked at
        stream, version = page[-1][1], page[-1][2]
    return found
