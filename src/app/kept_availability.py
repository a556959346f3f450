"""Whole answers about availability, kept as long as they are right."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime

from app.assembly import Daybook
from app.bounded_cache import BoundedCache
from app.read_models.changes import Changes
from app.read_models.reader import Reader
from app.read_models.tables import instant_number
from app.rendered_days import Rendered, RenderedDays

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
    In bounded memory. For one event loop.
    """

    def __init__(self, daybook: Daybook, *, most_bytes: int = MOST_BYTES) -> None:
        self._daybook = daybook
        self._changes = Changes(daybook.read_models, daybook.log, daybook.readers, frozenset({"resource", "day"}))
        self._days = RenderedDays(most_bytes)
        self._answers: BoundedCache[Hashable, _Kept] = BoundedCache(most_bytes, lambda kept: len(kept.rendered.days))

    async def get(self, question: Hashable) -> tuple[Rendered, int] | None:
        """The answer as it is now, and the position that it is as of; none when it is not kept, or no longer right.

        Raises Behind, StoreUnavailable.
        """
        kept = self._answers.get(question)
        if kept is None:
            return None
        standing = await self._changes.standing()
        rendered = kept.rendered
        if kept.number != standing.number:
            if not self._changes.nothing_since(kept.number, rendered.streams):
                return None
            kept.number = standing.number
        if not rendered.since <= instant_number(self._daybook.clock.now()) <= rendered.until:
            return None
        return rendered, max(standing.position, rendered.position)

    async def make(self, question: Hashable, render: Render) -> tuple[Rendered, int]:
        """Answer by `render`, on a thread, and keep that. Raises what it does, and Behind, StoreUnavailable."""
        number = self._changes.number
        rendered = await self._daybook.query(render, self._days, self._daybook.clock.now())
        self._answers.put(question, _Kept(rendered, number))
        return rendered, rendered.position
