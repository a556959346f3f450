"""Appending to a log in a data folder, and looking through what is left of it."""

import resource
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass
from json import dumps
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from tests.faults.ledger import Ledger, Told

from app.log.records import LoggedEvent
from app.log.sqlite import SQLiteLog, open_sqlite

PAGES_BETWEEN_CHECKPOINTS: Final = 12
AFTERWARDS: Final = 1_000_000
"""The number of the append that is made after a fault."""


@dataclass(frozen=True)
class Appending:
    """A process's work: appends `first` up to `last`, each told once it is stored.

    `most`: it is killed when a file would grow beyond so many bytes. `alter` is called with the log first.
    """

    folder: Path
    first: int = 0
    last: int = 8
    most: int | None = None
    alter: Callable[[SQLiteLog], None] | None = None
    is_told_before: bool = False

    def __call__(self, told: Connection) -> None:
        if self.most is not None:
            _die_beyond(self.most)
        log = open_sqlite(self.folder, serving=True)
        log._writer.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BETWEEN_CHECKPOINTS}")  # a thousand in earnest
        if self.alter is not None:
            self.alter(log)
        for number in range(self.first, self.last):
            if self.is_told_before:
                told.send(appended(number))
                append(log, number)
            else:
                append(log, number)
                told.send(appended(number))
        log.close()

    def asked(self) -> list[Told]:
        """All that it may append."""
        return [appended(number) for number in range(self.first, self.last)]


def appended(number: int) -> Told:
    """What is told of an append."""
    return Told(f"command-{number}", 1 + number * 5 % 9)


def append(log: SQLiteLog, number: int) -> None:
    """Append one to nine events to two streams; every third time they are large."""
    versions: dict[str, int] = {}
    events = []
    for event in range(appended(number).events):
        stream = f"day/hall/{event % 2}"
        if stream not in versions:
            versions[stream] = max((each.originator_version for each in log.stream(stream)), default=0)
        versions[stream] += 1
        events.append(_event(number, stream, versions[stream]))
    log.append(events, log.head())


def look(folder: Path, told: Collection[Told], asked: Collection[Told]) -> None:
    """Open what a fault left behind: all that was told is in it, nothing is there in part, and it goes on."""
    more = appended(AFTERWARDS)
    log = open_sqlite(folder, serving=True)
    try:
        Ledger(folder).check(told, asked)
        append(log, AFTERWARDS)
        Ledger(folder).check([*told, more], [*asked, more])
    finally:
        log.close()
    Ledger(folder).check([*told, more], [*asked, more])


def _event(number: int, stream: str, version: int) -> LoggedEvent:
    state = dumps({"number": number, "text": "x" * (2_000 if number % 3 == 2 else 40)})
    command, _ = appended(number)
    at = "2026-03-02T10:00:00.000000Z"
    return LoggedEvent(stream, version, "TimeClaimed.1", state.encode(), at, "staff:sam", command)


def _die_beyond(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
