"""Waiting for the log to grow: woken by this process's own appends, and polling at least once a second."""

from collections.abc import Callable
from threading import Condition
from time import monotonic

from app.log.trouble import OutcomeUnknown, StoreUnavailable

POLL_SECONDS = 1.0


class Follower:
    """Wakes whoever waits for the log to pass a position. Wake-ups are hints; the poll is relied on."""

    def __init__(self, head_position: Callable[[], int], poll_seconds: float = POLL_SECONDS) -> None:
        self._head_position = head_position
        self._poll_seconds = poll_seconds
        self._changed = Condition()
        self._position = 0
        self._rings = 0
        self._closed = False
        self._polled = float("-inf")

    def wait(self, position: int, timeout: float) -> None:
        """Return when the head may be beyond `position`, on `disturb`, or after `timeout` seconds.

        A store that cannot be read is waited for like a log that does not grow.
        """
        deadline = monotonic() + timeout
        with self._changed:
            rings = self._rings
        while True:
            self._poll_if_due()
            with self._changed:
                remaining = deadline - monotonic()
                if self._position > position or self._rings != rings or self._closed or remaining <= 0:
                    return
                self._changed.wait(min(remaining, self._poll_seconds))

    def ring(self, position: int) -> None:
        """The head is known to have reached `position`."""
        with self._changed:
            self._position = max(self._position, position)
            self._changed.notify_all()

    def disturb(self) -> None:
        """Let all who wait look again, whatever the head."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let all who wait go, now and later."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _poll_if_due(self) -> None:
        with self._changed:  # one of those who wait asks for all of them
            if self._closed or monotonic() - self._polled < self._poll_seconds:
                return
            self._polled = monotonic()
        try:
            self.ring(self._head_position())
        except (StoreUnavailable, OutcomeUnknown):
            return
