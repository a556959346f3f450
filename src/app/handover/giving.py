"""A door's end: commands are given to the writer in its own process, and answers come back."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final, cast

import structlog

from app.commands import Command
from app.handover.frames import Frames, framed
from app.handover.messages import Answers, Numbered, Progress, SomebodyWaits, State
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy, Outcome
from app.writer_here import NOT_RUNNING, Future, give_all

MOST_WAITING = 10_000
SECONDS_BETWEEN_TRIES = 0.05
SECONDS_OF_SILENCE = 3.0
"""A writer's process that is not frozen is heard of many times in that: see `app.handover.taking`."""
SECONDS_OF_PATIENCE = 30.0
"""After so long a silence those who wait are told that the outcome is not known."""

NOT_ANSWERING: Final = "The writer does not answer."
_NOTHING_HEARD = State([NOT_RUNNING], holds_lease=False, projector_failure=None, waiting=0, oldest_age=0.0)

log = structlog.get_logger()


class WriterThere:
    """A `CommandRunner` over the writer of another process. For one event loop.

    Commands of one turn of the loop go out together. When the connection is lost it is not known what became of
    those under way; new ones are turned away until the writer's process, or the next one, takes connections again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: _Connection | None = None
        self._numbers = count()
        self._waiting: dict[int, Future] = {}
        self._unsent: list[Numbered] = []
        self._state = _NOTHING_HEARD
        self._heard = float("-inf")
        self._seen = 0
        self._told_that_somebody_waits = False
        self.reached: Callable[[int], None] = lambda position: None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def troubles(self) -> list[str]:
        if self._connection is None or not self._is_silent():
            return self._state.troubles
        return [NOT_ANSWERING]

    @property
    def holds_lease(self) -> bool:
        return self._state.holds_lease and not self._is_silent()

    @property
    def projector_failure(self) -> str | None:
        return self._state.projector_failure

    @property
    def decided_up_to(self) -> int:
        return self._seen

    @property
    def waiting(self) -> int:
        return self._state.waiting

    @property
    def oldest_age(self) -> float:
        return self._state.oldest_age

    def begin(self) -> None:
        """Connect, and again whenever the connection is lost."""
        self._keeping = asyncio.ensure_future(self._keep_connected())

    def end(self) -> None:
        """Let the writer know that nothing more comes."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._connection is not None:
            self._connection.close()

    async def execute(self, command: Command) -> Outcome:
        return await self._given(command)

    def _given(self, command: Command) -> Future:
        """Where the answer will be, see `app.writer_here`."""
        if self._connection is None:
            raise StoreUnavailable("The service's writer is just being started. Please try again in a moment.")
        if self._is_silent():
            raise StoreUnavailable("The service's writer does not answer. Please try again in a moment.")
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("The service is very busy. Please try again in a moment.")
        loop = asyncio.get_running_loop()
        number = next(self._numbers)
        answer: Future = loop.create_future()
        self._waiting[number] = answer
        if not self._unsent:
            loop.call_soon(self._send)
        self._unsent.append((number, command))
        return answer

    def _send(self) -> None:
        commands, self._unsent = self._unsent, []
        if self._connection is not None and commands:
            self._connection.send(framed(commands))

    def somebody_waits(self) -> None:
        """Somebody here waits for what the read models will show next. Said once until they have gone on."""
        if self._connection is not None and not self._told_that_somebody_waits:
            self._told_that_somebody_waits = True
            self._connection.send(framed(SomebodyWaits()))

    def _is_silent(self) -> bool:
        return monotonic() - self._heard > SECONDS_OF_SILENCE

    # What the connection tells.

    def hear(self, message: Answers | State | Progress) -> None:
        """Take in what the writer says."""
        self._heard = monotonic()
        if isinstance(message, State):
            self._state = message
            return
        if isinstance(message, Progress):
            self._told_that_somebody_waits = False
            self.reached(message.position)
            return
        self._seen = max(self._seen, message.seen)
        give_all([(self._waiting.pop(number), answer) for number, answer in message.answers])

    def lost(self) -> None:
        """Tell those who wait that the connection is gone."""
        self._connection, self._state, self._heard = None, _NOTHING_HEARD, float("-inf")
        self._told_that_somebody_waits = False
        unsent = {number for number, _ in self._unsent}
        waiting, self._waiting, self._unsent = self._waiting, {}, []
        never_left = StoreUnavailable("The service's writer has just ended. Nothing of this was stored.")
        unknown = OutcomeUnknown("The service's writer ended while it had this.")
        give_all([(answer, never_left if number in unsent else unknown) for number, answer in waiting.items()])

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, connection = await loop.create_unix_connection(lambda: _Connection(self), str(self._path))
            except OSError:
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
                continue
            self._connection = connection
            await self._until_lost(connection)
            log.warning("the writer's connection was lost")

    async def _until_lost(self, connection: "_Connection") -> None:
        """Return when the connection is lost, or was given up after a long silence."""
        began = monotonic()
        while not connection.lost.done():
            await asyncio.wait({connection.lost}, timeout=SECONDS_OF_SILENCE)
            if monotonic() - max(began, self._heard) > SECONDS_OF_PATIENCE:
                connection.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, owner: WriterThere) -> None:
        self._owner = owner
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # a socket's is, whatever the loop

    def data_received(self, data: bytes) -> None:
        for message in self._frames.fed(data):
            self._owner.hear(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._owner.lost()
        if not self.lost.done():
            self.lost.set_result(None)

    def send(self, frame: bytes) -> None:
        """Send a message."""
        if self._transport is not None:
            self._transport.write(frame)

    def abort(self) -> None:
        """Close it now."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close it, once what was sent has gone."""
        if self._transport is not None:
            self._transport.close()
