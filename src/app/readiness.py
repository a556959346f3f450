"""Whether this process may be sent requests, and if not, why: in sentences for whoever is woken at night."""

from collections import Counter
from collections.abc import Iterator
from threading import Lock
from time import monotonic

import structlog

from app.clock import CheckedClock
from app.lag import lag_of
from app.log.event_log import EventLog
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.read_models.runner import Behind, Runner
from app.writer_here import CommandRunner, off_by

LONGEST_LAG = 10_000
"""Events that read models may be behind the log."""

LONGEST_WAIT = 10.0
"""Seconds that an event may be in the log before the read models have it."""

PROBE_SECONDS = 2.0
_A_WRITE_THAT_CHANGES_NOTHING = "UPDATE log_head SET position = position RETURNING log_id"

log = structlog.get_logger()


class Readiness:
    """Asks the store, the clock, the writer and the read models. Thread-safe; the store is asked once in 2 s.

    Anybody may read the answers, so they name no stream, and quote no error of a store or driver: the log lines do.
    """

    def __init__(self, log: EventLog, clock: CheckedClock, commands: CommandRunner, runner: Runner) -> None:
        self._log = log
        self._clock = clock
        self._commands = commands
        self._runner = runner
        self._lock = Lock()
        self._asked = float("-inf")
        self._of_store: list[str] = []
        self._unread = self._unwritten = ""

    def troubles(self) -> list[str]:
        """Why this process is not ready; empty when it is. Blocks on the store: use a thread."""
        return [*self._store(), *self._writing(), *self._reading()]

    def _store(self) -> list[str]:
        if self._log.is_damaged:
            return ["The event log is damaged: stop Daybook, move its files away, and run `daybook restore`."]
        with self._lock:
            if monotonic() - self._asked > PROBE_SECONDS:
                self._of_store = list(self._probe())
                self._asked = monotonic()
            return self._of_store

    def _probe(self) -> Iterator[str]:
        try:
            rows = self._log.write(_A_WRITE_THAT_CHANGES_NOTHING)
            if [log_id for (log_id,) in rows] != [self._log.log_id]:
                yield "The log was replaced by another one: start Daybook again."
            self._clock.is_right()
        except (StoreUnavailable, OutcomeUnknown) as trouble:
            if self._unwritten != str(trouble):
                self._unwritten = str(trouble)
                log.warning("event store cannot be written", kind=type(trouble).__name__, reason=str(trouble))
            yield "The event store cannot be written; the log lines say why."
            return
        self._unwritten = ""

    def _writing(self) -> list[str]:
        own = [] if self._clock.agreed else [off_by(self._clock)]
        return self._commands.troubles or own

    def _reading(self) -> Iterator[str]:
        if failure := self._runner.failure or self._commands.projector_failure:
            yield failure
        try:
            yield from self._behind()
            parked = Counter(each.projection for each in self._runner.parked())
            self._unread = ""
        except (StoreUnavailable, OutcomeUnknown, Behind) as trouble:
            if self._unread != str(trouble):
                self._unread = str(trouble)
                log.warning("read models cannot be read", kind=type(trouble).__name__, reason=str(trouble))
            yield "The read models cannot be read; the log lines say why."
            return
        for projection, streams in sorted(parked.items()):
            are = "stream is" if streams == 1 else "streams are"
            yield f"{streams} {are} parked for {projection}; the log lines say which."

    def _behind(self) -> Iterator[str]:
        events, seconds = lag_of(self._log, self._runner)
        if events > LONGEST_LAG:
            yield f"The read models are {events} events behind."
        elif seconds > LONGEST_WAIT:
            yield f"The read models are {seconds:.0f} s behind."
