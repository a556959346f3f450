"""Feeds that are read in a process of their own, those that mean harm among them."""

from datetime import date
from time import monotonic
from zoneinfo import ZoneInfo

import pytest

from app.external_calendars.busy_times import busy_times
from app.external_calendars.keeping_step import AT_ONCE
from app.external_calendars.reading_apart import read_apart
from app.external_calendars.reading_program import MEMORY_BYTES
from app.external_calendars.window import FeedUnreadable, Window

WINDOW = Window(date(2026, 12, 1), 21, ZoneInfo("Europe/Berlin"))


def feed(*lines: str) -> bytes:
    entry = ("BEGIN:VEVENT", "UID:dentist", "DTSTART:20261203T090000Z", "DURATION:PT1H", *lines, "END:VEVENT")
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *entry, "END:VCALENDAR", ""]).encode()


def test_it_finds_what_reading_it_here_would_find() -> None:
    daily = feed("RRULE:FREQ=DAILY", "SUMMARY:Z\u00e4hne")
    assert read_apart(daily, WINDOW) == busy_times(daily, WINDOW)
    assert len(read_apart(daily, WINDOW)) == 19


def test_it_says_in_the_same_words_what_is_wrong() -> None:
    with pytest.raises(FeedUnreadable, match="It is no calendar, or not all of one"):
        read_apart(b"<html>", WINDOW)


def test_a_date_that_never_comes_is_not_waited_for() -> None:
    never = feed("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30")
    begun = monotonic()
    with pytest.raises(FeedUnreadable, match="too long"):
        read_apart(never, WINDOW, seconds=1.5)
    assert monotonic() - begun < 60


def test_entries_within_entries_without_end_are_refused() -> None:
    deep = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20_000 + b"END:VEVENT\r\n" * 20_000 + b"END:VCALENDAR\r\n"
    with pytest.raises(FeedUnreadable):
        read_apart(deep, WINDOW)


def test_a_long_calendar_is_read_and_all_that_are_read_at_once_leave_memory_to_the_service() -> None:
    entry = "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:20261203T090000Z\r\nDURATION:PT1H\r\nDESCRIPTION:{}\r\nEND:VEVENT\r\n"
    entries = "".join(entry.format(number, "about " * 600) for number in range(1_000))
    assert len(read_apart(f"BEGIN:VCALENDAR\r\n{entries}END:VCALENDAR\r\n".encode(), WINDOW)) == 1_000
    assert AT_ONCE * MEMORY_BYTES <= 1536 * 1024 * 1024
