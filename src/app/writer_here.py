"""The writer, as those see it who run in its own process: commands go in on event loops, answers come back there."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from app.clock import CheckedClock
from app.commands import Command
from app.outcome import Outcome
from app.queue import Answer, Asked
from app.replies import Reply
from app.writer import Writer

Future = asyncio.Future[Outcome]

NOT_RUNNING: Final = "The writer is not running."
STUCK: Final = "The writer has been waiting for the store for long."
SECONDS_UNTIL_STUCK: Final = 10.0


def off_by(clock: CheckedClock) -> str:
    """The sentence about a clock that cannot be trusted."""
    return f"The clock is {clock.skew.total_seconds():+.1f} s off the database's."


class CommandRunner(Protocol):
    """Whoever runs commands, in this process or another one."""

    @property
    def troubles(self) -> list[str]:
        """Why it runs none now, each in a sentence that anybody may read; empty when it does."""

    @property
    def holds_lease(self) -> bool:
        """Whether read models are kept up and holds expire where it runs them."""

    @property
    def projector_failure(self) -> str | None:
        """What keeps the read models from being kept up there, a sentence; none while all is well."""

    @property
    def decided_up_to(self) -> int:
        """The position that its decisions have seen: a refusal is explained by read models that have, too."""

    @property
    def waiting(self) -> int:
        """Commands that wait."""

    @property
    def oldest_age(self) -> float:
        """Seconds that the oldest of them has been waiting; 0 when none is."""

    async def execute(self, command: Command) -> Outcome:
        """Run a command, see `app.assembly.Daybook.execute`."""


class WriterHere:
    """A `CommandRunner` over the writer of this process."""

    def __init__(
        self,
        writer: Writer,
        clock: CheckedClock,
        has_duties: Callable[[], bool],
        projector_failure: Callable[[], str | None],
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._has_duties = has_duties
        self._projector_failure = projector_failure
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OnLoop] = WeakKeyDictionary()

    @property
    def troubles(self) -> list[str]:
        ended = [] if self._writer.is_alive else [NOT_RUNNING]
        if self._writer.seconds_at_work > SECONDS_UNTIL_STUCK:
            ended = [*ended, STUCK]
        if not self._clock.agreed:
            return [*ended, off_by(self._clock)]
        return [*ended, *(["The last append failed; the log lines say why."] if self._writer.failure else [])]

    @property
    def holds_lease(self) -> bool:
        return self._has_duties()

    @property
    def projector_failure(self) -> str | None:
        return self._projector_failure()

    @property
    def decided_up_to(self) -> int:
        return self._writer.memory.seen.position

    @property
    def waiting(self) -> int:
        return len(self._writer.queue)

    @property
    def oldest_age(self) -> float:
        return self._writer.queue.oldest_age()

    async def execute(self, command: Command) -> Outcome:
        return await self._given(command)

    def _given(self, command: Command) -> Future:
        """Where the answer will be. No frame that a refusal passes through may name it: the two would keep each
        other, and all that the frame knows, until the collector comes.
        """
        loop = asyncio.get_running_loop()
        waiters = self._loops.get(loop)
        if waiters is None:
            waiters = self._loops[loop] = _OnLoop(loop)
        answer: Future = loop.create_future()
        self._writer.queue.put(Asked(command, Reply(waiters, answer)))
        return answer


class _OnLoop:
    """Futures of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def give(self, answers: Sequence[tuple[Future, Answer]]) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits there any more
            self._loop.call_soon_threadsafe(give_all, answers)


def give_all(answers: Sequence[tuple[Future, Answer]]) -> None:
    """Hand answers over, on the futures' own thread, unless their clients have gone."""
    for future, answer in answers:
        if future.done():
            continue
        if isinstance(answer, Outcome):
            future.set_result(answer)
        else:
            future.set_exception(answer)
