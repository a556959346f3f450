"""Snapshots of long days, held against a replay of their streams: looks at the past and the writer begin from them.

They prove nothing, and whoever may write to the table can write a right checksum. This shares its way of replaying
with the writer, so it says that a short cut leads to where the way does; the re-count judges the way.
"""

import zlib
from collections.abc import Iterator

from app.day_snapshots import FORM, written
from app.log.mapper import EventMapper
from app.log.reading import Reading
from app.log.records import RecordedEvent
from app.log.snapshots import Snapshot, SnapshotKey, all_keys, fault_of, found_at
from app.log.verifying import Finding, Stored
from domain.resource_day import ResourceDay


class SnapshotsLooked:
    """Looks at each event in its stream's order. One day at a time is in memory, and of its snapshots one."""

    def __init__(self, log: Reading, head: int) -> None:
        """`head`: the position up to which the log is read; snapshots of later events are left alone."""
        self._log = log
        self._mapper = EventMapper()
        self._keys = all_keys(log, "day/", FORM, head)
        self._next = next(self._keys, None)
        self._stream = ""
        self._wanted: list[SnapshotKey] = []
        self._day: ResourceDay | None = None

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event of the stream, or the first one of the next."""
        if event.stream != self._stream:
            yield from self._begin(event.stream)
        if self._day is None:
            return
        if not self._is_applied(self._day, event):
            self._day, self._wanted = None, []  # what is wrong with the stream is told by those who look at it
            return
        for key in [key for key in self._wanted if key.version == event.version]:
            self._wanted.remove(key)
            yield from self._compared(key, self._day, event.position)

    def last(self) -> Iterator[Finding]:
        """Those of versions and streams that there are not."""
        yield from self._not_there(self._wanted)
        while self._next is not None:
            yield from self._not_there([self._next])
            self._next = next(self._keys, None)

    def _begin(self, stream: str) -> Iterator[Finding]:
        yield from self._not_there(self._wanted)
        self._stream, self._day, self._wanted = stream, None, []
        while (key := self._next) is not None and key.stream <= stream:
            if key.stream < stream:
                yield from self._not_there([key])
            else:
                self._wanted.append(key)
            self._next = next(self._keys, None)
        if self._wanted:
            self._day = ResourceDay.untouched(stream)

    def _is_applied(self, day: ResourceDay, event: Stored) -> bool:
        state = event.state.encode("utf-8", "surrogatepass")
        place = (event.stream, event.version, event.topic, state, event.position)
        try:
            self._mapper.to_event(RecordedEvent(*place, event.timestamp, event.by, event.command_id, "")).mutate(day)
        except Exception:
            return False
        return True

    def _compared(self, key: SnapshotKey, day: ResourceDay, position: int) -> Iterator[Finding]:
        for snapshot, digest in found_at(self._log, key):
            if snapshot.digest != digest:
                continue  # of a history that this log has not: nobody uses it
            expected = written(day)
            if (fault := fault_of(snapshot, digest)) is not None:
                yield _told(snapshot, "its checksum", fault)
            elif snapshot.position != position:
                yield _told(snapshot, f"position {position}", f"position {snapshot.position}")
            elif not _says(snapshot.state, expected):
                yield _told(snapshot, "what the day's events add up to", "another state of the day")

    def _not_there(self, keys: list[SnapshotKey]) -> Iterator[Finding]:
        for key in keys:
            for snapshot, digest in found_at(self._log, key):
                if snapshot.digest == digest:
                    yield _told(snapshot, "a version that the day has", f"version {snapshot.version}")


def _says(state: bytes, expected: bytes) -> bool:
    """Whether a compressed state is just that one; never unpacks more than it takes to know."""
    try:
        unpacking = zlib.decompressobj()
        return unpacking.decompress(state, len(expected) + 1) == expected and not unpacking.unconsumed_tail
    except zlib.error:
        return False


def _told(snapshot: Snapshot, expected: str, found: str) -> Finding:
    sentence = f"The snapshot of {snapshot.stream} at version {snapshot.version} is not what its events add up to."
    return Finding(snapshot.position, sentence, "snapshot", snapshot.stream, expected, found)
