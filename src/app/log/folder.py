"""The lock that lets one process serve a data folder."""

import errno
import fcntl
import os
import shutil
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path
from time import monotonic, sleep

from app.durable import make_folder
from app.log.trouble import StoreInUse, StoreUnavailable

LOCK_NAME = "serving.lock"
SECONDS_OF_PATIENCE = 1.0
"""The processes of a service that was killed take a moment to be gone."""
READ_MODELS_NAME = "read-models.sqlite3"
RESTORING_NAME = "restoring"
"""Where a restore, which holds the lock, keeps what it has not finished."""
_REMEDIES = {
    errno.ENOSPC: "Make room on its disk.",
    errno.EDQUOT: "Make room on its disk.",
    errno.EROFS: "Let its file system be written, or set DAYBOOK_DATA to another folder.",
}


class FolderLock:
    """Held from construction to `release`; the kernel releases it when the process ends, however it ends.

    Raises StoreInUse when another holder has it, StoreUnavailable when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        try:
            self._descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unusable(folder, error) from error
        try:
            self._lock()
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StoreInUse(
                f"Another Daybook (process {holder}) is serving the data folder {folder}. Stop it first, "
                "or give this one its own folder with DAYBOOK_DATA, or use PostgreSQL for several processes."
            ) from error
        try:
            os.ftruncate(self._descriptor, 0)
            over = parent_process()  # the one to stop, where a service has several
            os.pwrite(self._descriptor, f"{over.pid if over is not None else os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self._descriptor)
            raise unusable(folder, error) from error

    def _lock(self) -> None:
        until = monotonic() + SECONDS_OF_PATIENCE
        while True:
            try:
                return fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if monotonic() > until:
                    raise
            sleep(0.02)

    def release(self) -> None:
        """Let another process serve."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)  # nobody is to be killed for having had this number once
            os.close(self._descriptor)


def clear_restoring(folder: Path) -> None:
    """Remove what a restore left that was killed, for whoever holds the lock. It may be the log itself under a second
    name, and opened by that, its write-ahead log would lie beside the wrong one.
    """
    shutil.rmtree(folder / RESTORING_NAME, ignore_errors=True)


class DamageMark:
    """An empty file beside a file in which damage was met: all processes on the folder see it."""

    def __init__(self, file: Path) -> None:
        self._mark = file.with_name(f"{file.name}.damaged")
        self._was_met = False

    def is_set(self) -> bool:
        """Whether damage was met, by this process or another one."""
        return self._was_met or os.access(self._mark, os.F_OK)  # asked before every append: `exists` costs tenfold

    def set(self) -> None:
        """Damage was met."""
        self._was_met = True
        with suppress(OSError):  # where no file can be made, this process knows it all the same
            self._mark.touch(mode=0o600)

    def clear(self) -> None:
        """The file is another one now, or is to be tried again."""
        self._was_met = False
        if self._mark.exists():
            self._mark.unlink(missing_ok=True)


def holder_of(folder: Path) -> str | None:
    """The number of the process that serves a folder, or `unknown`; None when nobody does. Changes nothing."""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None  # nobody was ever here, or not with this user's consent
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None


def prepare(folder: Path) -> None:
    """Make the folder, unless it is there, so that it stays. Raises StoreUnavailable."""
    try:
        make_folder(folder)
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, error: OSError) -> StoreUnavailable:
    """The sentence for a folder that cannot be written."""
    do = _REMEDIES.get(error.errno or 0, "Set DAYBOOK_DATA to a folder that this user may write.")
    return StoreUnavailable(f"The data folder {folder} cannot be used ({error.strerror}). {do}")
