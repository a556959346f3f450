"""Putting a copy of the SQLite log into a data folder: built aside, and given its name once it is whole."""

import hashlib
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from app.backup.manifest import KeptFile, Manifest, Progress, new_file, only_file, refuse_altered
from app.backup.sqlite_backup import damage_of
from app.backup.trouble import CannotRestore
from app.durable import sync
from app.log.event_log import EventLog
from app.log.folder import RESTORING_NAME, FolderLock, clear_restoring
from app.log.renewing import renew
from app.log.sqlite import FILE_NAME, open_sqlite

_IN_THE_WAY = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", f"{FILE_NAME}-journal")
_PIECE = 1 << 20


def restore_sqlite(
    backup: Path, manifest: Manifest, folder: Path, check_key: Callable[[EventLog], None], progress: Progress
) -> None:
    """Put the log of a backup into a data folder that has none, with a new id. `check_key` may object.

    Raises CannotRestore, StoreInUse, StoreUnavailable, OSError; the folder has no log then.
    """
    listed = only_file(manifest, backup, FILE_NAME)
    lock = FolderLock(folder)  # nobody can begin to serve meanwhile; and what lies aside is of a restore that died
    aside = folder / RESTORING_NAME
    try:
        _refuse_another_log(folder)
        clear_restoring(folder)
        aside.mkdir(mode=0o700)
        refuse_altered(backup, listed, _copied(backup / FILE_NAME, aside / FILE_NAME, listed, progress))
        if faults := damage_of(aside / FILE_NAME, manifest.head, progress):
            raise CannotRestore(
                f"The log in {backup} is not whole. {faults} Nothing was restored; name another backup."
            )
        with closing(open_sqlite(aside, serving=False)) as log:
            check_key(log)
            renew(log)
            log.scrub()  # everything in the one file that gets the name
        _refuse_leftovers(aside)
        sync(aside / FILE_NAME)
        os.link(aside / FILE_NAME, folder / FILE_NAME)  # which replaces nothing, unlike a rename
        (aside / FILE_NAME).unlink()
        sync(folder)
    finally:
        clear_restoring(folder)
        lock.release()


def _refuse_another_log(folder: Path) -> None:
    found = [name for name in _IN_THE_WAY if (folder / name).exists()]
    if found:
        raise CannotRestore(
            f"{folder} has a log already ({', '.join(found)}), and a restore replaces none. Move these files away "
            "together, keep them until all is well again, and restore then; or set DAYBOOK_DATA to another folder. "
            "If a restore was just cut short while it built read models, the log is whole: start Daybook."
        )


def _refuse_leftovers(aside: Path) -> None:
    beside = [path.name for path in aside.iterdir() if path.name != FILE_NAME and path.stat().st_size]
    if beside:  # pragma: no cover - nobody else has the file open
        raise CannotRestore(f"The restored log could not be closed: {', '.join(beside)} is left. Try again.")


def _copied(source: Path, target: Path, listed: KeptFile, progress: Progress) -> KeptFile:
    """Copy a file; answers what was copied."""
    new_file(target)
    digest, done = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(_PIECE):
            writing.write(piece)
            digest.update(piece)
            done += len(piece)
            progress("Copying bytes", done, max(done, listed.bytes))
    return KeptFile(name=listed.name, bytes=done, sha256=digest.hexdigest())
