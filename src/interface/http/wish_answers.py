"""The shapes of answers about those who wait in line."""

from datetime import date, datetime

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from app.read_models.wishes import WishStatus
from interface.http.answers import LocalInstant


class WishAnswer(TypedDict):
    """What somebody waits for: from `start` to `end`, or any slot of `duration` minutes on `date` (those two null).

    `place` in line from 1, null once it no longer waits; in the answer to a command, of the moment before others.
    `until`: from then on nobody is served. `booking`: what it led to, once `offered`.
    """

    id: str
    status: WishStatus
    customer: str
    resource: str
    date: date
    start: LocalInstant | None
    end: LocalInstant | None
    duration: int
    units: int
    party: int
    until: LocalInstant
    joined_at: datetime
    booking: str | None
    place: int | None


class WishList(TypedDict):
    """Wishes, in the order in which they were made."""

    items: list[WishAnswer]
    next: str | None
