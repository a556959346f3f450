"""Where read models are kept: engines for both databases, and the transactions on them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.log.folder import prepare
from app.log.postgres_connection import connect
from app.log.schema import schema_name
from app.log.trouble import StoreUnavailable
from app.read_models.booking_rows import Bookings
from app.read_models.day_rows import Days
from app.read_models.generations import CONTROL
from app.read_models.projection import Projection
from app.read_models.reader import Reader
from app.read_models.resources import Resources

__all__ = ["PROJECTIONS", "ReadModels", "Reader", "open_postgres", "open_sqlite"]

FILE_NAME = "read-models.sqlite3"
PROJECTIONS: Sequence[Projection] = (Resources(), Days(), Bookings())

_BUSY_MILLISECONDS = 5000


class ReadModels:
    """The read models' database. `projections` are those that this program knows."""

    def __init__(self, writing: Engine, reading: Engine, projections: Sequence[Projection]) -> None:
        self.projections = {projection.name: projection for projection in projections}
        self._writing = writing
        self._reading = reading

    def create_tables(self) -> None:
        """Make the tables that keep account of the others, unless they are there. Raises StoreUnavailable.

        On PostgreSQL the role that serves has to make them, since it makes and drops generations later.
        """
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":  # two at once would both find a table missing
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('daybook read models'))"))
            if not inspect(connection).has_table("parked"):
                CONTROL.create_all(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: all of it or nothing. Raises StoreUnavailable."""
        with _unavailable(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """One read-only transaction. Raises StoreUnavailable."""
        with _unavailable(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One read-only transaction, in which all read models stand still.

        Raises Behind when one of them is still being built, and StoreUnavailable.
        """
        with self.looking() as connection:
            yield Reader(connection, self.projections)

    def close(self) -> None:
        """Let all connections go."""
        self._reading.dispose()
        self._writing.dispose()


def open_sqlite(folder: Path, projections: Sequence[Projection] = PROJECTIONS) -> ReadModels:
    """The file `read-models.sqlite3` in the data folder; deleted or damaged, it is built anew."""
    prepare(folder)
    path = folder / FILE_NAME
    if _is_damaged(path):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(FILE_NAME + suffix).unlink(missing_ok=True)
    path.touch(mode=0o600)
    url = URL.create("sqlite", database=str(path))
    # What a large batch changes has to fit into memory, or it goes to the disk twice.
    writing = _sqlite_engine(url, "BEGIN IMMEDIATE", "synchronous = NORMAL", "cache_size = -64000", pool_size=2)
    reading = _sqlite_engine(url, "BEGIN", "query_only = ON", "cache_size = -16000", pool_size=16)
    return ReadModels(writing, reading, projections)


def open_postgres(url: str, schema: str, projections: Sequence[Projection] = PROJECTIONS) -> ReadModels:
    """Tables in the schema that the log is in. Losing a server's last moments only means reading them again."""
    engine = create_engine(
        "postgresql+psycopg://",
        # SQLAlchemy's own reading of a URL knows of one host only.
        creator=partial(connect, url, schema_name(schema), synchronous_commit="off"),
        pool_size=8,
        max_overflow=16,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return ReadModels(engine, reading, projections)


def _is_damaged(path: Path) -> bool:
    """Whether a file is there that is no database: nothing is lost with it."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as file:
            file.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        return False  # busy or unreachable is not damaged
    except sqlite3.DatabaseError:
        return True
    return False


def _sqlite_engine(url: URL, begin: str, *settings: str, pool_size: int) -> Engine:
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=48, hide_parameters=True, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, not at the first write
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages; the file can be built anew
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def _unavailable() -> Iterator[None]:
    """Say that the database cannot be used now; mistakes of ours pass as they are."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable(f"The read models cannot be used now: {error.orig}.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(f"The connection to the read models was lost: {error.orig}.") from error
        raise
