"""Where read models are kept: engines for both databases, and the transactions on them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.log.folder import READ_MODELS_NAME, DamageMark, prepare, unusable
from app.log.reconnecting import Reconnecting
from app.log.schema import schema_name
from app.log.sqlite_file import is_damage
from app.log.trouble import StoreUnavailable
from app.read_models.booking_rows import Bookings
from app.read_models.day_rows import Days
from app.read_models.demand_rows import Demand
from app.read_models.generations import CONTROL
from app.read_models.projection import Projection
from app.read_models.reader import Reader
from app.read_models.resources import Resources
from app.read_models.wishes import Wishes

__all__ = ["PROJECTIONS", "ReadModels", "Reader", "open_postgres", "open_sqlite"]

PROJECTIONS: Sequence[Projection] = (Resources(), Days(), Bookings(), Wishes(), Demand())

_BUSY_MILLISECONDS = 5000


class ReadModels:
    """The read models' database. `projections` are those that this program knows."""

    def __init__(
        self, writing: Engine, reading: Engine, projections: Sequence[Projection], path: Path | None = None
    ) -> None:
        """`path`: the file that they are in, if they are in one."""
        self._path = path
        self._damage = DamageMark(path) if path is not None else None
        self._number = _number_of(path)
        self.projections = {projection.name: projection for projection in projections}
        self._writing = writing
        self._reading = reading
        self._has_marks = reading.dialect.name == "sqlite"
        self._watching: Any = None
        self._watcher: Any = None

    def create_tables(self) -> None:
        """Make the tables that keep account of the others, unless they are there. Raises StoreUnavailable.

        On PostgreSQL the role that serves has to make them, since it makes and drops generations later.
        """
        with self.shaping() as connection:
            if connection.dialect.name == "postgresql":  # two at once would both find a table missing
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('daybook read models'))"))
            if not inspect(connection).has_table("parked"):
                CONTROL.create_all(connection)

    @property
    def is_one_file(self) -> bool:
        """Whether one transaction at a time can write."""
        return self._path is not None

    @property
    def is_damaged(self) -> bool:
        """Whether something was met in it that was never written there; `begin_anew` helps."""
        return self._damage is not None and self._damage.is_set()

    def begin_anew(self) -> None:
        """Throw a damaged file away; a new one is made. Questions under way keep the old one until they end.

        Raises StoreUnavailable when it cannot be deleted.
        """
        assert self._path is not None  # noqa: S101 - only files are ever called damaged
        assert self._damage is not None  # noqa: S101 - the same
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            _make(self._path)
            self._damage.clear()
        except OSError as error:
            raise unusable(self._path.parent, error) from error
        self._follow()

    def _follow(self) -> None:
        """Let the connections go when another file has taken the place of theirs."""
        number = _number_of(self._path)
        if number is not None and number != self._number:
            self.close()
            self._number = number

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: all of it or nothing. Raises StoreUnavailable."""
        with self._unavailable(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def shaping(self) -> Iterator[Connection]:
        """The same for what makes tables: durable when it ends, however PostgreSQL ends. Rows that a crash takes are
        worked out again from the log; a table that it took would be missed by every process that knows it.
        """
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL synchronous_commit = on"))
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """One read-only transaction. Raises StoreUnavailable."""
        with self._unavailable(), self._reading.begin() as connection:
            yield connection

    def mark(self) -> tuple[int | None, int] | None:
        """Something that stays the same until anybody commits something, in this process or another, or a new file
        takes the place of a damaged one; none where the database has no such thing. It takes microseconds.

        For one thread at a time. Raises StoreUnavailable.
        """
        if not self._has_marks:
            return None
        self._follow()
        with _unavailable_file():
            if self._watcher is None:
                self._watching = self._reading.raw_connection()  # our own until we close
                self._watcher = self._watching.driver_connection.cursor()
            version: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
            return self._number, version

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One read-only transaction, in which all read models stand still.

        Raises Behind when one of them is still being built, and StoreUnavailable.
        """
        with self.looking() as connection:
            yield Reader(connection, self.projections)

    def close(self) -> None:
        """Let all connections go."""
        if self._watching is not None:
            self._watching.close()
            self._watching = self._watcher = None
        self._reading.dispose()
        self._writing.dispose()

    @contextmanager
    def _unavailable(self) -> Iterator[None]:
        """Say that the database cannot be used now; mistakes of ours pass as they are."""
        self._follow()
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise StoreUnavailable(f"The read models cannot be used now: {error.orig}.") from error
        except DBAPIError as error:
            if self._damage is not None and is_damage(error.orig):
                self._damage.set()
                raise StoreUnavailable(
                    f"The read models are damaged ({error.orig}): whoever serves builds them anew."
                ) from error
            if error.connection_invalidated:
                raise StoreUnavailable(f"The connection to the read models was lost: {error.orig}.") from error
            raise


def open_sqlite(folder: Path, projections: Sequence[Projection] = PROJECTIONS) -> ReadModels:
    """The file `read-models.sqlite3` in the data folder; deleted or damaged, it is built anew (see Runner)."""
    prepare(folder)
    path = folder / READ_MODELS_NAME
    _make(path)
    url = URL.create("sqlite", database=str(path))
    # What a large batch changes has to fit into memory, or it goes to the disk twice.
    writing = _sqlite_engine(url, "BEGIN IMMEDIATE", "synchronous = NORMAL", "cache_size = -64000", pool_size=2)
    reading = _sqlite_engine(url, "BEGIN", "query_only = ON", "cache_size = -16000", pool_size=16)
    return ReadModels(writing, reading, projections, path)


def open_postgres(url: str, schema: str, projections: Sequence[Projection] = PROJECTIONS) -> ReadModels:
    """Tables in the schema that the log is in. Losing a server's last moments only means reading them again."""
    from app.log.postgres_connection import connect

    engine = create_engine(
        "postgresql+psycopg://",
        # SQLAlchemy's own reading of a URL knows of one host only.
        creator=Reconnecting(partial(connect, url, schema_name(schema), synchronous_commit="off")),
        pool_size=8,
        max_overflow=16,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return ReadModels(engine, reading, projections)


def _number_of(path: Path | None) -> int | None:
    """What tells a file from the one that takes its place."""
    try:
        return path.stat().st_ino if path is not None else None
    except OSError:
        return None


def _make(path: Path) -> None:
    """An empty file that its owner alone may read, unless there is one."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise unusable(path.parent, error) from error


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
def _unavailable_file() -> Iterator[None]:
    """The same where SQLite is asked directly."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The read models cannot be used now: {error}.") from error
