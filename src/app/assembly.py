"""The one place that wires everything together, and where tests put their fakes."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from app.clock import CheckedClock, Clock, system_clock
from app.commands import Command
from app.details import Vault
from app.duties import Duties
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.master_key import master_key_for
from app.outcome import Outcome
from app.people import People
from app.queue import Answer, Asked, Queue
from app.read_models.bookings import lapsed
from app.read_models.database import Reader, ReadModels
from app.read_models.runner import Runner
from app.readiness import Readiness
from app.settings import Settings
from app.stores import open_stores
from app.sweeper import Sweeper
from app.work import Limits
from app.writer import Observer, Writer
from domain.resource import Resource

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

READING_THREADS = 4


@dataclass
class Daybook:
    """A running Daybook: commands go in by `execute`, questions by `query`."""

    settings: Settings
    log: EventLog
    vault: Vault
    people: People
    read_models: ReadModels
    runner: Runner
    duties: Duties
    clock: CheckedClock
    writer: Writer
    sweeper: Sweeper
    readiness: Readiness
    readers: ThreadPoolExecutor

    @classmethod
    def open(cls, settings: Settings, *, clock: Clock = system_clock, observer: Observer | None = None) -> "Daybook":
        """Open the store that the settings name; nothing runs yet.

        Raises `StoreUnavailable` and its kinds, with a sentence for people.
        """
        event_log, read_models = open_stores(settings, serving=True)
        try:
            master_key = master_key_for(settings, event_log)
        except BaseException:
            read_models.close()
            event_log.close()
            raise
        mapper = EventMapper()
        observer = observer or Observer()
        vault = Vault(event_log, master_key, alarm=partial(_sound_alarm, observer))
        checked = CheckedClock(clock, event_log.clock, timedelta(seconds=settings.clock_tolerance))
        duties = Duties(event_log)
        runner = Runner(read_models, event_log, mapper, may_run=duties.are_mine)
        queue = Queue(settings.queue_size)
        writer = Writer(
            event_log,
            mapper,
            vault,
            checked,
            limits=Limits(settings.max_holds),
            most_in_a_batch=settings.batch_size,
            most_in_memory=settings.cache_size,
            queue=queue,
            observer=observer,
            answer_all=answer_loops,
        )

        def find() -> Sequence[str]:
            with read_models.reading() as reader:
                return lapsed(reader, checked.now())

        sweeper = Sweeper(queue, find, duties.are_mine)
        readers = ThreadPoolExecutor(READING_THREADS, "daybook-reader")
        people = People(event_log, vault)
        readiness = Readiness(event_log, checked, writer, runner)
        return cls(
            settings=settings,
            log=event_log,
            vault=vault,
            people=people,
            read_models=read_models,
            runner=runner,
            duties=duties,
            clock=checked,
            writer=writer,
            sweeper=sweeper,
            readiness=readiness,
            readers=readers,
        )

    def start(self) -> None:
        """Read what has to be in memory and start to work. Raises `StoreUnavailable`, `SettingsError`."""
        self.vault.check()
        self.duties.start()
        self.writer.start()
        self.runner.start()
        self.sweeper.start()

    def stop(self) -> None:
        """Finish what is queued, then let everything go."""
        self.sweeper.stop()
        self.writer.stop()
        self.runner.stop()
        self.duties.stop()
        self.readers.shutdown()
        self.read_models.close()
        self.log.close()

    async def execute(self, command: Command) -> Outcome:
        """Run a command; the outcome is stored when this returns.

        Raises `Refused`, `Busy`, `StoreUnavailable` (in all three nothing was stored) or `OutcomeUnknown`.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        self.writer.queue.put(Asked(command, _Reply(loop, answer)))
        return await answer

    async def query(
        self,
        function: Callable[Concatenate[Reader, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Ask the read models, on a thread and in one read-only transaction. Raises `StoreUnavailable`, `Behind`."""

        def ask() -> T:
            with self.read_models.reading() as reader:
                return function(reader, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.readers, ask)

    async def reached(self, position: int) -> None:
        """Wait until the read models have reached a position. Raises `Behind` after two seconds."""
        await self.runner.reached(position)

    @property
    def decided_up_to(self) -> int:
        """The position that the writer's decisions have seen: a refusal is explained by read models that have, too."""
        return self.writer.memory.seen.position

    def resource(self, resource: str) -> Resource:
        """A resource as the writer knows it, empty when there is none. It is shared: never change it."""
        kept = self.writer.memory.get(Resource.stream(resource))
        assert kept is not None  # noqa: S101 - all resources are in memory
        assert isinstance(kept.aggregate, Resource)  # noqa: S101 - by the stream's name
        return kept.aggregate

    def troubles(self) -> list[str]:
        """Why this process is not ready, each in a sentence; empty when it is. Blocks: use a thread."""
        return self.readiness.troubles()


def _sound_alarm(observer: Observer, customer: str) -> None:
    log.error("sealed text cannot be read", sealed_for=customer)
    observer.unreadable(customer)


class _Reply:
    """Where an answer goes: a future of an event loop on another thread."""

    __slots__ = ("answer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[Outcome]") -> None:
        self.loop = loop
        self.answer = answer

    def __call__(self, answer: Answer) -> None:
        self.loop.call_soon_threadsafe(self.give, answer)

    def give(self, answer: Answer) -> None:
        """Hand the answer over, on the loop's own thread, unless its client has gone."""
        if self.answer.done():
            return
        if isinstance(answer, Outcome):
            self.answer.set_result(answer)
        else:
            self.answer.set_exception(answer)


def answer_loops(answers: Sequence[tuple[Asked, Answer]]) -> None:
    """Give a batch's answers, waking each event loop once for all of its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Reply, Answer]]] = {}
    for asked, answer in answers:
        if isinstance(asked.reply, _Reply):
            by_loop.setdefault(asked.reply.loop, []).append((asked.reply, answer))
        else:
            asked.reply(answer)
    for loop, replies in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits there any more
            loop.call_soon_threadsafe(_give_all, replies)


def _give_all(replies: Sequence[tuple[_Reply, Answer]]) -> None:
    for reply, answer in replies:
        reply.give(answer)
