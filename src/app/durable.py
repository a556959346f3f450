"""Folders and files that are still there after the power went."""

import os
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone may read, and those above it, unless they are there. Each one made is on the
    disk when this returns: a folder's own name is kept in the one above it. Raises OSError.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in missing:
        with suppress(PermissionError):  # one that may be written but not read cannot be synced
            sync(path.parent)


def sync(path: Path) -> None:
    """Have a file, or what a folder lists, on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
