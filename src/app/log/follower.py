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
        self._disturbances = 0
        self._closed = False
        self._polled = float("-inf")
        self.tell: Callable[[int], None] = lambda position: None
        """Called with the head after each append of this process. Must not block."""

    def wait(self, position: int, timeout: float) -> None:
        """Return when the head may be beyond `position`, on `disturb`, or after `timeout` seconds.

        A store that cannot be read is waited for like a log that does not grow.
        """
        deadline = monotonic() + timeout
        with self._changed:
            disturbances = self._disturbances
        while True:
            self._poll_if_due()
            with self._changed:
                remaining = deadline - monotonic()
                disturbed = self._disturbances != disturbances
                if self._position > position or disturbed or self._closed or remaining <= 0:
                    return
                if not self._is_due():  # a hint may have come since the poll
                    self._changed.wait(min(remaining, self._poll_seconds))

    def ring(self, position: int) -> None:
        """This process has appended up to `position`."""
        with self._changed:
            self._rings += 1
            self._position = max(self._position, position)
            self._changed.notify_all()
        self.tell(position)

    def hint(self) -> None:
        """Somebody says that the log has grown: those who wait ask it at once."""
        with self._changed:
            self._polled = float("-inf")
            self._changed.notify_all()

    def disturb(self) -> None:
        """Let all who wait look again, whatever the head."""
        with self._changed:
            self._disturbances += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let all who wait go, now and later."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_due(self) -> bool:
        return monotonic() - self._polled >= self._poll_seconds

    def _poll_if_due(self) -> None:
        with self._changed:  # one of those who wait asks for all of them
            if self._closed or not self._is_due():
                return
            self._polled = monotonic()
            rings = self._rings
        try:
            head = self._head_position()
        except (StoreUnavailable, OutcomeUnknown):
            return
        with self._changed:  # a shorter log in this one's place counts too, but not an answer older than an append
            self._position = head if rings == self._rings else max(head, self._position)
            self._changed.notify_all()
