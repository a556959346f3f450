"""What all read models' tables share, on both databases: types, instants as numbers, and rows replaced as a whole."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Table, Text, bindparam
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]

TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Compared by its bytes on both databases, so that a cursor means the same on both."""
NUMBER = BigInteger()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant_number(moment: datetime) -> int:
    """An instant as microseconds since 1970 (UTC): what tables hold wherever instants are compared."""
    return (moment - _EPOCH) // _MICROSECOND


def instant_of(number: int) -> datetime:
    """The instant (UTC) of such a number."""
    return _EPOCH + timedelta(microseconds=number)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert whole rows; every row has all columns."""
    write_rows(connection, _inserting(table), rows)


def replace_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert whole rows, each in the place of the one with its primary key if there is one."""
    write_rows(connection, _replacing(table, connection.dialect.name), rows)


def write_rows(connection: Connection, statement: Any, rows: Sequence[Row]) -> None:
    """Run a statement once for each row of parameters.

    SQLAlchemy writes the SQL, and is passed by for the rows: what it does for each costs as much as the database
    does. So columns hold only what both drivers take as it is: text, numbers, true and false.
    """
    if not rows:
        return
    sql, names = _sql_of(statement, connection.dialect)
    if names is None:
        connection.exec_driver_sql(sql, list(rows))
    else:
        connection.exec_driver_sql(sql, list(map(itemgetter(*names), rows)))


@lru_cache(maxsize=1024)
def _sql_of(statement: Any, dialect: Dialect) -> tuple[str, list[str] | None]:
    """The SQL, and the order of its parameters where they have no names in it."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), compiled.positiontup


@lru_cache(maxsize=256)
def _inserting(table: Table) -> Any:
    names = table.c.keys()
    return table.insert().values({name: bindparam(name) for name in names})


@lru_cache(maxsize=256)
def _replacing(table: Table, dialect: str) -> Any:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    names = table.c.keys()
    others = {name: insert.excluded[name] for name in names if name not in keys}
    given = insert.values({name: bindparam(name) for name in names})
    return given.on_conflict_do_update(index_elements=keys, set_=others)
