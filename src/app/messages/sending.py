"""Sends what is due: each message by itself, with pauses that grow, until it was taken or a day has passed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import structlog

from app.log.instants import timestamp_of, timestamp_text
from app.log.mapper import EventUnreadable
from app.log.messages import MessageRow, MessageTable
from app.messages.addressing import NOT_ALONE, kind_of
from app.messages.composing import Composed, Composing, NotYet, ProfileUnreadable
from app.messages.wording import Words
from app.telling.backing_off import pause_after

GIVEN_UP_AFTER: Final = timedelta(days=1)
"""How long a message may fail: later than that it would surprise whoever got it."""

Became = Literal["sent", "failed", "given-up"]

log = structlog.get_logger()


class Transport(Protocol):
    """Whatever takes messages to people."""

    def send(self, template: str, url: str, words: Words) -> str | None:
        """Send a message to an address, and block until it was taken; else why not, without an address."""


class Sending:
    """`counted` hears what became of each attempt. `may_run`: whether it is this process's to do."""

    def __init__(
        self,
        table: MessageTable,
        composing: Composing,
        transport: Transport,
        now: Callable[[], datetime],
        may_run: Callable[[], bool],
        counted: Callable[[Became], None] = lambda became: None,
    ) -> None:
        self._table = table
        self._composing = composing
        self._transport = transport
        self._now = now
        self._may_run = may_run
        self._counted = counted

    def due(self, limit: int) -> list[MessageRow]:
        """What is to be sent now. Raises StoreUnavailable."""
        return self._table.due(timestamp_text(self._now()), limit)

    def send(self, due: MessageRow) -> None:
        """Send one that is due, by each way that has not taken it; what it is about may have changed since.

        A process that ends between an answer and the note of it leaves a message that is sent again. Raises
        StoreUnavailable, OutcomeUnknown.
        """
        row = self._table.get(due.message)
        if row is None or not self._may_run():
            return
        try:
            found = self._composing.compose(row, self._now())
        except (EventUnreadable, ProfileUnreadable) as unreadable:
            self._failed(row, [str(unreadable)])
            return
        if found is None:
            self._table.done(row.message)
        elif isinstance(found, NotYet):
            self._table.put_off(row.message, timestamp_text(found.due_at))
        else:
            self._send_each_way(row, found)

    def tidy(self, kept: timedelta) -> None:
        """Forget what was given up that long ago. Raises StoreUnavailable, OutcomeUnknown."""
        self._table.forget_given_up(timestamp_text(self._now() - kept))

    def _send_each_way(self, row: MessageRow, found: Composed) -> None:
        sent, troubles, for_good = row.sent.split(), list[str](), [*found.unusable]
        for number, way in enumerate(found.ways, 1):
            trouble = self._transport.send(way.template, way.url, found.words)
            if trouble is not None and not self._may_run():  # it was given up, to be sent by whoever is next
                return
            if trouble is not None:
                (for_good if trouble == NOT_ALONE else troubles).append(f"{kind_of(way.template)}: {trouble}")
            elif number < len(found.ways) or troubles or for_good:
                self._table.sent(row.message, sent := [*sent, way.name])
        if troubles:
            self._failed(row, [*troubles, *for_good])
        elif for_good:
            self._give_up(row, " ".join(for_good))
        else:
            self._table.done(row.message)
            self._counted("sent")

    def _give_up(self, row: MessageRow, trouble: str) -> None:
        self._table.give_up(row.message, timestamp_text(self._now()), trouble)
        log.warning("message given up", message=row.message, booking=row.booking, reason=trouble)
        self._counted("given-up")

    def _failed(self, row: MessageRow, troubles: list[str]) -> None:
        now, trouble = self._now(), " ".join(troubles)
        since = row.failing_since or timestamp_text(now)
        if now - timestamp_of(since) >= GIVEN_UP_AFTER:
            self._give_up(row, trouble)
        else:
            due_at = timestamp_text(now + pause_after(row.failures + 1))
            self._table.failed(row.message, since, due_at, trouble)
            log.info("message not sent yet", message=row.message, booking=row.booking, reason=trouble)
            self._counted("failed")
