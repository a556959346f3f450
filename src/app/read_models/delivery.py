"""Applying a batch of events to read models: all of it and the new position in one transaction, or nothing."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.log.mapper import EventMapper
from app.log.records import RecordedEvent
from app.read_models.database import ReadModels
from app.read_models.generations import Generation, Parked, move, park, parked_of
from app.read_models.projection import Projection, category
from domain.event import Event

Understood = Mapping[int, Event | Exception]
"""By position: the event, or why it could not be understood."""

_LONGEST_ERROR = 300


class Delivery:
    """Takes batches to the tables of generations. Batches are whole appends, in the log's order."""

    def __init__(self, models: ReadModels, mapper: EventMapper) -> None:
        self._models = models
        self._mapper = mapper

    def deliver(self, batch: Sequence[RecordedEvent], to: Sequence[Generation]) -> None:
        """Apply what each generation has not had yet, and move it on from where it was read.

        Raises Moved when somebody else moved one of them meanwhile, and StoreUnavailable; nothing is applied then.
        """
        behind = [generation for generation in to if generation.position < batch[-1].id]
        wanted = {name for generation in behind for name in self._projection(generation).categories}
        kinds = {event.id: category(event.originator_id) for event in batch}
        understood = self._understand(e for e in batch if kinds[e.id] in wanted)  # others wait for a transaction
        with self._models.writing() as connection:
            for generation in behind:
                move(connection, generation, batch[-1].id)
            parked = parked_of(connection, behind)
            for generation in behind:
                own = self._projection(generation).categories
                mine = [event for event in batch if event.id > generation.position and kinds[event.id] in own]
                standing_still = parked[generation.projection, generation.number]
                self._apply(connection, generation, mine, understood, standing_still)

    def _projection(self, generation: Generation) -> Projection:
        return self._models.projections[generation.projection]

    def _understand(self, batch: Iterable[RecordedEvent]) -> Understood:
        understood: dict[int, Event | Exception] = {}
        for event in batch:
            try:
                understood[event.id] = self._mapper.to_event(event)
            except Exception as error:
                understood[event.id] = error
        return understood

    def _apply(
        self,
        connection: Connection,
        generation: Generation,
        batch: Sequence[RecordedEvent],
        understood: Understood,
        parked: Mapping[str, Parked],
    ) -> None:
        """Apply a batch to one generation; if the database refuses it, event by event to find the culprit."""
        wanted = [event for event in batch if event.originator_id not in parked]
        if not wanted:
            return
        try:
            with connection.begin_nested():
                self._gather_and_write(connection, generation, wanted, understood)
            return
        except Exception as error:
            if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError):
                raise
            if len(wanted) == 1:
                self._park(connection, generation, wanted[0], error)
                return
        self._apply_singly(connection, generation, wanted, understood)

    def _apply_singly(
        self,
        connection: Connection,
        generation: Generation,
        batch: Sequence[RecordedEvent],
        understood: Understood,
    ) -> None:
        for event in batch:
            standing_still = parked_of(connection, [generation])[generation.projection, generation.number]
            self._apply(connection, generation, [event], understood, standing_still)

    def _gather_and_write(
        self,
        connection: Connection,
        generation: Generation,
        batch: Sequence[RecordedEvent],
        understood: Understood,
    ) -> None:
        streams = {event.originator_id for event in batch}
        changes = self._projection(generation).changes(connection, generation.number, streams)
        parked: set[str] = set()
        for recorded in batch:
            if recorded.originator_id in parked:
                continue
            event = understood[recorded.id]
            try:
                if isinstance(event, Exception):
                    raise event
                changes.apply(event, recorded.id)
            except Exception as error:
                parked.add(recorded.originator_id)
                self._park(connection, generation, recorded, error)
        changes.write(connection)

    def _park(self, connection: Connection, generation: Generation, event: RecordedEvent, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR].replace("\0", "")
        park(connection, generation, event.originator_id, event.id, reason)
