"""One process that is forked off: started, heard of, ended."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

from interface import announcement
from interface.failures import EXPECTED
from interface.settling import Ready

FAILED_AS_TOLD: Final = 1
"""The status of a process that has said in a sentence why it cannot work."""
_FORKS: Final = get_context("fork")

log = structlog.get_logger()

Task = Callable[[Ready], None]
"""What a process does. It calls what it is given once it does what it is for."""


class Forked:
    """A process, and what we hear of it. `due`: when it is to be started again, by the monotonic clock."""

    def __init__(self, name: str, task: Task) -> None:
        self.name = name
        self.started = float("-inf")
        self.due: float | None = None
        self._task = task
        self._process: ForkProcess | None = None

    def start(self, born: Callable[[], None]) -> None:
        """Fork it. Raises OSError when the system cannot, and has as many descriptors open then as before."""
        sys.stdout.flush()  # or both would say what waits there
        before = _descriptors()
        ear, mouth = _FORKS.Pipe(duplex=False)
        process = _FORKS.Process(target=self._run, args=(born, mouth), name=f"daybook {self.name}")
        try:
            process.start()
        except OSError:
            ear.close()
            mouth.close()
            _close(_descriptors() - before)  # the library leaves pipes of its own open
            raise
        self.ear, self._process = ear, process
        mouth.close()  # ours; when the child's closes, too, we hear the end of it
        self.started, self.due = monotonic(), None

    def is_ready(self) -> bool:
        """Whether it says that it is ready, rather than ending."""
        try:
            return bool(self.ear.recv())
        except EOFError:
            return False

    @property
    def sentinel(self) -> int:
        """A descriptor that is ready when it has ended."""
        assert self._process is not None  # noqa: S101 - it was started
        sentinel: int = self._process.sentinel
        return sentinel

    @property
    def pid(self) -> int | None:
        """Its number, also when it has ended."""
        return self._process.pid if self._process is not None else None

    @property
    def status(self) -> int | None:
        """The status with which it ended."""
        return self._process.exitcode if self._process is not None else None

    def has_ended(self) -> bool:
        """Whether it has."""
        return self._process is not None and not self._process.is_alive()

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            self._process.terminate()

    def end(self, seconds: float) -> None:
        """Wait for its end; after so many seconds, end it."""
        if self._process is not None:
            self._process.join(seconds)
            if self._process.is_alive():
                log.error("process killed, since it did not end", ended=self.name, pid=self.pid)
                self._process.kill()
                self._process.join()

    def _run(self, born: Callable[[], None], mouth: Connection) -> None:
        born()
        try:
            self._task(partial(_say_ready, mouth))
        except EXPECTED as trouble:
            announcement.of_trouble(trouble)
            sys.exit(FAILED_AS_TOLD)


def _say_ready(mouth: Connection) -> None:
    with suppress(OSError):  # nobody listens any more: then the end is near
        mouth.send(True)
        mouth.close()


def _descriptors() -> set[int]:
    """Those that this process has open; none where the system does not tell."""
    with suppress(FileNotFoundError):
        return {int(path.name) for path in Path("/dev/fd").iterdir()}
    return set()


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        with suppress(OSError):  # one of them was what the others were listed by
            os.close(descriptor)
