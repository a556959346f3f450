"""Looks through the log for what people are to be written about, once for each event, and writes it down as due.

Read models are not asked: a rebuild of them writes to nobody again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog

from app.details import DESK
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.mapper import EventMapper, EventUnreadable
from app.log.messages import MessageRow
from app.log.records import RecordedEvent
from app.messages.occasions import Occasion, occasion_of
from app.telling.happenings import Happening, happening, is_of_booking

log = structlog.get_logger()

READ_AT_ONCE: Final = 200
OLDEST: Final = timedelta(days=1)
"""What happened longer ago is not written about: the service was away, and people know by now. They are reminded."""


class Following:
    """One step of following the log. `lead`: how long before the start people are reminded; none: never."""

    def __init__(
        self, event_log: EventLog, mapper: EventMapper, now: Callable[[], datetime], lead: timedelta | None
    ) -> None:
        self._log = event_log
        self._mapper = mapper
        self._now = now
        self._lead = lead

    def step(self) -> bool:
        """Write down what is due by the next events; whether there may be more. Begins at the log's head.

        Raises StoreUnavailable, OutcomeUnknown (asking again is safe).
        """
        seen = self._log.messages.position()
        if seen is None:
            self._log.messages.begin()
            return True
        events = self._log.after(seen, READ_AT_ONCE)
        if not events:
            return False
        self._log.messages.follow(seen, events[-1].id, self._rows(events))
        return len(events) == READ_AT_ONCE

    def _rows(self, events: Sequence[RecordedEvent]) -> list[MessageRow]:
        those = [event for event in events if is_of_booking(event)]
        streams = self._log.streams({event.originator_id for event in those}, events[-1].id) if those else {}
        rows: list[MessageRow] = []
        for event in those:
            up_to_it = [each for each in streams[event.originator_id] if each.id <= event.id]
            try:
                found = happening(self._mapper, up_to_it)
            except EventUnreadable as unreadable:  # whoever else is to be written to is
                log.error("nobody is written to about an event", position=event.id, reason=str(unreadable))
                continue
            if found is not None and found.booking.customer != DESK:
                rows += self._due_by(found)
        return rows

    def _due_by(self, found: Happening) -> list[MessageRow]:
        occasion = occasion_of(found)
        if occasion is None:
            return []
        is_news = found.event.timestamp >= self._now() - OLDEST
        rows = [_row(found, occasion, found.event.timestamp)] if is_news else []
        remind_at = None if self._lead is None else found.booking.start - self._lead
        from_then_on = found.event.timestamp if is_news else self._now()
        if found.booking.status == "confirmed" and remind_at is not None and remind_at > from_then_on:
            rows.append(_row(found, "reminder", remind_at))
        return rows


def happening_of(log: EventLog, mapper: EventMapper, row: MessageRow) -> Happening:
    """What a message is about, as it was. Raises StoreUnavailable, EventUnreadable."""
    found = happening(mapper, log.stream(f"booking/{row.booking}", up_to=row.position))
    assert found is not None  # noqa: S101 - the row was made of it
    return found


def _row(found: Happening, occasion: Occasion, due_at: datetime) -> MessageRow:
    event, booking = found.event, found.booking
    parts = (event.originator_id, str(event.originator_version), event.TOPIC, event.command_id, occasion)
    message = f"m-{sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"
    return MessageRow(message, occasion, booking.customer, booking.key, found.position, timestamp_text(due_at))
