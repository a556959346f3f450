"""Messages between the processes of one service: the length in four bytes, then the message, pickled.

Both ends are forks of one process and run as one user, and nobody else can open the socket between them: so what
comes out of it is trusted as memory is.
"""

import copyreg
import pickle
from struct import Struct
from typing import Any, Final

from domain.refusal import Fact, Refused, RuleCode

_LENGTH: Final = Struct("!I")


def framed(message: Any) -> bytes:
    """A message as it goes through the socket."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Cuts what a socket brings, in pieces of any size, into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def fed(self, data: bytes) -> list[Any]:
        """The messages that are complete with this piece."""
        data = self._rest + data
        begins, messages = 0, []
        while len(data) - begins >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, begins)
            ends = begins + _LENGTH.size + length
            if ends > len(data):
                break
            messages.append(pickle.loads(memoryview(data)[begins + _LENGTH.size : ends]))  # noqa: S301 - our own fork
            begins = ends
        self._rest = data[begins:]
        return messages


def _refused(code: RuleCode, detail: str, facts: dict[str, Fact]) -> Refused:
    return Refused(code, detail, **facts)


# An exception is pickled by its arguments alone, which are not what a refusal is made of.
copyreg.pickle(Refused, lambda refused: (_refused, (refused.code, refused.detail, refused.facts)))
