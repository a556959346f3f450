"""Applying a batch of events to read models: all of it and the new position in one transaction, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.log.mapper import EventMapper
from app.log.records import RecordedEvent, category
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.generations import Generation, Moved, move, park, parked_of
from app.read_models.projection import Projection
from domain.event import Event

Understood = Mapping[int, Event | Exception]
"""By position: the event, or why it could not be understood."""

_LONGEST_ERROR = 300

log = structlog.get_logger()


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
        wanted = {name for generation in behind for name in self._models.projections[generation.projection].categories}
        kinds = [(category(event.originator_id), event) for event in batch]
        events = [(kind, event) for kind, event in kinds if kind in wanted]
        understood = self._understand(event for _, event in events)  # others wait for a transaction
        try:
            parked = self._apply(events, behind, batch[-1].id, understood, carefully=False)
        except (Moved, StoreUnavailable):
            raise
        except Exception:  # the database refused something: once more, and find out what
            parked = self._apply(events, behind, batch[-1].id, understood, carefully=True)
        for each in parked:
            log.error(
                "stream parked",
                projection=each.generation.projection,
                stream=each.event.originator_id,
                version=each.event.originator_version,
                position=each.event.id,
                exc_info=each.error,
            )

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
        events: Sequence[tuple[str, RecordedEvent]],
        behind: Sequence[Generation],
        end: int,
        understood: Understood,
        *,
        carefully: bool,
    ) -> "list[_Parked]":
        with self._models.writing() as connection:
            move(connection, behind, end)
            attempt = _Attempt(connection, self._models.projections, understood)
            still = parked_of(connection, behind)
            for generation in behind:
                own = self._models.projections[generation.projection].categories
                stands_still = still[generation.projection, generation.number]
                mine = [
                    event
                    for kind, event in events
                    if kind in own and event.id > generation.position and event.originator_id not in stands_still
                ]
                if mine and carefully:
                    attempt.apply_carefully(generation, mine)
                elif mine:
                    attempt.apply(generation, mine)
        return attempt.parked


class _Parked(NamedTuple):
    generation: Generation
    event: RecordedEvent
    error: Exception


class _Attempt:
    """What one transaction does; `parked` is true only once it is committed."""

    def __init__(self, connection: Connection, projections: Mapping[str, Projection], understood: Understood) -> None:
        self._connection = connection
        self._projections = projections
        self._understood = understood
        self.parked: list[_Parked] = []

    def apply_carefully(self, generation: Generation, events: Sequence[RecordedEvent]) -> None:
        """Apply events to one generation; if the database refuses it, event by event to find the culprit."""
        before = len(self.parked)
        try:
            with self._connection.begin_nested():
                self.apply(generation, events)
            return
        except Exception as error:
            if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError):
                raise
            del self.parked[before:]
            if len(events) == 1:
                self._park(generation, events[0], error)
                return
        for event in events:
            if not self._is_parked(generation, event.originator_id):
                self.apply_carefully(generation, [event])

    def apply(self, generation: Generation, events: Sequence[RecordedEvent]) -> None:
        """Apply events to one generation, parking the streams of those that cannot be."""
        streams = {event.originator_id for event in events}
        changes = self._projections[generation.projection].changes(self._connection, generation.number, streams)
        parked: set[str] = set()
        for recorded in events:
            if recorded.originator_id in parked:
                continue
            event = self._understood[recorded.id]
            try:
                if isinstance(event, Exception):
                    raise event
                changes.apply(event, recorded.id)
            except Exception as error:
                parked.add(recorded.originator_id)
                self._park(generation, recorded, error)
        changes.write(self._connection)

    def _park(self, generation: Generation, event: RecordedEvent, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR].replace("\0", "")
        park(self._connection, generation, event.originator_id, event.id, reason)
        self.parked.append(_Parked(generation, event, error))

    def _is_parked(self, generation: Generation, stream: str) -> bool:
        return any(p.generation == generation and p.event.originator_id == stream for p in self.parked)
