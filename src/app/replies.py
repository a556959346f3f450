"""Where answers go: each waits with others on some event loop, which is woken once for all of a batch."""

from collections.abc import Sequence
from typing import Any, Protocol

from app.queue import Answer, Asked


class Waiters(Protocol):
    """Those who wait for answers at one place."""

    def give(self, answers: Sequence[tuple[Any, Answer]]) -> None:
        """Give each its answer. Called on the writer's thread."""


class Reply:
    """Where one answer goes: to whom, and by what they know it."""

    __slots__ = ("name", "to")

    def __init__(self, to: Waiters, name: Any) -> None:
        self.to = to
        self.name = name

    def __call__(self, answer: Answer) -> None:
        self.to.give([(self.name, answer)])


def answer_together(answers: Sequence[tuple[Asked, Answer]]) -> None:
    """Give a batch's answers, those for one place together."""
    by_place: dict[Waiters, list[tuple[Any, Answer]]] = {}
    for asked, answer in answers:
        if isinstance(asked.reply, Reply):
            by_place.setdefault(asked.reply.to, []).append((asked.reply.name, answer))
        else:
            asked.reply(answer)
    for place, those in by_place.items():
        place.give(those)
