"""How bookings, days and resources stand after each of their events: a replay by hand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from tests.torture.checker.evidence import Event

STATUS_AFTER = {
    "BookingHeld": "held",
    "BookingRequested": "pending",
    "BookingConfirmed": "confirmed",
    "BookingRejected": "rejected",
    "BookingRevoked": "revoked",
    "BookingCancelled": "cancelled",
    "BookingExpired": "expired",
    "BookingCompleted": "completed",
    "BookingMarkedNoShow": "no_show",
}
HOLDS_PLACES = {"held", "pending", "confirmed", "completed", "no_show"}

Leg = tuple[str, float, float, int]
"""Resource, start and end in seconds since 1970, units."""


class Booking(NamedTuple):
    """How a booking stood at a version."""

    id: str
    status: str
    customer: str
    party: int
    legs: tuple[Leg, ...]
    days: tuple[tuple[str, int, int], ...]
    """Day stream, leg and units of what it claims."""
    expires_at: float | None
    version: int
    position: int


class Claim(NamedTuple):
    """Time taken on a day."""

    booking: str
    leg: int
    start: float
    end: float
    units: int
    until: float | None


class Block(NamedTuple):
    """Time taken away on a day; `units` none is all."""

    block: str
    start: float
    end: float
    units: int | None


class Day:
    """What is taken on a resource-day, as far as its events were applied."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.resource = stream.split("/")[1]
        self.version = 0
        self.claims: list[Claim] = []
        self.blocks: list[Block] = []

    def apply(self, event: Event) -> None:
        """Let an event of this day happen."""
        facts, self.version = event.facts, event.version
        if event.kind == "TimeClaimed":
            self.claims.append(claim_in(event))
        elif event.kind == "ClaimKept":
            self.claims = [
                claim._replace(until=None) if claim.booking == facts["booking"] else claim for claim in self.claims
            ]
        elif event.kind == "TimeReleased":
            self.claims = [claim for claim in self.claims if claim.booking != facts["booking"]]
        elif event.kind == "TimeBlocked":
            self.blocks.append(Block(facts["block"], seconds(facts["start"]), seconds(facts["end"]), facts["units"]))
        elif event.kind == "TimeUnblocked":
            self.blocks = [block for block in self.blocks if block.block != facts["block"]]


def claim_in(event: Event) -> Claim:
    """The claim that an event makes."""
    facts = event.facts
    return Claim(
        facts["booking"],
        facts["leg"],
        seconds(facts["start"]),
        seconds(facts["end"]),
        facts["units"],
        None if facts["until"] is None else seconds(facts["until"]),
    )


def bookings_at_each_version(events: Iterable[Event]) -> dict[str, list[Booking]]:
    """By id, how a booking stood after its first, second, ... event."""
    found: dict[str, list[Booking]] = {}
    for event in events:
        if event.stream.startswith("booking/"):
            so_far = found.setdefault(event.key, [])
            so_far.append(_after(so_far[-1] if so_far else None, event))
    return found


def _after(before: Booking | None, event: Event) -> Booking:
    facts = event.facts
    booking = before or Booking(event.key, "", "", 0, (), (), None, 0, 0)
    if terms := facts.get("terms"):
        booking = booking._replace(customer=terms["customer"], party=terms["party"])
    if legs := (facts.get("terms") or facts).get("legs"):
        days = [
            (f"day/{leg['resource']}/{day}", number, leg["units"])
            for number, leg in enumerate(legs)
            for day in leg["days"]
        ]
        booking = booking._replace(legs=tuple(map(leg_in, legs)), days=tuple(days))
    status = facts.get("status") or STATUS_AFTER.get(event.kind, booking.status)
    expires_at = seconds(facts["expires_at"]) if facts.get("expires_at") else booking.expires_at
    if event.kind in {"BookingConfirmed", "BookingRequested"}:
        expires_at = None
    return booking._replace(status=status, expires_at=expires_at, version=event.version, position=event.position)


def days_at_the_end(events: Iterable[Event]) -> dict[str, Day]:
    """By stream, how each day stands in the end."""
    found: dict[str, Day] = {}
    for event in events:
        if event.stream.startswith("day/"):
            found.setdefault(event.stream, Day(event.stream)).apply(event)
    return found


def leg_in(leg: dict[str, Any]) -> Leg:
    """A leg as the log or an answer tells it."""
    return (leg["resource"], seconds(leg["start"]), seconds(leg["end"]), leg["units"])


def seconds(text: str) -> float:
    """An instant, with whatever offset it is written, as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
