"""Rule 1: every ok is in the log, exactly once, with the content that was answered; every refused is not; an unknown
is there once or not at all. And nothing is in the log that nobody asked for.
"""

from collections.abc import Iterator
from typing import Any

from tests.torture.checker.evidence import Event, Evidence, Finding, Operation
from tests.torture.checker.standing import Booking, bookings_at_each_version, leg_in, seconds

READS = {"show", "list", "availability", "day", "resource"}
DOES = {
    "book": {"BookingConfirmed", "BookingRequested"},
    "hold": {"BookingHeld"},
    "confirm": {"BookingConfirmed", "BookingRequested", "BookingUnchanged"},
    "cancel": {"BookingCancelled", "BookingUnchanged"},
    "reschedule": {"BookingRescheduled", "BookingUnchanged"},
    "approve": {"BookingConfirmed", "BookingUnchanged"},
    "reject": {"BookingRejected", "BookingUnchanged"},
    "revoke": {"BookingRevoked", "BookingUnchanged"},
    "block": {"BlockPlaced"},
    "lift": {"BlockLifted"},
    "register": {"ResourceRegistered"},
    "revise": {"ResourceRevised"},
    "retire": {"ResourceRetired"},
}
ASKS_FOR_A_BOOKING = {"book", "hold"}
NEAR = 2.0
"""Seconds by which a process's clock and this one may differ when a hold reads as expired."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """Every operation against the log, and the log against all operations."""
    bookings = bookings_at_each_version(evidence.events)
    asked_for: set[str] = set()
    for operation in evidence.operations:
        if operation.kind in READS:
            yield from _reading(operation, bookings)
            continue
        stored = evidence.stored_by(operation)
        asked_for.update(event.command_id for event in stored)
        if operation.kind != "repeat":
            yield from _number_of_times(evidence, operation, stored)
        if operation.result == "ok" and stored:
            yield from _content(operation, stored, bookings)
    for event in evidence.events:
        if event.command_id not in asked_for and not event.by.startswith("system:"):
            yield _finding("in the log and never asked for", f"{event.kind} at {event.position} by {event.by}")


def _finding(name: str, what: str) -> Finding:
    return Finding(1, name, what)


def _number_of_times(evidence: Evidence, operation: Operation, stored: list[Event]) -> Iterator[Finding]:
    appends = {evidence.append_of.get(event.position) for event in stored}
    subjects = {event.stream for event in stored if event.stream.startswith(("booking/", "block/"))}
    times = max(len(appends), len(subjects))
    if operation.kind in ASKS_FOR_A_BOOKING:
        times = max(times, len(evidence.by_party.get(operation.number, ())))
    if operation.result == "ok" and not times:
        yield _finding("ok and not in the log", str(operation))
    if operation.result == "refused" and times:
        yield _finding("refused and in the log", f"{operation}: {operation.tries}, at {stored[0].position}")
    if times > 1:
        places = [event.position for event in stored]
        yield _finding("stored more than once", f"{operation} at {places}")


def _content(operation: Operation, stored: list[Event], bookings: dict[str, list[Booking]]) -> Iterator[Finding]:
    if operation.kind in DOES and not any(event.kind in DOES[operation.kind] for event in stored):
        yield _finding("stored as something else", f"{operation}: {[event.kind for event in stored]}")
    answer = operation.answer or {}
    if "legs" in answer:
        yield from _booking_as_answered(operation, answer, bookings)
        if "legs" in (operation.body or {}) and operation.kind != "repeat":
            yield from _legs_as_wanted(operation, stored)
    if "block" in answer and stored[0].stream != f"block/{answer['block']}":
        yield _finding("answered otherwise", f"{operation}: {answer['block']}, the log has {stored[0].stream}")
    if operation.kind in {"register", "revise"}:
        event, told = stored[0], (answer["version"], answer["capacity"], answer["name"])
        definition = event.facts["definition"]
        if told != (event.version, definition["capacity"], definition["name"]):
            yield _finding("answered otherwise", f"{operation}: {told}, the log has {event}")


def _legs_as_wanted(operation: Operation, stored: list[Event]) -> Iterator[Finding]:
    wanted = [leg_in(leg) for leg in (operation.body or {})["legs"]]
    for event in stored:
        legs = (event.facts.get("terms") or event.facts).get("legs")
        if legs is not None and [leg_in(leg) for leg in legs] != wanted:
            yield _finding("stored as something else", f"{operation}: wanted {wanted}, the log has {legs}")
        claimed = {(each.stream, each.facts["leg"], each.facts["units"]) for each in stored if "leg" in each.facts}
        if legs is not None and claimed != _to_be_claimed(legs):
            yield _finding("stored as something else", f"{operation}: the log claims {claimed} for {legs}")


def _to_be_claimed(legs: list[dict[str, Any]]) -> set[tuple[str, int, int]]:
    return {
        (f"day/{leg['resource']}/{day}", number, leg["units"]) for number, leg in enumerate(legs) for day in leg["days"]
    }


def _booking_as_answered(
    operation: Operation, answer: dict[str, Any], bookings: dict[str, list[Booking]]
) -> Iterator[Finding]:
    versions = bookings.get(answer["id"], [])
    if not 0 < answer["version"] <= len(versions):
        yield _finding("answered and not in the log", f"{operation}: version {answer['version']} of {answer['id']}")
        return
    stood = versions[answer["version"] - 1]
    told = {
        "status": answer["status"],
        "customer": answer["customer"],
        "party": answer["party"],
        "legs": tuple(leg_in(leg) for leg in answer["legs"]),
        "expires_at": None if answer["expires_at"] is None else seconds(answer["expires_at"]),
        "position": answer["position"],
    }
    for name, value in told.items():
        there = getattr(stood, name)
        lapsed = stood.expires_at is not None and stood.expires_at <= operation.ended_at + NEAR
        if value != there and not (name == "status" and (there, value) == ("held", "expired") and lapsed):
            what = f"{operation}: {name} {value!r}, the log has {there!r} in version {stood.version} of {stood.id}"
            yield _finding("answered otherwise", what)
    details = answer.get("details")
    if details is not None and "operation" in details and details["operation"] != stood.party:
        yield _finding("answered otherwise", f"{operation}: details {details}, the log has {stood.party}")


def _reading(operation: Operation, bookings: dict[str, list[Booking]]) -> Iterator[Finding]:
    """A booking that was read is one that the log had, and no older than the position that the reader named."""
    if operation.kind != "show" or operation.answer is None:
        return
    yield from _booking_as_answered(operation, operation.answer, bookings)
    named = int(operation.headers.get("Daybook-Position", ".0").rpartition(".")[2])
    known = [stood.version for stood in bookings.get(operation.answer["id"], ()) if stood.position <= named]
    if known and operation.answer["version"] < known[-1]:
        yield _finding("older than its reader knew", f"{operation}: version {operation.answer['version']}")
