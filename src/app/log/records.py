"""What goes into the log, what comes back out of it, and where the log ends."""

from dataclasses import dataclass
from typing import NamedTuple

from eventsourcing.persistence import Notification, StoredEvent


@dataclass(frozen=True)
class LoggedEvent(StoredEvent):
    """An event to be stored. `state` is JSON text in UTF-8; `timestamp` is UTC text of fixed width,
    such as `2026-12-01T04:00:00.123456Z`, so that text order is time order.
    """

    originator_id: str
    timestamp: str
    by: str
    command_id: str


@dataclass(frozen=True)
class RecordedEvent(Notification):
    """A stored event, read back. `id` is its position in the whole log, from 1; `recorded_at` is the
    database's own clock when it was stored, in the form of `timestamp`.
    """

    originator_id: str
    timestamp: str
    by: str
    command_id: str
    recorded_at: str


def category(stream: str) -> str:
    """The first part of a stream's name: `booking` of `booking/b-17`."""
    return stream.partition("/")[0]


class Storage(NamedTuple):
    """Bytes of the log's store; None where the store does not tell, or may not.

    `log`: the log itself. `wal`: write-ahead logs that are kept. `disk_free`: what is left for both.
    """

    log: int | None
    wal: int | None
    disk_free: int | None


class Head(NamedTuple):
    """The end of the log. Of an empty log: position 0, timestamp '' and the SHA-256 of `log_id`.

    `timestamp` is the latest in the log; `digest` (32 bytes) chains all appends up to here.
    """

    log_id: str
    position: int
    timestamp: str
    digest: bytes
