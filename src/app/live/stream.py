"""The live stream of one process: what happens on the log, told to everybody who listens, as it happens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final, TypeVar

import structlog

from app.clock import Clock
from app.lasting_trouble import LastingTrouble
from app.live.listener import LetGo, Listener
from app.live.news import news_between
from app.live.rounds import Audience, Round
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.facts import Facts
from app.read_models.reader import Behind, Reader
from app.read_models.runner import Runner

MOST_BEHIND: Final = 10_000
"""Positions. Whoever is further behind starts over: that costs less than telling what happened."""
MOST_TOLD: Final = 1024 * 1024
"""Bytes that one round may be. Beyond, starting over costs less as well."""
GATHER_SECONDS: Final = 0.05
"""Between two rounds: one for many events costs less than many, each of which would wake everybody. A round that takes
longer is followed by as long a pause: at least half of the time is left to those who book.
"""
LOOK_SECONDS: Final = 1.0
MOST_MISSED: Final = 32
"""Answers about the past that are kept until the next round, for others who ask the same."""

Told = dict[Audience, bytes | None]
Missing = tuple[Audience, int, int]
T = TypeVar("T")

log = structlog.get_logger()


class LiveStream:
    """Follows the log, as far as the read models have come, while anybody listens. For one event loop.

    Each round is read once, told once to each audience, and what it is told goes to all of its listeners as the
    same bytes. It is woken by every position that the read models reach, but does not make them hurry.
    """

    def __init__(
        self, event_log: EventLog, models: ReadModels, runner: Runner, threads: Executor, clock: Clock
    ) -> None:
        self._log = event_log
        self._models = models
        self._runner = runner
        self._threads = threads
        self._clock = clock
        self._facts = Facts(EventMapper())
        self._listeners: dict[Audience, set[Listener]] = {}
        self._missing: dict[Missing, asyncio.Future[bytes]] = {}
        self._position = 0
        self._has_ended = False
        self._following: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._trouble = LastingTrouble(
            lambda **facts: log.warning("live stream waits", **facts),
            lambda **facts: log.info("live stream goes on", **facts),
        )
        runner.tell(self._reached)

    @property
    def position(self) -> int:
        """Everything up to here has been told to those who listen."""
        return self._position

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return sum(map(len, self._listeners.values()))

    @asynccontextmanager
    async def listen(self, audience: Audience) -> AsyncIterator[Listener]:
        """Somebody listens from now on. Raises LetGo when the stream has ended, StoreUnavailable, Behind."""
        async with self._turn:  # a round that is under way is told to those whom it was made for
            if self._following is None:
                self._position = await self._on_thread(self._stands_at)
            else:
                await self._go_on()  # so that they are told what they missed in one piece
            if self._has_ended:
                raise LetGo("stopped")
            listener = Listener(self._position)
            self._listeners.setdefault(audience, set()).add(listener)
            if self._following is None:
                self._loop = asyncio.get_running_loop()
                self._following = asyncio.ensure_future(self._follow())
        try:
            yield listener
        finally:
            self._leave(audience, listener)

    async def missed(self, audience: Audience, since: int, up_to: int) -> bytes:
        """What an audience is told of all that happened after `since`, up to `up_to`, as a round.

        Raises LetGo when it may not listen any more, StoreUnavailable, Behind.
        """
        name = (audience, since, up_to)
        missing = self._missing.get(name)
        if missing is None:  # after a restart, many come back at once and have missed the same
            missing = asyncio.ensure_future(self._on_thread(lambda: self._told_of(audience, since, up_to)))
            if len(self._missing) >= MOST_MISSED:
                self._missing.clear()
            self._missing[name] = missing
            missing.add_done_callback(lambda done: self._forget_failure(name, done))
        return await asyncio.shield(missing)

    def end(self) -> None:
        """Let everybody go, and nobody in any more."""
        self._has_ended = True
        self._let_go(self._listeners)
        if self._following is not None:
            self._following.cancel()

    def _forget_failure(self, name: Missing, done: "asyncio.Future[bytes]") -> None:
        if (done.cancelled() or done.exception() is not None) and self._missing.get(name) is done:
            del self._missing[name]

    def _leave(self, audience: Audience, listener: Listener) -> None:
        remaining = self._listeners.get(audience, set())
        remaining.discard(listener)
        if not remaining:
            self._listeners.pop(audience, None)

    def _reached(self, position: int) -> None:
        """The read models have reached a position; from any thread."""
        del position  # a hint
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._woken.set)

    async def _follow(self) -> None:
        try:
            while self._listeners:
                await self._wait()
                began = monotonic()
                try:
                    async with self._turn:
                        await self._go_on()
                    self._trouble.is_over()
                except (StoreUnavailable, Behind) as trouble:  # what happens meanwhile is made up for
                    self._trouble.happened(kind=type(trouble).__name__)
                    await asyncio.sleep(LOOK_SECONDS)
                except Exception:
                    log.exception("live stream failed")
                    self._let_go(self._listeners)  # when they come back they are told what they missed
                await asyncio.sleep(0)  # whoever was told passes it on in this turn of the loop
                await asyncio.sleep(max(GATHER_SECONDS, monotonic() - began))
        finally:
            self._following = None
            self._missing.clear()

    async def _wait(self) -> None:
        """Return when the read models may have gone on, and after a while in any case."""
        if self._runner.position() <= self._position:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
        self._woken.clear()

    async def _go_on(self) -> None:
        """One round."""
        if self._runner.position() <= self._position:
            return
        before, audiences = self._position, list(self._listeners)
        position, told = await self._on_thread(lambda: self._round(before, audiences))
        if position > before:
            self._position = position
            self._missing.clear()  # from now on, more is missed
        self._let_go(audience for audience, body in told.items() if body is None)
        for audience, body in told.items():
            if body:
                for listener in self._listeners.get(audience, ()):
                    listener.tell(body)

    def _let_go(self, audiences: Iterable[Audience]) -> None:
        why: Final = "stopped" if self._has_ended else "withdrawn"
        for audience in list(audiences):
            for listener in self._listeners.get(audience, ()):
                listener.let_go(why)

    async def _on_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    # On a thread.

    def _stands_at(self) -> int:
        with self._models.reading() as reader:
            return reader.position

    def _round(self, before: int, audiences: list[Audience]) -> tuple[int, Told]:
        with self._models.reading() as reader:
            position = reader.position
            if position <= before:
                return position, {}
            return position, self._told(reader, before, position, audiences)

    def _told_of(self, audience: Audience, since: int, up_to: int) -> bytes:
        with self._models.reading() as reader:
            told = self._told(reader, since, up_to, [audience])[audience]
        if told is None:
            raise LetGo("withdrawn")
        return told

    def _told(self, reader: Reader, before: int, position: int, audiences: list[Audience]) -> Told:
        if position - before > MOST_BEHIND:
            return {audience: audience.to_start_over(position) for audience in audiences}
        listened = frozenset().union(*(audience.resources for audience in audiences))
        news = news_between(self._log, self._facts, before, position, listened)
        happened = Round(reader, news, self._clock())
        told = {audience: audience.told(happened) for audience in audiences}
        return {
            audience: audience.to_start_over(position) if body is not None and len(body) > MOST_TOLD else body
            for audience, body in told.items()
        }
