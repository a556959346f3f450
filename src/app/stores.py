"""Opening the stores that the settings name: the event log, and the read models beside it."""

from pathlib import Path

from app.log.event_log import EventLog
from app.log.postgres import open_postgres
from app.log.sqlite import open_sqlite
from app.read_models import database
from app.read_models.database import ReadModels
from app.settings import Settings


def open_log(database_url: str | None, schema: str, data: Path, *, serving: bool) -> EventLog:
    """The log in `schema` of the PostgreSQL at `database_url`, or, where none is given, in the folder `data`.

    Who serves a folder has it alone, and makes it where it is missing; the others open it read-only beside
    that one. Raises StoreUnavailable and its kinds.
    """
    if database_url is not None:
        return open_postgres(database_url, schema)
    return open_sqlite(data, serving=serving, read_only=not serving)


def open_stores(settings: Settings, *, serving: bool, read_only: bool = False) -> tuple[EventLog, ReadModels]:
    """The log, and its read models. Nothing stays open when one cannot be opened.

    Not `serving`: beside the process that has a data folder for itself; then `read_only` leaves the log as it is.
    Raises StoreUnavailable and its kinds.
    """
    if settings.database_url is not None:
        log: EventLog = open_postgres(settings.database_url, settings.schema_name)
    else:
        log = open_sqlite(settings.data, serving=serving, read_only=read_only)
    try:
        if settings.database_url is not None:
            return log, database.open_postgres(settings.database_url, settings.schema_name)
        return log, database.open_sqlite(settings.data)
    except BaseException:
        log.close()
        raise
