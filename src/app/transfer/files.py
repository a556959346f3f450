"""Reading exports to be replayed: one file, or several that go on from each other, checked line by line."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from app.transfer.lines import LONGEST_LINE, AppendLine, EndLine, EventLine, Header, Line, NoLine, read_line
from app.transfer.trouble import CannotReplay


class Append(NamedTuple):
    """The events of one append, and the digest of the log up to its end."""

    events: list[EventLine]
    digest: bytes

    @property
    def last_position(self) -> int:
        """Where it ends."""
        return self.events[-1].position


class Exported:
    """The appends of exports, from the log's first one on. `header` is that of the last file read.

    Raises CannotReplay as soon as something is not as it was written. Digests are checked by whoever reads.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._position = 0
        self._events: list[EventLine] = []
        self.header = self._header_of(paths[0])

    def appends(self) -> Iterator[Append]:
        """All of them."""
        for path in self._paths:
            yield from self._file(path)
        last = self._paths[-1]
        if self._position < self.header.to:
            raise CannotReplay(
                f"{last} ends at {self._position} and was to go on to {self.header.to}: whoever exported it was "
                f"stopped. Export the rest with --from {self._position + 1}, and name both files in their order."
            )
        if self._events:
            first = self._events[0].position
            raise CannotReplay(
                f"{last} ends within the append that begins at {first}: it was exported with another --to. Export it "
                f"again, up to {first - 1} or further."
            )

    def _file(self, path: Path) -> Iterator[Append]:
        hashed, count, ended = sha256(), 0, False
        for number, raw in enumerate(_lines(path), 1):
            if ended:
                raise _bad(path, number, "there is more behind its end")
            line = _read(path, number, raw)
            if number == 1:
                self._begin(path, line)
            elif isinstance(line, EventLine):
                count += 1
                self._take(path, number, line)
            elif isinstance(line, AppendLine):
                yield self._append(path, number, line)
            elif isinstance(line, EndLine):
                if (line.end, line.events, line.sha256) != (self._position, count, hashed.hexdigest()):
                    raise _bad(path, number, "what is before its end is not what was written")
                ended = True
            else:
                raise _bad(path, number, "another export begins in it: name each file by itself")
            hashed.update(raw)
        if not ended:
            raise CannotReplay(f"{path} is cut off: it has no end. Nothing was replayed; export again, or --resume.")

    def _header_of(self, path: Path) -> Header:
        line = _read(path, 1, next(_lines(path), b""))
        if not isinstance(line, Header):
            raise _bad(path, 1, "it has no header, so it is no export of Daybook's")
        return line

    def _begin(self, path: Path, line: Line) -> None:
        if not isinstance(line, Header):
            raise _bad(path, 1, "it has no header, so it is no export of Daybook's")
        if not line.is_whole:
            raise _bad(path, 1, "it is of one resource or customer alone, and a log has all events or none")
        if line.begin != self._position + 1:
            raise _bad(path, 1, f"it begins at {line.begin} where {self._position + 1} is next")
        if line.log_id != self.header.log_id:
            raise _bad(path, 1, "it is of another log than the file before it")
        self.header = line

    def _take(self, path: Path, number: int, line: EventLine) -> None:
        if line.position != self._position + 1:
            raise _bad(path, number, f"it is the event at {line.position} where {self._position + 1} is next")
        texts = (line.stream, line.topic, line.by, line.command_id)
        if not all(texts) or any(sign in text for text in texts for sign in "\0\x1f"):
            raise _bad(path, number, "the event has an empty or unprintable field")
        self._position = line.position
        self._events.append(line)

    def _append(self, path: Path, number: int, line: AppendLine) -> Append:
        events, self._events = self._events, []
        if not events or line.append != events[-1].position:
            raise _bad(path, number, f"no append ends at {line.append}")
        return Append(events, bytes.fromhex(line.digest))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                yield line
    except OSError as error:
        raise CannotReplay(f"{path} cannot be read ({error.strerror}).") from error


def _read(path: Path, number: int, raw: bytes) -> Any:
    if not raw.endswith(b"\n"):
        raise _bad(path, number, "it is cut off, or no export of Daybook's" if raw else "it is empty")
    try:
        return read_line(raw[:-1])
    except NoLine as error:
        raise _bad(path, number, str(error)) from error


def _bad(path: Path, number: int, why: str) -> CannotReplay:
    return CannotReplay(f"{path}, line {number}: {why}. Nothing was replayed; take the file as it was exported.")
