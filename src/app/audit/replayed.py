"""Read models, held against what the log adds up to: built once more aside, and compared row by row.

The copy is taken to just the position that a page of rows was read at, so that a service may go on meanwhile. It lies
in a temporary file, and every page is a short transaction.
"""

from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import Connection, inspect

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.verifying import Finding
from app.read_models.aside import Aside, Progress, built_aside
from app.read_models.comparing import Swapped, differences_of
from app.read_models.database import ReadModels
from app.read_models.generations import CONTROL, Generation, all_generations, parked_of
from app.read_models.projection import Projection

_ATTEMPTS: Final = 5
"""How often a read model may be built anew, and swapped, while it is compared."""

Note = Callable[[str], None]


def differences(
    log: EventLog, models: ReadModels, progress: Progress = lambda done, total: None, note: Note = lambda text: None
) -> Iterator[Finding]:
    """What read models hold that the log does not add up to, and the other way round.

    `note` is told what could not be compared, in a sentence. Raises StoreUnavailable.
    """
    with built_aside(log, models, EventMapper(), progress) as copy:
        for projection in models.projections.values():
            yield from _compared(log, models, copy, projection, note)


def _compared(log: EventLog, models: ReadModels, copy: Aside, projection: Projection, note: Note) -> Iterator[Finding]:
    for _ in range(_ATTEMPTS):
        try:
            yield from _compared_once(log, models, copy, projection, note)
        except Swapped:
            continue
        return
    note(f"The read model {projection.name} was built anew again and again, so it was not compared.")


def _compared_once(
    log: EventLog, models: ReadModels, copy: Aside, projection: Projection, note: Note
) -> Iterator[Finding]:
    with models.looking() as connection:
        there = _active(connection, projection)
    if there is None or there.log_id != log.log_id or there.version != projection.version:
        note(f"The read model {projection.name} is not built of this log by this Daybook, so it was not compared.")
        return
    head = log.head().position  # afterwards: it may have gone on
    if there.position > head:
        yield Finding(
            there.position,
            f"The read model {projection.name} has seen events that the log does not have any more.",
            "end",
            "",
            f"a log of {there.position} events or more",
            f"one of {head}",
        )
        return
    for _, finding in differences_of(models, projection, there, copy):
        yield finding
    yield from _parked(models, there)


def _parked(models: ReadModels, there: Generation) -> Iterator[Finding]:
    """A stream that stands still is told of once, however many of its rows are old."""
    with models.looking() as connection:
        for stream, parked in parked_of(connection, [there])[there.projection, there.number].items():
            sentence = (
                f"The read model {there.projection} takes no more events of a stream since one could not be applied."
            )
            yield Finding(parked.position, sentence, "parked", stream, "every event applied", parked.error)


def _active(connection: Connection, projection: Projection) -> Generation | None:
    if not inspect(connection).has_table(CONTROL.sorted_tables[0].name):
        return None
    return next((g for g in all_generations(connection) if g.active and g.projection == projection.name), None)
