"""Looking through the whole log, a bounded stretch at a time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.reading import COLUMNS, recorded
from app.log.records import RecordedEvent

STRETCH: Final = 50_000
"""Positions that one request looks at, at most: what filters leave of them is its page, however little that is."""

_TICK: Final = timedelta(microseconds=1)


class Wanted(NamedTuple):
    """Which events; none stands for all. `since` (included) and `until` (not) are times of theirs.

    `resource`: what happened to it and on its days. `booking`: what that one went through.
    """

    by: str | None = None
    resource: str | None = None
    booking: str | None = None
    command: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(NamedTuple):
    """Events in the log's order. `seen`: there is none between the last of them and this position; `more`: beyond
    it there may be.
    """

    events: list[RecordedEvent]
    seen: int
    more: bool


def search(log: EventLog, wanted: Wanted, after: int, limit: int) -> Found:
    """Up to `limit` events beyond the position `after`.

    Actor and resource have no index, which every booking would pay for: their events are looked for in a stretch of
    positions. Times are found by halving (`last_not_later`); a command's events, and a booking's, by their indexes.
    """
    head = log.head().position
    first, last = _between(log, wanted, after, head)
    stretch = last if wanted.command or wanted.booking else min(last, first + STRETCH)
    events = _matching(log, wanted, first, stretch, limit + 1, "ASC")
    if len(events) > limit:
        return Found(events[:limit], events[limit - 1].id, more=True)
    return Found(events, max(stretch, after), more=stretch < last)


def search_back(log: EventLog, wanted: Wanted, after: int, before: int, limit: int) -> Found:
    """The same from the newest on: up to `limit` events before the position `before` and beyond `after`, each later
    than the next. `seen`: there is none between the last of them and this position, which was looked at, too.
    """
    first, last = _between(log, wanted, after, min(log.head().position, before - 1))
    stretch = first if wanted.command or wanted.booking else max(first, last - STRETCH)
    events = _matching(log, wanted, stretch, last, limit + 1, "DESC")
    if len(events) > limit:
        return Found(events[:limit], events[limit - 1].id, more=True)
    return Found(events, min(stretch + 1, before), more=stretch > first)


def _matching(log: EventLog, wanted: Wanted, first: int, last: int, limit: int, order: str) -> list[RecordedEvent]:
    where, parameters = "position > ? AND position <= ?", [first, last]
    for condition, values in _conditions(wanted):
        where, parameters = f"{where} AND {condition}", [*parameters, *values]
    sql = f"SELECT {COLUMNS} FROM events WHERE {where} ORDER BY position {order} LIMIT ?"  # noqa: S608 - constants
    return [recorded(row) for row in log.rows(sql, [*parameters, limit])]


def _between(log: EventLog, wanted: Wanted, after: int, head: int) -> tuple[int, int]:
    """The positions beyond the first and up to the last of these are of the times that are wanted."""
    first, last = after, head
    if wanted.since is not None:
        first = max(first, log.last_not_later(timestamp_text(wanted.since - _TICK), head))
    if wanted.until is not None:
        last = log.last_not_later(timestamp_text(wanted.until - _TICK), head)
    return first, max(first, last)


def _conditions(wanted: Wanted) -> Iterator[tuple[str, list[Any]]]:
    if wanted.by is not None:
        yield '"by" = ?', [wanted.by]
    if wanted.command is not None:
        yield "command_id = ?", [wanted.command]
    if wanted.booking is not None:
        yield "stream = ?", [f"booking/{wanted.booking}"]
    if wanted.resource is not None:
        # In a form that no index serves: else a database may read all of a busy resource, to sort it by position.
        days = f"day/{wanted.resource}/"
        yield f"(substr(stream, 1, {len(days)}) = ? OR stream || '' = ?)", [days, f"resource/{wanted.resource}"]
