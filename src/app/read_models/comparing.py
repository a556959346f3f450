"""Two sets of a read model's tables, held against each other row by row, at the same positions of the log.

One side is read page by page, each page in a short transaction and with the position that it stands at; the other side
is taken on to just that position before its rows are read. So a service may go on with either meanwhile.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, Table, select, tuple_

from app.log.verifying import Finding
from app.read_models.database import ReadModels
from app.read_models.generations import Generation, all_generations
from app.read_models.projection import Projection

PAGE: Final = 1000

Key = tuple[Any, ...]
Rows = list[tuple[Any, ...]]


class Swapped(Exception):  # noqa: N818 - what happened
    """Another generation is read now."""


class Between(NamedTuple):
    """A stretch of a table by its primary key: beyond one, to another; None has no end."""

    after: Key | None
    until: Key | None


class Side(Protocol):
    """Tables that can be taken on to a position."""

    def rows(self, projection: Projection, number: int, position: int, between: Between) -> Rows:
        """Rows of the projection's table of that number, as they are at a position, by primary key."""


class Looked:
    """The tables of one generation, as somebody else, or nobody, takes them on."""

    def __init__(self, models: ReadModels, generation: Generation) -> None:
        self._models = models
        self._generation = generation

    def page(self, table: Table, after: Key | None) -> tuple[Rows, int]:
        """Some rows beyond a key, and the position that they stand at. Raises Swapped."""
        with self._models.looking() as connection:
            now = next((g for g in all_generations(connection) if g[:2] == self._generation[:2]), None)
            if now is None or now.active != self._generation.active:
                raise Swapped("Other tables are in use now.")
            return rows_between(connection, table, Between(after, None), PAGE), now.position


def differences_of(
    models: ReadModels, projection: Projection, generation: Generation, other: Side
) -> Iterator[tuple[str, Finding]]:
    """Where a generation's rows are not those of the other side: the name of the table, and what is wrong with the
    generation if the other side is right.

    Raises Swapped when the generation is read no more, or only now, and StoreUnavailable.
    """
    looked = Looked(models, generation)
    for number, table in enumerate(projection.metadata(generation.number).sorted_tables):
        keys = [column.name for column in table.primary_key]
        places = [table.c.keys().index(key) for key in keys]
        after: Key | None = None
        while True:
            page, position = looked.page(table, after)
            until = tuple(page[-1][place] for place in places) if len(page) == PAGE else None
            expected = other.rows(projection, number, position, Between(after, until))
            if page != expected:
                yield from _told(projection.name, table, position, places, page, expected)
            if until is None:
                break
            after = until


def rows_between(connection: Connection, table: Table, between: Between, limit: int | None = None) -> Rows:
    """Rows of a stretch, by primary key."""
    keys = list(table.primary_key)
    query = select(table).order_by(*keys).limit(limit)
    if between.after is not None:
        query = query.where(tuple_(*keys) > tuple_(*between.after))
    if between.until is not None:
        query = query.where(tuple_(*keys) <= tuple_(*between.until))
    return list(map(tuple, connection.execute(query).all()))  # one by one they would take twice as long


def _told(
    model: str, table: Table, position: int, places: Sequence[int], found: Rows, expected: Rows
) -> Iterator[tuple[str, Finding]]:
    kind, columns = table.name.rpartition("_")[0], table.c.keys()
    there, right = ({tuple(row[place] for place in places): row for row in rows} for rows in (found, expected))
    for key in sorted({*there, *right}, key=repr):
        row, other = there.get(key), right.get(key)
        if row == other:
            continue
        stream, name = _stream_of(model, str(key[0])), f"{kind} {'/'.join(map(str, key))}"
        at = _value(row if row is not None else other, columns, "position", position)
        if other is None:
            sentence = f"The read model has a row {name} that no event made."
            yield kind, Finding(at, sentence, "read-model", stream, "none", "one")
        elif row is None:
            yield kind, Finding(at, f"The read model lacks the row {name}.", "read-model", stream, "one", "none")
        else:
            wrong = ", ".join(column for column, a, b in zip(columns, row, other, strict=True) if a != b)
            sentence = f"The row {name} of the read model is not what the log adds up to, in {wrong}."
            yield kind, Finding(at, sentence, "read-model", stream, "what a replay makes", "something else")


def _value(row: tuple[Any, ...] | None, columns: Sequence[str], name: str, otherwise: int) -> int:
    return int(row[columns.index(name)]) if row is not None and name in columns else otherwise


def _stream_of(model: str, key: str) -> str:
    return key if model == "days" else f"{model.removesuffix('s')}/{key}"
