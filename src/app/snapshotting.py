"""Making snapshots of long days behind the answer: on a thread of its own, of days that the writer has in memory."""

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final, NamedTuple

import structlog

from app.day_snapshots import FORM, packed
from app.lasting_trouble import LastingTrouble
from app.log.records import Head
from app.log.snapshots import Snapshot, SnapshotTable
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from domain.resource_day import ResourceDay

MOST_WAITING: Final = 64
"""Days that wait to be written down. One that finds no room has another chance a thousand events later."""

log = structlog.get_logger()


class Offered(NamedTuple):
    """A day as it stood in the log up to `head`, and the position of its last event."""

    day: ResourceDay
    position: int
    head: Head


class Snapshotting:
    """Takes days that do not change any more, in a microsecond. What it does not come to is lost; nobody needs it."""

    def __init__(self, table: SnapshotTable) -> None:
        self._table = table
        self._waiting: dict[str, Offered] = {}
        self._rejected: list[Snapshot] = []
        self._changing = Lock()
        self._writing = Lock()
        self._offered = Event()
        self._stopped = False
        self._trouble = LastingTrouble(
            lambda **facts: log.warning("snapshots not stored", **facts),
            lambda **facts: log.info("snapshots are stored again", **facts),
        )
        self._thread = Thread(target=self._run, name="daybook-snapshots", daemon=True)

    def offer(self, day: ResourceDay, position: int, head: Head) -> None:
        """Take a day as it stands in the log up to `head`, its last event at `position`. Nobody may change it then."""
        with self._changing:
            if day.id in self._waiting or len(self._waiting) < MOST_WAITING:
                self._waiting[day.id] = Offered(day, position, head)
        self._offered.set()

    def reject(self, snapshot: Snapshot) -> None:
        """Delete one that is of no use, behind the answer, before another one is written."""
        with self._changing:
            if len(self._rejected) < MOST_WAITING:
                self._rejected.append(snapshot._replace(state=b""))
        self._offered.set()

    def start(self) -> None:
        """Discard what does not fit this log and this program, and begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """End after the one that is being written."""
        self._stopped = True
        self._offered.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def flush(self) -> None:
        """Delete what was rejected, and write down what was offered. Raises StoreUnavailable and OutcomeUnknown; what
        was tried is then let go.
        """
        with self._writing:
            while (rejected := self._next_rejected()) is not None and not self._stopped:
                self._table.discard(rejected)
            while (taken := self._next()) is not None and not self._stopped:
                day, position, head = taken
                self._table.keep(day.id, day.version, position, head, FORM, packed(day))
                self._trouble.is_over()

    def discard_others(self) -> None:
        """Delete what this program makes no use of. Raises StoreUnavailable and OutcomeUnknown."""
        if discarded := self._table.discard_others(FORM):
            log.info("snapshots discarded that are of no use here", snapshots=discarded)

    def _next(self) -> Offered | None:
        with self._changing:
            return self._waiting.pop(next(iter(self._waiting)), None) if self._waiting else None

    def _next_rejected(self) -> Snapshot | None:
        with self._changing:
            return self._rejected.pop() if self._rejected else None

    def _run(self) -> None:
        self._attempt(self.discard_others)
        while not self._stopped:
            self._offered.wait()
            self._offered.clear()
            self._attempt(self.flush)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (StoreUnavailable, OutcomeUnknown) as trouble:
            self._trouble.happened(reason=str(trouble))
        except Exception:  # the thread must live; a day without a snapshot is only slower to load
            log.exception("snapshot not made")
