"""The questions that can be asked of the table of events, the same on both stores."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from app.log.records import RecordedEvent

HEAD = "SELECT log_id, position, timestamp, digest FROM log_head"
"""A row for `Head`."""
COLUMNS = 'stream, version, topic, state, position, timestamp, "by", command_id, recorded_at'


def recorded(row: Sequence[Any]) -> RecordedEvent:
    """An event from a row of `COLUMNS`."""
    stream, version, topic, state, position, timestamp, by, command_id, recorded_at = row
    return RecordedEvent(stream, version, topic, state.encode(), position, timestamp, by, command_id, recorded_at)


class Reading(ABC):
    """Reads events by position, stream, command or topic. Inside a locked session it sees that session's
    own events; outside it sees what is committed. Raises StoreUnavailable.
    """

    one_of: ClassVar[str]
    """SQL after a column's name that says: is one of the texts in the single parameter `texts(...)`."""
    has_snapshots = True
    """Whether snapshots can be used here; without them everything is read from its first event."""

    @abstractmethod
    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Rows of one SELECT with `?` as placeholder."""

    @abstractmethod
    def texts(self, values: Iterable[str]) -> Any:
        """Many texts as one parameter, for `one_of`."""

    def after(self, position: int, limit: int | None = None) -> list[RecordedEvent]:
        """Events beyond a position, in the log's order, at most `limit`."""
        return self._select("position > ? ORDER BY position", [position], limit)

    def streams(self, names: Iterable[str], up_to: int) -> dict[str, list[RecordedEvent]]:
        """Whole streams as they stood at position `up_to`. A stream without events is absent."""
        where = f"stream {self.one_of} AND position <= ? ORDER BY stream, version"
        return _by_stream(self._select(where, [self.texts(names), up_to]))

    def streams_of(self, prefix: str, up_to: int) -> dict[str, list[RecordedEvent]]:
        """All streams whose names begin with `prefix`, such as `resource/`, as they stood at `up_to`."""
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        where = "stream >= ? AND stream < ? AND position <= ? ORDER BY stream, version"
        return _by_stream(self._select(where, [prefix, beyond, up_to]))

    def commands(self, ids: Iterable[str], up_to: int | None = None) -> dict[str, list[RecordedEvent]]:
        """The events of each command, in the log's order. A command that stored nothing is absent."""
        where, parameters = f"command_id {self.one_of}", [self.texts(ids)]
        if up_to is not None:
            where, parameters = f"{where} AND position <= ?", [*parameters, up_to]
        found: dict[str, list[RecordedEvent]] = {}
        for event in self._select(f"{where} ORDER BY position", parameters):
            found.setdefault(event.command_id, []).append(event)
        return found

    def stream(
        self, name: str, after_version: int = 0, limit: int | None = None, up_to: int | None = None
    ) -> list[RecordedEvent]:
        """One stream beyond a version, by version; `up_to` a position."""
        where, parameters = "stream = ? AND version > ?", [name, after_version]
        if up_to is not None:
            where, parameters = f"{where} AND position <= ?", [*parameters, up_to]
        return self._select(f"{where} ORDER BY version", parameters, limit)

    def at(self, position: int) -> RecordedEvent | None:
        """The event at a position; none where there is none."""
        return next(iter(self._select("position = ?", [position])), None)

    def last_not_later(self, moment: str, head: int) -> int:
        """The last position up to `head` whose `timestamp` is not later than `moment` (same fixed-width form).

        0 when all are. Timestamps never run back in the log, so this is a search by halves of the positions, in as
        many look-ups as the head has binary digits: no index by time, which every append would pay for.
        """
        at_most, beyond = 0, head + 1
        while beyond - at_most > 1:
            middle = (at_most + beyond) // 2
            ((timestamp,),) = self.rows("SELECT timestamp FROM events WHERE position = ?", [middle])
            if timestamp <= moment:
                at_most = middle
            else:
                beyond = middle
        return at_most

    def recent(self, topic: str, since: str) -> list[RecordedEvent]:
        """Events of one topic with `timestamp` >= `since` (same fixed-width form), in the log's order."""
        return self._select("topic = ? AND timestamp >= ? ORDER BY timestamp, position", [topic, since])

    def _select(self, where: str, parameters: list[Any], limit: int | None = None) -> list[RecordedEvent]:
        sql = f"SELECT {COLUMNS} FROM events WHERE {where}"  # noqa: S608 - all of it is written in this package
        if limit is not None:
            sql, parameters = f"{sql} LIMIT ?", [*parameters, limit]
        return [recorded(row) for row in self.rows(sql, parameters)]


def _by_stream(events: list[RecordedEvent]) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    for event in events:
        found.setdefault(event.originator_id, []).append(event)
    return found
