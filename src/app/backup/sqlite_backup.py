"""A backup of the SQLite log, beside the service that writes it.

SQLite's backup API copies the file page by page. A copy that reads anew for each page starts over whenever somebody
writes, and may never end beside a busy service. So one read transaction is held from the first page to the last:
it shows the log of one moment, does not hold up the writer (who appends to the write-ahead log), and always ends.
The price is a write-ahead log that grows by what is written meanwhile.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from app.backup.manifest import KeptFile, Progress, kept, new_file
from app.backup.trouble import CannotBackUp
from app.backup.verified import faults_of
from app.log.reading import HEAD
from app.log.records import Head
from app.log.sqlite import FILE_NAME
from app.log.sqlite_copy import CopiedLog
from app.log.sqlite_file import connect, damaged_or_unavailable, make_tables

_PAGES = 256
"""Pages copied before anybody is told how far it has come: a mebibyte."""


def back_up_sqlite(folder: Path, out: Path, progress: Progress) -> tuple[Head, KeptFile]:
    """Copy the log in a data folder into the folder `out`, and check the copy; answers where it ends, and its file.

    Raises StoreUnavailable and its kinds, CannotBackUp, OSError.
    """
    target = out / FILE_NAME
    head = _copy(folder / FILE_NAME, target, progress)
    if faults := damage_of(target, head, progress):
        raise CannotBackUp(f"The log is not whole, so this would be no backup of it. {faults} Keep the last good one.")
    progress("Hashing", 0, 0)
    return head, kept(target)


def damage_of(path: Path, head: Head, progress: Progress) -> str:
    """What is wrong with a copy that should end at `head`; empty when nothing is. Raises StoreUnavailable."""
    with closing(CopiedLog(path)) as copy:
        progress("Checking pages", 0, 0)
        (told, *_) = copy.rows("PRAGMA integrity_check(1)")[0]
        if told != "ok":
            return f"SQLite finds it damaged ({str(told).strip().splitlines()[-1]})."
        if Head(*copy.rows(HEAD)[0]) != head:
            return "Its head is not the one that the manifest names."
        return faults_of(copy, head, progress)


def _copy(source: Path, target: Path, progress: Progress) -> Head:
    new_file(target)
    with closing(connect(source, read_only=True)) as reading, damaged_or_unavailable(source):
        make_tables(reading, source, read_only=True)
        reading.execute("BEGIN")
        head = Head(*reading.execute(HEAD).fetchone())  # from here on this connection sees one moment
        try:
            with closing(sqlite3.connect(target)) as writing:
                reading.backup(writing, pages=_PAGES, progress=_pages(progress))
        except sqlite3.OperationalError as error:
            raise CannotBackUp(f"The log cannot be copied to {target.parent}: {error}.") from error
    return head


def _pages(progress: Progress) -> Any:
    return lambda _status, remaining, total: progress("Copying pages", total - remaining, total)
