"""One service, several processes: one that writes, one or more doors that answer requests, and this one over them.

All are forks of this one, which has no threads and opens no store: so a fork of it, also a later one, is as good as
a fresh start. They end with it in the same moment, however it ends: each reads a pipe whose other end nobody else has.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic
from typing import Final, NamedTuple, NoReturn

import structlog

from app.settings import Settings
from interface import announcement, logs, shared_metrics
from interface.announcement import Say
from interface.door import answer_requests
from interface.failures import ProcessFailed
from interface.forked import FAILED_AS_TOLD, Forked
from interface.http.limits import share_of
from interface.listening import take_port
from interface.metrics_address import tell_metrics
from interface.shared_metrics import shared_folder
from interface.signals import StopAsked, held_back, leave_on_signals, let_through
from interface.writing import write

RESTART_SECONDS: Final = 1.0
END_SECONDS: Final = 30.0
ORPHANED: Final = 70

log = structlog.get_logger()


class Wanted(NamedTuple):
    """What is to be served: at a socket that is bound and not listening yet, by so many doors.

    Several doors have a socket each at its address, so that the kernel spreads connections over them.
    """

    settings: Settings
    listener: socket.socket
    doors: int
    with_demo: bool


def serve(wanted: Wanted, say: Say) -> None:
    """Serve until SIGTERM or SIGINT. Raises ProcessFailed when it cannot start; what failed has said why."""
    # Where the processes meet is readable by this user alone, and its name is short enough for a socket's.
    with ExitStack() as folders:
        meeting = Path(folders.enter_context(TemporaryDirectory(prefix="daybook-", ignore_cleanup_errors=True)))
        metrics = folders.enter_context(shared_folder()) if wanted.settings.metrics else None
        listening = partial(announcement.of_address, wanted.listener.getsockname(), say, wanted.doors)
        over = _Over(_stages(wanted, meeting / "writer", metrics), wanted.settings.log_level, meeting, metrics)
        over.watch(wanted.listener, listening)


def _stages(wanted: Wanted, meeting: Path, metrics: Path | None) -> list[list[Forked]]:
    """The processes in the order in which they start: each stage when the one before is ready."""
    settings, listener = wanted.settings, wanted.listener
    writer = Forked("writer", partial(write, settings, meeting, metrics, with_demo=wanted.with_demo))
    host, port = listener.getsockname()[:2]
    # Each counts what it is asked itself.
    shared = settings.model_copy(update={"rate_limit": share_of(settings.rate_limit, wanted.doors)})
    own = partial(take_port, host, port, shared=True) if wanted.doors > 1 else lambda: listener
    doors = [
        Forked(
            f"door {number}",
            partial(answer_requests, shared, own, meeting, metrics, speaks=number == 0, with_demo=wanted.with_demo),
        )
        for number in range(wanted.doors)
    ]
    if metrics is None or settings.metrics_port is None:
        return [[writer], doors]
    # First of all: that its address is in use is to be told before the store is touched.
    return [[Forked("metrics", partial(tell_metrics, settings, metrics))], [writer], doors]


class _Over:
    """The process over the others."""

    def __init__(
        self,
        stages: list[list[Forked]],
        log_level: str,
        meeting: Path,
        metrics: Path | None,
    ) -> None:
        self._log_level = log_level
        self._folders = [meeting, *([metrics] if metrics is not None else [])]
        self._stages = stages
        self._all = [process for stage in stages for process in stage]
        self._metrics = metrics
        self._ends_with_us, self._ours = os.pipe()
        self._asked = StopAsked()

    def watch(self, listener: socket.socket, listening: Callable[[], None]) -> None:
        """Start all and keep them up until we are asked to stop; then end them, the last first: what the doors took
        in is still to be written.
        """
        try:
            if all(self._start(stage) for stage in self._stages):
                listening()
                self._keep_up()
        finally:
            listener.close()  # as long as anybody has it open, the system takes connections for it
            for stage in reversed(self._stages):
                _end(stage)

    def _start(self, processes: Sequence[Forked]) -> bool:
        """Whether all are ready, once that is known; False when we are asked to stop before."""
        for process in processes:
            try:
                self._fork(process)
            except OSError as error:
                raise ProcessFailed(f"The {process.name} could not be started ({error.strerror}).") from error
        for process in processes:
            if not self._hear_of(process):
                return False
            if not process.is_ready():
                process.end(END_SECONDS)
                if process.status == FAILED_AS_TOLD:
                    sys.exit(FAILED_AS_TOLD)
                raise ProcessFailed(f"The {process.name} ended at its start with status {process.status}.")
        return True

    def _hear_of(self, process: Forked) -> bool:
        """Wait until there is something to hear of it; False when we are asked to stop."""
        heard: Sequence[object] = ()
        while process.ear not in heard and not self._asked.has_come():
            heard = wait([process.ear, self._asked.ear])
        return not self._asked.has_come()

    def _keep_up(self) -> None:
        """Replace processes that end by themselves, until we are asked to stop."""
        while True:
            due = [each.due for each in self._all if each.due is not None]
            pause = max(0.0, min(due) - monotonic()) if due else None
            sentinels = [each.sentinel for each in self._all if each.due is None]
            wait([self._asked.ear, *sentinels], pause)
            if self._asked.has_come():
                return
            for process in self._all:
                if process.due is None and process.has_ended():
                    log.error("process ended by itself", ended=process.name, pid=process.pid, status=process.status)
                    process.due = max(monotonic(), process.started + RESTART_SECONDS)
                    if self._metrics is not None:
                        shared_metrics.leave(self._metrics, self._all.index(process))
                if process.due is not None and monotonic() >= process.due:
                    self._replace(process)

    def _replace(self, process: Forked) -> None:
        """Start it again, or let it be due once more: what a fork needs is short just when something was killed."""
        try:
            self._fork(process)
        except OSError as error:
            log.error("process could not be started", wanted=process.name, reason=error.strerror)
            process.due = monotonic() + RESTART_SECONDS

    def _fork(self, process: Forked) -> None:
        """Start it. What asks it to end before it listens is heard when it does."""
        with held_back():
            process.start(partial(self._born, self._all.index(process)))

    def _born(self, number: int) -> None:
        """A child's first moments."""
        leave_on_signals()
        let_through()
        logs.set_up(self._log_level)  # each line names its process
        if self._metrics is not None:
            shared_metrics.join(self._metrics, number)
        self._asked.close()
        os.close(self._ours)
        Thread(target=_end_with, args=(self._ends_with_us, self._folders), name="daybook-lifeline", daemon=True).start()


def _end_with(lifeline: int, folders: Sequence[Path]) -> NoReturn:
    """Wait for the end of the process over this one, and end at once: as if both had been killed.

    Whoever starts the service again must not find the store or the port taken by what is left of this one.
    """
    os.read(lifeline, 1)
    for folder in folders:  # whose they were can no longer do it
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(ORPHANED)


def _end(processes: Sequence[Forked]) -> None:
    for process in processes:
        process.terminate()
    until = monotonic() + END_SECONDS  # for all of them together
    for process in processes:
        process.end(max(0.0, until - monotonic()))
