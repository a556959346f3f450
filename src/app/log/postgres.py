"""The log in one schema of PostgreSQL: one connection that appends, a few that read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from threading import RLock
from typing import Any

import psycopg
import structlog
from eventsourcing.persistence import ProgrammingError
from psycopg import pq

from app.log.event_log import UNIT_SEPARATOR, EventLog, LockedLog, moved, storable
from app.log.listening import ListeningFollower
from app.log.postgres_connection import BoundedConnection, Readers, connect, is_alive, nothing_stored, rows_of
from app.log.reading import HEAD
from app.log.reconnecting import Reconnecting
from app.log.records import Head, LoggedEvent, Storage
from app.log.schema import RESTORING, SCHEMA_VERSION, schema_name, unfinished
from app.log.trouble import HeadMoved, OutcomeUnknown, SchemaMissing, StoreUnavailable

# One statement, one round trip, one commit. A writer that waited for the head's row sees it as the other
# one left it, so that `moved` is empty and the rest of the statement does nothing. The clock is read when
# the row is ours, which keeps `recorded_at` in the order of positions.
_APPEND = """
WITH moved AS (
    UPDATE log_head SET position = %(last)s, timestamp = %(timestamp)s, digest = %(digest)s
    WHERE position = %(seen)s AND log_id = %(log_id)s AND digest = %(chained)s
    RETURNING to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at
), chained AS (
    INSERT INTO appends (last_position, digest) SELECT %(last)s, %(digest)s FROM moved
), stored AS (
    INSERT INTO events (position, stream, version, topic, command_id, "by", timestamp, recorded_at, state)
    SELECT %(seen)s + place, stream, version::bigint, topic, command_id, actor, at, recorded_at, state
    FROM moved, unnest(
        string_to_array(%(streams)s, chr(31)), string_to_array(%(versions)s, chr(31)),
        string_to_array(%(topics)s, chr(31)), string_to_array(%(commands)s, chr(31)),
        string_to_array(%(actors)s, chr(31)), string_to_array(%(timestamps)s, chr(31)),
        string_to_array(%(states)s, chr(31))
    ) WITH ORDINALITY AS given (stream, version, topic, command_id, actor, at, state, place)
)
SELECT pg_notify(%(channel)s, %(position)s) FROM moved
"""
_MAY_USE_SNAPSHOTS = """
SELECT bool_and(has_table_privilege(to_regclass('snapshots'), may))
FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS may
"""

log = structlog.get_logger()


def open_postgres(url: str, schema: str) -> "PostgresLog":
    """Open the log in a schema that `migrate` made.

    Raises SchemaMissing when it is not there or older than this program, StoreUnavailable when the server
    cannot be reached or the schema is newer. Nothing stays open then.
    """
    return PostgresLog(url, schema_name(schema))


class _Session(LockedLog):
    one_of = "= ANY(?)"

    def __init__(self, connection: BoundedConnection, schema: str, log_id: str, *, has_snapshots: bool) -> None:
        self._connection = connection
        self.has_snapshots = has_snapshots
        self._schema = schema
        self.head = _one_head(connection.execute(f"{HEAD} FOR UPDATE"))
        if self.head.log_id != log_id:
            raise StoreUnavailable("Another log was put in this one's place. Start Daybook again.")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with nothing_stored():
            return rows_of(self._connection, sql, parameters)

    def texts(self, values: Iterable[str]) -> Any:
        return list(values)

    def append(self, events: Sequence[LoggedEvent]) -> Head:
        storable(events)
        head = moved(self.head, events)
        with self._all_or_nothing(), nothing_stored():
            _insert(self._connection, self._schema, self.head, head, events)
        self.head = head
        return head


class PostgresLog(EventLog):
    """See `open_postgres`."""

    one_of = _Session.one_of
    sole_process = False

    def __init__(self, url: str, schema: str) -> None:
        self.url = url
        self.schema = schema
        self._closed = False
        self._write_lock = RLock()
        self._connect = Reconnecting(partial(connect, url, schema, autocommit=True))
        self._readers = Readers(self._connect)
        self.follower = ListeningFollower(lambda: self.head().position, self._connect, channel=schema)
        self._writer = self._connect()
        try:
            with nothing_stored():
                self.secret = _checked_secret(self._writer, schema)
                head = _one_head(self._writer.execute(HEAD))
                self.has_snapshots = _may_use_snapshots(self._writer)
        except BaseException:
            self._writer.close()
            raise
        self.log_id = head.log_id
        self.created = head.position == 0
        if not self.has_snapshots:
            log.warning(
                "snapshots cannot be used, so long days are read in full",
                reason="The service's role may not use the table, or it is not there.",
                next="Run `daybook migrate`, with `--service-role NAME` if there is one, and start Daybook again.",
            )

    def head(self) -> Head:
        with self._readers.connection() as connection, nothing_stored():
            return _one_head(connection.execute(HEAD))

    def append(self, events: Sequence[LoggedEvent], seen: Head) -> Head:
        storable(events)
        head = moved(seen, events)  # hashed before anybody waits for the lock
        with self._write_lock:
            connection = self._idle_writer()
            with _committing(connection):
                _insert(connection, self.schema, seen, head, events)
        self.appended(head.position)
        return head

    @contextmanager
    def locked(self) -> Iterator[LockedLog]:
        with self._write_lock:
            connection = self._idle_writer()
            try:
                with nothing_stored():
                    connection.execute("BEGIN")
                    session = _Session(connection, self.schema, self.log_id, has_snapshots=self.has_snapshots)
                before = session.head.position
                yield session
                session.refuse_after_failure()
                with _committing(connection):
                    connection.execute("COMMIT")
            finally:
                _leave(connection)
        if session.head.position > before:
            self.appended(session.head.position)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._readers.connection() as connection, nothing_stored():
            return rows_of(connection, sql, parameters)

    def texts(self, values: Iterable[str]) -> Any:
        return list(values)

    def clock(self) -> datetime:
        at: datetime = self.rows("SELECT clock_timestamp()")[0][0]
        return at.astimezone(UTC)

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._readers.connection() as connection, _committing(connection):
            return rows_of(connection, sql, parameters)

    def storage(self) -> Storage:
        ((log,),) = self.rows("SELECT pg_total_relation_size('events') + pg_total_relation_size('appends')")
        ((may_ask,),) = self.rows("SELECT has_function_privilege('pg_ls_waldir()', 'EXECUTE')")
        wal = int(self.rows("SELECT sum(size) FROM pg_ls_waldir()")[0][0]) if may_ask else None
        return Storage(log, wal, None)

    def scrub(self) -> bool:
        """Vacuum is the server's own affair."""
        return True

    def close(self) -> None:
        self.follower.close()
        with self._write_lock:
            self._closed = True
            self._writer.close()
        self._readers.close()

    def _idle_writer(self) -> BoundedConnection:
        if self._writer.pgconn.transaction_status in (
            pq.TransactionStatus.INTRANS,
            pq.TransactionStatus.INERROR,
        ):
            raise ProgrammingError("This thread holds the log's lock already: use the locked session.")
        if self._closed:
            raise StoreUnavailable("The event log is closed.")
        if not is_alive(self._writer):
            self._writer.close()
            self._writer = self._connect()
        return self._writer


@contextmanager
def _committing(connection: BoundedConnection) -> Iterator[None]:
    """Around what commits: what the server refuses is not stored, what a lost connection left is unknown."""
    with nothing_stored():
        try:
            yield
        except psycopg.Error as error:
            if connection.closed:
                raise OutcomeUnknown("The connection to PostgreSQL went during the commit.") from error
            raise


def _insert(connection: BoundedConnection, channel: str, seen: Head, head: Head, events: Sequence[LoggedEvent]) -> None:
    # One text a column, cut up by the server: several times cheaper than arrays from Python's lists.
    parameters = {
        "last": head.position,
        "timestamp": head.timestamp,
        "digest": head.digest,
        "seen": seen.position,
        "log_id": seen.log_id,
        "chained": seen.digest,
        "streams": UNIT_SEPARATOR.join([e.originator_id for e in events]),
        "versions": UNIT_SEPARATOR.join([str(e.originator_version) for e in events]),
        "topics": UNIT_SEPARATOR.join([e.topic for e in events]),
        "commands": UNIT_SEPARATOR.join([e.command_id for e in events]),
        "actors": UNIT_SEPARATOR.join([e.by for e in events]),
        "timestamps": UNIT_SEPARATOR.join([e.timestamp for e in events]),
        "states": b"\x1f".join([e.state for e in events]).decode(),
        "channel": channel,
        "position": str(head.position),
    }
    if not connection.execute(_APPEND, parameters, prepare=True).fetchall():
        raise HeadMoved(f"The head of the log is no longer at {seen.position}.")


def _one_head(cursor: psycopg.Cursor[Any]) -> Head:
    row = cursor.fetchone()
    if row is None:
        raise SchemaMissing("The log has no head: run `daybook migrate`.")
    return Head(*row)


def _checked_secret(connection: BoundedConnection, schema: str) -> bytes:
    try:
        found = connection.execute("SELECT version, secret FROM log_schema, log_secret").fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    if found is None or found[0] < SCHEMA_VERSION:
        raise SchemaMissing(f"The schema {schema} lacks Daybook's tables or has older ones: run `daybook migrate`.")
    if found[0] == RESTORING:
        raise StoreUnavailable(unfinished(schema))
    if found[0] > SCHEMA_VERSION:
        raise StoreUnavailable(f"The schema {schema} was made by a newer Daybook: run that one.")
    secret: bytes = found[1]
    return secret


def _may_use_snapshots(connection: BoundedConnection) -> bool:
    """Asked once, at opening: nobody's booking is to fail with a table that is there to save time."""
    found = connection.execute(_MAY_USE_SNAPSHOTS).fetchone()
    return found is not None and found[0] is True


def _leave(connection: BoundedConnection) -> None:
    """Out of the transaction, whatever happened in it; a connection that cannot do that is given up."""
    if connection.closed or connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
        return
    with suppress(psycopg.Error):
        connection.execute("ROLLBACK")
    if connection.pgconn.transaction_status != pq.TransactionStatus.IDLE:
        connection.close()
