"""The list of who was erased, in a file outside the store: a backup that is older brings nobody back.

One JSON object a line: `customer` (the made-up id) and `erased_at` (RFC 3339, UTC). Lines are only ever added, each in
one write that is on the disk when `add` returns, so several services may share the file.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from app.durable import make_folder, sync
from app.log.trouble import StoreUnavailable
from app.settings import Settings, SettingsError

FILE_NAME = "erasures.jsonl"
_BEGINS = b'{"customer": "'


class Erased(NamedTuple):
    """A person who was erased, and when (fixed-width UTC text, as the log has it)."""

    customer: str
    erased_at: str


class ErasureList:
    """The file at `path`, which is made with its first line. `path` none: nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @classmethod
    def of(cls, settings: Settings) -> "ErasureList":
        """The list that the settings name: on the embedded store there is always one."""
        if settings.erasures is None and settings.is_embedded:
            return cls(settings.data / FILE_NAME)
        return cls(settings.erasures)

    def read(self) -> dict[str, Erased]:
        """Everybody on the list, by id. A last line that a crash cut short is passed over: its person is added again.

        Raises StoreUnavailable when it cannot be read, SettingsError when it is something else.
        """
        if self.path is None:
            return {}
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(error) from error
        return {erased.customer: erased for erased in self._parsed(lines[:-1])}

    def add(self, people: Iterable[Erased]) -> None:
        """Write people down, durably. Raises StoreUnavailable."""
        lines = b"".join(_line(each) for each in people)
        if self.path is None or not lines:
            return
        try:
            is_new = not self.path.exists()
            if is_new:
                make_folder(self.path.parent)
            with _appending(self.path) as descriptor:
                torn = not _ends_with_newline(self.path)
                os.write(descriptor, b"\n" + lines if torn else lines)
                os.fsync(descriptor)
            if is_new:
                sync(self.path.parent)
        except OSError as error:
            raise self._unusable(error) from error

    def _parsed(self, lines: Iterable[bytes]) -> Iterator[Erased]:
        for number, line in enumerate(lines, 1):
            try:
                said = json.loads(line)
                yield Erased(str(said["customer"]), str(said["erased_at"]))
            except (ValueError, KeyError, TypeError):
                if _BEGINS[: len(line)] == line[: len(_BEGINS)] and not line.endswith(b"}"):
                    continue  # a crash cut it short, and the next one was written below it
                raise SettingsError(
                    f"Line {number} of {self.path} is none of an erasure list. Put the list back from your copy, or "
                    "set DAYBOOK_ERASURES to where it is."
                ) from None

    def _unusable(self, error: OSError) -> StoreUnavailable:
        return StoreUnavailable(
            f"The erasure list {self.path} cannot be used ({error.strerror}). Set DAYBOOK_ERASURES to a file that this "
            "user may read and write."
        )


def _line(erased: Erased) -> bytes:
    return json.dumps(erased._asdict()).encode() + b"\n"


@contextmanager
def _appending(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
