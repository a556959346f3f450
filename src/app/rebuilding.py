"""Building all read models anew, in a process of its own beside those that serve."""

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager

from app.log.folder import holder_of
from app.log.mapper import EventMapper
from app.read_models.process import MOST_OBJECTS
from app.read_models.rebuilding import Progress, Rebuilding, Rebuilt
from app.settings import Settings
from app.stores import open_stores


def rebuild(settings: Settings, progress: Progress) -> Rebuilt:
    """Build every read model from the first event on, compare it with the old one and swap it in; the old ones, if they
    fit the log, answer until then.

    Raises NotSwapped, StoreUnavailable and its kinds.
    """
    log, models = open_stores(settings, serving=False)  # a mistyped folder is told, not made
    with closing(log), closing(models), _seldom_collected():
        models.create_tables()
        return Rebuilding(
            models,
            log,
            EventMapper(),
            progress,
            is_alone=lambda: settings.is_embedded and holder_of(settings.data) is None,  # a service may start meanwhile
        ).run()


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for cycles seldom: rows have none."""
    before = gc.get_threshold()
    gc.set_threshold(MOST_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
