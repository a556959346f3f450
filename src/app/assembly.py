"""The one place that wires everything together, and where tests put their fakes."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from app.queue import Queue
from app.read_models.bookings import lapsed
from app.read_models.database import Reader, ReadModels
from app.read_models.process import ProjectorProcess
from app.read_models.runner import Runner
from app.readiness import Readiness
from app.replies import answer_together
from app.settings import Settings
from app.stores import open_stores
from app.sweeper import Sweeper
from app.work import Limits
from app.writer import Observer, Writer
from app.writer_here import CommandRunner, WriterHere

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

READING_THREADS = 4


@dataclass
class Daybook:
    """A running Daybook: commands go in by `execute`, questions by `query`.

    One that was opened as a door leaves writing to the writer's process, and has none of what belongs to it.
    """

    settings: Settings
    log: EventLog
    vault: Vault
    people: People
    read_models: ReadModels
    runner: Runner
    clock: CheckedClock
    commands: CommandRunner
    readiness: Readiness
    readers: ThreadPoolExecutor
    writing: "Writing | None" = None
    projector: ProjectorProcess | None = None

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        observer: Observer | None = None,
        projector: Sequence[str] | None = None,
    ) -> "Daybook":
        """Open the store that the settings name, to write it; nothing runs yet. `projector` is the command of a
        process that keeps the read models up in this one's stead.

        Raises `StoreUnavailable` and its kinds, with a sentence for people.
        """
        event_log, read_models = open_stores(settings, serving=True)
        return cls._over(event_log, read_models, settings, clock, observer or Observer(), None, projector)

    @classmethod
    def open_door(
        cls,
        settings: Settings,
        commands: CommandRunner,
        *,
        clock: Clock = system_clock,
        observer: Observer | None = None,
    ) -> "Daybook":
        """Open the store beside the process that writes it, to which `commands` hands what is to be done.

        Raises `StoreUnavailable` and its kinds, with a sentence for people.
        """
        event_log, read_models = open_stores(settings, serving=False, read_only=False)
        return cls._over(event_log, read_models, settings, clock, observer or Observer(), commands, None)

    @classmethod
    def _over(
        cls,
        event_log: EventLog,
        read_models: ReadModels,
        settings: Settings,
        clock: Clock,
        observer: Observer,
        commands: CommandRunner | None,
        projector: Sequence[str] | None,
    ) -> "Daybook":
        mapper = EventMapper()
        try:
            master_key = master_key_for(settings, event_log)
        except BaseException:
            read_models.close()
            event_log.close()
            raise
        vault = Vault(event_log, master_key, alarm=partial(_sound_alarm, observer))
        checked = CheckedClock(clock, event_log.clock, timedelta(seconds=settings.clock_tolerance))
        writing = None
        if commands is None:
            writing = Writing.over(event_log, read_models, settings, mapper, vault, checked, observer)
        may_run = writing.duties.are_mine if writing is not None else _never
        runner = Runner(read_models, event_log, mapper, may_run=may_run)
        if commands is None:
            assert writing is not None  # noqa: S101 - made above
            commands = WriterHere(writing.writer, checked, may_run, lambda: runner.failure)
        deputy = None
        if projector is not None:
            deputy = ProjectorProcess(projector, settings, may_run, runner.told)
            runner.let(deputy)
            event_log.follower.tell = deputy.appended
        return cls(
            settings=settings,
            log=event_log,
            vault=vault,
            people=People(event_log, vault),
            read_models=read_models,
            runner=runner,
            clock=checked,
            commands=commands,
            readiness=Readiness(event_log, checked, commands, runner),
            readers=ThreadPoolExecutor(READING_THREADS, "daybook-reader"),
            writing=writing,
            projector=deputy,
        )

    def start(self) -> None:
        """Read what has to be in memory and start to work. Raises `StoreUnavailable`, `SettingsError`."""
        self.vault.check()
        if self.writing is not None:
            self.writing.duties.start()
            self.writing.writer.start()
        self.runner.start()
        if self.writing is not None:
            self.writing.sweeper.start()

    def hand_over(self) -> None:
        """Leave the read models to a process of their own, if there is to be one, as soon as that is up."""
        if self.projector is not None:
            self.projector.start()

    def stop(self) -> None:
        """Finish what is queued, then let everything go."""
        if self.writing is not None:
            self.writing.sweeper.stop()
            self.writing.writer.stop()
        if self.projector is not None:
            self.projector.stop()
        self.runner.stop()
        if self.writing is not None:
            self.writing.duties.stop()
        self.readers.shutdown()
        self.read_models.close()
        self.log.close()

    async def execute(self, command: Command) -> Outcome:
        """Run a command; the outcome is stored when this returns.

        Raises `Refused`, `Busy`, `StoreUnavailable` (in all three nothing was stored) or `OutcomeUnknown`.
        """
        return await self.commands.execute(command)

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

    def troubles(self) -> list[str]:
        """Why this process is not ready, each in a sentence; empty when it is. Blocks: use a thread."""
        return self.readiness.troubles()


@dataclass
class Writing:
    """What only the process has that writes: the writer, the sweeper, and the lease on their duties."""

    duties: Duties
    writer: Writer
    sweeper: Sweeper

    @classmethod
    def over(
        cls,
        event_log: EventLog,
        read_models: ReadModels,
        settings: Settings,
        mapper: EventMapper,
        vault: Vault,
        clock: CheckedClock,
        observer: Observer,
    ) -> "Writing":
        """All three, over a log that was opened to be written."""
        duties = Duties(event_log)
        queue = Queue(settings.queue_size)
        writer = Writer(
            event_log,
            mapper,
            vault,
            clock,
            limits=Limits(settings.max_holds),
            most_in_a_batch=settings.batch_size,
            most_in_memory=settings.cache_size,
            queue=queue,
            observer=observer,
            answer_all=answer_together,
        )

        def find() -> Sequence[str]:
            with read_models.reading() as reader:
                return lapsed(reader, clock.now())

        return cls(duties, writer, Sweeper(queue, find, duties.are_mine))


def _never() -> bool:
    return False


def _sound_alarm(observer: Observer, customer: str) -> None:
    log.error("sealed text cannot be read", sealed_for=customer)
    observer.unreadable(customer)
