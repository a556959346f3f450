"""What is free at once, for several needs: the answers and their shapes."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict  # as in `interface.http.answers`

from app.free_resources import FreeResource
from app.next_starts import starts_together
from app.read_models.reader import Reader
from app.together import Eyes, Need, free_together
from domain.interval import Interval
from interface.http.answers import FreeResourceAnswer, LocalInstant


class NeedAnswer(TypedDict):
    """What is free for a need, ordered by id. `more`: there are others beyond these."""

    need: str
    items: list[FreeResourceAnswer]
    more: bool


class TogetherAnswer(TypedDict):
    """What is free for each need, and one for each, free at the same instant: null when there is no such choice."""

    needs: list[NeedAnswer]
    choice: list[FreeResourceAnswer] | None
    position: int


class StartAnswer(TypedDict):
    """An instant at which all needs can be met, with the first one's offset, and a resource for each."""

    start: LocalInstant
    choice: list[FreeResourceAnswer]


class StartsAnswer(TypedDict):
    """Instants at which all needs can be met, in order. `next`: from when on to look for more, null at the end."""

    starts: list[StartAnswer]
    next: LocalInstant | None
    position: int


def at_once(
    reader: Reader, needs: Sequence[Need], start: datetime, end: datetime | None, eyes: Eyes, limit: int
) -> TogetherAnswer:
    """The answer for one interval."""
    found = free_together(reader, needs, start, end, eyes, limit)
    return {
        "needs": [
            {"need": each.need.text, "items": [free_answer(free) for free in each.free], "more": each.more}
            for each in found.options
        ],
        "choice": None if found.choice is None else [free_answer(free) for free in found.choice],
        "position": reader.position,
    }


def next_starts(
    reader: Reader, needs: Sequence[Need], within: Interval, minutes: int | None, eyes: Eyes, limit: int
) -> StartsAnswer:
    """The answer with the next starts."""
    found = starts_together(reader, needs, within.start, within.end, minutes, eyes, limit)
    return {
        "starts": [
            {"start": each.choice[0].start.isoformat(), "choice": [free_answer(free) for free in each.choice]}
            for each in found.starts
        ],
        "next": None if found.following is None else found.following.isoformat(),
        "position": reader.position,
    }


def free_answer(free: FreeResource) -> FreeResourceAnswer:
    """A resource that is free."""
    return {
        "resource": free.row.id,
        "name": free.row.name,
        "kind": free.row.kind,
        "timezone": free.row.timezone,
        "start": free.start.isoformat(),
        "end": free.end.isoformat(),
        "available": free.available,
    }
