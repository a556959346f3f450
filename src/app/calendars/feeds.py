"""Calendars that people follow by a secret address, since calendar programs cannot send a token."""

from datetime import datetime
from secrets import token_urlsafe
from typing import Final

from app.calendars.entries import Told, entries_of, legs_gone, may_have_lost_legs, window
from app.calendars.text import Entry
from app.identity import keyed_hash
from app.log.calendar_feeds import CalendarFeed
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.read_models.booking_rows import BookingRow
from app.read_models.calendar_rows import around
from app.read_models.reader import Reader
from domain.booking import Booking

MOST_ENTRIES: Final = 1_000
"""Bookings, or busy times, that a calendar tells of at most."""
SECRET_BYTES: Final = 32
SECRET_PATTERN: Final = "[A-Za-z0-9_-]{43}"  # noqa: S105 - what a secret looks like


def make_feed(log: EventLog, customer: str, resource: str, now: datetime) -> tuple[str, CalendarFeed]:
    """Give a feed a new address, made the first time. Answers its secret, which is kept nowhere, and the feed.

    Raises StoreUnavailable, OutcomeUnknown.
    """
    secret, feed = token_urlsafe(SECRET_BYTES), CalendarFeed(customer, resource, timestamp_text(now))
    log.calendar_feeds.put(feed, _digest(log, secret))
    return secret, feed


def find_feed(log: EventLog, secret: str) -> CalendarFeed | None:
    """The feed of a secret. How long it takes says nothing of secrets that are near: it is looked up by a keyed hash.

    Raises StoreUnavailable.
    """
    return log.calendar_feeds.find(_digest(log, secret))


def rows_of(reader: Reader, feed: CalendarFeed, now: datetime) -> list[BookingRow]:
    """The bookings that a feed tells of."""
    begin, end = window(now)
    whose = {"resource": feed.resource} if feed.resource else {"customer": feed.customer}
    return around(reader, now=now, begin=begin, end=end, most=MOST_ENTRIES, **whose)


def entries_of_all(log: EventLog, rows: list[BookingRow], now: datetime, told: Told) -> list[Entry]:
    """What bookings are in a calendar, with the legs that they have lost. Blocks on the store: use a thread.

    Raises StoreUnavailable, EventUnreadable.
    """
    changed = [Booking.stream(row.id) for row in rows if may_have_lost_legs(row)]
    streams = log.streams(changed, log.head().position) if changed else {}
    return [
        entry
        for row in rows
        for entry in entries_of(row, legs_gone(row, streams.get(Booking.stream(row.id), ())), now, told)
    ]


def _digest(log: EventLog, secret: str) -> bytes:
    return keyed_hash(log.secret, "daybook calendar feed 1", secret)
