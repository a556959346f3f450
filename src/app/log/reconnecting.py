"""Connecting to a server that may be away, without besieging it: between failed attempts there is a growing pause."""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from app.log.trouble import StoreUnavailable

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
"""Seconds. A server that is back is noticed by the next who asks after that."""

Connection = TypeVar("Connection")


class Reconnecting(Generic[Connection]):
    """Connects as `connect` does. After a failed attempt whoever comes within the pause, or while another one tries
    again, is told the same at once; an attempt that succeeds ends that. Thread-safe.
    """

    def __init__(self, connect: Callable[[], Connection], clock: Callable[[], float] = monotonic) -> None:
        self._connect = connect
        self._clock = clock
        self._lock = Lock()
        self._pause = 0.0
        self._not_before = float("-inf")
        self._trouble = ""

    def __call__(self) -> Connection:
        """A new connection. Raises StoreUnavailable."""
        pause = self._begin()
        try:
            connection = self._connect()
        except StoreUnavailable as trouble:
            self._wait(min(max(2 * pause, SHORTEST_PAUSE), LONGEST_PAUSE), str(trouble))
            raise
        except BaseException:  # which says nothing of the server
            self._wait(0.0)
            raise
        self._wait(0.0)
        return connection

    def _begin(self) -> float:
        """The pause before this attempt: attempts that fail side by side make the next pause longer once."""
        with self._lock:
            if self._clock() < self._not_before:
                raise StoreUnavailable(self._trouble)
            if self._pause:
                self._not_before = float("inf")  # one tries, for all
            return self._pause

    def _wait(self, pause: float, trouble: str = "") -> None:
        with self._lock:
            self._pause, self._trouble = pause, trouble
            self._not_before = self._clock() + pause
