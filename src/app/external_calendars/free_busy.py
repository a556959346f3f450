"""The busy periods of a calendar that tells no entries, but when somebody is free or busy (RFC 5545, 3.6.4)."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Component

from app.external_calendars.entries import all_of, in_zone_said, refuse_dropped_lines
from app.external_calendars.recurring import Occurrence, by_its_time

_FREE: Final = "FREE"
"""Whatever else a period is said to be, a kind that nobody knows included, is busy (3.2.9)."""


def busy_periods(component: Component, zone: ZoneInfo) -> Iterator[Occurrence]:
    """The periods of a VFREEBUSY in which somebody is not free, each named by its times: servers make up a new UID for
    each answer. `zone`: of times that are said without one. Raises FeedUnreadable.
    """
    refuse_dropped_lines(component)
    for period in all_of(component, "FREEBUSY"):
        if str(period.params.get("FBTYPE", "")).upper() == _FREE:
            continue
        start, end = in_zone_said(period.start, period.params, zone), in_zone_said(period.end, period.params, zone)
        yield by_its_time(Occurrence("", start, end))
