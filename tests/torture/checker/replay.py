"""Rule 4: read models equal a replay; versions and positions have no gaps, timestamps never run back, the digest chain
holds; retries with the same key made one booking.
"""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from typing import Any

from tests.torture.checker.evidence import Event, Evidence, Facts, Finding
from tests.torture.checker.standing import Booking, Day, bookings_at_each_version, days_at_the_end, leg_in, seconds


def check(evidence: Evidence) -> Iterator[Finding]:
    """The log by itself, then what queries show beside a replay of it, then retries."""
    yield from _unbroken(evidence)
    yield from _chained(evidence)
    for process, shown in enumerate(evidence.shown):
        for name, there, replayed in _compared(evidence, shown):
            if there != replayed:
                what = f"process {process} shows {name} as {there}, a replay has {replayed}"
                yield Finding(4, "read model differs from a replay", what)
    yield from _retries(evidence)


def _unbroken(evidence: Evidence) -> Iterator[Finding]:
    for place, event in enumerate(evidence.events, 1):
        if event.position != place:
            yield Finding(4, "gap in positions", f"event {place} is at {event.position}")
            break
    for stream, events in evidence.streams.items():
        if [event.version for event in events] != list(range(1, len(events) + 1)):
            yield Finding(4, "gap in versions", f"{stream}: {[event.version for event in events]}")
    for before, after in pairwise(evidence.events):
        if after.timestamp < before.timestamp:
            yield Finding(4, "timestamp runs back", f"{after.timestamp} at {after.position}, {before.timestamp} before")


def _chained(evidence: Evidence) -> Iterator[Finding]:
    """SHA-256 of the digest before and each row's fields as text, each followed by a NUL; at first of the log's id."""
    digest, first = sha256(evidence.head["log_id"].encode()).digest(), 0
    for last, stored in evidence.appends:
        rows = "".join(map(_hashed, evidence.events[first:last]))
        digest, first = sha256(digest + rows.encode()).digest(), last
        if digest.hex() != stored:
            yield Finding(4, "digest chain broken", f"by the append that ends at {last}")
            return
    head = evidence.head
    if (first, digest.hex()) != (head["position"], head["digest"]) or first != len(evidence.events):
        what = f"head at {head['position']}, last append ends at {first}, {len(evidence.events)} events"
        yield Finding(4, "digest chain broken", what)


def _hashed(event: Event) -> str:
    fields = (event.position, event.stream, event.version, event.topic, event.command_id, event.by, event.timestamp)
    return "".join(f"{field}\0" for field in (*fields, event.state))


def _compared(evidence: Evidence, shown: Facts) -> Iterator[tuple[str, Any, Any]]:
    """Name, what a query showed and what a replay has, of everything there is."""
    bookings = {key: versions[-1] for key, versions in bookings_at_each_version(evidence.events).items()}
    listed = {booking["id"]: booking for booking in shown["bookings"]}
    yield "the list of bookings", sorted(listed), sorted(bookings)
    for key in listed.keys() & bookings.keys():
        yield f"booking {key}", _shown_booking(listed[key]), bookings[key]._replace(days=())
    days = days_at_the_end(evidence.events)
    yield "the days", sorted(shown["days"]), sorted(days)
    for stream in shown["days"].keys() & days.keys():
        yield stream, _shown_day(shown["days"][stream]), _replayed_day(days[stream])
    for resource in shown["resources"]:
        events = evidence.streams[f"resource/{resource['id']}"]
        definition = [event.facts["definition"] for event in events if "definition" in event.facts][-1]
        retired = any(event.kind == "ResourceRetired" for event in events)
        there = (resource["version"], resource["name"], resource["capacity"], resource["retired"])
        yield f"resource {resource['id']}", there, (len(events), definition["name"], definition["capacity"], retired)


def _shown_booking(shown: Facts) -> Booking:
    expires_at = None if shown["expires_at"] is None else seconds(shown["expires_at"])
    legs = tuple(leg_in(leg) for leg in shown["legs"])
    told = (shown["id"], shown["status"], shown["customer"], shown["party"])
    return Booking(*told, legs, (), expires_at, shown["version"], shown["position"])


def _shown_day(shown: Facts) -> tuple[Any, ...]:
    claims = [(c["booking"], seconds(c["start"]), seconds(c["end"]), c["units"], c["until"]) for c in shown["claims"]]
    blocks = [(b["block"], seconds(b["start"]), seconds(b["end"]), b["units"]) for b in shown["blocks"]]
    return shown["version"], sorted(claims), sorted(blocks)


def _replayed_day(day: Day) -> tuple[Any, ...]:
    claims = [(claim.booking, claim.start, claim.end, claim.units, claim.until) for claim in day.claims]
    return day.version, sorted(claims), sorted(tuple(block) for block in day.blocks)


def _retries(evidence: Evidence) -> Iterator[Finding]:
    made: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in evidence.events:
        mark = event.facts.get("fingerprint")
        if mark is not None and event.facts.get("terms") is not None:  # no two bookings have the same party
            made[event.facts["terms"]["customer"], mark].add(event.key)
    for bookings in made.values():
        if len(bookings) > 1:
            yield Finding(4, "one request made two bookings", " and ".join(sorted(bookings)))
    first = {operation.number: operation for operation in evidence.operations}
    for repeat in evidence.operations:
        before = first.get(repeat.repeats) if repeat.repeats is not None else None
        if before is None or before.answer is None:
            continue
        if repeat.answer is not None and repeat.answer["id"] != before.answer["id"]:
            what = f"{repeat} answered {repeat.answer['id']}, {before} {before.answer['id']}"
            yield Finding(4, "one key made two bookings", what)
        elif repeat.answer is not None and not repeat.replayed:
            yield Finding(4, "repeat not known as one", f"{repeat} of {before}")
        elif repeat.result == "refused" and repeat.tries[-1] not in {"store-unavailable", "busy"}:
            yield Finding(4, "repeat not known as one", f"{repeat} of {before}: {repeat.tries}")
