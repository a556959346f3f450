"""What read models are fed with: the log's events in order, whole appends at a time."""

from typing import NamedTuple

from app.log.event_log import EventLog

_AFTER = """
SELECT position, stream, version, topic, state, timestamp, "by"
FROM events WHERE position > ? ORDER BY position LIMIT ?
"""


class Fed(NamedTuple):
    """A stored event as far as read models need it. `state` is its JSON text; see `RecordedEvent` for the others."""

    position: int
    stream: str
    version: int
    topic: str
    state: str
    timestamp: str
    by: str


def fed_after(log: EventLog, position: int, limit: int) -> list[Fed]:
    """Events beyond a position, at most `limit`. Raises StoreUnavailable."""
    return list(map(Fed._make, log.rows(_AFTER, [position, limit])))


def batch_after(log: EventLog, position: int, size: int) -> list[Fed]:
    """About `size` events beyond a position, to the end of the append that the last of them belongs to.

    Raises StoreUnavailable.
    """
    batch = fed_after(log, position, size)
    if len(batch) < size:
        return batch  # all there was in one moment, and appends are stored whole
    last = batch[-1].position
    (end,) = log.rows("SELECT min(last_position) FROM appends WHERE last_position >= ?", [last])[0]
    return batch + fed_after(log, last, end - last) if end > last else batch
