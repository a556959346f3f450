"""Daybooks as processes of their own: started, watched, paused, killed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from typing import IO, TYPE_CHECKING, TypeVar

import psutil  # type: ignore[import-untyped] # it ships no types
from tests.races.forked import ForkedProcess
from tests.recount import Recount, Row

if TYPE_CHECKING:
    from tests.conftest import Store

T = TypeVar("T")

COMMAND = str(Path(sys.executable).with_name("daybook"))
ROOT = Path(__file__).parents[2]
SECRET = "a secret of the tests that is long enough"
MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECONDS = 60.0
"""The longest that anything is waited for."""


def until(look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """Look until there is something to see; it is answered."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return seen


class Server:
    """One Daybook, with all its processes. What they print and log is kept."""

    def __init__(
        self,
        environment: dict[str, str],
        *altered: str,
        program: str | None = None,
        before: Callable[[], None] | None = None,
        workers: int = 1,
    ) -> None:
        """`program`: one that makes other alterations, started from nothing. `before`: what the process does first."""
        environment = environment | {"PYTHONPATH": str(ROOT)}
        serve = ["serve", "--port", "0", "--workers", str(workers)]
        if program is None:
            self.process: subprocess.Popen[bytes] | ForkedProcess = ForkedProcess(altered, serve, environment, before)
        else:
            self.process = subprocess.Popen(
                [sys.executable, "-m", program, *altered, "--", *serve],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that all its processes can be reached at once
            )
        self._said: list[bytes] = []
        self._heard = Condition()
        self._ears = [Thread(target=self._hear, args=(end,), daemon=True) for end in self._ends()]
        for ear in self._ears:
            ear.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def said(self) -> str:
        """Everything that it has printed and logged so far."""
        with self._heard:
            return b"".join(self._said).decode(errors="replace")

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        return self.says(r"Listening on (http://[\d.]+:\d+)")[1]

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def is_forgotten(self) -> bool:
        """Whether no process is left that it started: each could still say something."""
        return not self.is_running and not any(ear.is_alive() for ear in self._ears)

    def says(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Wait until it has said something so many times; the last of them."""

        def found() -> list[re.Match[str]]:
            said = list(re.finditer(pattern, self.said))
            assert len(said) >= times or self.is_running, f"it ended:\n{self.said}"
            return said if len(said) >= times else []

        return until(found, f"{pattern!r}, of {self.said}")[-1]

    def switch(self, on: bool) -> None:
        """Switch its alteration on or off, in all its processes."""
        before, those = self.said.count("switched o"), [self.process, *psutil.Process(self.pid).children()]
        self._send(signal.SIGUSR1 if on else signal.SIGUSR2)
        until(lambda: self.said.count("switched o") >= before + len(those), "switched")

    def pause(self) -> None:
        """Let its processes stand still where they are."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        self._send(signal.SIGCONT)

    def terminate(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """`kill -9`, of all its processes in one moment."""
        self._send(signal.SIGKILL)
        self.ended()

    def kill_first(self) -> None:
        """`kill -9`, of the process over the others alone."""
        self.process.send_signal(signal.SIGKILL)
        self.ended()

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        status = self.process.wait(SECONDS)
        for ear in self._ears:
            ear.join(SECONDS)
        return status

    def _send(self, number: int) -> None:
        os.killpg(self.pid, number)

    def _ends(self) -> list[IO[bytes]]:
        return [end for end in (self.process.stdout, self.process.stderr) if end is not None]

    def _hear(self, end: IO[bytes]) -> None:
        with end:
            for line in end:
                with self._heard:
                    self._said.append(line)


class Service:
    """All processes that serve one store, and the raw log behind their backs."""

    def __init__(self, store: "Store", **variables: str) -> None:
        self.store = store
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
        self.environment["DAYBOOK_SECRET"] = SECRET
        if store.place is not None:
            self.environment["DAYBOOK_DATABASE_URL"] = store.place.url
            self.environment["DAYBOOK_SCHEMA"] = store.place.schema
            self.environment["DAYBOOK_MASTER_KEY"] = MASTER_KEY
        else:
            self.environment["DAYBOOK_DATA"] = str(store.folder)
        self.environment |= variables
        self.servers: list[Server] = []

    def start(self, *altered: str, workers: int = 1) -> Server:
        """One more process, or several behind one port, once it listens."""
        server = Server(self.environment, *altered, workers=workers)
        self.servers.append(server)
        assert server.url
        return server

    def start_deadly(self, *places: str) -> Server:
        """One more process, which dies by `kill -9` at a place; see `killed_at`. Its writer is begun anew each time."""
        server = Server(self.environment, *places, program="tests.races.killed_at")
        self.servers.append(server)
        assert server.url
        return server

    def start_several(self, count: int, *altered: str) -> list[Server]:
        """So many more, once all listen."""
        started = [Server(self.environment, *altered) for _ in range(count)]
        self.servers += started
        assert all(server.url for server in started)
        return started

    def stop(self) -> None:
        """End what still runs, and print what all have said, for those who look why a test failed."""
        for server in self.servers:
            if server.is_running:
                server.resume()
                server.kill()
            print(f"--- process {server.pid}:\n{server.said}")  # noqa: T201 - pytest shows it beside a failure

    def rows(self) -> list[Row]:
        """The raw log."""
        rows = self.store.ask("SELECT position, stream, topic, state FROM events ORDER BY position")
        return [Row(int(str(position)), str(stream), str(topic), str(state)) for position, stream, topic, state in rows]

    def recount(self) -> Recount:
        """What was sold, by the raw log alone."""
        return Recount(self.rows())

    def booked(self) -> list[str]:
        """The ids of all bookings that the log confirms."""
        return [row.stream.removeprefix("booking/") for row in self.rows() if row.topic == "BookingConfirmed.1"]
