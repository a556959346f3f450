"""Building all read models anew, in a process of its own beside those that serve."""

from collections.abc import Callable
from contextlib import closing

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.postgres import open_postgres
from app.log.sqlite import open_sqlite
from app.read_models import database
from app.read_models.database import ReadModels
from app.read_models.runner import Runner
from app.settings import Settings


def rebuild(settings: Settings, progress: Callable[[int, int], None]) -> None:
    """Build every read model from the first event on and swap it in; the old ones answer until then.

    `progress` is called with the position done and the log's head. Raises StoreUnavailable and its kinds.
    """
    log, models = _open(settings)
    with closing(log), closing(models):
        models.create_tables()
        Runner(models, log, EventMapper()).rebuild(progress)


def _open(settings: Settings) -> tuple[EventLog, ReadModels]:
    if settings.database_url is not None:
        url, schema = settings.database_url, settings.schema_name
        return open_postgres(url, schema), database.open_postgres(url, schema)
    # Read-only: a mistyped folder is told, not made.
    return open_sqlite(settings.data, serving=False, read_only=True), database.open_sqlite(settings.data)
