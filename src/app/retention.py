"""Erasing people whose last booking is long over, where a setting says so."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Event, Thread
from time import monotonic
from typing import Final

import structlog

from app.commands import RETENTION, EraseCustomer
from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy, Outcome
from app.queue import Answer, Asked, Queue
from app.read_models.bookings import last_seen_before
from app.read_models.database import ReadModels
from domain.refusal import Refused

SECONDS_BETWEEN_ROUNDS: Final = 3600.0
SECONDS_BEFORE_THE_FIRST: Final = 60.0
SECONDS_FOR_AN_ANSWER: Final = 30.0
MOST_AT_ONCE: Final = 500

log = structlog.get_logger()


class Retention:
    """Once an hour: whoever had bookings, the last of which ended `days` ago, is erased, unless the law keeps them.

    People who never booked are left alone: those of the desk are among them.
    """

    def __init__(
        self,
        days: int,
        event_log: EventLog,
        read_models: ReadModels,
        queue: Queue,
        may_run: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._days = days
        self._log = event_log
        self._read_models = read_models
        self._queue = queue
        self._may_run = may_run
        self._now = now
        self._stopped = Event()
        self._put_off = LastingTrouble(
            lambda **facts: log.info("retention put off", **facts),
            lambda **facts: log.info("retention goes on", **facts),
        )
        self._thread = Thread(target=self._run, name="daybook-retention", daemon=True)

    def start(self) -> None:
        """Begin, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the person in turn."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(SECONDS_FOR_AN_ANSWER)

    def go_round(self) -> int:
        """Erase whoever is due; how many that were. Raises StoreUnavailable, OutcomeUnknown, Busy, Refused."""
        before, erased, beyond = self._now() - timedelta(days=self._days), 0, ""
        while not self._stopped.is_set():
            with self._read_models.reading() as reader:
                due = last_seen_before(reader, before, beyond, MOST_AT_ONCE)
                position = reader.position
            if not due:
                break
            beyond = due[-1]
            there = self._log.customers.many(due)
            erased += sum(self._erase(customer, position) for customer in due if customer in there)
        return erased

    def _erase(self, customer: str, position: int) -> bool:
        if self._stopped.is_set():
            return False
        answer: Future[Answer] = Future()
        command = EraseCustomer(
            actor=RETENTION, command_id=token_hex(16), customer=customer, looked_at=position, arrived=monotonic()
        )
        self._queue.put(Asked(command, answer.set_result))
        found = answer.result(SECONDS_FOR_AN_ANSWER)
        if isinstance(found, Outcome):
            return True
        if isinstance(found, Refused):  # booked again, or kept by law
            return False
        raise found

    def _run(self) -> None:
        pause = SECONDS_BEFORE_THE_FIRST
        while not self._stopped.wait(pause):
            pause = SECONDS_BETWEEN_ROUNDS
            try:
                if self._may_run() and (erased := self.go_round()):
                    log.info("people erased after their time", people=erased, days=self._days)
                self._put_off.is_over()
            except (Busy, StoreUnavailable, OutcomeUnknown, TimeoutError) as trouble:
                self._put_off.happened(reason=str(trouble))
            except Exception:  # the thread must live; the next round finds the same people again
                log.exception("retention failed")
