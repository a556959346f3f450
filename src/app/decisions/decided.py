"""What a decision hands back to the writer."""

from typing import NamedTuple

from domain.block import Block
from domain.booking import Booking
from domain.resource import Resource


class Decided(NamedTuple):
    """What the command was about, as it is after it. `customer`: whose key fingerprints the request, if anyone's."""

    subject: Booking | Resource | Block
    created: bool = False
    customer: str | None = None
    overlaps: tuple[str, ...] = ()
