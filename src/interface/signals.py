"""What SIGTERM and SIGINT do to a process."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def leave_on_signals(how: signal.Handlers | None = None) -> None:
    """Let them end the process with status 0, unless `how` says else."""
    signal.set_wakeup_fd(-1)  # that of the process this one was forked from, if any
    for number in STOPPING:
        signal.signal(number, how or (lambda *_: sys.exit(0)))


class StopAsked:
    """Whether they have come, for a process that waits in the system: there is something to read in `ear` then.
    There is one of it in a process: a second would be told instead of the first.

    The interpreter's own handler tells of them. One written in Python runs between two steps of a program: what
    arrives when the last step before a long wait is done would be heard of only after the wait.
    """

    def __init__(self) -> None:
        self._asked = False
        self.ear, self._mouth = os.pipe()
        for end in (self.ear, self._mouth):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._mouth, warn_on_full_buffer=False)
        for number in STOPPING:  # what comes until then ends the process as before
            signal.signal(number, lambda *_: None)

    def has_come(self) -> bool:
        """Whether one of them has; other signals that something handles are heard in `ear`, too."""
        with suppress(BlockingIOError):
            self._asked |= any(number in STOPPING for number in os.read(self.ear, 4096))
        return self._asked

    def close(self) -> None:
        """Let go what a fork does not need, which has handlers of its own already: see `leave_on_signals`."""
        for end in (self.ear, self._mouth):
            os.close(end)


@contextmanager
def held_back() -> Iterator[None]:
    """Let them wait: while a process is forked off, whose handlers are not its own yet. It calls `let_through`."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        let_through()


def let_through() -> None:
    """Let those come that were held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def asked_to_stop() -> asyncio.Event:
    """Set once one of them comes. For an event loop."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop.set)
    return stop
