"""Read model `resources`: every resource as last defined, to look up and to search."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, Connection, MetaData, Table, bindparam, or_, select

from app.read_models.feed import Fed
from app.read_models.page import Page, cursor_to, key_of, page_size
from app.read_models.reader import Reader
from app.read_models.tables import NUMBER, TEXT, Row, instant_number, instant_of, read, replace_rows, rows_of
from domain.definition import Attribute, Definition
from domain.resource import Resource
from domain.sought import has

_CHUNK = 500


class Resources:
    """The projection."""

    name = "resources"
    version = 1
    readable = frozenset({1})
    categories = frozenset({"resource"})

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation."""
        return _metadata(generation)

    def changes(self, connection: Connection, generation: int, streams: Mapping[str, int]) -> "_Changes":
        """Begin a batch."""
        table = self.metadata(generation).tables[f"resources_{generation}"]
        begun = [stream.removeprefix("resource/") for stream, version in streams.items() if version > 1]
        stored = rows_of(connection, table, "id", begun) if begun else []
        return _Changes(table, {row["id"]: row for row in stored})


class ResourceRow(NamedTuple):
    """A resource as last defined. `definition` is its JSON text; `position` that of its last event."""

    id: str
    name: str
    kind: str
    timezone: str
    capacity: int
    seats: int | None
    attributes: dict[str, Attribute]
    visibility: str
    definition: str
    version: int
    position: int
    retired: bool
    created_at: datetime
    updated_at: datetime

    def resource(self) -> Resource:
        """The aggregate, for the domain's rules. It is shared: never change it."""
        return aggregate_of(self.id, self.timezone, self.definition, self.version, self.retired)


def row_of(aggregate: Resource, position: int) -> ResourceRow:
    """The row that a resource with its last event at `position` has, or once had."""
    return _row(_columns(aggregate, position, instant_number(aggregate.created_on)))


def get(reader: Reader, resource: str) -> ResourceRow | None:
    """One resource, retired or not."""
    table = reader.table("resources", "resources")
    row = read(reader.connection, _one(table), wanted=resource).mappings().first()
    return None if row is None else _row(row)


def get_all(reader: Reader, resources: Collection[str]) -> dict[str, ResourceRow]:
    """Those of these resources that there are, retired or not, by id."""
    table = reader.table("resources", "resources")
    return {row["id"]: _row(row) for row in rows_of(reader.connection, table, "id", resources)}


@lru_cache(maxsize=64)  # making a query takes longer than running it
def _one(table: Table) -> Any:
    return select(table).where(table.c.id == bindparam("wanted"))


def search(
    reader: Reader,
    *,
    visible: Collection[str] | None,
    kind: str | None = None,
    q: str | None = None,
    seats: int | None = None,
    attributes: Mapping[str, str] | None = None,
    scope: Collection[str] | None = None,
    retired: bool = False,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[ResourceRow]:
    """Resources in the order of their ids.

    `visible`: the visibilities that the reader may see, none for all. `q` occurs in the name, id or kind, in
    any case. `seats`: a party of so many must fit. `attributes` are compared as text, numbers by their value.
    `scope`: ids and `kind:<kind>`. `limit` is held to 1 to 500. Raises BadCursor.
    """
    after = key_of(cursor, reader.log_id, str)[0] if cursor else ""
    matching = found(
        reader,
        after=after,
        visible=visible,
        kind=kind,
        q=q,
        seats=seats,
        attributes=attributes,
        scope=scope,
        retired=retired,
    )
    size = page_size(limit)
    rows = list(islice(matching, size + 1))
    more = len(rows) > size
    return Page(rows[:size], cursor_to(reader.log_id, rows[size - 1].id) if more else None)


def found(
    reader: Reader,
    *,
    after: str,
    visible: Collection[str] | None,
    kind: str | None = None,
    q: str | None = None,
    seats: int | None = None,
    attributes: Mapping[str, str] | None = None,
    scope: Collection[str] | None = None,
    retired: bool = False,
) -> Iterator[ResourceRow]:
    """All that `search` finds beyond the id `after`, read in chunks as they are asked for."""
    table = reader.table("resources", "resources")
    query = select(table).order_by(table.c.id).limit(_CHUNK)
    if visible is not None:
        query = query.where(table.c.visibility.in_(list(visible)))
    if kind is not None:
        query = query.where(table.c.kind == kind)
    if seats is not None:
        query = query.where(or_(table.c.seats.is_(None), table.c.seats >= seats))
    if scope is not None:
        query = query.where(within(table, scope))
    if not retired:
        query = query.where(table.c.retired.is_(False))
    while True:
        chunk = [_row(row) for row in reader.connection.execute(query.where(table.c.id > after)).mappings()]
        yield from (row for row in chunk if _mentions(row, q) and has(row.attributes, attributes or {}))
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1].id


def within(table: Table, scope: Collection[str]) -> Any:
    """The condition that a resource lies in a scope of ids and `kind:<kind>`."""
    kinds = [entry.removeprefix("kind:") for entry in scope if entry.startswith("kind:")]
    ids = [entry for entry in scope if not entry.startswith("kind:")]
    return or_(table.c.id.in_(ids), table.c.kind.in_(kinds))


def _mentions(row: ResourceRow, q: str | None) -> bool:
    if not q:
        return True
    wanted = q.casefold()
    return any(wanted in text.casefold() for text in (row.name, row.id, row.kind))


class _Changes:
    """The aggregates that a batch touches, changed by their own events."""

    def __init__(self, table: Table, stored: Mapping[str, Row]) -> None:
        self._table = table
        self._stored = stored
        self._rows: dict[str, Row] = {}
        self._aggregates: dict[str, Resource] = {}

    def apply(self, fed: Fed, topic: str, facts: Any) -> None:
        del topic  # `facts` is the domain's event: resources are few, and their definitions have many fields
        stream, event = fed.stream, facts
        key = stream.removeprefix("resource/")
        before = self._aggregates.get(stream) or self._known(key)
        aggregate: Resource = event.mutate(None if before is None else before.copy())
        created = self._rows.get(key) or self._stored.get(key)
        self._rows[key] = _columns(
            aggregate, fed.position, created["created_at"] if created else instant_number(event.timestamp)
        )
        self._aggregates[stream] = aggregate

    def write(self, connection: Connection) -> None:
        replace_rows(connection, self._table, list(self._rows.values()))

    def _known(self, key: str) -> Resource | None:
        row = self._stored.get(key)
        return None if row is None else _row(row).resource()


def _columns(aggregate: Resource, position: int, created_at: int) -> Row:
    definition = aggregate.definition
    return {
        "id": aggregate.key,
        "name": definition.name,
        "kind": definition.kind,
        "timezone": aggregate.timezone,
        "capacity": definition.capacity,
        "seats": definition.seats,
        "attributes": json.dumps(definition.attributes),
        "visibility": definition.visibility,
        "definition": definition.model_dump_json(),
        "version": aggregate.version,
        "position": position,
        "retired": aggregate.retired,
        "created_at": created_at,
        "updated_at": instant_number(aggregate.modified_on),
    }


def _row(row: Mapping[Any, Any]) -> ResourceRow:
    instants = {name: instant_of(row[name]) for name in ("created_at", "updated_at")}
    retired = bool(row["retired"])  # SQLite's driver has numbers for true and false
    return ResourceRow(**{**row, **instants, "retired": retired, "attributes": json.loads(row["attributes"])})


@lru_cache(maxsize=1024)
def aggregate_of(key: str, timezone: str, definition: str, version: int, retired: bool) -> Resource:
    """The aggregate that a row stands for. It is shared: never change it."""
    aggregate = Resource.untouched(Resource.stream(key))
    aggregate.timezone, aggregate.retired, aggregate.version = timezone, retired, version
    aggregate.define(Definition.model_validate_json(definition))
    return aggregate


@lru_cache(maxsize=64)
def _metadata(generation: int) -> MetaData:
    metadata = MetaData()
    Table(
        f"resources_{generation}",
        metadata,
        Column("id", TEXT, primary_key=True),
        Column("name", TEXT, nullable=False),
        Column("kind", TEXT, nullable=False),
        Column("timezone", TEXT, nullable=False),
        Column("capacity", NUMBER, nullable=False),
        Column("seats", NUMBER),
        Column("attributes", TEXT, nullable=False),
        Column("visibility", TEXT, nullable=False),
        Column("definition", TEXT, nullable=False),
        Column("version", NUMBER, nullable=False),
        Column("position", NUMBER, nullable=False),
        Column("retired", Boolean, nullable=False),
        Column("created_at", NUMBER, nullable=False),
        Column("updated_at", NUMBER, nullable=False),
    )
    return metadata
