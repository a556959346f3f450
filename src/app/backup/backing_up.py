"""Making a backup of whichever store the settings name."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from app.backup.manifest import FORMAT, KeptFile, Manifest, Progress, begin, clear, finish
from app.backup.postgres_backup import Place, back_up_postgres
from app.backup.sqlite_backup import back_up_sqlite
from app.backup.trouble import CannotBackUp
from app.log.records import Head
from app.log.schema import SCHEMA_VERSION
from app.settings import Settings


def back_up(settings: Settings, out: Path, progress: Progress) -> Manifest:
    """Put a copy of the log and of the people beside it into `out`, a new folder, while a service may work on.

    Raises CannotBackUp, StoreUnavailable and its kinds; what had been written of it is deleted then.
    """
    begin(out)
    try:
        head, file = _copied(settings, out, progress)
        manifest = Manifest(
            format=FORMAT,
            daybook=version("daybook-service"),
            store="sqlite" if settings.is_embedded else "postgresql",
            schema_name=None if settings.is_embedded else settings.schema_name,
            tables=SCHEMA_VERSION,
            log_id=head.log_id,
            position=head.position,
            timestamp=head.timestamp,
            digest=head.digest.hex(),
            made_at=datetime.now(UTC),
            files=(file,),
        )
        finish(out, manifest)
    except BaseException as error:
        clear(out)
        if isinstance(error, OSError):
            raise CannotBackUp(f"The backup cannot be written to {out} ({error.strerror}).") from error
        raise
    return manifest


def _copied(settings: Settings, out: Path, progress: Progress) -> tuple[Head, KeptFile]:
    if settings.database_url is None:
        return back_up_sqlite(settings.data, out, progress)
    place = Place(settings.database_url, settings.schema_name, settings.postgres_tools)
    return back_up_postgres(place, out, progress)
