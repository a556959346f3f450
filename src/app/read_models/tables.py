"""What all read models' tables share, on both databases: types, instants as numbers, and rows replaced as a whole."""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from operator import itemgetter
from typing import Any

from msgspec.json import encode
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    Dialect,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)

Row = dict[str, Any]

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by its bytes on both databases, so that a cursor means the same on both."""
NUMBER = BigInteger()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_number(moment: datetime) -> int:
    """An instant as microseconds since 1970 (UTC): what tables hold wherever instants are compared."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=1024)  # the events of one append have it in common
def number_of_text(text: str) -> int:
    """The number of an instant that is written with its offset, as the log's columns are."""
    return instant_number(datetime.fromisoformat(text))


def instant_of(number: int) -> datetime:
    """The instant (UTC) of such a number."""
    return _EPOCH + timedelta(microseconds=number)


# SQLAlchemy writes the SQL of what follows, once, and is passed by afterwards: what it does for each statement and
# each row costs as much as the database does. So columns hold only what both drivers take as it is: text, numbers,
# true and false.


def read(connection: Connection, statement: Any, **parameters: Any) -> CursorResult[Any]:
    """Run a statement that is made once, with names for its parameters; the rows are the driver's."""
    sql, names = _sql_of(statement, connection.dialect)
    if names is None:
        return connection.exec_driver_sql(sql, parameters)
    return connection.exec_driver_sql(sql, tuple(parameters[name] for name in names))


def rows_of(connection: Connection, table: Table, key: str, wanted: Collection[str]) -> list[Row]:
    """The rows in whose column `key` one of these texts stands, however many these are: they are one parameter."""
    dialect = connection.dialect.name
    given = as_parameter(wanted, dialect)
    return [dict(row) for row in read(connection, _one_of(table, key, dialect), wanted=given).mappings()]


@lru_cache(maxsize=256)
def _one_of(table: Table, key: str, dialect: str) -> Any:
    return select(table).where(is_one_of(table.c[key], "wanted", dialect))


def is_one_of(text: Any, parameter: str, dialect: str) -> Any:
    """The condition that a column holds one of the texts that `as_parameter` makes one parameter of."""
    if dialect == "postgresql":
        return text == any_(bindparam(parameter, type_=ARRAY(Text)))
    listed = func.json_each(bindparam(parameter, type_=Text)).table_valued("value")
    return text.in_(select(listed.c.value))


def as_parameter(texts: Collection[str], dialect: str) -> Any:
    """Any number of texts as the one parameter that `is_one_of` compares with."""
    return list(texts) if dialect == "postgresql" else json.dumps(list(texts))


# On PostgreSQL all rows of a statement are one parameter, and one plan: a text that the server takes apart.


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert whole rows; every row has all columns."""
    _write_all(connection, _inserting(table, connection.dialect.name), rows)


def replace_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert whole rows, each in the place of the one with its primary key if there is one."""
    _write_all(connection, _replacing(table, connection.dialect.name), rows)


def move_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Take rows on to another `version`: those that have the primary key of one of these and stand at its `before`
    get all else that is in it. All of these have the same columns, or none are given. Answers how many were found.
    """
    if not rows:
        return 0
    return _write_all(connection, _moving(table, connection.dialect.name, tuple(rows[0])), rows)


def _write_all(connection: Connection, statement: Any, rows: Sequence[Row]) -> int:
    if rows and connection.dialect.name == "postgresql":
        return write_rows(connection, statement, [{"given": encode(rows).decode()}])
    return write_rows(connection, statement, rows)


def write_rows(connection: Connection, statement: Any, rows: Sequence[Row]) -> int:
    """Run a statement once for each row of parameters; answers how many rows of the table it changed."""
    if not rows:
        return 0
    sql, names = _sql_of(statement, connection.dialect)
    if names is None:
        given: list[Any] = list(rows)
    elif len(names) == 1:
        given = [(row[names[0]],) for row in rows]
    else:
        given = list(map(itemgetter(*names), rows))
    # Many in one go need several round trips on PostgreSQL, and one does not.
    return connection.exec_driver_sql(sql, given[0] if len(given) == 1 else given).rowcount


@lru_cache(maxsize=1024)
def _sql_of(statement: Any, dialect: Dialect) -> tuple[str, list[str] | None]:
    """The SQL, and the order of its parameters where they have no names in it."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), compiled.positiontup


@lru_cache(maxsize=256)
def _inserting(table: Table, dialect: str) -> Any:
    return _filled(table, dialect, table.insert())


@lru_cache(maxsize=256)
def _replacing(table: Table, dialect: str) -> Any:
    # Only when it is needed: PostgreSQL's dialect is a tenth of a second at every start.
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    keys = [each.name for each in table.primary_key]
    others = {name: insert.excluded[name] for name in table.c.keys() if name not in keys}  # noqa: SIM118 - a collection of columns, by no means a dict
    return _filled(table, dialect, insert).on_conflict_do_update(index_elements=keys, set_=others)


@lru_cache(maxsize=256)
def _moving(table: Table, dialect: str, names: tuple[str, ...]) -> Any:
    keys = [each.name for each in table.primary_key]
    if dialect == "postgresql":
        given = _given({name: table.c.get(name, table.c.version).type for name in names})
        values = dict(given.c.items())
    else:
        values = {name: bindparam(name) for name in names}
    found = and_(*(table.c[key] == values[key] for key in keys), table.c.version == values["before"])
    return update(table).where(found).values({name: values[name] for name in names if name not in {*keys, "before"}})


def _filled(table: Table, dialect: str, insert: Any) -> Any:
    names = table.c.keys()
    if dialect == "postgresql":
        return insert.from_select(names, select(*_given({name: table.c[name].type for name in names}).c))
    return insert.values({name: bindparam(name) for name in names})


def _given(types: dict[str, Any]) -> Any:
    """The rows of the parameter `given`, a JSON text."""
    rows = func.json_to_recordset(cast(bindparam("given", type_=Text), JSON))
    columns = [column(name, kind) for name, kind in types.items()]
    return rows.table_valued(*columns).render_derived(with_types=True)
