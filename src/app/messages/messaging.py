"""Follows the log for messages to people and sends them: whichever process has the duty, some at a time."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread
from typing import Final

import structlog

from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog
from app.log.mapper import EventUnreadable
from app.log.messages import MessageRow
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.messages.following import Following
from app.messages.sending import Sending
from app.messages.sending_apart import SendingApart

LOOK_SECONDS: Final = 1.0
"""How often it is looked what is due, if the log does not grow."""
GATHER_SECONDS: Final = 0.25
"""Between two looks, however fast it grows: what is written down takes the log's lock for a moment."""
LEAVE_SECONDS: Final = 3.0
AT_ONCE: Final = 16
"""Messages under way at a time: one that is slow holds up few others."""
KEPT: Final = timedelta(days=30)
"""How long the operator can see what was given up."""
ROUNDS_BETWEEN_TIDYING: Final = 600

log = structlog.get_logger()


class Messaging:
    """Whoever books does not wait for it."""

    def __init__(
        self,
        event_log: EventLog,
        following: Following,
        sending: Callable[[Callable[[], bool]], Sending],
        apart: SendingApart,
        may_run: Callable[[], bool],
    ) -> None:
        """`sending` makes what sends, given whether this process still does."""
        self._log = event_log
        self._following = following
        self._stopped = Event()
        self._is_mine = may_run
        self._sending = sending(self._may_run)
        self._apart = apart
        self._threads = ThreadPoolExecutor(AT_ONCE, "daybook-message")
        self._under_way: dict[str, Future[None]] = {}
        self._rounds = 0
        self._troubles: list[str] = []
        self._trouble = _trouble("messages are not sent", "messages are sent again")
        self._thread = Thread(target=self._run, name="daybook-messages", daemon=True)

    def start(self) -> None:
        """Begin: with what happens from now on, where nobody was written to before."""
        with suppress(StoreUnavailable, OutcomeUnknown):  # then as soon as the store is there again
            self._log.messages.begin()
        self._thread.start()

    def stop(self) -> None:
        """End; attempts under way are given up, and made again by whoever is next."""
        self._stopped.set()
        self._log.follower.disturb()
        self._apart.close()
        if self._thread.is_alive():
            self._thread.join(LEAVE_SECONDS)
        self._threads.shutdown(cancel_futures=True)

    def _may_run(self) -> bool:
        return self._is_mine() and not self._stopped.is_set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if not self._may_run():
                    self._stopped.wait(LOOK_SECONDS)
                    continue
                head = self._log.head().position
                self._go_round()
                if self._troubles:
                    self._trouble.happened(reason=self._troubles.pop())
                    self._troubles.clear()
                else:
                    self._trouble.is_over()
            except Exception as trouble:  # the thread must live, or nobody is ever written to again
                self._trouble.happened(reason=_sentence(trouble))
                self._stopped.wait(LOOK_SECONDS)
            else:
                self._wait(head)

    def _wait(self, head: int) -> None:
        """Until there is room for another message, or the log has grown, or something may be due."""
        if self._under_way:
            wait(self._under_way.values(), GATHER_SECONDS, FIRST_COMPLETED)
        else:
            self._stopped.wait(GATHER_SECONDS)
            if not self._stopped.is_set():
                self._log.follower.wait(head, LOOK_SECONDS)

    def _go_round(self) -> None:
        try:
            while self._may_run() and self._following.step():
                self._begin_to_send()
        finally:  # what is due is sent also while the log cannot be followed
            self._begin_to_send()
        if self._rounds % ROUNDS_BETWEEN_TIDYING == 0:
            self._sending.tidy(KEPT)
        self._rounds += 1

    def _begin_to_send(self) -> None:
        """Those that are due, as far as there is room."""
        self._under_way = {message: each for message, each in self._under_way.items() if not each.done()}
        room = AT_ONCE - len(self._under_way)
        for row in self._sending.due(2 * AT_ONCE) if room else []:
            if row.message not in self._under_way and room:
                self._under_way[row.message] = self._threads.submit(self._send, row)
                room -= 1

    def _send(self, row: MessageRow) -> None:
        try:
            self._sending.send(row)
        except Exception as trouble:  # told in a log line: it is still due
            self._troubles.append(_sentence(trouble))
            self._stopped.wait(LOOK_SECONDS)


def _sentence(trouble: Exception) -> str:
    """Of what is not our own, the kind alone: a profile or an address may be in it."""
    name = type(trouble).__name__
    return f"{name}: {trouble}" if isinstance(trouble, StoreUnavailable | OutcomeUnknown | EventUnreadable) else name


def _trouble(begun: str, ended: str) -> LastingTrouble:
    return LastingTrouble(lambda **facts: log.error(begun, **facts), lambda **facts: log.info(ended, **facts))
