"""What all read models' tables share, on both databases: types, instants as numbers, and rows replaced as a whole."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, Text
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


def replace_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert whole rows, each in the place of the one with its primary key if there is one."""
    if rows:
        connection.execute(_replacing(table, connection.dialect.name), rows)


@lru_cache(maxsize=256)
def _replacing(table: Table, dialect: str) -> Any:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    others = {name: insert.excluded[name] for name in table.columns.keys() if name not in keys}  # noqa: SIM118 - a collection, no dict
    return insert.on_conflict_do_update(index_elements=keys, set_=others)
