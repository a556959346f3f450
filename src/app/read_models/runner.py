"""The runner: one thread that takes the log to the read models, batch by batch, and builds new generations."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from typing import Protocol

import structlog

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.generations import Generation, Moved, Parked, all_generations, parked_of
from app.read_models.reader import Behind, readable
from app.read_models.rebuilding import Progress, Rebuilding, Rebuilt
from app.read_models.steps import Steps
from app.read_models.trouble import Trouble
from app.read_models.waiting import Pauses, Waiting

__all__ = ["Behind", "Runner"]

_GATHER_SECONDS = 0.04
"""Between two batches: one of many events costs less than many, and leaves the processor to those who book."""
_POLL_SECONDS = 1.0
_LOOK_SECONDS = 0.25
_HEARING_SECONDS = 0.05

Report = Callable[[int, str | None], None]
"""Takes the position that all read models have reached, and what keeps the runner from working."""


class Elsewhere(Protocol):
    """Another process, whose runner knows first how far the read models have come."""

    reached: Callable[[int], None]
    """To be called with every position reached. Must not block."""

    def somebody_waits(self) -> None:
        """Somebody in this process waits for what comes next. Must not block."""


class Deputy(Protocol):
    """Who does a runner's work in another process, as long as it `works`."""

    @property
    def works(self) -> bool:
        """Whether it does now."""

    def somebody_waits(self) -> None:
        """Somebody in this process waits for what comes next."""


log = structlog.get_logger()


class Runner:
    """Keeps the read models of this program's versions up with the log.

    `may_run` says whether this process is the one that works (on PostgreSQL, whether it has the lease); two that
    both believe it cannot harm each other, since a position moves only from where it was read. `report` hears of
    all that this one reaches.
    """

    def __init__(
        self,
        models: ReadModels,
        log: EventLog,
        mapper: EventMapper,
        *,
        may_run: Callable[[], bool] = lambda: True,
        report: Report = lambda position, failure: None,
    ) -> None:
        self._models = models
        self._log = log
        self._mapper = mapper
        self._may_run = may_run
        self._report = report
        self._deputy: Deputy | None = None
        self._deputy_failure: str | None = None
        self._hurried = False
        self._pause_of_watch = 0.002
        self._steps = Steps(models, log, mapper)
        self._waiting = Waiting()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._head = 0
        self._trouble = Trouble()
        self._outdated: str | None = None

    # Its life.

    def prepare(self) -> None:
        """Make the tables that are missing; start over where they were built from another log, or are damaged.

        Raises StoreUnavailable.
        """
        try:
            if not self._may_throw_away():
                self._make_ready()
        except StoreUnavailable:
            if not self._may_throw_away():
                raise
        if self._may_throw_away():
            self._throw_away()

    def _make_ready(self) -> None:
        self._models.create_tables()
        self._outdated = self._steps.housekeeping.prepare()
        self._look()
        self.parked()  # damage there is met now, when it can be mended

    def start(self) -> None:
        """Prepare, and begin to work in a thread. Raises StoreUnavailable."""
        self.prepare()
        for each in self.parked():
            log.warning("stream is parked", projection=each.projection, stream=each.stream, position=each.position)
        self._stopping.clear()
        self._thread = Thread(target=self._run, name="projector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch that it is at."""
        self._stopping.set()
        if self._thread is None:
            return
        while self._thread.is_alive():
            self._wake()  # more than once: it may just be about to wait
            self._thread.join(0.02)
        self._thread = None

    @property
    def failure(self) -> str | None:
        """What keeps the runner from working, a sentence; none while all is well."""
        return self._trouble.sentence or self._outdated or (self._deputy_failure if self._is_deputised() else None)

    # Its deputy.

    def let(self, deputy: Deputy) -> None:
        """Leave the work to a deputy while that one works, and do it otherwise."""
        self._deputy = deputy
        self._waiting.tell = deputy.somebody_waits

    def told(self, position: int, failure: str | None) -> None:
        """The deputy's report."""
        self._deputy_failure = failure
        self._waiting.arrived(position)

    def hurry(self) -> None:
        """Somebody waits for what comes next, in another process."""
        if self._deputy is not None and self._deputy.works:
            self._deputy.somebody_waits()
        self._hurried = True
        self._waiting.disturb()

    # Other processes.

    def follow(self, elsewhere: Elsewhere) -> None:
        """Hear from a process that knows first how far the read models have come; the tables are looked at less."""
        elsewhere.reached = self._heard
        self._waiting.tell = elsewhere.somebody_waits
        self._pause_of_watch = _HEARING_SECONDS

    def tell(self, reached: Callable[[int], None]) -> None:
        """Let somebody else, too, hear of every position reached, without waiting for it. `reached` must not block."""
        self._waiting.pass_on(reached)

    def _heard(self, position: int) -> None:
        if position > self._waiting.reached:  # that they start over is seen in the tables
            self._waiting.arrived(position)

    def _is_deputised(self) -> bool:
        return self._deputy is not None and self._deputy.works

    # What others ask of it.

    def position(self) -> int:
        """The position that all read models have reached, as far as this process knows."""
        return self._waiting.reached

    def positions(self) -> dict[str, int]:
        """How far each read model that is ready has come. Raises StoreUnavailable."""
        return {generation.projection: generation.position for generation in self._readable()}

    def parked(self) -> list[Parked]:
        """Streams that a read model takes no more events of. Raises StoreUnavailable."""
        with self._models.looking() as connection:
            active = [generation for generation in all_generations(connection) if generation.active]
            return [entry for streams in parked_of(connection, active).values() for entry in streams.values()]

    def lag(self) -> int:
        """Events that the read models are behind the log, whoever keeps them up."""
        with suppress(StoreUnavailable):
            self._look()
            self._head = self._log.head().position
        return max(0, self._head - self.position())

    def wait_for(self, position: int, timeout: float = 2.0) -> None:
        """Block until the read models have reached a position. Raises Behind after `timeout` seconds."""
        self._waiting.wait_for(position, timeout)

    async def reached(self, position: int, timeout: float = 2.0) -> None:  # noqa: ASYNC109 - the limit is promised
        """The same for an event loop. Raises Behind after `timeout` seconds."""
        await self._waiting.until(position, timeout)

    def rebuild(self, progress: Progress = lambda what, done, total: None) -> Rebuilt:
        """Build all read models anew, see `Rebuilding.run`."""
        done = Rebuilding(self._models, self._log, self._mapper, progress, is_alone=self._is_alone).run()
        self._look()
        return done

    # Its work.

    def step(self) -> bool:
        """Take one batch to what is read, and one to what is being built; False when all has caught up.

        Raises Moved when another process did the same meanwhile, and StoreUnavailable.
        """
        moved, built = self._take_on()
        return moved > 0 or built

    def _take_on(self) -> tuple[int, bool]:
        """How many events what is read was taken on by, and whether what is being built was."""
        found, moved = self._steps.read_on()
        self._saw(found)
        built = self._steps.build_on(found)
        if built:
            self._look()
        return moved, built

    def _readable(self) -> list[Generation]:
        with self._models.looking() as connection:
            return readable(all_generations(connection), self._models.projections)

    def _look(self) -> None:
        """See how far the read models have come, whoever took them there, and tell those who wait."""
        with self._models.looking() as connection:
            found = all_generations(connection)
        self._saw(found)

    def _saw(self, found: Sequence[Generation]) -> None:
        active = readable(found, self._models.projections)
        complete = len(active) == len(self._models.projections)
        self._waiting.arrived(min((g.position for g in active), default=0) if complete else 0)
        self._report(self._waiting.reached, self.failure)

    # Its thread.

    def _run(self) -> None:
        troubled = Pauses(0.05, _POLL_SECONDS)
        while not self._stopping.is_set():
            try:
                if self._may_throw_away():
                    self._throw_away()
                if self._may_run() and self._is_deputised():
                    self._stopping.wait(_LOOK_SECONDS)
                elif self._may_run():
                    self._work()
                else:
                    self._watch()
                troubled.from_the_start()
                self._trouble.is_over()
            except Moved:
                continue
            except Exception as error:
                self._trouble.happened(error)
                self._stopping.wait(troubled.again())

    def _work(self) -> None:
        """Catch up, then wait for the log to grow, by more than an event or two unless somebody waits."""
        moved, built = self._take_on()
        if built:
            return
        if moved and not self._hurried:
            self._waiting.somebody_waits(_GATHER_SECONDS)
        self._hurried = False
        if self._outdated:
            self._stopping.wait(_POLL_SECONDS)
        else:
            self._log.follower.wait(self._waiting.reached, _POLL_SECONDS)

    def _watch(self) -> None:
        """See what the process that works has done: often while somebody waits for it, else now and then."""
        pauses = Pauses(self._pause_of_watch, 0.1)
        self._look()
        until = monotonic() + _LOOK_SECONDS
        while self._waiting.anybody() and monotonic() < until and not self._stopping.wait(pauses.again()):
            self._look()
        if not self._stopping.is_set():
            self._waiting.somebody_waits(until - monotonic())

    def _may_throw_away(self) -> bool:
        """Whether the read models are damaged, and nobody else reads or writes them."""
        return self._models.is_damaged and self._log.sole_process

    def _throw_away(self) -> None:
        log.error("read models are damaged, so they are built anew")
        self._models.begin_anew()
        self._make_ready()

    def _wake(self) -> None:
        self._waiting.disturb()
        self._log.follower.disturb()

    def _is_alone(self) -> bool:
        """Whether surely nobody else uses the read models: the store is ours, and no thread of ours is at it."""
        return self._thread is None and self._log.sole_process
