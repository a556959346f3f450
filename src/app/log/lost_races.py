"""Lost races beside the log: who wanted time that others had taken, summed up over a minute."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.log.event_log import EventLog
from app.log.instants import timestamp_text

LOST: Final = "not-available"
"""The one refusal that is a lost race: all others tell of a rule, which nobody else had a part in."""
MINUTE: Final = timedelta(minutes=1)
MOST: Final = 200
_FIRST: Final = "CAST(substr(first_at, 18, 9) AS double precision)"
_LAST: Final = "CAST(substr(last_at, 18, 9) AS double precision)"
_WITHIN: Final = (
    "CASE WHEN first_at >= ? THEN times "
    f"ELSE 1 + round((times - 1) * ({_LAST} - CAST(? AS double precision)) / ({_LAST} - {_FIRST})) END"
)
"""Of a row, the times since an instant: given as text, and as the seconds of its minute, which is the row's too."""


class LostRace(NamedTuple):
    """An interval of a resource that was refused. `times` in the last minute, the latest at `last_at`, which is
    fixed-width UTC text; `start` and `end` have the resource's offset.
    """

    resource: str
    start: str
    end: str
    times: int
    last_at: str


def lost_races(log: EventLog, resources: Collection[str], now: datetime) -> list[LostRace]:
    """What was refused within the last minute, the latest first, at most 200. What one caller repeats within a minute
    of the clock is one row beside the log: where it began before, its last time counts, and of the others as many as
    there would be if they came evenly.

    Raises StoreUnavailable.
    """
    places = ", ".join("?" * len(resources))
    sql = (
        f'SELECT resource, "start", "end", sum({_WITHIN}), max(last_at) FROM refusals '  # noqa: S608 - only placeholders
        f"WHERE resource IN ({places}) AND first_at >= ? AND last_at >= ? AND code = ? "
        'AND "start" IS NOT NULL AND "end" IS NOT NULL '
        'GROUP BY resource, "start", "end" ORDER BY max(last_at) DESC, resource, "start", "end" LIMIT ?'
    )
    since = now - MINUTE  # a row begins and ends within one minute of the clock
    seconds = float(timestamp_text(since)[17:26])
    asked = [
        timestamp_text(since),
        seconds,
        *resources,
        timestamp_text(since - MINUTE),
        timestamp_text(since),
        LOST,
        MOST,
    ]
    rows = log.rows(sql, asked)
    return [LostRace(resource, start, end, int(times), last_at) for resource, start, end, times, last_at in rows]
