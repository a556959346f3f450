"""The writer's end: commands of other processes are taken in, and their answers sent back."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import structlog

from app.handover.frames import Frames, framed
from app.handover.messages import Answers, CommandFailed, Progress, SomebodyWaits, State
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy, Outcome
from app.queue import Answer, Asked
from app.replies import Reply
from app.writer import Writer
from app.writer_here import CommandRunner
from domain.refusal import Refused

SECONDS_BETWEEN_STATES = 0.2
MOST_UNREAD = 16 * 1024 * 1024
"""Bytes that may wait for a door to read them. One that is frozen is let go: nothing may be kept for it for ever."""
log = structlog.get_logger()

_TELLING = (Outcome, Refused, Busy, StoreUnavailable, OutcomeUnknown)

Given = Sequence[tuple[int, Answer]]


class Taking:
    """Takes commands in at a socket in the file system, for a writer of this process. For one event loop."""

    def __init__(self, writer: Writer, here: CommandRunner, somebody_waits: Callable[[], None] = lambda: None) -> None:
        """`somebody_waits` hears that somebody at a door waits for what the read models will show next."""
        self._writer = writer
        self._here = here
        self.somebody_waits = somebody_waits
        self._doors: set[_Door] = set()
        self._gone = asyncio.Event()
        self._told_troubles: list[str] = []

    async def begin(self, path: Path) -> None:
        """Take connections at `path`, in place of whoever did before."""
        loop = self._loop = asyncio.get_running_loop()
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - in memory or nearly, and nobody waits yet
        self._server = await loop.create_unix_server(lambda: _Door(self), str(path))
        self._telling = asyncio.ensure_future(self._keep_telling())

    async def end(self, seconds: float) -> None:
        """Take no new connection, and wait until those that are open have been closed at their other ends."""
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._doors:
                    self._gone.clear()
                    await self._gone.wait()
        self._telling.cancel()

    async def _keep_telling(self) -> None:
        while True:
            self._tell(self._here.troubles)
            await asyncio.sleep(SECONDS_BETWEEN_STATES)

    def _tell(self, troubles: list[str]) -> None:
        """Tell the doors how the writer is."""
        self._tell_all(self._state(troubles))
        self._told_troubles = troubles

    def _state(self, troubles: list[str]) -> bytes:
        here = self._here
        return framed(State(troubles, here.holds_lease, here.projector_failure, here.waiting, here.oldest_age))

    def reached(self, position: int) -> None:
        """Tell the doors how far the read models have come. From any thread."""
        with suppress(RuntimeError):  # this process ends
            self._loop.call_soon_threadsafe(self._tell_all, framed(Progress(position)))

    def _tell_all(self, message: bytes) -> None:
        for door in list(self._doors):
            door.send(message)

    # What doors ask of it.

    def came(self, door: "_Door") -> None:
        """A door has connected: it is told at once how the writer is."""
        self._doors.add(door)
        door.send(self._state(self._here.troubles))

    def went(self, door: "_Door") -> None:
        """A door's connection is closed."""
        self._doors.discard(door)
        self._gone.set()

    def put(self, asked: Asked) -> None:
        """Let a command wait for the writer. Raises Busy."""
        self._writer.queue.put(asked)

    def answered(self, answers: Given) -> bytes:
        """The message with these answers; whoever is told of a trouble by one finds that readiness tells it, too."""
        troubles = self._here.troubles
        if troubles != self._told_troubles:
            self._tell(troubles)
        return framed(Answers(self._here.decided_up_to, [(number, _telling(answer)) for number, answer in answers]))


class _Door(asyncio.Protocol):
    """A process that answers requests, as the writer's process sees it."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # a socket's is, whatever the loop
        self._taking.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._taking.went(self)

    def data_received(self, data: bytes) -> None:
        turned_away: list[tuple[int, Answer]] = []
        for message in self._frames.fed(data):
            if isinstance(message, SomebodyWaits):
                self._taking.somebody_waits()
                continue
            for number, command in message:
                try:
                    self._taking.put(Asked(command, Reply(self, number)))
                except Busy as busy:
                    turned_away.append((number, busy))
        if turned_away:
            self._send(turned_away)

    def give(self, answers: Given) -> None:
        """Send answers; called on the writer's thread."""
        with suppress(RuntimeError):  # this process ends: the door is told by the end of its connection
            self._loop.call_soon_threadsafe(self._send, answers)

    def send(self, frame: bytes) -> None:
        """Send a message, unless the door has gone."""
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            log.error("a door does not listen and is let go")
            self._transport.abort()
        else:
            self._transport.write(frame)

    def _send(self, answers: Given) -> None:
        try:
            message = self._taking.answered(answers)
        except Exception:  # whoever waits there is told by the end of the connection that it is not known
            log.exception("answers cannot be sent")
            if self._transport is not None:
                self._transport.abort()
        else:
            self.send(message)


def _telling(answer: Answer) -> Answer:
    """The answer, or in place of a program's fault, which may be anything, that there was one."""
    return answer if isinstance(answer, _TELLING) else CommandFailed(type(answer).__name__)
