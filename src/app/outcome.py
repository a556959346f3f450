"""What became of a command that was not refused, and the failures that are nobody's fault."""

from datetime import datetime
from typing import NamedTuple

from domain.block import Block
from domain.booking import Booking
from domain.customer import Customer
from domain.refusal import Refused
from domain.resource import Resource
from domain.series import Series


class Changeable(NamedTuple):
    """When its customer can change a booking for the last time, and whether they can move it as it stands: not where
    the desk alone books.
    """

    until: datetime
    is_movable: bool


class Member(NamedTuple):
    """A booking of a series, the position of its last event, and what its customer can change."""

    booking: Booking
    position: int
    changeable: Changeable


class Outcome(NamedTuple):
    """An answer that is safe to give: whatever the command wrote is stored.

    `subject`: the aggregate as it stands now; it is never changed afterwards. `subject_position`: the position of
    its last event. `created`: whether this command began it. `position`: a read model that has reached this shows
    the command's effect. `now`: the one time of the batch (UTC). `replayed`: an earlier request with the same
    idempotency key did it. `overlaps`: bookings that stand in a block just placed. `changeable`: of a booking,
    what its customer can change. `timezone`: of a block, its resource's. `members`: the bookings
    of a series, as far as they are the actor's. `standing`: those that were to be cancelled and could not be, and why.
    """

    subject: Booking | Resource | Block | Customer | Series
    subject_position: int
    created: bool
    position: int
    now: datetime
    replayed: bool = False
    overlaps: tuple[str, ...] = ()
    changeable: Changeable | None = None
    timezone: str | None = None
    members: tuple[Member, ...] = ()
    standing: tuple[tuple[str, Refused], ...] = ()


class Busy(Exception):  # noqa: N818 - said to the client by this name
    """The queue is full, or this caller's share of it. Nothing was stored."""
