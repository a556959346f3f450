"""A follower that other processes wake as well, through PostgreSQL's LISTEN."""

from collections.abc import Callable
from threading import Event, Lock, Thread

import psycopg
import structlog
from psycopg import sql

from app.lasting_trouble import LastingTrouble
from app.log.follower import Follower
from app.log.postgres_connection import BoundedConnection
from app.log.trouble import StoreUnavailable

_LOOK_UP_SECONDS = 0.5  # how long closing may take
_RECONNECT_SECONDS = 0.5

log = structlog.get_logger()


class ListeningFollower(Follower):
    """Listens on a connection of its own, and connects again whenever that one is lost.

    Anybody may notify, and say anything: a notice means no more than that the head is to be asked now.
    """

    def __init__(
        self, head_position: Callable[[], int], connect: Callable[[], BoundedConnection], channel: str
    ) -> None:
        super().__init__(head_position)
        self._connect = connect
        self._listen = sql.SQL("LISTEN {}").format(sql.Identifier(channel))
        self._closing = Event()
        self._thread = Thread(target=self._keep_listening, name="log-listener", daemon=True)
        self._starting = Lock()
        self._lost = LastingTrouble(
            lambda **facts: log.info("listening again in a moment", **facts),
            lambda **facts: log.info("listening again", **facts),
        )

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
                    self._lost.is_over()
                    self.hint()  # what was appended while nobody listened
                    self._pass_on(connection)
            except (psycopg.Error, StoreUnavailable) as lost:
                self._lost.happened(kind=type(lost).__name__)
                self._closing.wait(_RECONNECT_SECONDS)
            except Exception:  # the thread must live, or every append of another process is heard a second late
                log.exception("listening failed")
                self._closing.wait(_RECONNECT_SECONDS)

    def _pass_on(self, connection: BoundedConnection) -> None:
        while not self._closing.is_set():
            if list(connection.notifies(timeout=_LOOK_UP_SECONDS, stop_after=1)):
                self.hint()
