"""A claim: an amount of units taken on a resource-day; and a block's part of one."""

from datetime import datetime
from typing import Literal, NamedTuple

from domain.block import BlockSource

ReleaseReason = Literal["expired", "cancelled", "rejected", "revoked", "rescheduled"]

ALL_UNITS = 1_000_000_000
"""What a block of all capacity counts as: more than any capacity."""


class Claim(NamedTuple):
    """Units taken on this day from start to end (buffers included) by a leg of a booking."""

    booking: str
    leg: int
    customer: str
    start: datetime
    end: datetime
    units: int
    until: datetime | None
    counted: bool


class Wanted(NamedTuple):
    """A claim that a booking asks for, and the start and end of its leg as people named them."""

    claim: Claim
    start: datetime
    end: datetime


class BlockedTime(NamedTuple):
    """A block's part on this day."""

    block: str
    start: datetime
    end: datetime
    units: int | None
    source: BlockSource
    reason: str | None


def why_not(name: str, wanted: Wanted, capacity: int, booked: int, left: int, *, shut: bool) -> str:
    """The sentence of a `not-available`: `booked` of `capacity` units are taken, `left` could be had."""
    when = f"{wanted.start:%H:%M} on {wanted.start.day} {wanted.start:%B}"
    if shut and left <= 0:
        return f"{name} is blocked at {when}. Please choose another time."
    if left > 0:
        asked = wanted.claim.units
        return (
            f"{name} has {left} of {capacity} left at {when}, not {asked}. Please take fewer, or choose another time."
        )
    return f"{name} is fully booked at {when} ({booked} of {capacity} taken). Please choose another time."
