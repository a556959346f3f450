"""Read model `days`: the tables of claims and blocks for each resource-day, and the projection that keeps them."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, MetaData, Table, bindparam, delete, null, update

from app.read_models.tables import NUMBER, TEXT, Row, insert_rows, instant_number, replace_rows, rows_of, write_rows
from domain.event import Event
from domain.resource_day import (
    ClaimKept,
    DayOpened,
    DayRevised,
    TimeBlocked,
    TimeClaimed,
    TimeReleased,
    TimeUnblocked,
)

Key = tuple[str, str]
"""A stream, and a booking or block that has something on it."""


class DayTables(NamedTuple):
    """`days` has a row for each stream, `claims` and `blocks` one for each of what it holds."""

    days: Table
    claims: Table
    blocks: Table


class Days:
    """The projection."""

    name = "days"
    version = 1
    readable = frozenset({1})
    categories = frozenset({"day"})

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation."""
        return _metadata(generation)

    def changes(self, connection: Connection, generation: int, streams: Collection[str]) -> "_Changes":
        """Begin a batch."""
        found = self.metadata(generation).tables
        tables = DayTables(*(found[f"{name}_{generation}"] for name in DayTables._fields))
        return _Changes(tables, {row["stream"]: row for row in rows_of(connection, tables.days, "stream", streams)})


class _Changes:
    """What a batch leaves of each day: rows to remove first, then claims to keep for good, then rows to add."""

    def __init__(self, tables: DayTables, days: dict[str, Row]) -> None:
        self._tables = tables
        self._days = days
        self._touched: dict[str, datetime] = {}
        self._released: set[Key] = set()
        self._kept: set[Key] = set()
        self._claims: dict[Key, list[Row]] = {}
        self._lifted: set[Key] = set()
        self._blocks: dict[Key, Row] = {}

    def apply(self, event: Event, position: int) -> None:
        stream, version = event.originator_id, event.originator_version
        known = self._days.get(stream)
        before: int = 0 if known is None else known["version"]
        if version != before + 1:
            raise ValueError(f"{stream} is at version {before}, so {version} cannot be next")
        _HOW[type(event)](self, event, stream)
        self._days[stream].update(version=version, position=position)
        self._touched[stream] = event.timestamp

    def write(self, connection: Connection) -> None:
        tables = self._tables
        write_rows(connection, _deletion(tables.claims, "booking"), _parameters(self._released))
        write_rows(connection, _deletion(tables.blocks, "block"), _parameters(self._lifted))
        write_rows(connection, _keeping(tables.claims), _parameters(self._kept))
        insert_rows(connection, tables.claims, [claim for claims in self._claims.values() for claim in claims])
        insert_rows(connection, tables.blocks, list(self._blocks.values()))
        touched = [
            {**self._days[stream], "timestamp": instant_number(moment)} for stream, moment in self._touched.items()
        ]
        replace_rows(connection, tables.days, touched)

    def open(self, event: DayOpened, stream: str) -> None:
        self._days[stream] = {
            "stream": stream,
            "starts_at": instant_number(event.starts),
            "minutes": event.minutes,
            "capacity": event.capacity,
            "resource_version": event.resource_version,
        }

    def revise(self, event: DayRevised, stream: str) -> None:
        self._days[stream].update(
            capacity=event.capacity,
            resource_version=event.resource_version,
            starts_at=instant_number(event.starts),
            minutes=event.minutes,
        )

    def claim(self, event: TimeClaimed, stream: str) -> None:
        key = (stream, event.booking)
        row = {
            "stream": stream,
            "booking": event.booking,
            "number": event.originator_version,
            "leg": event.leg,
            "customer": event.customer,
            "start_at": instant_number(event.start),
            "end_at": instant_number(event.end),
            "units": event.units,
            "until_at": None if event.until is None else instant_number(event.until),
        }
        self._claims.setdefault(key, []).append(row)

    def keep(self, event: ClaimKept, stream: str) -> None:
        key = (stream, event.booking)
        if key in self._claims:
            self._claims[key] = [{**claim, "until_at": None} for claim in self._claims[key]]
        if key not in self._released:  # then what is stored of it is still to stay
            self._kept.add(key)

    def release(self, event: TimeReleased, stream: str) -> None:
        key = (stream, event.booking)
        self._claims.pop(key, None)
        self._kept.discard(key)
        self._released.add(key)

    def block(self, event: TimeBlocked, stream: str) -> None:
        self._blocks[stream, event.block] = {
            "stream": stream,
            "block": event.block,
            "start_at": instant_number(event.start),
            "end_at": instant_number(event.end),
            "units": event.units,
            "source": event.source,
            "reason": event.reason,
        }

    def unblock(self, event: TimeUnblocked, stream: str) -> None:
        self._blocks.pop((stream, event.block), None)
        self._lifted.add((stream, event.block))


_HOW: Mapping[type[Event], Callable[[_Changes, Any, str], None]] = {
    DayOpened: _Changes.open,
    DayRevised: _Changes.revise,
    TimeClaimed: _Changes.claim,
    ClaimKept: _Changes.keep,
    TimeReleased: _Changes.release,
    TimeBlocked: _Changes.block,
    TimeUnblocked: _Changes.unblock,
}


def _parameters(keys: Collection[Key]) -> list[Row]:
    return [{"of_stream": stream, "of_key": key} for stream, key in keys]


@lru_cache(maxsize=256)
def _deletion(table: Table, name: str) -> Any:
    return delete(table).where(table.c.stream == bindparam("of_stream"), table.c[name] == bindparam("of_key"))


@lru_cache(maxsize=64)
def _keeping(claims: Table) -> Any:
    mine = (claims.c.stream == bindparam("of_stream"), claims.c.booking == bindparam("of_key"))
    return update(claims).where(*mine).values(until_at=null())


@lru_cache(maxsize=64)
def _metadata(generation: int) -> MetaData:
    metadata = MetaData()
    Table(
        f"days_{generation}",
        metadata,
        Column("stream", TEXT, primary_key=True),
        Column("starts_at", NUMBER, nullable=False),
        Column("minutes", NUMBER, nullable=False),
        Column("capacity", NUMBER, nullable=False),
        Column("resource_version", NUMBER, nullable=False),
        Column("version", NUMBER, nullable=False),
        Column("position", NUMBER, nullable=False),
        Column("timestamp", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    Table(
        f"claims_{generation}",
        metadata,
        Column("stream", TEXT, primary_key=True),
        Column("booking", TEXT, primary_key=True),
        Column("number", NUMBER, primary_key=True, autoincrement=False),  # the version that claimed it
        Column("leg", NUMBER, nullable=False),
        Column("customer", TEXT, nullable=False),
        Column("start_at", NUMBER, nullable=False),
        Column("end_at", NUMBER, nullable=False),
        Column("units", NUMBER, nullable=False),
        Column("until_at", NUMBER),
        sqlite_with_rowid=False,
    )
    Table(
        f"blocks_{generation}",
        metadata,
        Column("stream", TEXT, primary_key=True),
        Column("block", TEXT, primary_key=True),
        Column("start_at", NUMBER, nullable=False),
        Column("end_at", NUMBER, nullable=False),
        Column("units", NUMBER),
        Column("source", TEXT, nullable=False),
        Column("reason", TEXT),
        sqlite_with_rowid=False,
    )
    return metadata
