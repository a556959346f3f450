"""What SIGTERM and SIGINT do to a process."""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Final

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def leave_on_signals(how: Callable[[int, object], object] | signal.Handlers | None = None) -> None:
    """Let them end the process with status 0, unless `how` says else."""
    for number in STOPPING:
        signal.signal(number, how or (lambda *_: sys.exit(0)))


def asked_to_stop() -> asyncio.Event:
    """Set once one of them comes. For an event loop."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop.set)
    return stop
