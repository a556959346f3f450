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


class Taken(NamedTuple):
    """What stands in the way of a claim: peaks of booked and blocked units, and what could still be had."""

    capacity: int
    booked: int
    blocked: int
    left: int


def why_not(name: str, wanted: Wanted, taken: Taken, *, slot: bool) -> str:
    """The sentence of a `not-available`. `slot`: whether the resource is booked in slots, rather than freely."""
    at, day = f"{wanted.start:%H:%M}", f"{wanted.start.day} {wanted.start:%B}"
    when = f"at {at} on {day}" if slot else f"between {at} and {wanted.end:%H:%M} on {day}"
    capacity, booked, blocked, left = taken
    if left > 0:
        return (
            f"{name} has {left} of {capacity} left {when}, not {wanted.claim.units}. "
            "Please take fewer, or choose another time."
        )
    if blocked >= capacity:
        return f"{name} is blocked {when}. Please choose another time."
    if blocked:
        taken_up = f"{booked} of {capacity} booked, {blocked} blocked"
        return f"{name} has no room {when} ({taken_up}). Please choose another time."
    return f"{name} is fully booked {when} ({booked} of {capacity} taken). Please choose another time."
