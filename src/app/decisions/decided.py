"""What a decision hands back to the writer."""

from typing import NamedTuple

from domain.block import Block
from domain.booking import Booking
from domain.customer import Customer
from domain.refusal import Refused
from domain.resource import Resource
from domain.series import Series


class Decided(NamedTuple):
    """What the command was about, as it is after it. `customer`: whose key fingerprints the request, if anyone's.

    `members`: the bookings of a series, as far as they are the actor's. `standing`: see `app.outcome.Outcome`.
    """

    subject: Booking | Resource | Block | Customer | Series
    created: bool = False
    customer: str | None = None
    overlaps: tuple[str, ...] = ()
    members: tuple[Booking, ...] = ()
    standing: tuple[tuple[str, Refused], ...] = ()
