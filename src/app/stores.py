"""Opening the stores that the settings name: the event log, and the read models beside it."""

from pathlib import Path
from typing import TYPE_CHECKING

# What PostgreSQL and read models need is imported where it is used: some start on the embedded log alone, and quickly.
from app.log.event_log import EventLog
from app.log.sqlite import open_sqlite

if TYPE_CHECKING:
    from app.read_models.database import ReadModels
    from app.settings import Settings


def open_log(
    database_url: str | None, schema: str, data: Path, *, serving: bool, read_only: bool | None = None
) -> EventLog:
    """The log in `schema` of the PostgreSQL at `database_url`, or, where none is given, in the folder `data`.

    Who serves a folder has it alone, and makes it where it is missing; the others work beside that one, and do not
    write unless `read_only` is false. Raises StoreUnavailable and its kinds.
    """
    if database_url is not None:
        from app.log.postgres import open_postgres

        return open_postgres(database_url, schema)
    return open_sqlite(data, serving=serving, read_only=not serving if read_only is None else read_only)


def open_stores(settings: "Settings", *, serving: bool, read_only: bool | None = None) -> tuple[EventLog, "ReadModels"]:
    """The log, see `open_log`, and its read models. Nothing stays open when one cannot be opened."""
    from app.read_models import database

    log = open_log(settings.database_url, settings.schema_name, settings.data, serving=serving, read_only=read_only)
    try:
        if settings.database_url is not None:
            return log, database.open_postgres(settings.database_url, settings.schema_name)
        return log, database.open_sqlite(settings.data)
    except BaseException:
        log.close()
        raise
