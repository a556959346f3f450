"""Telling one webhook: event by event in the log's order, each until it was taken."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from time import monotonic
from typing import Final, NamedTuple

from app.clock import Clock
from app.details import Vault
from app.log.event_log import EventLog
from app.log.instants import timestamp_of, timestamp_text
from app.log.mapper import EventMapper, EventUnreadable
from app.log.records import RecordedEvent
from app.log.webhooks import AttemptRow, WebhookRow
from app.outbound.addresses import AddressRefused, Networks
from app.outbound.posting import NotPosted, post
from app.sealing import Unreadable
from app.telling.backing_off import asked_pause, is_given_up, pause_after
from app.telling.happenings import Happening, happening_at
from app.telling.payload import message_id, payload
from app.telling.signing import signed_headers, signing
from app.telling.webhooks import types_of, unseal

READ_AT_ONCE: Final = 200
_COME_BACK_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_UNREAD: Final = "The service cannot read the event at this position: nothing is sent until it can."
_UNOPENED: Final = "The webhook's address and secrets do not open: nothing was sent."
_CONTENT_TYPE: Final = {"Content-Type": "application/json"}


class Stopped(Exception):  # noqa: N818 - what happened
    """This process tells nobody any more. An attempt under way may have been taken: it is made again by another one."""


class Reached(NamedTuple):
    """How far a webhook is. It was told of what is for it up to `position`, and there is nothing more for it up to
    `passed`, as long as its row has this position and this version.
    """

    position: int
    version: int
    passed: int


def passed_by(row: WebhookRow, known: Reached | None) -> int:
    """Up to where there is nothing for a webhook. What is known of it counts if it is known of this very row."""
    is_of_row = known is not None and known[:2] == (row.position, row.version)
    return known.passed if known is not None and is_of_row else row.position


class Tried(NamedTuple):
    """What became of an attempt. `trouble`: why it was not taken, a sentence without an address; none where it was.
    `pause`: how long the receiver wants to be left alone.
    """

    status: int | None
    trouble: str | None
    pause: timedelta = timedelta(0)


class Delivering:
    """Tells webhooks what the log says. `may_run`: whether it is this process's to do; asked before each attempt."""

    def __init__(
        self,
        event_log: EventLog,
        mapper: EventMapper,
        vault: Vault,
        clock: Clock,
        allowed: Networks,
        may_run: Callable[[], bool],
    ) -> None:
        self._log = event_log
        self._mapper = mapper
        self._vault = vault
        self._clock = clock
        self._allowed = allowed
        self._may_run = may_run

    def is_due(self, row: WebhookRow) -> bool:
        """Whether it may be told something now."""
        return row.enabled and row.due_at <= self._now()

    def tell(self, webhook: str, known: Reached | None = None) -> Reached | None:
        """Tell a webhook all that it has not been told, until an attempt fails or somebody changes it: none then.
        `known`: how far it was found to be before.

        Raises StoreUnavailable, OutcomeUnknown, EventUnreadable, Unreadable, Stopped.
        """
        while (row := self._log.webhooks.get(webhook)) is not None and self.is_due(row):
            begin = passed_by(row, known)  # known of another row it says nothing: that one was set back, or wants more
            events = self._log.after(begin, READ_AT_ONCE)
            told = self._told_all(row, events)
            if told is None:
                return None
            known = Reached(told.position, told.version, events[-1].id if events else begin)
            if len(events) < READ_AT_ONCE:
                return known
            if told.position < known.passed:
                if not self._log.webhooks.advance(told, known.passed):
                    return None
                known = known._replace(position=known.passed)
        return None

    def _told_all(self, row: WebhookRow, events: Sequence[RecordedEvent]) -> WebhookRow | None:
        """The webhook after all of these that are for it were taken; none where one was not."""
        types = types_of(row)
        for recorded in events:
            try:
                found = happening_at(self._log, self._mapper, recorded)
            except EventUnreadable:
                self._unsent(row, AttemptRow(row.webhook, 0, "", "", recorded.id, self._now(), 0, None, _UNREAD))
                raise
            if found is None or found.type not in types:
                continue
            if not self._is_told(row, found):
                return None
            row = row._replace(position=found.position, failures=0, failing_since=None)
        return row

    def _is_told(self, row: WebhookRow, found: Happening) -> bool:
        """Whether it was taken, and may be followed by the next one."""
        if not self._may_run():
            raise Stopped
        begun, at = monotonic(), self._clock()
        message = message_id(row.webhook, found)
        try:
            tried = self._tried(row, message, payload(found), at)
        except Unreadable:
            said = (message, found.type, found.position, timestamp_text(at), 0)
            self._unsent(row, AttemptRow(row.webhook, 0, *said, None, _UNOPENED))
            raise
        if not self._may_run():  # which may mean that the store is being closed
            raise Stopped
        took = round((monotonic() - begun) * 1000)
        said = (message, found.type, found.position, timestamp_text(at), took)
        self._log.webhooks.note(AttemptRow(row.webhook, 0, *said, tried.status, tried.trouble))
        if tried.trouble is None:
            return self._log.webhooks.advance(row, found.position)
        self._failed(row, tried, at)
        return False

    def _unsent(self, row: WebhookRow, attempt: AttemptRow) -> None:
        """It failed here, before anything was sent. The receiver is not given up for that: its time begins anew."""
        if not self._may_run():
            raise Stopped
        self._log.webhooks.note(attempt)
        self._log.webhooks.failed(row, None, timestamp_text(self._clock() + pause_after(row.failures + 1)))

    def _now(self) -> str:
        return timestamp_text(self._clock())

    def _tried(self, row: WebhookRow, message: str, body: bytes, at: datetime) -> Tried:
        url, secrets = unseal(self._vault, row)
        headers = {**_CONTENT_TYPE, **signed_headers(message, at, body, signing(secrets, at))}
        try:
            status, retry_after = post(url, body, headers, self._allowed)
        except (AddressRefused, NotPosted) as trouble:
            return Tried(None, str(trouble))
        if 200 <= status < 300:
            return Tried(status, None)
        pause = asked_pause(retry_after, at) if status in _COME_BACK_LATER else timedelta(0)
        return Tried(status, f"It answered with HTTP status {status}.", pause)

    def _failed(self, row: WebhookRow, tried: Tried, at: datetime) -> None:
        since = row.failing_since or timestamp_text(at)
        table = self._log.webhooks
        if tried.status == HTTPStatus.GONE:
            table.disable(row.webhook, "gone", row.version)
        elif is_given_up(timestamp_of(since), at):
            table.disable(row.webhook, "failing", row.version)
        else:
            pause = max(pause_after(row.failures + 1), tried.pause)
            table.failed(row, since, timestamp_text(self._clock() + pause))
