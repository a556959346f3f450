"""Writing calendars as programs of others read them: iCalendar (RFC 5545), in lines that are escaped and folded."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

EntryStatus = Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]

PRODUCT: Final = "-//Daybook//Daybook calendars 1//EN"
_MOST_OCTETS: Final = 75
_BREAKS: Final = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Whatever some program might take for the end of a line."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class Entry(NamedTuple):
    """One thing in a calendar, from `start` to `end` (instants).

    A program that has an entry with this `uid` puts the one with the higher `sequence` in its place. `changed`: when it
    came to be as it is. `summary` and `description` may be any text; `url` is an address of ours, or none.
    """

    uid: str
    sequence: int
    changed: datetime
    start: datetime
    end: datetime
    status: EntryStatus
    summary: str
    description: str = ""
    url: str | None = None


def calendar_text(entries: Iterable[Entry], name: str | None = None) -> bytes:
    """A whole calendar in UTF-8. `name`: of one that is followed, which is then asked for again each hour or so."""
    return b"".join(
        folded(line)
        for line in (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            f"PRODID:{PRODUCT}",
            "METHOD:PUBLISH",
            *([] if name is None else _followed(name)),
            *(line for entry in entries for line in _lines(entry)),
            "END:VCALENDAR",
        )
    )


def folded(line: str) -> bytes:
    """A content line, cut up so that no part has more than 75 octets (RFC 5545, 3.1), never within a character."""
    left = line.encode("utf-8", "replace")
    parts, most = list[bytes](), _MOST_OCTETS
    while len(left) > most:
        at = most
        while left[at] & 0xC0 == 0x80:
            at -= 1
        parts.append(left[:at])
        left, most = left[at:], _MOST_OCTETS - 1  # the space that says that it goes on
    return b"\r\n ".join([*parts, left]) + b"\r\n"


def escaped(text: str) -> str:
    """Any text as a value (RFC 5545, 3.3.11); characters that are none to be seen are left out."""
    return _UNPRINTABLE.sub("", _BREAKS.sub("\n", text)).translate(_ESCAPED)


def _followed(name: str) -> tuple[str, ...]:
    # The first and third of RFC 7986; the others are what programs of before it read.
    return (
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    )


def _lines(entry: Entry) -> Iterator[str]:
    changed = _instant(entry.changed)
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"DTSTART:{_instant(entry.start)}"
    yield f"DTEND:{_instant(entry.end)}"
    yield f"STATUS:{entry.status}"
    yield f"TRANSP:{'TRANSPARENT' if entry.status == 'CANCELLED' else 'OPAQUE'}"
    yield f"SUMMARY:{escaped(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION:{escaped(entry.description)}"
    if entry.url is not None:
        yield f"URL:{entry.url}"
    yield "END:VEVENT"


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
