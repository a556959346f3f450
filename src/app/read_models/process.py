"""The projector in a process of its own, so that the one that serves keeps its interpreter for those who book.

Both ends of the line between the two are here. The serving process says "look" and "somebody waits"; the projector
says how far it has come. Whatever is said is a hint: nothing is wrong when it is lost, only later. The line's end is
the end of either process for the other: a projector never outlives the process that started it for long.
"""

import gc
import json
import pickle
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from threading import Event, Lock, Thread
from time import monotonic

import structlog

from app.log.mapper import EventMapper
from app.read_models.runner import Report, Runner
from app.read_models.waiting import Pauses
from app.settings import Settings, environment_of_others
from app.stores import open_stores

_LOOK = b"l"
_SOMEBODY_WAITS = b"w"
_REPORT_SECONDS = 1.0
_START_SECONDS = 60.0
_SILENT_SECONDS = 5.0
_LISTEN_SECONDS = 0.25
_END_SECONDS = 10.0
_LONG_LIFE_SECONDS = 60.0
MOST_OBJECTS = 200_000
"""Objects after which the interpreter looks for cycles where there are only rows, which have none."""

log = structlog.get_logger()


class ProjectorProcess:
    """Starts a projector while `wanted`, again whenever it ends by itself, and ends it. Its methods never block."""

    def __init__(self, command: Sequence[str], settings: Settings, wanted: Callable[[], bool], report: Report) -> None:
        """`command` runs `project` with its standard input as the line."""
        self._command = command
        self._settings = settings
        self._wanted = wanted
        self._report = report
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="projector-process", daemon=True)
        self._line: socket.socket | None = None
        self._heard = float("-inf")
        self._head = self._reached = 0

    def start(self) -> None:
        """Begin to keep one up, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End it after the batch that it is at."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * _END_SECONDS)

    @property
    def works(self) -> bool:
        """Whether one has taken the work over, and was heard of a moment ago."""
        return monotonic() - self._heard < _SILENT_SECONDS

    def appended(self, position: int) -> None:
        """The log has grown. Told at once to one that had nothing to do, to any other when it next reports."""
        before, self._head = self._head, position
        if self._reached >= before:
            self._say(_LOOK)

    def somebody_waits(self) -> None:
        """What comes next is not to be gathered, but read at once."""
        self._say(_SOMEBODY_WAITS)

    def _say(self, what: bytes) -> None:
        line = self._line
        if line is not None:
            with suppress(OSError):  # it has enough to read, or has gone
                line.send(what)

    def _run(self) -> None:
        pauses = Pauses(0.5, 30.0)
        while not self._stopping.is_set():
            if not self._wanted():
                self._stopping.wait(_LISTEN_SECONDS)
                continue
            began = monotonic()
            try:
                self._keep_one()
            except Exception:  # the thread must live; meanwhile the work is done in this process
                log.exception("projector process could not be kept up")
            if monotonic() - began > _LONG_LIFE_SECONDS:
                pauses.from_the_start()
            self._stopping.wait(pauses.again())

    def _keep_one(self) -> None:
        """One life of a projector."""
        ours, its = socket.socketpair()
        with ours:
            with its:
                process = subprocess.Popen(  # noqa: S603 - our own command
                    self._command,
                    env=environment_of_others(),  # its settings come down the line, without the keys
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    process_group=0,
                )
            try:
                ours.sendall(_packed(_without_keys(self._settings)))
                trouble = self._listen(ours, process)
            finally:
                self._heard, self._line = float("-inf"), None
                with suppress(OSError):  # it may have gone
                    ours.shutdown(socket.SHUT_RDWR)
                status = _ended(process)
        if trouble is None:
            log.info("projector process ended", status=status)
        else:
            log.error("projector process failed", reason=trouble, status=status)

    def _listen(self, ours: socket.socket, process: subprocess.Popen[bytes]) -> str | None:
        """Pass on what it reports until it is to end; else, why it does not report any more."""
        ours.settimeout(_LISTEN_SECONDS)
        with ours.dup() as line:
            line.setblocking(False)
            self._line = line
            heard, patience = b"", monotonic() + _START_SECONDS
            while not self._stopping.is_set() and self._wanted():
                try:
                    more = ours.recv(65536)
                except TimeoutError:
                    if monotonic() < patience:
                        continue
                    process.kill()  # wherever it stands still, it may hold a lock on the read models
                    return "it was silent"
                except OSError:
                    more = b""
                if not more:
                    return "it ended by itself"
                *reports, heard = (heard + more).split(b"\n")
                if reports:
                    self._take(reports[-1], process.pid)
                    patience = monotonic() + _SILENT_SECONDS
        return None

    def _take(self, report: bytes, process: int) -> None:
        position, failure = json.loads(report)
        if not self.works:
            log.info("projector process works", projector=process)
        self._heard, self._reached = monotonic(), position
        self._report(position, failure)
        if position < self._head:
            self._say(_LOOK)


def _without_keys(settings: Settings) -> Settings:
    """What is sealed stays sealed in read models."""
    return settings.model_copy(update={"master_key": None, "secret": ()})


def _packed(settings: Settings) -> bytes:
    pickled = pickle.dumps(settings)
    return len(pickled).to_bytes(4) + pickled


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


# The other end.


def project(set_up: Callable[[Settings], None]) -> None:
    """Keep the read models up until standard input ends: what the projector's own process does.

    `set_up` is called first, with the settings that came down the line. Raises StoreUnavailable and its kinds.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all at once, they are for the one that serves
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=0) as line, suppress(EOFError):
        size = int.from_bytes(_exactly(line, 4))
        settings: Settings = pickle.loads(_exactly(line, size))  # noqa: S301 - from the process that started this one
        set_up(settings)
        # Rows hold no cycles: looking for them after every few hundred would cost a sixth of the time.
        gc.freeze()
        gc.set_threshold(MOST_OBJECTS)
        log, models = open_stores(settings, serving=False)
        with closing(log), closing(models):
            end = _End(line)
            runner = Runner(models, log, EventMapper(), report=end.report)
            runner.start()
            end.report(runner.position(), runner.failure)
            try:
                end.listen(log.follower.hint, runner)
            finally:
                runner.stop()


class _End:
    """The projector's end of the line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._line.settimeout(_REPORT_SECONDS)
        self._mouth = line.dup()
        self._mouth.setblocking(False)
        self._speaking = Lock()

    def report(self, position: int, failure: str | None) -> None:
        """Say how far it has come. A process that does not listen now hears of it later."""
        with self._speaking, suppress(OSError):
            self._mouth.send(json.dumps([position, failure]).encode() + b"\n")

    def listen(self, look: Callable[[], None], runner: Runner) -> None:
        """Pass on what is said until the line ends."""
        while True:
            try:
                said = self._line.recv(4096)
            except TimeoutError:  # nobody spoke for a while: say that this one lives
                self.report(runner.position(), runner.failure)
                continue
            except OSError:
                return
            if not said:
                return
            if _SOMEBODY_WAITS in said:
                runner.hurry()
            look()


def _exactly(line: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = line.recv(size - len(read))
        if not more:
            raise EOFError
        read += more
    return read
