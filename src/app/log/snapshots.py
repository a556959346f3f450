"""Snapshots beside the log: what a stream's events had added up to at a version. They prove nothing, and any or all of
them can be deleted at any time: the log says the same, only later.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from app.log.reading import Reading
from app.log.records import Head

if TYPE_CHECKING:
    from app.log.event_log import EventLog

STRETCH: Final = 5_000
"""Versions of a stream of which the newest snapshot stays. So those of a long stream grow with it, not with its square,
and a moment of its past is at most that many versions from one, and what lay before the first one of its stretch.
"""

log = structlog.get_logger()


class Snapshot(NamedTuple):
    """The state of a stream at a version, as `form` writes it down.

    `position` is that of the version's event. `log_id`, `head` and `digest` are the log's at the end of an append at or
    beyond it, as whoever made the snapshot knew them: a log with another history is told apart by that. `checksum` is
    of all the others.
    """

    stream: str
    version: int
    position: int
    log_id: str
    head: int
    digest: bytes
    form: int
    state: bytes
    checksum: bytes

    def checked(self) -> bytes:
        """What the checksum should be: the SHA-256 of the fields before it, the texts each ended by a NUL byte."""
        place = f"{self.stream}\0{self.version}\0{self.position}\0{self.log_id}\0{self.head}\0{self.form}\0"
        return sha256(place.encode() + self.digest + self.state).digest()


class SnapshotKey(NamedTuple):
    """Where a snapshot lies, and the version that lies there."""

    stream: str
    stretch: int
    version: int


_ROWS = """
SELECT stream, version, position, log_id, head, digest, form, state, checksum,
    (SELECT digest FROM appends WHERE last_position = snapshots.head)
FROM snapshots
"""
_KEYS: Final = 1_000
"""Of snapshots, that are in memory at once."""
_ALL_KEYS = """
SELECT stream, stretch, version FROM snapshots
WHERE (stream, stretch) > (?, ?) AND stream < ? AND log_id = (SELECT log_id FROM log_head) AND form = ?
AND position <= ? ORDER BY stream, stretch LIMIT ?
"""
_AT = f"{_ROWS} WHERE stream = ? AND stretch = ? AND version = ? AND log_id = (SELECT log_id FROM log_head)"  # noqa: S608 - constants
_NEWEST = """
WHERE stream {one_of} AND log_id = (SELECT log_id FROM log_head) AND form = ? AND position <= ? AND stretch = (
    SELECT max(stretch) FROM snapshots AS others
    WHERE others.stream = snapshots.stream AND others.log_id = snapshots.log_id
    AND others.form = snapshots.form AND others.position <= ?
)
"""
_KEEP = """
INSERT INTO snapshots (stream, stretch, version, position, log_id, head, digest, form, state, checksum)
SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM appends WHERE last_position = ? AND digest = ?
ON CONFLICT (stream, stretch) DO UPDATE SET version = excluded.version, position = excluded.position,
    log_id = excluded.log_id, head = excluded.head, digest = excluded.digest, form = excluded.form,
    state = excluded.state, checksum = excluded.checksum
WHERE snapshots.log_id <> excluded.log_id OR snapshots.form <> excluded.form OR snapshots.version < excluded.version
"""
_DISCARD = "DELETE FROM snapshots WHERE stream = ? AND checksum = ? RETURNING stream"
_OTHERS = "log_id <> (SELECT log_id FROM log_head) OR form <> ? OR head > (SELECT position FROM log_head)"


Reject = Callable[[Snapshot], None]
"""Told of a snapshot that is of no use, and hides those of its stream that are."""


def newest(
    reads: Reading, streams: Iterable[str], form: int, up_to: int, reject: Reject = lambda snapshot: None
) -> dict[str, Snapshot]:
    """The newest snapshot of each of these streams that this log has up to a position; most have none.

    What is no snapshot of this very history, or not as it was written, is told in a log line and left out, and
    `reject` is told.
    """
    if not reads.has_snapshots:
        return {}
    sql = _ROWS + _NEWEST.format(one_of=reads.one_of)
    found: dict[str, Snapshot] = {}
    for row in reads.rows(sql, [reads.texts(streams), form, up_to, up_to]):
        snapshot, digest = _snapshot(row)
        fault = fault_of(snapshot, digest)
        if fault is None:
            found[snapshot.stream] = snapshot
        else:
            log.warning("snapshot not used", stream=snapshot.stream, version=snapshot.version, reason=fault)
            reject(snapshot)
    return found


def all_keys(reads: Reading, prefix: str, form: int, up_to: int) -> Iterator[SnapshotKey]:
    """Where the snapshots lie of streams whose names begin with `prefix`, such as `day/`, of events up to a position;
    in the order of the streams' names. Those of other logs and forms are left out: nobody uses them.
    """
    stream, stretch, beyond = prefix, 0, prefix[:-1] + chr(ord(prefix[-1]) + 1)
    while reads.has_snapshots and (page := reads.rows(_ALL_KEYS, [stream, stretch, beyond, form, up_to, _KEYS])):
        yield from map(SnapshotKey._make, page)
        stream, stretch = page[-1][0], page[-1][1]


def found_at(reads: Reading, key: SnapshotKey) -> list[tuple[Snapshot, bytes | None]]:
    """The snapshot that lies there, if it still does, and the log's own digest where it says that the log was."""
    return [_snapshot(row) for row in reads.rows(_AT, list(key))]


def _snapshot(row: Iterable[Any]) -> tuple[Snapshot, bytes | None]:
    *fields, digest = (bytes(value) if isinstance(value, memoryview) else value for value in row)
    return Snapshot._make(fields), digest


def fault_of(snapshot: Snapshot, digest: bytes | None) -> str | None:
    """Why it cannot be used, if so. `digest`: the log's own where the snapshot says that the log was."""
    if snapshot.checksum != snapshot.checked():
        return "it is not as it was written"
    if digest is None or digest != snapshot.digest:
        return "it is of another log, or of more than this one has"
    return None


class SnapshotTable:
    """Writes them. Raises StoreUnavailable and OutcomeUnknown."""

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def keep(self, stream: str, version: int, position: int, head: Head, form: int, state: bytes) -> None:
        """Store one, in the place of an older one of the same stretch: the stream as it stood at `head`, where its
        last event was that at `position`. Durable when it returns. Where the log has another history by now, as after
        the loss of its tail, nothing is stored.
        """
        if not self._log.has_snapshots:
            return
        made = Snapshot(stream, version, position, head.log_id, head.position, head.digest, form, state, b"")
        made = made._replace(checksum=made.checked())
        self._log.write(_KEEP, [stream, version // STRETCH, *made[1:], head.position, head.digest])

    def discard(self, snapshot: Snapshot) -> None:
        """Delete this very one, wherever it lies by now; not what took its place."""
        if self._log.has_snapshots:
            self._log.write(_DISCARD, [snapshot.stream, snapshot.checksum])

    def discard_others(self, form: int) -> int:
        """Delete those of another log, of another form, or of more than the log has; how many there were. Where there
        is none nothing is written.
        """
        if not self._log.has_snapshots:
            return 0
        if not self._log.rows(f"SELECT 1 FROM snapshots WHERE {_OTHERS} LIMIT 1", [form]):  # noqa: S608 - constants
            return 0
        return len(self._log.write(f"DELETE FROM snapshots WHERE {_OTHERS} RETURNING stream", [form]))  # noqa: S608 - constants
