"""Connections to PostgreSQL: every wait is bounded, and names are looked up in one schema."""

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Any, TypeVar

import psycopg
from eventsourcing.persistence import IntegrityError
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from app.log.postgres_url import parts_of
from app.log.schema import schema_name
from app.log.trouble import StoreUnavailable

Answer = TypeVar("Answer")

_CONFLICT = "23505"  # never the constraint's name, which differs where tables are distributed
CONNECT_SECONDS = 5
ANSWER_SECONDS = 15.0
_MARGIN_SECONDS = 5.0  # what the server gets to report its own time limit before we hang up


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Hangs up on a server that does not answer within `answer_seconds`, even if it is only frozen: its
    kernel then keeps the connection alive, and no setting of TCP notices.
    """

    answer_seconds: float | None = None

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        bound = self.answer_seconds if timeout is None else timeout
        try:
            return super().wait(gen, interval=interval, timeout=bound)
        except psycopg.OperationalError:
            if timeout is None and self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()  # an answer that comes later would be taken for the next one's
            raise


def connect_args(
    url: str, schema: str, *, synchronous_commit: str = "on", answer_seconds: float = ANSWER_SECONDS
) -> dict[str, Any]:
    """Arguments beside the URL for `psycopg.connect` and for SQLAlchemy's `connect_args`: the schema to
    work in, time limits, and the durability of commits.
    """
    milliseconds = int(answer_seconds * 1000)
    settings = {
        "search_path": schema_name(schema),
        "client_encoding": "utf8",
        "synchronous_commit": synchronous_commit,
        "statement_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,  # a paused process must not keep the head
        "default_transaction_isolation": "read\\ committed",
        "tcp_keepalives_idle": 10,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
    }
    given = parts_of(url).get("options") or ""
    return {
        "options": " ".join([str(given), *(f"-c {name}={value}" for name, value in settings.items())]).strip(),
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "application_name": "daybook",
    }


def connect(
    url: str,
    schema: str,
    *,
    autocommit: bool = False,
    synchronous_commit: str = "on",
    answer_seconds: float = ANSWER_SECONDS,
) -> BoundedConnection:
    """Connect, with names looked up in `schema` alone. As a `creator` it serves SQLAlchemy's engine, too:
    `create_engine("postgresql+psycopg://", creator=partial(connect, url, schema))`.

    Raises StoreUnavailable.
    """
    arguments = connect_args(url, schema, synchronous_commit=synchronous_commit, answer_seconds=answer_seconds)
    try:
        connection = BoundedConnection.connect(url, autocommit=autocommit, **arguments)
    except psycopg.Error as error:
        raise StoreUnavailable(f"PostgreSQL cannot be reached: {_first_line(error)}.") from error
    connection.answer_seconds = answer_seconds + _MARGIN_SECONDS
    return connection


def is_alive(connection: BoundedConnection) -> bool:
    """Whether an idle connection is still open, as far as this side has heard. Costs no round trip."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if not poll.poll(0):
        return True
    try:
        connection.pgconn.consume_input()  # a farewell, the end of the stream, or only a notice
    except psycopg.Error:
        return False
    return not poll.poll(0)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


@contextmanager
def nothing_stored() -> Iterator[None]:
    """Say what an error means where it surely stored nothing: the library's IntegrityError for a conflict,
    StoreUnavailable for the rest.
    """
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate == _CONFLICT:
            raise IntegrityError(_first_line(error)) from error
        raise StoreUnavailable(f"PostgreSQL cannot serve now: {_first_line(error)}.") from error


def rows_of(connection: BoundedConnection, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """Run one statement with `?` as placeholder; answers its rows, if any. Raises psycopg's errors."""
    statement: Any = sql.replace("?", "%s")  # written in this program, but no literal any more
    cursor = connection.execute(statement, parameters)
    return cursor.fetchall() if cursor.description else []


class Readers:
    """At most `size` connections for single statements, made when needed, thrown away when broken."""

    def __init__(self, connect: Callable[[], BoundedConnection], size: int = 4) -> None:
        self._connect = connect
        self._places = BoundedSemaphore(size)
        self._idle: list[BoundedConnection] = []
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[BoundedConnection]:
        """A connection in autocommit mode. Raises StoreUnavailable."""
        if self._closed:
            raise StoreUnavailable("The event log is closed.")
        if not self._places.acquire(timeout=ANSWER_SECONDS):
            raise StoreUnavailable("PostgreSQL does not answer the questions before this one.")
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> BoundedConnection:
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if is_alive(connection):
                    return connection
                connection.close()
        return self._connect()

    def _give_back(self, connection: BoundedConnection) -> None:
        idle = connection.pgconn.transaction_status == pq.TransactionStatus.IDLE
        if idle and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()
