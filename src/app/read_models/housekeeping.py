"""Which generations there should be: begins those that are missing, retires what does not fit, drops the retired."""

from collections.abc import Iterable

import structlog
from sqlalchemy import Connection

from app.log.event_log import EventLog
from app.log.records import Head
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.generations import (
    Generation,
    all_generations,
    begin,
    claim_control,
    drop,
    retire,
    seconds_now,
    swap_in,
)
from app.read_models.projection import Projection

log = structlog.get_logger()

GRACE_SECONDS = 10
"""A query that began before a swap has this long to finish with the old tables."""


class Housekeeping:
    """Changes which generations exist; one process at a time, by the lock on the projections' rows."""

    def __init__(self, models: ReadModels, log: EventLog) -> None:
        self._models = models
        self._log = log

    def prepare(self) -> str | None:
        """Bring the generations in line with the log and this program; says what stands in the way, if anything.

        What was built from another log, or beyond this one's head, is retired at once: it answers nothing any more.
        """
        newer: list[str] = []
        with self._models.shaping() as connection:
            claim_control(connection, self._models.projections)
            found = all_generations(connection)
            head = self._log.head()  # afterwards: who projects meanwhile must not seem to be beyond it
            for name, projection in self._models.projections.items():
                own = [g for g in found if g.projection == name and g.retired_at is None]
                fitting = [g for g in own if _fits(g, head)]
                for generation in own:
                    if generation not in fitting:
                        _retire_unfit(connection, generation, head)
                if any(g.version > projection.version for g in fitting):
                    newer.append(name)
                elif not any(g.version == projection.version for g in fitting):
                    self._begin(connection, projection, is_empty=head.position == 0)
        if newer:
            return f"The read models {', '.join(newer)} were built by a newer Daybook; this one only waits."
        return None

    def begin_anew(self) -> list[Generation]:
        """Begin a new generation of everything, for a rebuild in this process to build (see `held`); answers them.

        What an earlier rebuild has not finished is removed. What does not fit the log is retired, as by `prepare`:
        nothing built from this one could ever take its place. Raises StoreUnavailable when a newer Daybook built what
        is there.
        """
        with self._models.shaping() as connection:
            claim_control(connection, self._models.projections)
            before = all_generations(connection)
            head = self._log.head()  # afterwards, see `prepare`
            known = self._models.projections
            read = {g.projection: g for g in before if g.active and g.projection in known and _fits(g, head)}
            if any(g.version > known[g.projection].version for g in read.values()):
                raise StoreUnavailable("A newer Daybook built the read models: rebuild them with that one.")
            for generation in before:
                active = read.get(generation.projection)
                if generation.retired_at is None and not _fits(generation, head):
                    _retire_unfit(connection, generation, head)
                elif generation.retired_at is not None and active is not None and generation.number > active.number:
                    drop(connection, known[generation.projection], generation)  # nobody ever read it
            held_at = seconds_now(connection)
            began = {
                name: begin(connection, projection, self._log.log_id, held_at=held_at)
                for name, projection in known.items()
            }
            return [g for g in all_generations(connection) if began.get(g.projection) == g.number]

    def drop_retired(self, found: Iterable[Generation], grace_seconds: int = GRACE_SECONDS) -> None:
        """Drop the tables of those that were retired long enough ago."""
        retired = [(g, g.retired_at) for g in found if g.retired_at is not None]
        if not retired:
            return
        with self._models.looking() as connection:
            now = seconds_now(connection)
        due = [
            g for g, since in retired if abs(now - since) >= grace_seconds
        ]  # by the distance: a clock that was set back must not keep them for ever
        for generation in due:
            projection = self._models.projections.get(generation.projection)
            if projection is not None:
                with self._models.writing() as connection:
                    drop(connection, projection, generation)

    def _begin(self, connection: Connection, projection: Projection, *, is_empty: bool) -> None:
        begin(connection, projection, self._log.log_id)
        if is_empty:  # nothing to build: it can be read at once
            mine = [g for g in all_generations(connection) if g.projection == projection.name]
            swap_in(connection, mine[-1])


def _fits(generation: Generation, head: Head) -> bool:
    """Whether it was built from this log, as far as that goes."""
    return generation.log_id == head.log_id and generation.position <= head.position


def _retire_unfit(connection: Connection, generation: Generation, head: Head) -> None:
    if generation.log_id == head.log_id:
        log.warning(
            "the log is shorter than it was: unless a backup was restored, its end is lost",
            was_at=generation.position,
            is_at=head.position,
        )
    retire(connection, generation.projection, generation.number)
