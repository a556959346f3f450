"""Somebody who listens, and what they have not heard yet."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final, Literal

MOST_UNHEARD: Final = 2 * 1024 * 1024
"""Bytes that may wait for a listener, and rounds below. Whoever is slower is let go: nobody waits for them."""
MOST_ROUNDS_UNHEARD: Final = 500
_AT_ONCE: Final = 64 * 1024

Why = Literal["left", "slow", "stopped", "withdrawn"]
"""They hung up; could not keep up; the service stops; what they listen to is no longer for them, or cannot be told."""


class LetGo(Exception):  # noqa: N818 - what happened to them
    """A listener hears no more."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Final = why


class Listener:
    """Hears all that happens after position `since`. For one event loop."""

    def __init__(self, since: int) -> None:
        self.since = since
        self._unheard: deque[bytes] = deque()
        self._bytes = 0
        self._why: Why | None = None
        self._changed = asyncio.Event()

    def tell(self, body: bytes) -> None:
        """Let them hear of a round, unless they have too much unheard of already."""
        if self._why is not None:
            return
        if self._bytes + len(body) > MOST_UNHEARD or len(self._unheard) >= MOST_ROUNDS_UNHEARD:
            self.let_go("slow")
        else:
            self._unheard.append(body)
            self._bytes += len(body)
            self._changed.set()

    def let_go(self, why: Why) -> None:
        """They hear no more, not even what they have not heard yet: they make up for it when they come back."""
        self._why = self._why or why
        self._unheard.clear()
        self._changed.set()

    async def next(self, seconds: float) -> bytes | None:
        """What happened since the last call; none if nothing did for so many seconds. Raises LetGo."""
        if not self._unheard and self._why is None:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
        if self._why is not None:
            raise LetGo(self._why)
        return self._heard() if self._unheard else None  # also when something came in the very moment of the timeout

    def _heard(self) -> bytes:
        """A round, and those after it that are small enough to go with it."""
        bodies = [self._unheard.popleft()]
        size = len(bodies[0])
        while self._unheard and size + len(self._unheard[0]) <= _AT_ONCE:
            bodies.append(self._unheard.popleft())
            size += len(bodies[-1])
        self._bytes -= size
        return b"".join(bodies)
