"""Building all read models anew, in a process of its own beside those that serve."""

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from app.log.mapper import EventMapper
from app.read_models.process import MOST_OBJECTS
from app.read_models.runner import Runner
from app.settings import Settings
from app.stores import open_stores


def rebuild(settings: Settings, progress: Callable[[int, int], None]) -> None:
    """Build every read model from the first event on and swap it in; the old ones, if they fit the log, answer until
    then.

    `progress` is called with the position done and the log's head. Raises StoreUnavailable and its kinds.
    """
    log, models = open_stores(settings, serving=False)  # a mistyped folder is told, not made
    with closing(log), closing(models), _seldom_collected():
        models.create_tables()
        Runner(models, log, EventMapper()).rebuild(progress)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for cycles seldom: rows have none."""
    before = gc.get_threshold()
    gc.set_threshold(MOST_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
