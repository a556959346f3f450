"""Rule 2: no claim ever raised usage above the capacity then in force, holds and expiries counted; none stands on a
retired resource. And what bookings say they have is what the days say they gave.
"""

from collections.abc import Iterator

from tests.torture.checker.evidence import Event, Evidence, Finding
from tests.torture.checker.standing import (
    HOLDS_PLACES,
    Claim,
    Day,
    bookings_at_each_version,
    claim_in,
    days_at_the_end,
    seconds,
)

MINUTE = 60


def check(evidence: Evidence) -> Iterator[Finding]:
    """The log from its first event to its last, counting every minute of every claim."""
    capacity: dict[str, int] = {}
    retired: set[str] = set()
    days: dict[str, Day] = {}
    for event in evidence.events:
        if event.kind in {"ResourceRegistered", "ResourceRevised"}:
            capacity[event.key] = event.facts["definition"]["capacity"]
        elif event.kind == "ResourceRetired":
            retired.add(event.key)
        elif event.stream.startswith("day/"):
            day = days.setdefault(event.stream, Day(event.stream))
            if event.kind == "TimeClaimed":
                yield from _claim(event, day, capacity[day.resource], retired)
            yield from _in_time(event, day)
            day.apply(event)
    yield from _both_sides(evidence)


def _claim(event: Event, day: Day, capacity: int, retired: set[str]) -> Iterator[Finding]:
    claim = claim_in(event)
    if day.resource in retired:
        yield Finding(2, "claim on a retired resource", f"{claim.booking} on {day.stream} at {event.position}")
    now = seconds(event.timestamp)
    for minute in range(int(claim.start), int(claim.end), MINUTE):
        taken = _taken(day, minute, now, capacity) + claim.units
        if taken > capacity:
            what = f"{claim.booking} on {day.stream} at {event.position}: {taken} of {capacity}"
            yield Finding(2, "usage above capacity", what)
            return


def _taken(day: Day, minute: int, now: float, capacity: int) -> int:
    def covers(start: float, end: float) -> bool:
        return start < minute + MINUTE and minute < end

    claimed = sum(claim.units for claim in day.claims if covers(claim.start, claim.end) and not _lapsed(claim, now))
    blocks = (block for block in day.blocks if covers(block.start, block.end))
    return claimed + sum(capacity if block.units is None else block.units for block in blocks)


def _lapsed(claim: Claim, now: float) -> bool:
    return claim.until is not None and claim.until <= now


def _in_time(event: Event, day: Day) -> Iterator[Finding]:
    """A hold is kept while it lives, and let go for its time alone when that has run out."""
    mine = [claim for claim in day.claims if claim.booking == event.facts.get("booking")]
    now = seconds(event.timestamp)
    if event.kind == "ClaimKept" and any(_lapsed(claim, now) for claim in mine):
        yield Finding(2, "hold kept after its time", f"{mine[0].booking} on {day.stream} at {event.position}")
    if event.kind == "TimeReleased" and event.facts["reason"] == "expired" and not all(_lapsed(c, now) for c in mine):
        yield Finding(2, "hold let go before its time", f"{mine[0].booking} on {day.stream} at {event.position}")


def _both_sides(evidence: Evidence) -> Iterator[Finding]:
    claimed: dict[str, list[tuple[str, int, int]]] = {}
    for day in days_at_the_end(evidence.events).values():
        for claim in day.claims:
            claimed.setdefault(claim.booking, []).append((day.stream, claim.leg, claim.units))
    for booking, versions in bookings_at_each_version(evidence.events).items():
        last, has = versions[-1], sorted(claimed.pop(booking, []))
        says = sorted(last.days) if last.status in HOLDS_PLACES else []
        if has != says:
            yield Finding(2, "booking and days disagree", f"{booking}, {last.status}, says {says}, the days say {has}")
    for booking, has in claimed.items():
        yield Finding(2, "booking and days disagree", f"there is no {booking}, the days say {has}")
