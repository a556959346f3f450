"""Commands for which much is to be read: it is read a little at a time, and others are served in between."""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from app.log.reading import Reading
from app.memory import Memory
from app.outcome import Busy
from app.queue import Answer, Asked
from app.work import MOST_READ_AT_ONCE, ReadFirst

MOST_ASIDE: Final = 100
"""Commands that may wait for it; more are told that the service is busy."""

log = structlog.get_logger()


class _Aside(NamedTuple):
    """A command, and the streams that are still to be read for it."""

    asked: Asked
    streams: list[str]


class ReadingFirst:
    """Belongs to the writer's thread. What was read is in memory when the command is decided again; should it have
    been pushed out meanwhile, it is read then, however much it is.
    """

    def __init__(self, memory: Memory, read_before: set[str]) -> None:
        """`read_before` is kept up: the commands for which all has been read, until they are answered."""
        self._memory = memory
        self._read_before = read_before
        self._aside: deque[_Aside] = deque()

    @property
    def is_under_way(self) -> bool:
        """Whether some wait."""
        return bool(self._aside)

    def put_aside(self, answers: Sequence[tuple[Asked, Answer]]) -> list[tuple[Asked, Answer]]:
        """Take out those for which something has to be read; the answers of the others."""
        given: list[tuple[Asked, Answer]] = []
        for asked, answer in answers:
            self._read_before.discard(asked.command.command_id)
            if not isinstance(answer, ReadFirst):
                given.append((asked, answer))
            elif len(self._aside) < MOST_ASIDE:
                self._aside.append(_Aside(asked, answer.streams))
            else:
                given.append((asked, Busy("Too many look at many days at once. Please try again in a moment.")))
        return given

    def go_on(self, reads: Reading) -> list[Asked]:
        """Read a little for whoever has waited longest; they, once that was all."""
        asked, streams = self._aside.popleft()
        try:
            self._memory.fetch(streams[:MOST_READ_AT_ONCE], reads)
        except Exception as trouble:  # they are decided all the same, meet it again, and are told
            log.warning("streams not read beforehand", reason=str(trouble))
            streams = []
        if len(streams) > MOST_READ_AT_ONCE:
            self._aside.appendleft(_Aside(asked, streams[MOST_READ_AT_ONCE:]))
            return []
        self._read_before.add(asked.command.command_id)
        return [asked]
