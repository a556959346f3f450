"""All read models, built once more in a temporary file, to be compared with."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models.comparing import Between, Rows, rows_between
from app.read_models.database import ReadModels, open_sqlite
from app.read_models.delivery import Delivery
from app.read_models.feed import fed_after
from app.read_models.generations import all_generations, begin, claim_control, strip
from app.read_models.projection import Projection

BATCH: Final = 20_000

Progress = Callable[[int, int], None]


@contextmanager
def built_aside(log: EventLog, models: ReadModels, mapper: EventMapper, progress: Progress) -> Iterator["Aside"]:
    """Empty tables for the projections that `models` has; gone when the context ends."""
    with (
        TemporaryDirectory(prefix="daybook-read-models-", ignore_cleanup_errors=True) as folder,
        closing(open_sqlite(Path(folder), list(models.projections.values()))) as copies,
    ):
        yield Aside(log, copies, mapper, progress)


class Aside:
    """Tables that are taken to whatever position is asked for; it only grows."""

    def __init__(self, log: EventLog, models: ReadModels, mapper: EventMapper, progress: Progress) -> None:
        self._log = log
        self._models = models
        self._progress = progress
        self._delivery = Delivery(models, mapper)
        models.create_tables()
        with models.writing() as connection:
            claim_control(connection, models.projections)
            for projection in models.projections.values():
                number = begin(connection, projection, log.log_id)
                strip(connection, projection, number)  # nobody looks for anything here but by primary keys

    def rows(self, projection: Projection, number: int, position: int, between: Between) -> Rows:
        """See `Side`."""
        self._reach(position)
        with self._models.looking() as connection:
            (mine,) = (g for g in all_generations(connection) if g.projection == projection.name)
            return rows_between(connection, projection.metadata(mine.number).sorted_tables[number], between)

    def _reach(self, position: int) -> None:
        while True:
            with self._models.looking() as connection:
                mine = all_generations(connection)
            done = min(generation.position for generation in mine)
            if done >= position:
                return
            batch = fed_after(self._log, done, min(BATCH, position - done))
            if not batch:
                return  # the log is shorter than that, which is told elsewhere
            self._delivery.deliver(batch, mine)
            self._progress(batch[-1].position, position)
