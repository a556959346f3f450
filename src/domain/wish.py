"""A wish: what somebody waits for on a resource-day that has no room for it now."""

from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from domain.refusal import Refused

Date = date  # inside Wish, `date` is a field
WithdrawalReason = Literal["left", "erased", "retired"]
MOST_IN_LINE = 500
"""Wishes that one day keeps: each is looked at whenever room appears on it."""


class Wish(NamedTuple):
    """`start` and `end` carry the resource's offset; without them any slot of `minutes` that lies on `date` will do.

    `days`: the dates that it would take time on when it was made, buffers included. `until`: the moment from which it
    is over: the start, or the date's end.
    """

    wish: str
    customer: str
    resource: str
    date: Date
    start: datetime | None
    end: datetime | None
    minutes: int
    units: int
    party: int
    until: datetime
    days: tuple[Date, ...]

    def overlaps(self, other: "Wish", apart: timedelta) -> bool:
        """Whether both could take the same time, where bookings stand `apart` by their buffers."""
        if self.resource != other.resource:
            return False
        if self.start is None or self.end is None or other.start is None or other.end is None:
            return bool(set(self.days) & set(other.days))
        return self.start < other.end + apart and other.start < self.end + apart


class Waiting(NamedTuple):
    """A wish in line: who put it there, in the form of an event's `by`, and when."""

    wish: Wish
    made_by: str
    joined: datetime

    @property
    def by_staff(self) -> bool:
        """Whether the desk made it, which the rules for customers do not bind."""
        return self.made_by.startswith("staff:")


def must_have_room_for_one_more(resource: str, day: Date, waiting: int) -> None:
    """Refuses `line-full`: as many wait on the day as it keeps."""
    if waiting >= MOST_IN_LINE:
        raise Refused(
            "line-full",
            f"{waiting} wishes wait for {day.day} {day:%B} already. Please choose another day.",
            resource=resource,
            date=day.isoformat(),
            limit=MOST_IN_LINE,
        )


def must_not_wait_everywhere(waiting: int, limit: int) -> None:
    """Refuses `too-many-wishes`: the customer waits in as many lines as one may."""
    if waiting >= limit:
        raise Refused(
            "too-many-wishes",
            f"One customer may wait for {limit} things at once. Please leave one line first.",
            limit=limit,
        )


def unknown_wish(wish: str) -> Refused:
    """What to answer where there is none, or it is somebody else's."""
    return Refused("unknown-wish", f"There is no wish {wish} in line, or it is not yours.", wish=wish)
