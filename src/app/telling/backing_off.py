"""When something that failed is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 3_600))
"""After the first failure, the second one and so on; the last one for ever after, so that nobody waits longer than that
for a receiver that is back.
"""
LONGEST: Final = timedelta(days=3)
"""How long a receiver may fail before nothing is sent to it any more."""


def pause_after(failures: int) -> timedelta:
    """The pause after so many failures in a row, at least one."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


def asked_pause(retry_after: str | None, now: datetime) -> timedelta:
    """How long a receiver wants to be left alone, by its `Retry-After` (RFC 9110: seconds, or a date), up to an hour;
    none where it says nothing that can be read.
    """
    said = (retry_after or "").strip()
    if said.isascii() and said.isdigit():
        return min(timedelta(seconds=int(said[:9])), PAUSES[-1])
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return timedelta(0)
    pause = until.replace(tzinfo=until.tzinfo or UTC) - now
    return min(max(pause, timedelta(0)), PAUSES[-1])


def is_given_up(failing_since: datetime, now: datetime) -> bool:
    """Whether that has lasted too long."""
    return now - failing_since >= LONGEST
