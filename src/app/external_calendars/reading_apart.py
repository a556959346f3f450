"""Reading a feed in a process of its own, so that none can hold up or bring down the service: a rule may be looked for
until the year 9999, and what parses text may want any time and memory.
"""

import json
import subprocess
import sys
from datetime import date, datetime
from typing import Any, Final

from app.external_calendars.window import BusyTime, FeedUnreadable, Window
from app.settings import environment_of_others

READING_SECONDS: Final = 20.0
"""What reading may take in all, on a busy machine."""


def read_apart(feed: bytes, window: Window, seconds: float = READING_SECONDS) -> list[BusyTime]:
    """What `busy_times` finds, found elsewhere. Blocks: use a thread. Raises FeedUnreadable."""
    asked = {"first": window.first.isoformat(), "days": window.days, "zone": window.zone.key}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "app.external_calendars.reading_program"],
            input=json.dumps(asked).encode() + b"\n" + feed,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may name what is in the feed
            env=environment_of_others(),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FeedUnreadable("It takes too long to read.") from error
    if done.returncode:
        raise FeedUnreadable("It takes too long, or too much memory, to read.")
    found = json.loads(done.stdout)
    if "trouble" in found:
        raise FeedUnreadable(found["trouble"])
    return [_told(each) for each in found["busy"]]


def _told(each: list[Any]) -> BusyTime:
    uid, recurrence, day, start, end = each
    return BusyTime(
        uid, recurrence, date.fromisoformat(day), datetime.fromisoformat(start), datetime.fromisoformat(end)
    )
