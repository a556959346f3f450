"""Building all read models anew, in a process of its own beside those that serve."""

from collections.abc import Callable
from contextlib import closing

from app.log.mapper import EventMapper
from app.read_models.runner import Runner
from app.settings import Settings
from app.stores import open_stores


def rebuild(settings: Settings, progress: Callable[[int, int], None]) -> None:
    """Build every read model from the first event on and swap it in; the old ones answer until then.

    `progress` is called with the position done and the log's head. Raises StoreUnavailable and its kinds.
    """
    log, models = open_stores(settings, serving=False)  # a mistyped folder is told, not made
    with closing(log), closing(models):
        models.create_tables()
        Runner(models, log, EventMapper()).rebuild(progress)
