"""Generations of read models: which tables are read, which are being built, and how far each has come."""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Index,
    MetaData,
    Table,
    bindparam,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)

from app.read_models.projection import Projection
from app.read_models.tables import NUMBER, TEXT, read, write_rows

CONTROL = MetaData()

projections = Table(
    "projections",
    CONTROL,
    Column("name", TEXT, primary_key=True),
    Column("generation", NUMBER, nullable=False),  # the one that is read; 0: none is ready
    Column("last_generation", NUMBER, nullable=False),
)
generations = Table(
    "generations",
    CONTROL,
    Column("projection", TEXT, primary_key=True),
    Column("generation", NUMBER, primary_key=True, autoincrement=False),
    Column("version", NUMBER, nullable=False),
    Column("log_id", TEXT, nullable=False),
    Column("position", NUMBER, nullable=False),
    Column("retired_at", NUMBER),  # see `seconds_now`
)
parked_streams = Table(
    "parked",
    CONTROL,
    Column("projection", TEXT, primary_key=True),
    Column("generation", NUMBER, primary_key=True, autoincrement=False),
    Column("stream", TEXT, primary_key=True),
    Column("position", NUMBER, nullable=False),
    Column("error", TEXT, nullable=False),
)


def seconds_now(connection: Connection) -> int:
    """Seconds since 1970 by the clock that all who use these read models share: the server's, or that of the machine
    which the file is on.
    """
    if connection.dialect.name != "postgresql":
        return int(time.time())
    now: int = connection.execute(_SERVER_NOW).scalar_one()
    return now


_SERVER_NOW = text("SELECT floor(extract(epoch FROM clock_timestamp()))::bigint")


class Generation(NamedTuple):
    """One set of a projection's tables. `active`: it is the one that is read. `retired_at`: it is neither read nor kept
    up since then, unless a rebuild builds it, see `held`.
    """

    projection: str
    number: int
    version: int
    log_id: str
    position: int
    retired_at: int | None
    active: bool


class Parked(NamedTuple):
    """A stream that a projection takes no more events of, since the one at `position` could not be applied."""

    projection: str
    stream: str
    position: int
    error: str


class Moved(Exception):  # noqa: N818 - the expected answer to a lost race
    """Somebody else moved a read model on, or replaced it. Nothing was written."""


_ALL = (
    select(
        generations.c.projection,
        generations.c.generation.label("number"),
        generations.c.version,
        generations.c.log_id,
        generations.c.position,
        generations.c.retired_at,
        (projections.c.generation == generations.c.generation).label("active"),
    )
    .join(projections, projections.c.name == generations.c.projection)
    .order_by(generations.c.projection, generations.c.generation)
)


# Several processes may start on an empty schema at once: whoever comes second waits for the first one's rows.
_CLAIM = text(
    "INSERT INTO projections (name, generation, last_generation) VALUES (:name, 0, 0) ON CONFLICT (name) DO NOTHING"
)


def all_generations(connection: Connection) -> list[Generation]:
    """Every generation that has tables, retired ones too."""
    rows = read(connection, _ALL).mappings()
    return [Generation(**{**row, "active": bool(row["active"])}) for row in rows]  # a number on SQLite


def claim_control(connection: Connection, names: Iterable[str]) -> None:
    """Make each projection's row unless it is there, and keep other processes from changing generations."""
    connection.execute(_CLAIM, [{"name": name} for name in sorted(names)])
    connection.execute(select(projections.c.name).order_by(projections.c.name).with_for_update()).all()


def begin(connection: Connection, projection: Projection, log_id: str, *, held_at: int | None = None) -> int:
    """Make empty tables of a new generation, to be built from the log's first event on; its number. `held_at`: it is
    for a rebuild to build, see `held`.
    """
    name = projection.name
    number: int = connection.execute(
        update(projections)
        .where(projections.c.name == name)
        .values(last_generation=projections.c.last_generation + 1)
        .returning(projections.c.last_generation)
    ).scalar_one()
    projection.metadata(number).create_all(connection)
    connection.execute(
        insert(generations).values(
            projection=name,
            generation=number,
            version=projection.version,
            log_id=log_id,
            position=0,
            retired_at=held_at,
        )
    )
    return number


_MOVE = (
    update(generations)
    .where(
        generations.c.projection == bindparam("of"),
        generations.c.generation == bindparam("number"),
        generations.c.position == bindparam("seen"),
        generations.c.log_id == bindparam("of_log"),
        generations.c.retired_at.is_(None) == bindparam("in_use"),
    )
    .values(position=bindparam("to"), retired_at=bindparam("heard"))
)


def move(connection: Connection, each: Sequence[Generation], position: int) -> None:
    """Move generations on from where they were read, and only from there. Raises Moved.

    For those that a rebuild builds it is a sign of life as well: whoever waits to drop them sees it.
    """
    now = None if all(g.retired_at is None for g in each) else seconds_now(connection)
    rows = [
        {
            "of": g.projection,
            "number": g.number,
            "seen": g.position,
            "of_log": g.log_id,
            "in_use": g.retired_at is None,
            "to": position,
            "heard": None if g.retired_at is None else now,
        }
        for g in each
    ]
    if write_rows(connection, _MOVE, rows) != len(rows):
        raise Moved(f"One of {', '.join(g.projection for g in each)} is no longer where it was read.")


def swap_in(connection: Connection, built: Generation) -> bool:
    """Let a generation be read from now on, if it is as far as the one that is read; that one is retired."""
    rows = connection.execute(
        select(generations).where(generations.c.projection == built.projection).with_for_update()
    ).mappings()
    there = {row["generation"]: row for row in rows}
    active: int = connection.execute(
        select(projections.c.generation).where(projections.c.name == built.projection).with_for_update()
    ).scalar_one()
    mine, other = there.get(built.number), there.get(active)
    if mine is None or mine["retired_at"] is not None or active >= built.number:
        return False
    if other is not None and other["position"] > mine["position"]:
        return False
    connection.execute(
        update(projections)
        .where(projections.c.name == built.projection, projections.c.generation == active)
        .values(generation=built.number)
    )
    older = [number for number in there if number < built.number and there[number]["retired_at"] is None]
    for number in older:
        retire(connection, built.projection, number)
    return True


def retire(connection: Connection, projection: str, number: int) -> None:
    """Read and move a generation no more; its tables stay until whoever reads them now has finished."""
    connection.execute(
        update(generations)
        .where(generations.c.projection == projection, generations.c.generation == number)
        .values(retired_at=seconds_now(connection))
    )
    connection.execute(
        update(projections)
        .where(projections.c.name == projection, projections.c.generation == number)
        .values(generation=0)
    )


def drop(connection: Connection, projection: Projection, retired: Generation) -> None:
    """Remove a generation with its tables, if it is retired since the same moment as when it was seen."""
    of = (projection.name, retired.number)
    mine = (generations.c.projection == of[0], generations.c.generation == of[1])
    seen = generations.c.retired_at == retired.retired_at
    if connection.execute(delete(generations).where(*mine, seen)).rowcount:
        parked = (parked_streams.c.projection == of[0], parked_streams.c.generation == of[1])
        connection.execute(delete(parked_streams).where(*parked))
        projection.metadata(retired.number).drop_all(connection)


def strip(connection: Connection, projection: Projection, number: int) -> None:
    """Leave out the indexes of a generation that has no rows yet: they are made faster when all rows are there."""
    mine = (generations.c.projection == projection.name, generations.c.generation == number)
    query = select(generations.c.position).where(*mine).with_for_update()
    if connection.execute(query).scalar_one_or_none() == 0:
        for index in _indexes(projection, number):
            index.drop(connection, checkfirst=True)


def complete(connection: Connection, projection: Projection, number: int) -> bool:
    """Make one of the indexes that were left out; whether there was any."""
    there = inspect(connection)
    for index in _indexes(projection, number):
        assert index.table is not None  # noqa: S101 - all of them were made with their tables
        if index.name not in {each["name"] for each in there.get_indexes(index.table.name)}:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))  # a long log's takes its time
            index.create(connection)
            return True
    return False


def _indexes(projection: Projection, number: int) -> list[Index]:
    return [index for table in projection.metadata(number).sorted_tables for index in table.indexes]


def park(connection: Connection, generation: Generation, stream: str, position: int, error: str) -> None:
    """Take no more events of a stream."""
    connection.execute(
        insert(parked_streams).values(
            projection=generation.projection,
            generation=generation.number,
            stream=stream,
            position=position,
            error=error,
        )
    )


_PARKED = select(parked_streams).order_by(parked_streams.c.position)


def parked_of(connection: Connection, of: Sequence[Generation]) -> dict[tuple[str, int], dict[str, Parked]]:
    """The parked streams of these generations, by projection and generation, then by stream."""
    found: dict[tuple[str, int], dict[str, Parked]] = {(g.projection, g.number): {} for g in of}
    for row in read(connection, _PARKED):
        streams = found.get((row.projection, row.generation))
        if streams is not None:
            streams[row.stream] = Parked(row.projection, row.stream, row.position, row.error)
    return found
