"""The runner: one thread that takes the log to the read models, batch by batch, and builds new generations."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.records import RecordedEvent
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.delivery import Delivery
from app.read_models.generations import Generation, Moved, Parked, all_generations, parked_of, swap_in
from app.read_models.housekeeping import Housekeeping
from app.read_models.reader import Behind
from app.read_models.waiting import Pauses, Waiting

__all__ = ["Behind", "Runner"]

BATCH = 500
_POLL_SECONDS = 1.0
_LOOK_SECONDS = 0.25
_BUILT_ELSEWHERE_SECONDS = 1.5

Progress = Callable[[int, int], None]


class Runner:
    """Keeps the read models of this program's versions up with the log.

    `may_run` says whether this process is the one that works (on PostgreSQL, whether it has the lease); two that
    both believe it cannot harm each other, since a position moves only from where it was read.
    """

    def __init__(
        self,
        models: ReadModels,
        log: EventLog,
        mapper: EventMapper,
        *,
        may_run: Callable[[], bool] = lambda: True,
    ) -> None:
        self._models = models
        self._log = log
        self._may_run = may_run
        self._delivery = Delivery(models, mapper)
        self._housekeeping = Housekeeping(models, log)
        self._waiting = Waiting()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._head = 0
        self.failure: str | None = None
        """The last trouble, a sentence; none while all is well."""

    # Its life.

    def prepare(self) -> None:
        """Make the tables that are missing; start over where they were built from another log.

        Raises StoreUnavailable.
        """
        self._models.create_tables()
        self.failure = self._housekeeping.prepare()
        self._waiting.arrived(min(self.positions().values(), default=0))

    def start(self) -> None:
        """Prepare, and begin to work in a thread. Raises StoreUnavailable."""
        self.prepare()
        self._stopping.clear()
        self._thread = Thread(target=self._run, name="projector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch that it is at."""
        self._stopping.set()
        self._waiting.disturb()
        if self._thread is not None:
            self._wake()
            self._thread.join()
            self._thread = None

    # Its work.

    def step(self) -> bool:
        """Take one batch to what is read, and one to what is being built; False when all has caught up.

        Raises Moved when another process did the same meanwhile, and StoreUnavailable.
        """
        mine = self._generations()
        active = [generation for generation in mine if generation.active]
        building = [generation for generation in mine if not generation.active]
        worked = self._advance(active)
        if len(active) == len(self._models.projections):
            reached = min((generation.position for generation in self._generations(active)), default=0)
            self._waiting.arrived(reached)
        return self._build(building) or worked

    def _advance(self, generations: Sequence[Generation]) -> bool:
        """One batch for those that are furthest behind."""
        position = min((generation.position for generation in generations), default=None)
        batch = self._batch_after(position) if position is not None else []
        if not batch:
            return False
        self._delivery.deliver(batch, [g for g in generations if g.position == position])
        return True

    def _build(self, building: Sequence[Generation]) -> bool:
        if not building:
            self._housekeeping.drop_retired()
            return False
        if self._advance(building):
            return True
        with self._models.writing() as connection:
            swapped = [swap_in(connection, generation) for generation in building]
        return any(swapped)

    def _batch_after(self, position: int) -> list[RecordedEvent]:
        """About 500 events, to the end of the append that the last of them belongs to."""
        batch = self._log.after(position, BATCH)
        if batch:
            self._head = max(self._head, batch[-1].id)
        if len(batch) < BATCH:
            return batch  # all there was in one moment, and appends are stored whole
        last = batch[-1].id
        (end,) = self._log.rows("SELECT min(last_position) FROM appends WHERE last_position >= ?", [last])[0]
        return batch + (self._log.after(last, end - last) if end > last else [])

    def _generations(self, only: Sequence[Generation] | None = None) -> list[Generation]:
        """The generations that this program keeps up, as they stand now."""
        with self._models.writing() as connection:
            found = all_generations(connection)
        wanted = None if only is None else {(g.projection, g.number) for g in only}
        return [
            g
            for g in found
            if g.retired_at is None
            and g.log_id == self._log.log_id
            and g.projection in self._models.projections
            and g.version == self._models.projections[g.projection].version
            and (wanted is None or (g.projection, g.number) in wanted)
        ]
