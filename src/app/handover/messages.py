"""What a door and the writer say to each other."""

from typing import NamedTuple

from app.commands import Command
from app.queue import Answer

Numbered = tuple[int, Command]
"""A command, and the number under which its door waits for the answer. A door sends lists of them."""


class Answers(NamedTuple):
    """Answers by their commands' numbers; `seen` is the position that their decisions have seen."""

    seen: int
    answers: list[tuple[int, Answer]]


class State(NamedTuple):
    """How the writer is, see `app.writer_here.CommandRunner`."""

    troubles: list[str]
    holds_lease: bool
    projector_failure: str | None
    waiting: int
    oldest_age: float


class Progress(NamedTuple):
    """The writer's process: how far the read models have come, see `app.read_models.runner.Elsewhere`."""

    position: int


class SomebodyWaits(NamedTuple):
    """A door's: somebody waits there for what the read models will show next."""


class CommandFailed(Exception):  # noqa: N818 - what happened
    """A command met a fault of the program, which the writer has logged. Nothing of it was stored."""
