"""The steps in which read models follow the log: one batch to what is read, one to what is being built."""

from collections.abc import Sequence
from typing import Final

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models.database import ReadModels
from app.read_models.delivery import Delivery
from app.read_models.feed import batch_after
from app.read_models.generations import Generation, all_generations, complete, strip, swap_in
from app.read_models.housekeeping import Housekeeping

BATCH: Final = 500
BUILDING_BATCH: Final = 2000
BUILDING_ALONE_BATCH: Final = 20_000
"""Where nothing can be read yet, or nobody serves, nobody is kept waiting by a long transaction."""


class Steps:
    """Takes generations on. Each step raises Moved when another process did the same meanwhile, and StoreUnavailable;
    nothing is done then.
    """

    def __init__(self, models: ReadModels, log: EventLog, mapper: EventMapper) -> None:
        self.models = models
        self.housekeeping = Housekeeping(models, log)
        self._log = log
        self._delivery = Delivery(models, mapper)

    def read_on(self) -> tuple[list[Generation], int]:
        """One batch to what is read; all generations as they are then, and by how many events it was taken on.

        Where there was nothing to take on, generations that were retired long enough ago are dropped.
        """
        found = self.found()
        moved = self._advance([each for each in found if each.active and self._is_mine(each)], BATCH)
        if not moved:
            self.housekeeping.drop_retired(found)
        events = max((after.position - before.position for before, after in moved.items()), default=0)
        return [moved.get(generation, generation) for generation in found], events

    def build_on(self, found: Sequence[Generation]) -> bool:
        """One batch to what is being built of these; whether anything is."""
        mine = [generation for generation in found if self._is_mine(generation)]
        building = [generation for generation in mine if not generation.active]
        return bool(building) and self.build(building, alone=len(building) == len(mine))

    def found(self) -> list[Generation]:
        """All generations as the tables have them."""
        with self.models.looking() as connection:
            return all_generations(connection)

    def build(self, building: Sequence[Generation], *, alone: bool) -> bool:
        """One batch for what is being built; when it has caught up, it is read from then on."""
        projections = self.models.projections
        if alone:
            self._strip([generation for generation in building if generation.position == 0])
        if self._advance(building, BUILDING_ALONE_BATCH if alone else BUILDING_BATCH):
            return True
        for generation in building:
            with self.models.writing() as connection:
                if complete(connection, projections[generation.projection], generation.number):
                    return True
        with self.models.writing() as connection:
            swapped = [swap_in(connection, generation) for generation in building]
        return any(swapped)

    def _strip(self, building: Sequence[Generation]) -> None:
        if building and self._log.head().position > 0:  # else nothing comes that would be faster without them
            with self.models.writing() as connection:
                for generation in building:
                    strip(connection, self.models.projections[generation.projection], generation.number)

    def _advance(self, generations: Sequence[Generation], size: int) -> dict[Generation, Generation]:
        """One batch for those that are furthest behind; answers them as they were and as they are then."""
        position = min((generation.position for generation in generations), default=None)
        batch = batch_after(self._log, position, size) if position is not None else []
        if not batch:
            return {}
        furthest = [generation for generation in generations if generation.position == position]
        self._delivery.deliver(batch, furthest)
        return {generation: generation._replace(position=batch[-1].position) for generation in furthest}

    def _is_mine(self, generation: Generation) -> bool:
        """Whether this program keeps a generation up."""
        projection = self.models.projections.get(generation.projection)
        return (
            projection is not None
            and generation.retired_at is None
            and generation.version == projection.version
            and generation.log_id == self._log.log_id
        )
