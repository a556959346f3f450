"""A bar on stderr for work that takes longer than a second."""

from contextlib import ExitStack
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

_PATIENCE_SECONDS = 1.0


class _Rate(ProgressColumn):
    """How much of it is done in a second, lately."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")


class Shown:
    """Shows what is being done and how far it has come, to people and in logs: a line for each kind of work."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._stack = ExitStack()
        self._began = monotonic()
        self._works: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: object, trace: TracebackType | None) -> None:
        self._stack.close()

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of it is done; a total of 0 is not known."""
        if what not in self._works:
            self._works[what] = self._bar.add_task(what, total=None)
        self._bar.update(self._works[what], completed=done, total=total or None)
        if not self._bar.live.is_started and monotonic() - self._began > _PATIENCE_SECONDS:
            self._stack.enter_context(self._bar)
