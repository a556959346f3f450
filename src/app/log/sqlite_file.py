"""Opening the SQLite file: what is set on every connection, and what is made in a new one."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from eventsourcing.persistence import IntegrityError

from app.log.folder import READ_MODELS_NAME, prepare, unusable
from app.log.schema import ADDED_COLUMNS, SCHEMA_VERSION, SQLITE_APPLICATION_ID, sqlite_columns, sqlite_tables
from app.log.trouble import StoreDamaged, StoreUnavailable

_BUSY_SECONDS = 5.0
_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA recursive_triggers = ON;
"""  # without recursive triggers, INSERT OR REPLACE deletes a row and no trigger sees it


NEXT = (
    "Stop Daybook, move the event log's files away, and put a backup back with `daybook restore`; or move the whole "
    "data folder away to begin anew."
)
"""What people can do about a damaged log."""


Connection = sqlite3.Connection


def connect(path: Path, read_only: bool) -> Connection:
    """A connection in autocommit mode. One that writes makes the file, readable by its owner alone."""
    if not read_only:
        prepare(path.parent)
        refuse_to_begin_anew(path)
        try:  # SQLite gives the files beside it the same mode
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise unusable(path.parent, error) from error
    elif not path.is_file():
        raise StoreUnavailable(f"There is no event log in {path.parent}. `daybook serve` makes one.")
    with damaged_or_unavailable(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def make_tables(
    connection: Connection, path: Path, read_only: bool, look: Callable[[Connection, Path], None] = lambda *_: None
) -> bool:
    """Check that the file is ours, and make all tables that it lacks; True if it was empty. One that is only read may
    have older tables.

    `look` is called with a file that is ours, before anything is written to it.
    """
    if read_only:
        _check(connection, path)
        look(connection, path)
        return False
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_SETTINGS)
    connection.execute("BEGIN IMMEDIATE")
    try:
        is_new = not connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        if not is_new:
            _check(connection, path)
            look(connection, path)
        for table in ADDED_COLUMNS:
            there = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", [table])]
            for statement in sqlite_columns(table, there):
                connection.execute(statement)
        for statement in sqlite_tables():  # each does nothing where its table is there already
            connection.execute(statement)
        if is_new:
            _begin_log(connection)
        if connection.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):  # or every start would write
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return is_new


def refuse_to_begin_anew(path: Path) -> None:
    """Raise StoreDamaged where a log was lost: the read models are made after it, so it was there."""
    is_there = path.exists()
    if (is_there and path.stat().st_size) or not path.with_name(READ_MODELS_NAME).is_file():
        return
    raise _lost(path, "is empty" if is_there else "is missing")


def _lost(path: Path, how: str) -> StoreDamaged:
    return StoreDamaged(f"{path} {how}, although a log was kept in this folder before. {NEXT}")


def _begin_log(connection: Connection) -> None:
    log_id = secrets.token_hex(16)
    connection.execute("INSERT INTO log_head VALUES (?, 0, '', ?)", (log_id, sha256(log_id.encode()).digest()))
    connection.execute("INSERT INTO log_secret VALUES (?)", (secrets.token_bytes(32),))
    connection.execute(f"PRAGMA application_id = {SQLITE_APPLICATION_ID}")


def _check(connection: Connection, path: Path) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not application_id and not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        refuse_to_begin_anew(path)
        raise StoreUnavailable(f"{path} is empty: its first start did not come to an end. `daybook serve` makes it.")
    if application_id != SQLITE_APPLICATION_ID:
        raise StoreDamaged(f"{path} is a database of some other program. Set DAYBOOK_DATA to another folder.")
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"{path} has version {version} of the tables and this Daybook knows version {SCHEMA_VERSION}: "
            "run the Daybook that made it, or a newer one."
        )


@contextmanager
def nothing_stored() -> Iterator[None]:
    """Say what an error means where it surely stored nothing: the library's IntegrityError for a conflict,
    StoreUnavailable for the rest.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise IntegrityError(str(error)) from error
    except sqlite3.Error as error:
        if is_damage(error):
            raise StoreDamaged(f"The event log's file is damaged ({error}). {NEXT}") from error
        raise StoreUnavailable(f"The event log's file cannot be used now: {error}.") from error


@contextmanager
def damaged_or_unavailable(path: Path) -> Iterator[None]:
    """Say in a sentence why a file cannot be opened."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(
            f"The event log {path} cannot be opened ({error}). It needs a folder that this user may write, "
            "with room on its disk."
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(f"{path} is damaged or no database ({error}). {NEXT}") from error


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says with this error that a file holds what it never wrote there."""
    # Only the first byte of SQLite's extended codes says what kind of error it is.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
