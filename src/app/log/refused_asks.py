"""What was wanted of a resource and refused because others had it, caller by caller."""

from datetime import date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.log.day_refusals import wall_clock
from app.log.event_log import EventLog
from app.log.instants import timestamp_of
from app.log.lost_races import LOST
from app.log.notes import customer_of
from domain.interval import DAY

MOST: Final = 100_000
"""Asks of one question: beyond, the oldest count alone."""


class RefusedAsk(NamedTuple):
    """Somebody (`by`, as the log names them) wanted units of a resource from `start` to `end`, the place's wall clock,
    and others had them. `customer`: for whom; none where that was not noted. However often they tried it is one ask;
    `times` that they did, first at `first_at`. `is_move`: they have a booking, and wanted another time for it.
    """

    by: str
    customer: str | None
    start: datetime
    end: datetime
    units: int
    is_move: bool
    times: int
    first_at: datetime


_ASKED = """
SELECT "by", customer, "start", "end", coalesce(units, 1), booking IS NOT NULL, sum(times), min(first_at)
FROM refusals
WHERE resource = ? AND code = ? AND coalesce("end", "start") >= ? AND "start" < ?
GROUP BY "by", customer, "start", "end", coalesce(units, 1), booking IS NOT NULL
ORDER BY min(first_at), "by", customer, "start"
LIMIT ?
"""


def refused_asks(log: EventLog, resource: str, zone: ZoneInfo, first: date, last: date) -> list[RefusedAsk]:
    """Those for time that begins on one of these dates, in the order in which they first came, as far back as refusals
    are kept. Raises StoreUnavailable.
    """
    asked = [resource, LOST, str(first - DAY), str(last + 2 * DAY), MOST]
    found = []
    for by, customer, start, end, units, is_move, times, first_at in log.rows(_ASKED, asked):
        begins = wall_clock(start, zone)
        if first <= begins.date() <= last:
            ends = begins if end is None else wall_clock(end, zone)
            whose = customer or customer_of(by)
            ask = RefusedAsk(by, whose, begins, ends, int(units), bool(is_move), int(times), timestamp_of(first_at))
            found.append(ask)
    return found
