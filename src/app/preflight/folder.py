"""What is wrong with a data folder and the log in it, before anything starts. Nothing is changed there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from app.fitting_key import has_people
from app.log.folder import LOCK_NAME, READ_MODELS_NAME, holder_of
from app.log.sqlite import FILE_NAME, SQLiteLog, open_sqlite
from app.log.sqlite_copy import CopiedLog
from app.log.sqlite_file import refuse_to_begin_anew
from app.log.trouble import StoreUnavailable
from app.master_key import MASTER_KEY_FILE
from app.master_keys import MasterKeys
from app.preflight.log import about_log
from app.preflight.told import Told, noted, wrong
from app.settings import Settings

LEAST_BYTES = 256 << 20
"""Free space below which a service should not begin its day."""


def about_folder(settings: Settings, key: MasterKeys | None) -> Iterator[Told]:
    """All that there is to tell about the embedded store."""
    folder = settings.data
    there = _nearest(folder)
    if not there.is_dir():
        yield wrong(f"{there} is no folder. Set DAYBOOK_DATA to another place.")
        return
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(f"This user may not write into {there}. Set DAYBOOK_DATA to a folder that it may write.")
    free = shutil.disk_usage(there).free
    if free < LEAST_BYTES:
        yield wrong(f"The disk of {there} has {free >> 20} MiB left, and {LEAST_BYTES >> 20} are wanted: make room.")
    holder = holder_of(folder)
    if holder is not None:
        yield noted(f"A Daybook (process {holder}) is serving {folder} now.")
    for name in (LOCK_NAME, READ_MODELS_NAME):
        if (folder / name).is_dir():
            yield wrong(f"{folder / name} is a folder, and Daybook keeps a file under that name. Move it away.")
    yield from _about_log(settings, key, is_served=holder is not None)


def _about_log(settings: Settings, key: MasterKeys | None, *, is_served: bool) -> Iterator[Told]:
    if not _has_something(settings.data / FILE_NAME):
        try:
            refuse_to_begin_anew(settings.data / FILE_NAME)
        except StoreUnavailable as trouble:
            yield wrong(trouble)
            return
        yield noted(f"There is no log in {settings.data} yet; `daybook serve` makes one, and the keys that it needs.")
        return
    try:
        with closing(_opened(settings.data, is_served)) as log:
            yield from about_log(settings, log, key)
            if settings.master_key is None and not (settings.data / MASTER_KEY_FILE).exists() and has_people(log):
                yield wrong(
                    f"{settings.data / MASTER_KEY_FILE} is missing, and this log has people whose details only that "
                    "key can open. Put it back, or set DAYBOOK_MASTER_KEY to what was in it."
                )
    except StoreUnavailable as trouble:
        yield wrong(trouble)


def _has_something(path: Path) -> bool:
    """Whether more is there than what a first start leaves that was cut short."""
    beside = path.with_name(f"{path.name}-wal")
    return any(each.exists() and each.stat().st_size for each in (path, beside))


def _opened(folder: Path, is_served: bool) -> SQLiteLog | CopiedLog:
    """The log, without a trace: where nothing waits in a write-ahead log, no file is made beside it either."""
    waiting = folder / f"{FILE_NAME}-wal"
    if is_served or (waiting.exists() and waiting.stat().st_size):
        return open_sqlite(folder, serving=False, read_only=True)
    return CopiedLog(folder / FILE_NAME)


def _nearest(folder: Path) -> Path:
    """The folder, or what is there of the way to it."""
    absolute = folder.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.exists())
