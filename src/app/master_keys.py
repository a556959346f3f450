"""The master keys at hand: the first one wraps people's keys, each of them opens what it wrapped."""

from collections.abc import Callable, Sequence
from threading import Lock

from app.sealing import SealingKey, Unreadable

Secrets = Sequence[bytes]


class MasterKeys:
    """Keys of 32 bytes each, at least one. Thread-safe.

    `again` reads them once more, or answers none where they are the same as before: it is asked before anything is
    wrapped, and when something was wrapped under a key that is not at hand. So they can change while a service runs.
    """

    def __init__(self, secrets: Secrets, again: Callable[[], Secrets | None] = lambda: None) -> None:
        self._again = again
        self._lock = Lock()
        self._take(secrets)

    @property
    def secrets(self) -> list[bytes]:
        """All of them, the one that wraps first."""
        return [key.secret for key in self._keys]

    @property
    def prefix(self) -> str:
        """What every envelope begins with that the first one wrapped."""
        return self._keys[0].prefix

    @property
    def prefixes(self) -> list[str]:
        """The same of all of them."""
        return [key.prefix for key in self._keys]

    def seal(self, context: tuple[str, ...], data: bytes) -> str:
        """An envelope that opens in this context alone."""
        self._look()
        return self._keys[0].seal(context, data)

    def open(self, context: tuple[str, ...], envelope: str) -> bytes:
        """What was sealed. Raises Unreadable."""
        key = self._of(envelope)
        if key is None:
            self._look()
            key = self._of(envelope) or self._keys[0]  # which says what is wrong with it
        return key.open(context, envelope)

    def look(self) -> list[bytes]:
        """All of them, as they are now."""
        self._look()
        return self.secrets

    def _of(self, envelope: str) -> SealingKey | None:
        return next((key for key in self._keys if envelope.startswith(key.prefix)), None)

    def _look(self) -> None:
        with self._lock:
            secrets = self._again()
            if secrets is not None:
                self._take(secrets)

    def _take(self, secrets: Secrets) -> None:
        if not secrets:
            raise Unreadable("There is no master key.")
        self._keys = [SealingKey.named_by_itself(secret) for secret in secrets]
