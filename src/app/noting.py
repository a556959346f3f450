"""Writing notes down behind the answer: on a thread of its own, together, so that nobody waits for it."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from datetime import timedelta
from hashlib import blake2b
from itertools import islice
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final, Generic, NamedTuple

import structlog

from app.clock import Clock
from app.lasting_trouble import LastingTrouble
from app.log.instants import timestamp_text
from app.log.notes import Note, NoteTable
from app.log.trouble import OutcomeUnknown, StoreUnavailable

SECONDS_BETWEEN_ROUNDS: Final = 1.0
MOST_WAITING: Final = 5_000
"""Notes taken within a second, and rows of them that are kept while the store cannot be written."""
ROWS_A_STATEMENT: Final = 200
STATEMENTS_A_ROUND: Final = 10
"""Each holds the store's lock for a few milliseconds, and lets whoever books go first in between."""
SECONDS_BEFORE_PRUNING: Final = 60.0
"""A start has other things to do."""
SECONDS_BETWEEN_PRUNINGS: Final = 3600.0

log = structlog.get_logger()


class Noted(NamedTuple):
    """What is noted before it is a row: when (fixed-width UTC text), what makes it one with others, and the rest."""

    at: str
    key: tuple[Hashable, ...]
    once: tuple[Hashable, ...] = ()


class Noting(Generic[Note]):
    """Takes notes from any thread in a microsecond. Those of one key are one row a minute, with a count.

    At most a second of them is lost in a crash. What there is no room for is dropped, counted by `dropped(table,
    how many)` and told in a log line. `row` makes a note of an id and what was noted; `days` is how long it is kept.
    """

    def __init__(
        self,
        table: NoteTable[Note],
        row: Callable[[str, Noted], Note],
        days: int,
        clock: Clock,
        *,
        may_prune: Callable[[], bool],
        dropped: Callable[[str, int], None] = lambda *_: None,
    ) -> None:
        self._table: NoteTable[Note] = table
        self._row: Callable[[str, Noted], Note] = row
        self._kept_for = timedelta(days=days)
        self._clock = clock
        self._may_prune = may_prune
        self._count_dropped = dropped
        self._waiting: deque[Callable[[], Noted]] = deque()
        self._rows: dict[str, Note] = {}
        self._no_room = 0
        self._prune_at = monotonic() + SECONDS_BEFORE_PRUNING
        self._writing = Lock()
        self._stopped = Event()
        self._dropped = LastingTrouble(
            lambda **facts: log.warning("notes dropped", **facts),
            lambda **facts: log.info("notes are kept again", **facts),
        )
        self._put_off = LastingTrouble(
            lambda **facts: log.warning("notes not stored", **facts),
            lambda **facts: log.info("notes are stored again", **facts),
        )
        self._thread = Thread(target=self._run, name=f"daybook-{table.name}", daemon=True)

    def note(self, make: Callable[[], Noted]) -> None:
        """Take a note, which is made on this object's own thread."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(make)
        else:
            self._no_room += 1

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what there is, and end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def flush(self) -> None:
        """Write down what was noted so far, as far as one round goes. Raises StoreUnavailable, OutcomeUnknown."""
        with self._writing:
            self._gather()
            for _ in range(STATEMENTS_A_ROUND):
                ids = list(islice(self._rows, ROWS_A_STATEMENT))
                if not ids:
                    return
                self._table.add([self._rows[each] for each in ids])
                for each in ids:
                    del self._rows[each]

    def prune(self) -> int:
        """Delete what is older than it is kept, some thousands at a time; how many there were."""
        before, found = timestamp_text(self._clock() - self._kept_for), 0
        for _ in range(STATEMENTS_A_ROUND):
            deleted = self._table.prune(before, ROWS_A_STATEMENT)
            found += deleted
            if deleted < ROWS_A_STATEMENT:
                break
        return found

    def _gather(self) -> None:
        for _ in range(len(self._waiting)):
            noted = self._waiting.popleft()()
            key = _id_of(noted)
            there = self._rows.get(key)
            if there is not None:
                self._rows[key] = there._replace(times=there.times + 1, last_at=noted.at)
            elif len(self._rows) < MOST_WAITING:
                self._rows[key] = self._row(key, noted)
            else:
                self._no_room += 1
        lost, self._no_room = self._no_room, 0
        if lost:
            self._count_dropped(self._table.name, lost)
            self._dropped.happened(table=self._table.name, dropped=lost)
        else:
            self._dropped.is_over(table=self._table.name)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stopped.wait(SECONDS_BETWEEN_ROUNDS)
            try:
                self.flush()
                self._prune_now_and_then()
                self._put_off.is_over(table=self._table.name)
            except (StoreUnavailable, OutcomeUnknown) as trouble:  # the rows stay, and are tried again
                self._put_off.happened(table=self._table.name, reason=str(trouble))
            except Exception:  # the thread must live; what it could not write is lost
                self._rows.clear()
                log.exception("notes lost", table=self._table.name)

    def _prune_now_and_then(self) -> None:
        if monotonic() < self._prune_at or not self._may_prune():
            return
        if self.prune() < ROWS_A_STATEMENT * STATEMENTS_A_ROUND:  # else there may be more: in the next round
            self._prune_at = monotonic() + SECONDS_BETWEEN_PRUNINGS


def _id_of(noted: Noted) -> str:
    """The minute, then a digest of the key: the same in every process, so that a row is counted on."""
    return f"{noted.at[:16]}-{blake2b(_text(noted.key).encode(), digest_size=12).hexdigest()}"


def _text(parts: Iterable[Hashable]) -> str:
    return "\x1f".join("" if part is None else str(part) for part in parts)
