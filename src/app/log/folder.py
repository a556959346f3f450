"""The lock that lets one process serve a data folder."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from app.log.trouble import StoreInUse, StoreUnavailable

LOCK_NAME = "serving.lock"


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
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StoreInUse(
                f"Another Daybook (process {holder}) is serving the data folder {folder}. Stop it first, "
                "or give this one its own folder with DAYBOOK_DATA, or use PostgreSQL for several processes."
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process serve."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)  # nobody is to be killed for having had this number once
            os.close(self._descriptor)


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
    """Make the folder, readable by its owner alone, unless it is there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, error: OSError) -> StoreUnavailable:
    """The sentence for a folder that cannot be written."""
    return StoreUnavailable(
        f"The data folder {folder} cannot be used ({error.strerror}). "
        "Set DAYBOOK_DATA to a folder that this user may write."
    )
