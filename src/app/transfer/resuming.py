"""Going on with an export that was cut off: what is whole in its file stays, and the file becomes what it would have
been without the interruption.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from app.transfer.lines import LONGEST_LINE, AppendLine, EndLine, EventLine, Header, NoLine, read_line
from app.transfer.trouble import CannotExport


class Begun(NamedTuple):
    """A file that goes on behind what is whole in it: `reached` is the position before the next event, `events` how
    many are in it, `hashed` the SHA-256 of its bytes so far.
    """

    header: Header
    reached: int
    events: int
    hashed: Any


def go_on(file: BinaryIO, path: Path) -> Begun | None:
    """What is whole in a file, which is cut off behind it; none when nothing is missing.

    The last event in it is left out, too: its append may have ended there. Raises CannotExport, OSError.
    """
    first = file.readline(LONGEST_LINE)
    try:
        header = read_line(first[:-1]) if first.endswith(b"\n") else None
    except NoLine:
        header = None
    if not isinstance(header, Header):
        raise CannotExport(f"{path} has no whole header, so it is no export that could be gone on with: export anew.")
    kept, events, reached = file.tell(), 0, header.begin - 1
    ahead = 0
    while (line := file.readline(LONGEST_LINE)).endswith(b"\n"):
        try:
            read = read_line(line[:-1])
        except NoLine:
            break
        if isinstance(read, EndLine) and read.end >= header.to:
            return None
        if isinstance(read, EventLine):
            kept, events, reached = file.tell() - len(line), events + ahead, read.position - 1
            ahead = 1
        elif not isinstance(read, AppendLine):
            break
    file.seek(0)
    hashed, left = sha256(), kept
    while left and (piece := file.read(min(left, 1 << 20))):
        hashed.update(piece)
        left -= len(piece)
    file.seek(kept)
    file.truncate()
    return Begun(header, reached, events, hashed)
