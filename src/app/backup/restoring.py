"""Putting a backup back, into whichever store the settings name."""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from app.backup.manifest import Manifest, Progress, read_manifest
from app.backup.postgres_backup import Place
from app.backup.postgres_restore import restore_postgres
from app.backup.sqlite_restore import restore_sqlite
from app.backup.trouble import CannotRestore
from app.backup.verified import faults_of
from app.fitting_key import has_people, opens_all
from app.log.reading import Reading
from app.log.records import Head
from app.log.renewing import renew
from app.log.trouble import StoreUnavailable
from app.master_key import master_keys_if_there
from app.rebuilding import rebuild
from app.settings import Settings
from app.stores import open_log


class Restored(NamedTuple):
    """What was put back. `lacks_key`: it has people, and the key that opens what is sealed for them is not set.
    `unbuilt`: why the read models could not be built, which the next start does; none when they were.
    """

    manifest: Manifest
    lacks_key: bool
    unbuilt: str | None


def restore(settings: Settings, backup: Path, progress: Progress) -> Restored:
    """Check a backup, put it back where no log is yet, and give the log a new id.

    On the embedded store the read models are built, too; on PostgreSQL, where they must be the service's own, its
    next start builds them. Raises CannotRestore, SettingsError, StoreUnavailable and its kinds.
    """
    manifest = read_manifest(backup)
    _refuse_other_store(settings, manifest)
    key = _Key(settings)
    try:
        if settings.database_url is None:
            restore_sqlite(backup, manifest, settings.data, key.check, progress)
        else:
            place = Place(settings.database_url, settings.schema_name, settings.postgres_tools)
            restore_postgres(backup, manifest, place, key.check, progress)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise CannotRestore(f"Nothing was restored: {error.strerror}{where}.") from error
    return Restored(manifest, key.is_lacking, _rebuild(settings, progress))


class Renewed(NamedTuple):
    """Where the log ends that got a new id. `unbuilt`: as of `Restored`."""

    head: Head
    unbuilt: str | None


def renew_in_place(settings: Settings, progress: Progress) -> Renewed:
    """Check a log that was put back by other means, such as point-in-time recovery or a copied folder, and give it a
    new id. Read models are built as by `restore`.

    Raises CannotRestore (nothing is changed then), SettingsError, StoreUnavailable and its kinds.
    """
    key = _Key(settings)
    place = (settings.database_url, settings.schema_name, settings.data)
    open_log(*place, serving=False).close()  # a folder without a log is told, not made
    with closing(open_log(*place, serving=True)) as log:
        head = log.head()
        if faults := faults_of(log, head, progress):
            raise CannotRestore(f"The log is not whole. {faults} Nothing was changed; go back to another copy.")
        key.check(log)
        renew(log)
    return Renewed(head, _rebuild(settings, progress))


def _rebuild(settings: Settings, progress: Progress) -> str | None:
    """Build the read models, where they are in a folder; says why that was not possible. The log is in place by then,
    so it is no failure.
    """
    if settings.is_embedded:
        try:
            rebuild(settings, progress)
        except StoreUnavailable as trouble:
            return str(trouble)
    return None


class _Key:
    """The master key that the settings name, if any, held against what is to be opened with it."""

    def __init__(self, settings: Settings) -> None:
        self._key = master_keys_if_there(settings)
        self.is_lacking = False

    def check(self, log: Reading) -> None:
        if self._key is None:
            self.is_lacking = has_people(log)
        elif not opens_all(log, self._key):
            raise CannotRestore(
                "The master key that is set here (DAYBOOK_MASTER_KEY, or master.key in the data folder) is not the one "
                "that this backup's people were sealed under. Nothing was restored; put that key in its place first."
            )


def _refuse_other_store(settings: Settings, manifest: Manifest) -> None:
    if manifest.store == "postgresql" and settings.is_embedded:
        raise CannotRestore("This is a backup of a PostgreSQL schema: set DAYBOOK_DATABASE_URL to restore it.")
    if manifest.store == "sqlite" and not settings.is_embedded:
        raise CannotRestore("This is a backup of a data folder: restore it with DAYBOOK_DATABASE_URL unset.")
