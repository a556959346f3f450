"""A follower that other processes wake as well, through PostgreSQL's LISTEN."""

from collections.abc import Callable
from threading import Event, Lock, Thread

import psycopg
from psycopg import sql

from app.log.follower import Follower
from app.log.postgres_connection import BoundedConnection
from app.log.trouble import StoreUnavailable

_LOOK_UP_SECONDS = 0.5  # how long closing may take
_RECONNECT_SECONDS = 0.5


class ListeningFollower(Follower):
    """Listens on a connection of its own, and connects again whenever that one is lost."""

    def __init__(
        self, head_position: Callable[[], int], connect: Callable[[], BoundedConnection], channel: str
    ) -> None:
        super().__init__(head_position)
        self._connect = connect
        self._listen = sql.SQL("LISTEN {}").format(sql.Identifier(channel))
        self._closing = Event()
        self._thread = Thread(target=self._keep_listening, name="log-listener", daemon=True)
        self._starting = Lock()

    def wait(self, position: int, timeout: float) -> None:
        """See Follower; the first who waits starts the listening."""
        with self._starting:
            if self._thread.ident is None and not self._closing.is_set():
                self._thread.start()
        super().wait(position, timeout)

    def close(self) -> None:
        with self._starting:
            self._closing.set()
        super().close()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)

    def _keep_listening(self) -> None:
        while not self._closing.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(self._listen)
                    self.ring(self._head_position())  # what was appended while nobody listened
                    self._pass_on(connection)
            except (psycopg.Error, StoreUnavailable):
                self._closing.wait(_RECONNECT_SECONDS)

    def _pass_on(self, connection: BoundedConnection) -> None:
        while not self._closing.is_set():
            for notice in connection.notifies(timeout=_LOOK_UP_SECONDS, stop_after=1):
                if notice.payload.isdecimal():  # anybody may notify
                    self.ring(int(notice.payload))
