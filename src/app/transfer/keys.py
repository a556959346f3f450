"""The people of a log and their wrapped keys, in a file of their own: a storage format, one JSON object a line.

1. `{"format": "daybook-keys", "version": 1, "log_id": "...", "secret": "<base64>"}`. The secret is the log's: by it
   accounts are found again, and repeated requests known.
2. A person a line: the columns of the table `customers`. Keys are wrapped under the master key, which is not in it.
3. `{"end": <people>, "sha256": "<hex>"}`: of all bytes before this line.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

from app.durable import sync
from app.log.customers import CustomerRow
from app.log.event_log import EventLog
from app.transfer.lines import LONGEST_LINE
from app.transfer.trouble import CannotExport, CannotReplay

FORMAT: Final = "daybook-keys"
VERSION: Final = 1
_PAGE: Final = 2000
_SECRET_BYTES: Final = 32
_PEOPLE: Final = f"SELECT {', '.join(CustomerRow._fields)} FROM customers WHERE customer > ? ORDER BY customer LIMIT ?"  # noqa: S608 - constants


def write_keys(log: EventLog, path: Path) -> int:
    """Write all people into a new file that its owner alone can read; how many. After the events were read: whoever
    they name is there then. Raises CannotExport, StoreUnavailable; there is no file then.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise CannotExport(f"{path} is there already, and keys never replace others.") from None
    except OSError as error:
        raise CannotExport(f"{path} cannot be written ({error.strerror}).") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            people = _write(log, file)
        sync(path)
        sync(path.parent)
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise CannotExport(f"{path} cannot be written ({error.strerror}).") from error
        raise
    return people


def _write(log: EventLog, file: BinaryIO) -> int:
    hashed, people = sha256(), 0

    def put(values: dict[str, Any]) -> None:
        line = json.dumps(values).encode() + b"\n"
        hashed.update(line)
        file.write(line)

    put({"format": FORMAT, "version": VERSION, "log_id": log.log_id, "secret": b64encode(log.secret).decode()})
    last = ""
    while page := log.rows(_PEOPLE, [last, _PAGE]):
        for row in page:
            put(CustomerRow(*row)._asdict())
        last, people = page[-1][0], people + len(page)
    file.write(json.dumps({"end": people, "sha256": hashed.hexdigest()}).encode() + b"\n")
    return people


class Keys:
    """A file of keys, checked from its first byte to its last when it is opened. Raises CannotReplay."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.log_id = ""
        self.secret = b""
        self.people = sum(1 for _ in self.rows())

    def rows(self) -> Iterator[CustomerRow]:
        """All people. Raises CannotReplay at the first line that is not as it was written."""
        hashed, number, is_whole = sha256(), 0, False
        for number, line in enumerate(self._lines(), 1):
            if is_whole:
                raise self._bad(number, "there is more behind its end")
            values = self._read(number, line)
            if number == 1:
                self._begin(values)
            elif "end" in values:
                if values != {"end": number - 2, "sha256": hashed.hexdigest()}:
                    raise self._bad(number, "it is not what was written")
                is_whole = True
            else:
                yield self._row(number, values)
            hashed.update(line)
        if not is_whole:
            raise self._bad(number, "it is cut off")

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                while line := file.readline(LONGEST_LINE):
                    yield line
        except OSError as error:
            raise CannotReplay(f"{self._path} cannot be read ({error.strerror}).") from error

    def _read(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            values = json.loads(line) if line.endswith(b"\n") else None
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise self._bad(number, "it is cut off, or no file of keys")
        return values

    def _begin(self, values: dict[str, Any]) -> None:
        if values.get("format") != FORMAT:
            raise self._bad(1, "it is no file of keys; `daybook export --keys FILE` makes one")
        if values.get("version") != VERSION:
            raise self._bad(1, "it was written by a newer Daybook")
        try:
            self.log_id, self.secret = str(values["log_id"]), b64decode(values["secret"], validate=True)
        except (KeyError, ValueError, TypeError):
            self.secret = b""
        if len(self.secret) != _SECRET_BYTES:
            raise self._bad(1, "the log's secret is not in it")

    def _row(self, number: int, values: dict[str, Any]) -> CustomerRow:
        texts = [value for name, value in values.items() if name != "profile_version"]
        fits = values.keys() == set(CustomerRow._fields) and all(isinstance(each, str | None) for each in texts)
        if not fits or not isinstance(values["profile_version"], int) or any("\0" in each for each in texts if each):
            raise self._bad(number, "it is no person's")
        return CustomerRow(**values)

    def _bad(self, number: int, why: str) -> CannotReplay:
        return CannotReplay(f"{self._path}, line {number}: {why}. Nothing was replayed; take the file as it was made.")
