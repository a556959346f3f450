"""Whether this process may be sent requests, and if not, why: in sentences for whoever is woken at night."""

from collections.abc import Iterator
from threading import Lock
from time import monotonic

from app.clock import CheckedClock
from app.log.event_log import EventLog
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.read_models.runner import Behind, Runner
from app.writer import Writer

LONGEST_LAG = 10_000
"""Events that read models may be behind the log."""

PROBE_SECONDS = 2.0
_A_WRITE_THAT_CHANGES_NOTHING = "UPDATE log_head SET position = position RETURNING position"


class Readiness:
    """Asks the store, the clock, the writer and the read models. Thread-safe; the store is asked once in 2 s."""

    def __init__(self, log: EventLog, clock: CheckedClock, writer: Writer, runner: Runner) -> None:
        self._log = log
        self._clock = clock
        self._writer = writer
        self._runner = runner
        self._lock = Lock()
        self._asked = float("-inf")
        self._of_store: list[str] = []

    def troubles(self) -> list[str]:
        """Why this process is not ready; empty when it is. Blocks on the store: use a thread."""
        return [*self._store(), *self._writing(), *self._reading()]

    def _store(self) -> list[str]:
        with self._lock:
            if monotonic() - self._asked > PROBE_SECONDS:
                self._of_store = list(self._probe())
                self._asked = monotonic()
            return self._of_store

    def _probe(self) -> Iterator[str]:
        try:
            self._log.write(_A_WRITE_THAT_CHANGES_NOTHING)
            if not self._clock.is_right():
                yield f"The clock is {self._clock.skew.total_seconds():+.1f} s off the database's."
        except (StoreUnavailable, OutcomeUnknown) as trouble:
            yield f"The event store cannot be written: {trouble}"

    def _writing(self) -> Iterator[str]:
        if not self._writer.is_alive:
            yield "The writer is not running."
        if self._writer.failure:
            yield f"The last append failed: {self._writer.failure}"

    def _reading(self) -> Iterator[str]:
        if self._runner.failure:
            yield f"The projector is in trouble: {self._runner.failure}"
        try:
            lag, parked = self._runner.lag(), self._runner.parked()
        except (StoreUnavailable, OutcomeUnknown, Behind) as trouble:
            yield f"The read models cannot be read: {trouble}"
            return
        if lag > LONGEST_LAG:
            yield f"The read models are {lag} events behind."
        for each in parked:
            yield f"Stream {each.stream} is parked for {each.projection} at {each.position}: {each.error}"
