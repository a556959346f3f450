"""Whole answers about availability, kept as long as they are right."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from app.bounded_cache import BoundedCache
from app.clock import Clock
from app.log.event_log import EventLog
from app.read_models.changes import Changes
from app.read_models.database import ReadModels
from app.read_models.reader import Reader
from app.read_models.tables import instant_number
from app.rendered_days import BYTES_BESIDE_BODY, Rendered, RenderedDays

MOST_BYTES = 32 * 1024 * 1024

Render = Callable[[Reader, RenderedDays, datetime], Rendered]


@dataclass(slots=True)
class _Kept:
    """An answer, and the number of the standing with which it was last found right."""

    rendered: Rendered
    number: int


class KeptAvailability:
    """Answers a question anew only when something has happened that the answer shows, or its time is over.

    That is found out by asking the database each time, so an answer is never older than its request: see `Changes`.
    In bounded memory: `most_bytes` for answers, and as many for the days that they are made of. For one event loop.
    """

    def __init__(
        self, models: ReadModels, log: EventLog, threads: Executor, clock: Clock, *, most_bytes: int = MOST_BYTES
    ) -> None:
        self._models = models
        self._threads = threads
        self._clock = clock
        self._changes = Changes(models, log, threads, frozenset({"resource", "day"}))
        self._days = RenderedDays(most_bytes)
        self._making: dict[tuple[Hashable, int], asyncio.Future[Rendered]] = {}
        self._answers: BoundedCache[Hashable, _Kept] = BoundedCache(
            most_bytes, lambda kept: len(kept.rendered.days) + BYTES_BESIDE_BODY
        )

    async def get(self, question: Hashable, at_least: int = 0) -> tuple[Rendered, int] | None:
        """The answer as it is now, and the position that it is as of; none when it is not kept, or no longer right.

        `at_least`: a position that the read models have reached. Raises Behind, StoreUnavailable.
        """
        standing = await self._changes.standing(at_least)
        kept = self._answers.get(question)
        if kept is None:
            return None
        rendered = kept.rendered
        if kept.number != standing.number:
            if not self._changes.nothing_since(kept.number, rendered.streams):
                return None
            kept.number = standing.number
        if not self._is_right_now(rendered):
            return None
        return rendered, max(standing.position, rendered.position)

    async def make(self, question: Hashable, render: Render) -> tuple[Rendered, int]:
        """Answer by `render`, on a thread, and keep that; to be called when `get` had none.

        Raises what `render` does, and Behind, StoreUnavailable.
        """
        number = self._changes.number
        making = self._making.get((question, number))
        if making is not None:  # begun when the read models stood as they did for us
            rendered = await asyncio.shield(making)
            if self._is_right_now(rendered):
                return rendered, rendered.position
        making = asyncio.get_running_loop().run_in_executor(self._threads, self._rendered, render)
        self._making[question, number] = making
        making.add_done_callback(lambda _: self._making.pop((question, number), None))
        rendered = await asyncio.shield(making)  # whoever hangs up must not take the others' answer away
        self._answers.put(question, _Kept(rendered, number))
        return rendered, rendered.position

    def _is_right_now(self, rendered: Rendered) -> bool:
        return rendered.since <= instant_number(self._clock()) <= rendered.until

    def _rendered(self, render: Render) -> Rendered:
        with self._models.reading() as reader:
            return render(reader, self._days, self._clock())
