"""Generations that a rebuild builds: they count as retired since whoever builds them was last heard of.

So nobody else reads them or takes them on, and when their builder dies they are dropped as whatever was retired long
enough ago. When they are finished they are all swapped in at once.
"""

from collections.abc import Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import Connection, update
from sqlalchemy.exc import DBAPIError

from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels
from app.read_models.generations import (
    Generation,
    Moved,
    all_generations,
    claim_control,
    generations,
    seconds_now,
    swap_in,
)

_SECONDS_BETWEEN_SIGNS = 1.0

log = structlog.get_logger()


class Holding:
    """Holds generations as long as the context lasts, by a sign of life every second."""

    def __init__(self, models: ReadModels, held: Sequence[Generation]) -> None:
        self._models = models
        self._held = held
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="rebuild-signs", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: object, trace: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_SIGNS):
            try:
                with self._models.writing() as connection:
                    for each in self._held:
                        _mark(connection, each, seconds_now(connection))
            except StoreUnavailable:  # the next sign may come through; whoever builds is told of what lasts
                continue
            except DBAPIError as error:  # as where a lock was waited for too long
                log.warning("no sign of life of a rebuild", reason=str(error.orig))


def are_there(models: ReadModels, held: Sequence[Generation]) -> bool:
    """Whether nobody has taken them away."""
    with models.looking() as connection:
        there = {(g.projection, g.number) for g in all_generations(connection) if g.retired_at is not None}
    return there.issuperset((g.projection, g.number) for g in held)


def let_go(models: ReadModels, held: Sequence[Generation]) -> None:
    """Give them up: whoever drops what was retired may do so at once."""
    with models.writing() as connection:
        for each in held:
            _mark(connection, each, 0)


def swap_all(models: ReadModels, held: Sequence[Generation], compared: Sequence[Generation]) -> bool:
    """Let all of them be read from now on, in one transaction; False, and nothing is changed, while one of them is not
    as far as the one that it takes the place of.

    Raises Moved when other ones are read by now than were `compared`, or one of them is gone.
    """
    try:
        with models.shaping() as connection:
            claim_control(connection, models.projections)
            _refuse_others(connection, held, compared)
            for each in held:
                _mark(connection, each, None)
                if not swap_in(connection, each):
                    raise _NotYet
    except _NotYet:
        return False
    return True


class _NotYet(Exception):  # noqa: N818 - the expected answer to a lost race
    """Roll back what was swapped already."""


def _refuse_others(connection: Connection, held: Sequence[Generation], compared: Sequence[Generation]) -> None:
    there = all_generations(connection)
    numbers = {(g.projection, g.number) for g in there if g.retired_at is not None}
    read = {(g.projection, g.number) for g in there if g.active}
    if not numbers.issuperset((g.projection, g.number) for g in held):
        raise Moved("What was built is not there any more.")
    if not read.issuperset((g.projection, g.number) for g in compared):
        raise Moved("Other read models are in use than those that were compared.")


def _mark(connection: Connection, generation: Generation, moment: int | None) -> None:
    connection.execute(
        update(generations)
        .where(
            generations.c.projection == generation.projection,
            generations.c.generation == generation.number,
            generations.c.retired_at.is_not(None),
        )
        .values(retired_at=moment)
    )
