"""`daybook serve` in a process forked from one that has everything imported: a start waits for no import."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from threading import Lock
from typing import IO

from tests.forks import FORKS
from tests.races import altered_server

from interface import cli, processes  # noqa: F401 - loads what `serve` imports late


class ForkedProcess:
    """A process that serves in a session of its own, with what `subprocess.Popen` has of one."""

    def __init__(
        self,
        altered: Sequence[str],
        arguments: Sequence[str],
        environment: Mapping[str, str],
        before: Callable[[], None] | None = None,
    ) -> None:
        """`altered`: the names of alterations, see `altered_server`. `before`: what the process does first."""
        (out, out_there), (err, err_there) = (FORKS.Pipe(duplex=False) for _ in range(2))
        work = (list(altered), list(arguments), dict(environment), before, out_there, err_there)
        self._process = FORKS.Process(target=_serve, args=work)
        self._looking = Lock()
        with out, err, out_there, err_there:
            self._process.start()
            self.stdout, self.stderr = (_opened(end) for end in (out, err))
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Its exit status, once it has ended; a signal's number with a minus."""
        with self._looking:  # two that look at once would both read the status, which is there once
            return self._process.exitcode

    @property
    def returncode(self) -> int | None:
        """The same, as `Popen` calls it."""
        return self.poll()

    def wait(self, seconds: float) -> int:
        """Wait for its end. Raises TimeoutError."""
        wait([self._process.sentinel], seconds)
        status = self.poll()
        if status is None:
            raise TimeoutError(f"process {self.pid} has not ended within {seconds:g} s")
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """`kill -9`."""
        self.send_signal(signal.SIGKILL)


def _opened(end: Connection) -> IO[bytes]:
    return open(os.dup(end.fileno()), "rb")  # noqa: PTH123 - a descriptor, closed by who reads it


def _serve(
    altered: list[str],
    arguments: list[str],
    environment: dict[str, str],
    before: Callable[[], None] | None,
    out: Connection,
    err: Connection,
) -> None:
    os.setsid()  # so that all its processes can be reached at once
    for number, end in ((1, out), (2, err)):
        os.dup2(end.fileno(), number)
        end.close()
    os.environ.clear()
    os.environ.update(environment)
    if before is not None:
        before()
    if altered:
        sys.argv = ["daybook", *altered, "--", *arguments]
        altered_server.run()
    else:
        sys.argv = ["daybook", *arguments]
        cli.main()
