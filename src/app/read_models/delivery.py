"""Applying a batch of events to read models: all of it and the new position in one transaction, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.log.mapper import EventMapper
from app.log.records import category
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.facts import Facts
from app.read_models.feed import Fed
from app.read_models.generations import Generation, Moved, move, park, parked_of
from app.read_models.projection import Projection


class _Read(NamedTuple):
    """An event with what could be read of it, see `Facts.of`, or why it could not."""

    fed: Fed
    topic: str
    facts: Any
    error: Exception | None


_LONGEST_ERROR = 300

log = structlog.get_logger()


class Delivery:
    """Takes batches to the tables of generations. Batches are whole appends, in the log's order."""

    def __init__(self, models: ReadModels, mapper: EventMapper) -> None:
        self._models = models
        self._facts = Facts(mapper)

    def deliver(self, batch: Sequence[Fed], to: Sequence[Generation]) -> None:
        """Apply what each generation has not had yet, and move it on from where it was read.

        Raises Moved when somebody else moved one of them meanwhile, and StoreUnavailable; nothing is applied then.
        """
        end = batch[-1].position
        behind = [generation for generation in to if generation.position < end]
        events = self._read(batch, behind)  # others wait for a transaction
        try:
            parked = self._apply(events, behind, end, carefully=False)
        except (Moved, StoreUnavailable):
            raise
        except Exception:  # the database refused something: once more, and find out what
            parked = self._apply(events, behind, end, carefully=True)
        for each in parked:
            log.error(
                "stream parked",
                projection=each.generation.projection,
                stream=each.fed.stream,
                version=each.fed.version,
                position=each.fed.position,
                exc_info=each.error,
            )

    def _read(self, batch: Sequence[Fed], behind: Sequence[Generation]) -> dict[str, list[_Read]]:
        """What any of these projections wants, by category."""
        events: dict[str, list[_Read]] = {
            name: [] for each in behind for name in self._models.projections[each.projection].categories
        }
        first = min((generation.position for generation in behind), default=0)
        for fed in batch:
            wanted = events.get(category(fed.stream))
            if wanted is None or fed.position <= first:
                continue
            try:
                wanted.append(_Read(fed, *self._facts.of(fed), None))
            except Exception as error:
                wanted.append(_Read(fed, fed.topic, None, error))
        return events

    def _apply(
        self, events: Mapping[str, list[_Read]], behind: Sequence[Generation], end: int, *, carefully: bool
    ) -> "list[_Parked]":
        with self._models.writing() as connection:
            move(connection, behind, end)
            attempt = _Attempt(connection, self._models.projections)
            still = parked_of(connection, behind)
            for generation in behind:
                own = [events[name] for name in self._models.projections[generation.projection].categories]
                in_order = own[0] if len(own) == 1 else sorted((each for some in own for each in some), key=_position)
                stands_still = still[generation.projection, generation.number]
                mine = [
                    each
                    for each in in_order
                    if each.fed.position > generation.position and each.fed.stream not in stands_still
                ]
                if mine and carefully:
                    attempt.apply_carefully(generation, mine)
                elif mine:
                    attempt.apply(generation, mine)
        return attempt.parked


def _position(each: _Read) -> int:
    return each.fed.position


class _Parked(NamedTuple):
    generation: Generation
    fed: Fed
    error: Exception


class _Attempt:
    """What one transaction does; `parked` is true only once it is committed."""

    def __init__(self, connection: Connection, projections: Mapping[str, Projection]) -> None:
        self._connection = connection
        self._projections = projections
        self.parked: list[_Parked] = []

    def apply_carefully(self, generation: Generation, events: Sequence[_Read]) -> None:
        """Apply events to one generation; if that fails, half by half to find the culprit."""
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
                self._park(generation, events[0].fed, error)
                return
        middle = len(events) // 2
        self.apply_carefully(generation, events[:middle])
        rest = [each for each in events[middle:] if not self._is_parked(generation, each.fed.stream)]
        if rest:
            self.apply_carefully(generation, rest)

    def apply(self, generation: Generation, events: Sequence[_Read]) -> None:
        """Apply events to one generation, parking the streams of those that cannot be."""
        streams = {each.fed.stream: each.fed.version for each in reversed(events)}
        changes = self._projections[generation.projection].changes(self._connection, generation.number, streams)
        parked: set[str] = set()
        for fed, topic, facts, unread in events:
            if fed.stream in parked:
                continue
            try:
                if unread is not None:
                    raise unread
                changes.apply(fed, topic, facts)
            except Exception as error:
                parked.add(fed.stream)
                self._park(generation, fed, error)
        changes.write(self._connection)

    def _park(self, generation: Generation, fed: Fed, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR].replace("\0", "")
        park(self._connection, generation, fed.stream, fed.position, reason)
        self.parked.append(_Parked(generation, fed, error))

    def _is_parked(self, generation: Generation, stream: str) -> bool:
        return any(p.generation == generation and p.fed.stream == stream for p in self.parked)
