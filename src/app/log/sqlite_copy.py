"""Reading a copy of a SQLite log, or one that nobody serves, without leaving a trace."""

import sqlite3
from collections.abc import Iterable, Sequence
from json import dumps
from pathlib import Path
from typing import Any

from app.log.reading import Reading
from app.log.sqlite_file import Connection, damaged_or_unavailable, make_tables, nothing_stored


class CopiedLog(Reading):
    """A log's file that nobody writes: it is read as it lies there, and no file is made beside it.

    Raises StoreDamaged when the file is not ours, StoreUnavailable when it cannot be read.
    """

    one_of = "IN (SELECT value FROM json_each(?))"

    def __init__(self, path: Path) -> None:
        with damaged_or_unavailable(path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, factory=Connection
            )
            try:
                make_tables(self._connection, path, read_only=True)
            except BaseException:
                self._connection.close()
                raise

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with nothing_stored():
            return self._connection.execute(sql, parameters).fetchall()

    def texts(self, values: Iterable[str]) -> Any:
        return dumps(list(values))

    def close(self) -> None:
        self._connection.close()
