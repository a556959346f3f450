"""What has changed in the read models since an answer was made of them, whichever process changed it."""

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from typing import NamedTuple

from app.log.event_log import EventLog
from app.log.records import category
from app.log.trouble import StoreUnavailable
from app.read_models.database import ReadModels

MOST_EVENTS = 10_000
"""Beyond so many new events nobody looks what they are about: everything counts as changed."""
MOST_STREAMS = 50_000

_TOUCHED = "SELECT DISTINCT stream FROM events WHERE position > ? AND position <= ?"


class Standing(NamedTuple):
    """How the read models stand. `number` is a higher one after every change; `made_of` names the log and the
    generations that are read.
    """

    number: int
    position: int
    furthest: int
    made_of: tuple[object, ...]


Waiter = asyncio.Future[Standing]


class Changes:
    """Remembers on which streams something happened lately. For one event loop.

    Read models are what the events up to a position make of them: so a generation says the same of a stream until
    the log has another event on it. The log tells which streams those were.
    """

    def __init__(self, models: ReadModels, log: EventLog, threads: Executor, categories: frozenset[str]) -> None:
        """`categories`: the kinds of streams that are asked about."""
        self._models = models
        self._log = log
        self._threads = threads
        self._categories = categories
        self._standing = Standing(0, 0, 0, ())
        self._everything = 0
        self._touched: dict[str, int] = {}
        self._mark: tuple[int | None, int] | None = None
        self._asked = self._still_so = False
        self._waiting: list[Waiter] = []
        self._looking: asyncio.Task[None] | None = None

    @property
    def number(self) -> int:
        """That of the last standing: what is read from now on is at least as new."""
        return self._standing.number

    async def standing(self, at_least: int = 0) -> Standing:
        """How the read models stand, not earlier than the call could know of, and at the position `at_least`, which
        they have surely reached. Raises Behind, StoreUnavailable.
        """
        if self._is_still_so() and self._standing.position >= at_least:
            return self._standing
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look_while_somebody_waits())
        return await waiter

    def nothing_since(self, number: int, streams: Iterable[str]) -> bool:
        """Whether what was read when `number` was known still holds in the last standing."""
        if number < self._everything:
            return False
        touched = self._touched
        return all(touched.get(stream, 0) <= number for stream in streams)

    def _is_still_so(self) -> bool:
        """Whether nobody has committed anything since the last look. One question serves all whose turn comes in the
        same round of the loop: they had come when it was asked, or they would stand behind `_ask_again`. Only what
        another thread told them meanwhile, that a position is reached, may be news.
        """
        if not self._asked:
            self._asked, self._still_so = True, False
            asyncio.get_running_loop().call_soon(self._ask_again)
            mark = self._models.mark()
            self._still_so = mark is not None and mark == self._mark
        return self._still_so

    def _ask_again(self) -> None:
        self._asked = False

    async def _look_while_somebody_waits(self) -> None:
        """A look that is under way may have seen too little for whoever comes now; the next one serves all of them."""
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                await self._look_for(waiting)
        finally:
            self._looking = None

    async def _look_for(self, waiting: Iterable[Waiter]) -> None:
        try:
            await self._look_once()
        except Exception as error:
            for waiter in _still_there(waiting):
                waiter.set_exception(error)
        else:
            for waiter in _still_there(waiting):
                waiter.set_result(self._standing)

    async def _look_once(self) -> None:
        mark, seen = self._models.mark(), self._standing
        found, streams = await asyncio.get_running_loop().run_in_executor(self._threads, self._look, seen)
        self._mark = mark  # from before the look: whatever came after it will be looked at
        if found is not seen:
            self._take(found, streams)

    def _look(self, seen: Standing) -> tuple[Standing, list[str] | None]:
        """How the read models stand, and the streams with events since; none when that may be all of them."""
        with self._models.reading() as reader:
            found = Standing(seen.number + 1, reader.position, reader.furthest, (reader.log_id, reader.generations))
        if found[1:] == seen[1:]:
            return seen, []
        went_back = found.position < seen.position or found.furthest < seen.furthest  # somebody restored the database
        if went_back or found.made_of != seen.made_of or found.furthest - seen.position > MOST_EVENTS:
            return found, None
        try:
            rows = self._log.rows(_TOUCHED, [seen.position, found.furthest])
        except StoreUnavailable:  # queries need the read models alone
            return found, None
        return found, [stream for (stream,) in rows if category(stream) in self._categories]

    def _take(self, found: Standing, streams: list[str] | None) -> None:
        self._standing = found
        if streams is None or len(self._touched) + len(streams) > MOST_STREAMS:
            self._touched.clear()
            self._everything = found.number
        else:
            self._touched.update(dict.fromkeys(streams, found.number))


def _still_there(waiting: Iterable[Waiter]) -> Iterator[Waiter]:
    """Those whose client has not gone meanwhile."""
    return (waiter for waiter in waiting if not waiter.done())
