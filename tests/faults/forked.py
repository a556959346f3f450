"""Processes forked from one that has everything imported, since many of them are killed; they tell what they did."""

import random
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.faults.system_calls import Call, Decide, receive, wait_for_verdicts, watch
from tests.forks import FORKS

T = TypeVar("T")

SECONDS: Final = 60.0

Work = Callable[[Connection], None]
"""What a process does, and where it tells of it."""
Judge = Callable[[BaseProcess], Decide]


def _work(work: Work, told: Connection, judge: socket.socket | None) -> None:
    if judge is not None:
        wait_for_verdicts(judge)
    work(told)


@contextmanager
def started(work: Work, *, is_watched: bool = False) -> Iterator[tuple[BaseProcess, Connection, socket.socket]]:
    """A process at work, what it tells, and what is needed to judge its calls. It is gone afterwards."""
    mine, told = FORKS.Pipe(duplex=False)
    ours, theirs = socket.socketpair()
    process = FORKS.Process(target=_work, args=(work, told, theirs if is_watched else None))
    with mine, ours, theirs:
        process.start()
        told.close()
        theirs.close()
        try:
            yield process, mine, ours
        finally:
            process.kill()
            process.join(SECONDS)
            process.close()


def let_run(work: Work) -> tuple[list[Any], int | None]:
    """What a process told that nobody kills, and its exit status."""
    with started(work) as (process, mine, _):
        process.join(SECONDS)
        return heard(mine), process.exitcode


def judged(work: Work, folder: Path, judge: Judge) -> list[Any]:
    """What a process told whose calls on files in a folder were judged."""
    with started(work, is_watched=True) as (process, mine, end):
        watch(receive(end), folder, judge(process))
        return heard(mine)


def heard(told: Connection) -> list[Any]:
    """What has been told since."""
    found = []
    with suppress(EOFError):
        while told.poll():
            found.append(told.recv())
    return found


def killed_at(number: int) -> Judge:
    """A kill right before a process makes its call of that number."""

    def judge(process: BaseProcess) -> Decide:
        made = count(1)

        def decide(_: Call) -> int | None:
            if next(made) < number:
                return 0
            process.kill()
            return None

        return decide

    return judge


def calls_of(work: Work, folder: Path) -> list[Call]:
    """The calls of a process that nobody kills."""
    made: list[Call] = []

    def decide(call: Call) -> int:
        made.append(call)
        return 0

    judged(work, folder, lambda _: decide)
    return made


def chance_of(seed: int) -> random.Random:
    """The same chances in every run."""
    return random.Random(seed)  # noqa: S311 - nobody is to be surprised


def new_folders(parent: Path) -> Iterator[Path]:
    """Data folders yet to be made, one after the other; each is gone when the next one comes."""
    for number in count():
        yield parent / str(number) / "data"
        shutil.rmtree(parent / str(number))
