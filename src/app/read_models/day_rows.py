"""Read model `days`: the tables of claims and blocks for each resource-day, and the projection that keeps them."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, MetaData, Table, bindparam, delete, null, update

from app.read_models.facts import Blocked, Claimed, OfBlock, OfBooking, Opened
from app.read_models.feed import Fed
from app.read_models.tables import NUMBER, TEXT, Row, insert_rows, instant_number, move_rows, number_of_text, write_rows

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

    def changes(self, connection: Connection, generation: int, streams: Mapping[str, int]) -> "_Changes":
        """Begin a batch."""
        del connection, streams  # nothing is read: a day's row moves on from the version that its events follow
        found = self.metadata(generation).tables
        return _Changes(DayTables(*(found[f"{name}_{generation}"] for name in DayTables._fields)))


class _Changes:
    """What a batch leaves of each day: rows to remove first, then claims to keep for good, then rows to add."""

    def __init__(self, tables: DayTables) -> None:
        self._tables = tables
        self._opened: dict[str, Row] = {}
        self._revised: dict[str, Row] = {}
        self._moved: dict[str, Row] = {}
        self._released: set[Key] = set()
        self._kept: set[Key] = set()
        self._claims: dict[Key, list[Row]] = {}
        self._lifted: set[Key] = set()
        self._blocks: dict[Key, Row] = {}

    def apply(self, fed: Fed, topic: str, facts: Any) -> None:
        stream, version = fed.stream, fed.version
        day = self._moved.get(stream)
        if day is None:
            before = version - 1
            if (before == 0) != (topic == _FIRST):
                raise ValueError(f"{stream} begins with {_FIRST}, and version {version} is {topic}")
            day = {"stream": stream, "before": before}
        elif version != day["version"] + 1:
            raise ValueError(f"{stream} is at version {day['version']}, so {version} cannot be next")
        _HOW[topic](self, fed, facts)
        day["version"], day["position"], day["timestamp"] = version, fed.position, number_of_text(fed.timestamp)
        self._moved[stream] = day

    def write(self, connection: Connection) -> None:
        tables = self._tables
        write_rows(connection, _deletion(tables.claims, "booking"), _parameters(self._released))
        write_rows(connection, _deletion(tables.blocks, "block"), _parameters(self._lifted))
        write_rows(connection, _keeping(tables.claims), _parameters(self._kept))
        insert_rows(connection, tables.claims, [claim for claims in self._claims.values() for claim in claims])
        insert_rows(connection, tables.blocks, list(self._blocks.values()))
        self._write_days(connection)

    def _write_days(self, connection: Connection) -> None:
        days = self._tables.days
        opened = [{**row, **_without_before(self._moved[stream])} for stream, row in self._opened.items()]
        revised = [{**self._moved[stream], **row} for stream, row in self._revised.items()]
        moved = [
            row for stream, row in self._moved.items() if stream not in self._opened and stream not in self._revised
        ]
        insert_rows(connection, days, opened)
        if move_rows(connection, days, revised) + move_rows(connection, days, moved) != len(revised) + len(moved):
            raise ValueError("A day is not at the version that its next event follows.")

    def open(self, fed: Fed, facts: Opened) -> None:
        self._opened[fed.stream] = _terms(facts)

    def revise(self, fed: Fed, facts: Opened) -> None:
        (self._opened if fed.stream in self._opened else self._revised)[fed.stream] = _terms(facts)

    def claim(self, fed: Fed, facts: Claimed) -> None:
        row = {
            "stream": fed.stream,
            "booking": facts.booking,
            "number": fed.version,
            "leg": facts.leg,
            "customer": facts.customer,
            "start_at": instant_number(facts.start),
            "end_at": instant_number(facts.end),
            "units": facts.units,
            "until_at": None if facts.until is None else instant_number(facts.until),
        }
        self._claims.setdefault((fed.stream, facts.booking), []).append(row)

    def keep(self, fed: Fed, facts: OfBooking) -> None:
        key = (fed.stream, facts.booking)
        if key in self._claims:
            self._claims[key] = [{**claim, "until_at": None} for claim in self._claims[key]]
        if key not in self._released:  # then what is stored of it is still to stay
            self._kept.add(key)

    def release(self, fed: Fed, facts: OfBooking) -> None:
        key = (fed.stream, facts.booking)
        self._claims.pop(key, None)
        self._kept.discard(key)
        self._released.add(key)

    def block(self, fed: Fed, facts: Blocked) -> None:
        self._blocks[fed.stream, facts.block] = {
            "stream": fed.stream,
            "block": facts.block,
            "start_at": instant_number(facts.start),
            "end_at": instant_number(facts.end),
            "units": facts.units,
            "source": facts.source,
            "reason": facts.reason,
        }

    def unblock(self, fed: Fed, facts: OfBlock) -> None:
        self._blocks.pop((fed.stream, facts.block), None)
        self._lifted.add((fed.stream, facts.block))

    def pass_by(self, fed: Fed, facts: Any) -> None: ...


_FIRST = "DayOpened.1"
_HOW: Mapping[str, Callable[[_Changes, Fed, Any], None]] = {
    _FIRST: _Changes.open,
    "DayRevised.1": _Changes.revise,
    "TimeClaimed.1": _Changes.claim,
    "ClaimKept.1": _Changes.keep,
    "TimeReleased.1": _Changes.release,
    "TimeBlocked.1": _Changes.block,
    "TimeUnblocked.1": _Changes.unblock,
    # Who waits takes no time: the day only moves on to another version.
    "WishMade.1": _Changes.pass_by,
    "WishServed.1": _Changes.pass_by,
    "WishWithdrawn.1": _Changes.pass_by,
}


def _terms(facts: Opened) -> Row:
    return {
        "starts_at": instant_number(facts.starts),
        "minutes": facts.minutes,
        "capacity": facts.capacity,
        "resource_version": facts.resource_version,
    }


def _without_before(day: Row) -> Row:
    return {name: value for name, value in day.items() if name != "before"}


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
