"""The log in one SQLite file: one connection that writes, one for each thread that reads."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from json import dumps
from pathlib import Path
from shutil import disk_usage
from threading import RLock
from typing import Any

from eventsourcing.persistence import ProgrammingError

from app.log.event_log import EventLog, LockedLog, moved, storable
from app.log.folder import DamageMark, FolderLock, clear_restoring, unusable
from app.log.follower import Follower
from app.log.reading import HEAD
from app.log.records import Head, LoggedEvent, Storage
from app.log.sqlite_end import check_end
from app.log.sqlite_file import NEXT, Connection, connect, damaged_or_unavailable, make_tables, nothing_stored
from app.log.sqlite_readers import Readers
from app.log.trouble import HeadMoved, OutcomeUnknown, StoreDamaged, StoreUnavailable

FILE_NAME = "log.sqlite3"
_CLOCK = "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'"  # SQLite counts milliseconds
_MOVE = f"""
UPDATE log_head SET position = ?, timestamp = ?, digest = ?
WHERE position = ? AND log_id = ? AND digest = ?
RETURNING {_CLOCK}
"""  # noqa: S608 - constants
_MOST_ROWS = 128  # a power of two: an append of n rows then needs about n/128 + 7 statements
_CERTAINLY_NOT_COMMITTED = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY)


def open_sqlite(folder: Path | str, serving: bool, read_only: bool = False) -> "SQLiteLog":
    """Open the log in a data folder, and make it there unless `read_only`.

    `serving` takes the folder for this process until the log is closed or the process ends, and raises
    StoreInUse when another one has it. Other openers work beside it. Raises StoreDamaged when the file is
    not ours, StoreUnavailable when the folder cannot be used.
    """
    folder = Path(folder)
    lock = FolderLock(folder) if serving else None
    try:
        if lock is not None:
            clear_restoring(folder)
        return SQLiteLog(folder, lock, read_only)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


class _Session(LockedLog):
    one_of = "IN (SELECT value FROM json_each(?))"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.head = _head(connection)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with nothing_stored():
            return self._connection.execute(sql, parameters).fetchall()

    def texts(self, values: Iterable[str]) -> Any:
        return dumps(list(values))

    def append(self, events: Sequence[LoggedEvent]) -> Head:
        storable(events)
        head = moved(self.head, events)
        with self._all_or_nothing(), nothing_stored():
            _insert(self._connection, self.head, head, events)
        self.head = head
        return head


class SQLiteLog(EventLog):
    """See `open_sqlite`."""

    one_of = _Session.one_of

    def __init__(self, folder: Path, lock: FolderLock | None, read_only: bool) -> None:
        self.path = folder / FILE_NAME
        self.sole_process = lock is not None
        self._lock = lock
        self._read_only = read_only
        self._damage = DamageMark(self.path)
        if lock is not None:
            self._damage.clear()
        self._closed = False
        self._write_lock = RLock()
        self._readers = Readers(self.path)
        self.follower = Follower(lambda: self.head().position)
        self._writer = connect(self.path, read_only)
        try:
            with damaged_or_unavailable(self.path):
                self.created = make_tables(self._writer, self.path, read_only, check_end)
                self.log_id = _head(self._writer).log_id
                self.secret = self._writer.execute("SELECT secret FROM log_secret").fetchone()[0]
        except BaseException:
            self._writer.close()
            raise

    @property
    def is_damaged(self) -> bool:
        return self._damage.is_set()

    def head(self) -> Head:
        with self._watchful(), nothing_stored(), self._readers.reading() as reader:
            return _head(reader)

    def append(self, events: Sequence[LoggedEvent], seen: Head) -> Head:
        storable(events)
        head = moved(seen, events)  # hashed before anybody waits for the lock
        with self._transaction() as connection, nothing_stored():
            _insert(connection, seen, head, events)
        self.appended(head.position)
        return head

    @contextmanager
    def locked(self) -> Iterator[LockedLog]:
        with self._transaction() as connection:
            with nothing_stored():
                session = _Session(connection)
            before = session.head.position
            yield session
            session.refuse_after_failure()
        if session.head.position > before:
            self.appended(session.head.position)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._watchful(), nothing_stored(), self._readers.reading() as reader:
            return reader.execute(sql, parameters).fetchall()

    def texts(self, values: Iterable[str]) -> Any:
        return dumps(list(values))

    def clock(self) -> datetime:
        (text,) = self.rows(f"SELECT {_CLOCK}")[0]
        return datetime.fromisoformat(text).astimezone(UTC)

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._transaction() as connection, nothing_stored():
            return connection.execute(sql, parameters).fetchall()

    def storage(self) -> Storage:
        try:
            wal = sum(path.stat().st_size for path in self.path.parent.glob("*-wal"))  # the read models' one, too
            return Storage(self.path.stat().st_size, wal, disk_usage(self.path.parent).free)
        except OSError as error:
            raise unusable(self.path.parent, error) from error

    def scrub(self) -> bool:
        # `secure_delete` overwrites the row in its page; the page's older copies are in the write-ahead log.
        with self._write_lock, suppress(sqlite3.Error):
            (is_busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not is_busy
        return False

    def close(self) -> None:
        self.follower.close()
        with self._write_lock:
            self._closed = True
            self._readers.close()
            self._writer.close()
        if self._lock is not None:
            self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """All or nothing, and durable when it returns."""
        if self._read_only:
            raise StoreUnavailable(f"The event log {self.path} was opened for reading only.")
        with self._write_lock, self._watchful():
            if self._closed:
                raise StoreUnavailable(f"The event log {self.path} is closed.")
            if self.is_damaged:  # what is written to a damaged file may be lost, or damage more of it
                raise StoreDamaged(f"The event log's file {self.path} is damaged. {NEXT}")
            if self._writer.in_transaction:
                raise ProgrammingError("This thread holds the log's lock already: use the locked session.")
            try:
                with nothing_stored():
                    self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                with nothing_stored():
                    self._commit()
            finally:
                self._roll_back_if_open()

    @contextmanager
    def _watchful(self) -> Iterator[None]:
        try:
            yield
        except StoreDamaged:
            self._damage.set()
            raise

    def _commit(self) -> None:
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            # Only the first byte of SQLite's extended codes says what kind of error it is.
            if (error.sqlite_errorcode & 0xFF) in _CERTAINLY_NOT_COMMITTED:
                raise
            raise OutcomeUnknown(f"The event log {self.path} failed while committing: {error}.") from error

    def _roll_back_if_open(self) -> None:
        if self._writer.in_transaction:
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")


def _head(connection: Connection) -> Head:
    return Head(*connection.execute(HEAD).fetchone())


def _insert(connection: Connection, seen: Head, head: Head, events: Sequence[LoggedEvent]) -> None:
    moved_at = connection.execute(_MOVE, (*head[1:], seen.position, seen.log_id, seen.digest)).fetchone()
    if moved_at is None:
        raise HeadMoved(f"The head of the log is no longer at {seen.position}.")
    connection.execute("INSERT INTO appends VALUES (?, ?)", (head.position, head.digest))
    rows = [
        (
            position,
            e.originator_id,
            e.originator_version,
            e.topic,
            e.command_id,
            e.by,
            e.timestamp,
            moved_at[0],
            e.state.decode(),
        )
        for position, e in enumerate(events, seen.position + 1)
    ]
    # Each statement hands the interpreter's lock to another thread, so there are few, of a few lengths.
    done = 0
    while done < len(rows):
        many = min(_MOST_ROWS, 1 << (len(rows) - done).bit_length() - 1)
        connection.execute(_inserting(many), list(chain.from_iterable(rows[done : done + many])))
        done += many


@cache
def _inserting(rows: int) -> str:
    columns = 'position, stream, version, topic, command_id, "by", timestamp, recorded_at, state'
    values = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * rows)
    return f"INSERT INTO events ({columns}) VALUES {values}"  # noqa: S608 - constants
