"""Those who wait for the read models to reach a position, in threads and on event loops."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Condition
from typing import NamedTuple

from app.read_models.reader import Behind


class _Waiter(NamedTuple):
    wanted: int
    loop: asyncio.AbstractEventLoop
    arrived: "asyncio.Future[None]"


class Waiting:
    """How far the read models have come, as this process knows, and who is to be told when they go further."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._reached = 0
        self._waiters: list[_Waiter] = []
        self._blocked = 0
        self._disturbances = 0
        self.tell: Callable[[], None] = lambda: None
        """Called whenever somebody begins to wait. Must not block."""
        self._hearers: list[Callable[[int], None]] = []

    @property
    def reached(self) -> int:
        """The position that all read models have reached."""
        return self._reached

    def anybody(self) -> bool:
        """Whether anybody waits now."""
        return bool(self._waiters or self._blocked)

    def pass_on(self, hearer: Callable[[int], None]) -> None:
        """Call `hearer` with every position reached that is another one than before, on whatever thread hears of it
        first. It must not block, and does not count as somebody who waits.
        """
        self._hearers.append(hearer)

    def arrived(self, position: int) -> None:
        """The read models are at `position`; further back than before when they start over."""
        with self._changed:
            before, self._reached = self._reached, position
            due = [waiter for waiter in self._waiters if waiter.wanted <= position]
            if due:
                self._waiters = [waiter for waiter in self._waiters if waiter.wanted > position]
            self._changed.notify_all()
        if position != before:
            for hearer in self._hearers:
                hearer(position)
        for waiter in due:
            with suppress(RuntimeError):  # its event loop has ended meanwhile, and nobody waits any more
                waiter.loop.call_soon_threadsafe(_tell, waiter.arrived)

    def somebody_waits(self, timeout: float) -> None:
        """Return when somebody waits, on `disturb`, or after `timeout` seconds."""
        with self._changed:
            before = self._disturbances
            self._changed.wait_for(lambda: self.anybody() or self._disturbances != before, timeout)

    def disturb(self) -> None:
        """End a `somebody_waits`."""
        with self._changed:
            self._disturbances += 1
            self._changed.notify_all()

    def wait_for(self, position: int, timeout: float) -> None:
        """Block until `position` is reached. Raises Behind after `timeout` seconds."""
        if self._reached >= position:
            return
        with self._changed:
            self._blocked += 1
            self._changed.notify_all()
            self.tell()
            try:
                if not self._changed.wait_for(lambda: self._reached >= position, timeout):
                    raise Behind(position, self._reached)
            finally:
                self._blocked -= 1

    async def until(self, position: int, timeout: float) -> None:  # noqa: ASYNC109 - the limit is part of the promise
        """Wait on the running event loop until `position` is reached. Raises Behind after `timeout` seconds."""
        if self._reached >= position:
            return
        loop = asyncio.get_running_loop()
        waiter = _Waiter(position, loop, loop.create_future())
        with self._changed:
            if self._reached >= position:
                return
            self._waiters.append(waiter)
            self._changed.notify_all()
        self.tell()
        try:
            async with asyncio.timeout(timeout):
                await waiter.arrived
        except TimeoutError:
            raise Behind(position, self._reached) from None
        finally:
            self._leave(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        with self._changed:
            if waiter in self._waiters:
                self._waiters.remove(waiter)


class Pauses:
    """Pauses between looks at what another process does: short while it is likely to happen, then longer."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest, self._longest = shortest, longest
        self._next = shortest

    def again(self) -> float:
        """Seconds to pause now: twice the last pause, up to the longest."""
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause

    def from_the_start(self) -> None:
        """Begin with the shortest pause again."""
        self._next = self._shortest


def _tell(arrived: "asyncio.Future[None]") -> None:
    if not arrived.done():
        arrived.set_result(None)
