"""What is asked of an external calendar, and what it answers: apart from what reads it, which takes a while to load."""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo


class FeedUnreadable(Exception):  # noqa: N818 - what the feed is
    """It is no calendar that busy times can be read from. The message is a sentence without anything of the feed's."""


class Window(NamedTuple):
    """So many dates of the resource's time zone, from a first one on."""

    first: date
    days: int
    zone: ZoneInfo


class BusyTime(NamedTuple):
    """The part of one occurrence that lies on one date, in whole minutes. `uid` and `recurrence` name the occurrence as
    its calendar does; `start` and `end` carry the resource's offset.
    """

    uid: str
    recurrence: str
    day: date
    start: datetime
    end: datetime
