"""The one place that wires everything together, and where tests put their fakes."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import structlog

from app.audit.pushing import Pushing
from app.clock import CheckedClock, Clock, system_clock
from app.commands import Command
from app.details import Vault
from app.disclosures import Disclosures, disclosure_row
from app.duties import Duties
from app.erasure_list import ErasureList
from app.external_calendars.commanding import Commanding
from app.external_calendars.fetching import Limits as FetchingLimits
from app.external_calendars.following import Following, Pace
from app.external_calendars.keeping_step import KeepingStep
from app.forgetting import Forgetting, erase_again
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.notes import Disclosure, Refusal
from app.master_key import master_keys_for
from app.messages.messaging import Messaging
from app.messages.wiring import messaging
from app.noting import Noting
from app.outcome import Outcome
from app.people import People
from app.queue import Queue
from app.read_models import resources
from app.read_models.bookings import lapsed
from app.read_models.database import Reader, ReadModels
from app.read_models.process import ProjectorProcess
from app.read_models.runner import Runner
from app.read_models.wishes import days_behind
from app.readiness import Readiness
from app.refusals import Refusals, refusal_row
from app.replies import answer_together
from app.retention import Retention
from app.settings import Settings
from app.snapshotting import Snapshotting
from app.stores import open_stores
from app.sweeper import Due, Sweeper
from app.telling.delivering import Delivering
from app.telling.telling import Telling
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
    forgetting: Forgetting
    disclosing: Noting[Disclosure]
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
            master = master_keys_for(settings, event_log)
        except BaseException:
            read_models.close()
            event_log.close()
            raise
        writing: Writing | None = None
        disclosing = Noting(
            event_log.disclosures,
            disclosure_row,
            settings.keep_disclosures_days,
            clock,
            may_prune=lambda: writing is not None and writing.duties.are_mine(),
            dropped=observer.notes_dropped,
        )
        disclosures = Disclosures(disclosing, clock)
        vault = Vault(event_log, master, alarm=partial(_sound_alarm, observer), disclosed=disclosures.note)
        checked = CheckedClock(clock, event_log.clock, timedelta(seconds=settings.clock_tolerance))
        people = People(event_log, vault)
        forgetting = Forgetting(event_log, people, ErasureList.of(settings) if commands is None else None)
        if commands is None:
            erased = forgetting.look_at_once
            writing = Writing.over(event_log, read_models, settings, mapper, vault, people, checked, observer, erased)
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
            people=people,
            read_models=read_models,
            runner=runner,
            clock=checked,
            commands=commands,
            readiness=Readiness(event_log, checked, commands, runner),
            readers=ThreadPoolExecutor(READING_THREADS, "daybook-reader"),
            forgetting=forgetting,
            disclosing=disclosing,
            writing=writing,
            projector=deputy,
        )

    def start(self) -> None:
        """Read what has to be in memory and start to work. Raises `StoreUnavailable`, `SettingsError`."""
        self.vault.check()
        if self.writing is not None:
            self._erase_again()
            self.writing.duties.start()
            self.writing.writer.start()
            self.writing.refusing.start()
            self.writing.snapshotting.start()
        self.runner.start()
        self.forgetting.start()
        self.disclosing.start()
        if self.writing is not None:
            self.writing.sweeper.start()
            if self.writing.retention is not None:
                self.writing.retention.start()
            self.writing.checkpoints.start()
            self.writing.calendars.start()
            self.writing.telling.start()
            if self.writing.messaging is not None:
                self.writing.messaging.start()

    def _erase_again(self) -> None:
        """Whoever is on the erasure list, and came back with a log of before, goes before anybody is served."""
        if again := erase_again(self.log, ErasureList.of(self.settings), self.clock.now):
            log.warning("people erased again, who had come back with a restored log", people=len(again))

    def hand_over(self) -> None:
        """Leave the read models to a process of their own, if there is to be one, as soon as that is up."""
        if self.projector is not None:
            self.projector.start()

    def stop(self) -> None:
        """Finish what is queued, then let everything go."""
        self.forgetting.stop()
        if self.writing is not None:
            self.writing.calendars.stop()
            if self.writing.retention is not None:
                self.writing.retention.stop()
            self.writing.telling.stop()
            if self.writing.messaging is not None:
                self.writing.messaging.stop()
            self.writing.checkpoints.stop()
            self.writing.sweeper.stop()
            self.writing.writer.stop()
            self.writing.refusing.stop()
            self.writing.snapshotting.stop()
        if self.projector is not None:
            self.projector.stop()
        self.runner.stop()
        if self.writing is not None:
            self.writing.duties.stop()
        self.readers.shutdown()
        self.disclosing.stop()
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
    """What only the process has that writes: the writer, what notes its refusals, what makes snapshots of its days,
    those that do what time asks for, who tells others of what happened, and the lease on their duties.
    """

    duties: Duties
    writer: Writer
    refusing: Noting[Refusal]
    snapshotting: Snapshotting
    sweeper: Sweeper
    retention: Retention | None
    checkpoints: Pushing
    calendars: KeepingStep
    telling: Telling
    messaging: Messaging | None

    @classmethod
    def over(
        cls,
        event_log: EventLog,
        read_models: ReadModels,
        settings: Settings,
        mapper: EventMapper,
        vault: Vault,
        people: People,
        clock: CheckedClock,
        observer: Observer,
        erased: Callable[[], None],
    ) -> "Writing":
        """All of it, over a log that was opened to be written."""
        duties = Duties(event_log)
        queue = Queue(settings.queue_size)
        refusing = Noting(
            event_log.refusals,
            refusal_row,
            settings.keep_refusals_days,
            clock.now,
            may_prune=duties.are_mine,
            dropped=observer.notes_dropped,
        )
        snapshotting = Snapshotting(event_log.snapshots)
        writer = Writer(
            event_log,
            mapper,
            vault,
            clock,
            limits=Limits(settings.max_holds, settings.max_wishes),
            most_in_a_batch=settings.batch_size,
            most_in_memory=settings.cache_size,
            queue=queue,
            observer=observer,
            answer_all=answer_together,
            note_refusal=Refusals(refusing).note,
            erased=erased,
            offer_day=snapshotting.offer,
            reject_snapshot=snapshotting.reject,
        )

        def find() -> Due:
            now = clock.now()
            with read_models.reading() as reader:
                return Due(lapsed(reader, now), days_behind(reader, now))

        retention = None
        if settings.retention_days is not None:
            retention = Retention(settings.retention_days, event_log, read_models, queue, duties.are_mine, clock.now)
        checkpoints = Pushing(event_log, settings, duties.are_mine, observer.checkpoint_sent)
        sweeper = Sweeper(queue, find, duties.are_mine)
        calendars = _calendars(event_log, read_models, settings, vault, queue, duties.are_mine, clock.now)
        delivering = partial(Delivering, event_log, mapper, vault, clock.now, settings.outbound_networks)
        telling = Telling(event_log, delivering, duties.are_mine, observer.webhooks_failing)
        writing_to = messaging(event_log, mapper, people, settings, clock.now, duties.are_mine, observer.message_became)
        return cls(
            duties, writer, refusing, snapshotting, sweeper, retention, checkpoints, calendars, telling, writing_to
        )


def _calendars(
    event_log: EventLog,
    read_models: ReadModels,
    settings: Settings,
    vault: Vault,
    queue: Queue,
    may_run: Callable[[], bool],
    now: Callable[[], datetime],
) -> KeepingStep:
    """What follows external calendars."""
    stopped = Event()

    def zone_of(resource: str) -> ZoneInfo | None:
        with read_models.reading() as reader:
            row = resources.get(reader, resource)
        return None if row is None else row.resource().plan.zone

    pace = Pace(timedelta(minutes=settings.calendar_minutes), settings.calendar_days)
    limits = FetchingLimits(settings.calendar_networks)
    following = Following(event_log, vault, Commanding(queue, stopped.is_set), zone_of, now, pace, limits)
    return KeepingStep(event_log.external_calendars, following, may_run, now, stopped)


def _never() -> bool:
    return False


def _sound_alarm(observer: Observer, customer: str) -> None:
    log.error("sealed text cannot be read", sealed_for=customer)
    observer.unreadable(customer)
