"""The program that reads one feed: apart from what starts it, so that it loads little and starts soon."""

import json
import sys
from contextlib import suppress
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.external_calendars.window import FeedUnreadable, Window

PROCESSOR_SECONDS: Final = 10
"""What it may take of the processor; a feed of 2 MB takes about one."""
MEMORY_BYTES: Final = 384 * 1024 * 1024
"""A feed of 2 MB takes about 100; as many as are followed at once may each take all of it."""


def _main() -> None:
    _limit_itself()
    from app.external_calendars.busy_times import busy_times  # whatever is loaded counts, too

    asked, feed = json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read()
    window = Window(date.fromisoformat(asked["first"]), asked["days"], ZoneInfo(asked["zone"]))
    try:
        found: dict[str, Any] = {"busy": busy_times(feed, window)}
    except FeedUnreadable as trouble:
        found = {"trouble": str(trouble)}
    sys.stdout.write(json.dumps(found, default=lambda each: each.isoformat()))


def _limit_itself() -> None:
    if sys.platform == "win32":  # which knows no such limits: there, time alone ends it
        return
    import resource

    limits = {resource.RLIMIT_CPU: PROCESSOR_SECONDS, resource.RLIMIT_AS: MEMORY_BYTES, resource.RLIMIT_CORE: 0}
    for kind, most in limits.items():
        with suppress(ValueError, OSError):  # where the system sets less, or does not let it be set
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    _main()
