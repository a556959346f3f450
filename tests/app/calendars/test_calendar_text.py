"""Calendars as text: to the letter, and as a program of others reads them."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from app.calendars.text import Entry, calendar_text, folded

DHAKA = timezone(timedelta(hours=6))
VISIT = Entry(
    uid="b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f@daybook",
    sequence=2,
    changed=datetime(2026, 11, 20, 8, 15, 0, 123456, UTC),
    start=datetime(2026, 12, 1, 10, tzinfo=DHAKA),
    end=datetime(2026, 12, 1, 10, 30, tzinfo=DHAKA),
    status="CONFIRMED",
    summary="Moon Hospital, ward; north\\east",
    description="Party of 3\n2 places",
    url="https://book.example.org/mine/b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f",
)
GOLDEN = r"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Daybook//Daybook calendars 1//EN
METHOD:PUBLISH
NAME:Moon Street
X-WR-CALNAME:Moon Street
REFRESH-INTERVAL;VALUE=DURATION:PT1H
X-PUBLISHED-TTL:PT1H
BEGIN:VEVENT
UID:b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f@daybook
SEQUENCE:2
DTSTAMP:20261120T081500Z
LAST-MODIFIED:20261120T081500Z
DTSTART:20261201T040000Z
DTEND:20261201T043000Z
STATUS:CONFIRMED
TRANSP:OPAQUE
SUMMARY:Moon Hospital\, ward\; north\\east
DESCRIPTION:Party of 3\n2 places
URL:https://book.example.org/mine/b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_is_written_so_to_the_letter() -> None:
    assert calendar_text([VISIT], "Moon Street").decode() == GOLDEN.replace("\n", "\r\n")


def test_a_calendar_of_nothing_is_one() -> None:
    assert Calendar.from_ical(calendar_text([])).walk("VEVENT") == []


def test_a_cancelled_entry_takes_no_time() -> None:
    assert b"\r\nTRANSP:TRANSPARENT\r\n" in calendar_text([VISIT._replace(status="CANCELLED")])


def test_a_long_line_goes_on_in_the_next_one_and_no_character_is_cut() -> None:
    assert folded("SUMMARY:" + "x" * 67) == b"SUMMARY:" + b"x" * 67 + b"\r\n"
    assert folded("SUMMARY:" + "x" * 68) == b"SUMMARY:" + b"x" * 67 + b"\r\n x\r\n"
    assert folded("SUMMARY:" + "x" * 66 + "ü").split(b"\r\n")[1].decode() == " ü"


HOSTILE = 'Room\r\nEND:VEVENT\nATTENDEE:mailto:eve@example.org\r\u2028\u0085\x0b\x00\x07 ,;:"\\n\\'


def test_a_hostile_name_stays_a_name() -> None:
    (entry,) = Calendar.from_ical(calendar_text([VISIT._replace(summary=HOSTILE)])).walk("VEVENT")
    assert "ATTENDEE" not in entry
    assert str(entry["SUMMARY"]) == 'Room\nEND:VEVENT\nATTENDEE:mailto:eve@example.org\n\n\n\n ,;:"\\n\\'


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])),
    st.text(st.sampled_from("a\n\\,;:n\u00fc\U0001f600")),
)
def test_any_text_is_read_as_it_was_written(summary: str, description: str) -> None:
    text = calendar_text([VISIT._replace(summary=summary, description=description)])
    assert max(map(len, text.split(b"\r\n"))) <= 75
    assert b"\n" not in text.replace(b"\r\n", b"")
    (entry,) = Calendar.from_ical(text).walk("VEVENT")
    assert str(entry["SUMMARY"]) == summary
    assert str(entry.get("DESCRIPTION", "")) == description


@given(st.text())
def test_whatever_a_text_has_in_it_the_calendar_can_be_read(summary: str) -> None:
    (entry,) = Calendar.from_ical(calendar_text([VISIT._replace(summary=summary)])).walk("VEVENT")
    assert str(entry["UID"]) == VISIT.uid
    assert isinstance(entry, Event)
    assert entry.start == VISIT.start
