"""Follows the log and tells webhooks of it: whichever process has the duty, each webhook in a thread of its own."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

import structlog

from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog
from app.telling.delivering import Delivering, Reached, Stopped, passed_by

LOOK_SECONDS: Final = 1.0
"""How often it is looked what is due, if the log does not grow."""
GATHER_SECONDS: Final = 0.1
"""Between two looks, however fast it grows."""
LEAVE_SECONDS: Final = 1.0

log = structlog.get_logger()


class Telling:
    """Whoever books does not wait for it, and a webhook that is slow or fails holds up no other.

    `counted` hears after each look how many webhooks fail, or were disabled because they had.
    """

    def __init__(
        self,
        event_log: EventLog,
        delivering: Callable[[Callable[[], bool]], Delivering],
        may_run: Callable[[], bool],
        counted: Callable[[int], None] = lambda failing: None,
    ) -> None:
        """`delivering` makes what tells them, given whether this process still does."""
        self._log = event_log
        self._may_run = may_run
        self._counted = counted
        self._stopped = Event()
        self._delivering = delivering(lambda: may_run() and not self._stopped.is_set())
        self._at_work: dict[str, Thread] = {}
        self._reached: dict[str, Reached] = {}
        self._trouble = _trouble()
        self._troubles: dict[str, LastingTrouble] = {}
        self._thread = Thread(target=self._run, name="daybook-telling", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; attempts under way are given up, and made again by whoever is next."""
        self._stopped.set()
        self._log.follower.disturb()
        for thread in [self._thread, *self._at_work.values()]:
            if thread.is_alive():
                thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            head = 0
            try:
                if self._may_run():
                    head = self._look()
                else:
                    self._counted(0)  # another process tells how many fail
            except Exception as trouble:  # the thread must live, or nobody is ever told again
                self._failed(self._trouble, trouble)
                self._stopped.wait(LOOK_SECONDS)
            else:
                self._trouble.is_over()
                self._stopped.wait(GATHER_SECONDS if head else LOOK_SECONDS)
                if head and not self._stopped.is_set():
                    self._log.follower.wait(head, LOOK_SECONDS)

    def _look(self) -> int:
        """Begin to tell those to whom there may be something to tell; answers the head that was seen."""
        head, rows = self._log.head().position, self._log.webhooks.all()
        self._forget_all_but({row.webhook for row in rows})
        for row in rows:
            lacks = passed_by(row, self._reached.get(row.webhook)) < head
            if lacks and self._delivering.is_due(row) and not self._is_at_work(row.webhook):
                thread = Thread(target=self._tell, args=(row.webhook,), name="daybook-webhook", daemon=True)
                self._at_work[row.webhook] = thread
                self._troubles.setdefault(row.webhook, _trouble())
                thread.start()
        self._counted(sum(row.failures > 0 or row.disabled_reason in {"failing", "gone"} for row in rows))
        return head

    def _forget_all_but(self, webhooks: set[str]) -> None:
        for kept in (self._at_work, self._reached, self._troubles):
            for gone in [each for each in list(kept) if each not in webhooks and not self._is_at_work(each)]:
                kept.pop(gone)

    def _is_at_work(self, webhook: str) -> bool:
        thread = self._at_work.get(webhook)
        return thread is not None and thread.is_alive()

    def _tell(self, webhook: str) -> None:
        try:
            reached = self._delivering.tell(webhook, self._reached.get(webhook))
            if reached is not None:
                self._reached[webhook] = reached
        except Stopped:
            return
        except Exception as trouble:  # told in a log line: whatever it is, it is tried again
            self._failed(self._troubles[webhook], trouble, webhook=webhook)
        else:
            self._troubles[webhook].is_over(webhook=webhook)

    def _failed(self, lasting: LastingTrouble, trouble: Exception, **facts: str) -> None:
        if not self._stopped.is_set():
            lasting.happened(reason=f"{type(trouble).__name__}: {trouble}", **facts)


def _trouble() -> LastingTrouble:
    return LastingTrouble(
        lambda **facts: log.error("webhooks are not told", **facts),
        lambda **facts: log.info("webhooks are told again", **facts),
    )
