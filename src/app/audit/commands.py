"""Whether what one command wrote belongs together: no place taken without a claim, no claim without a booking.

A command's events lie side by side in the log, so that only one command at a time has to be in memory.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.audit.facts import TOPICS, Claimed, Leg, NotAsItsTopic, facts_of
from app.log.verifying import Finding, Stored

_REASONS: Final = {
    "BookingCancelled.1": "cancelled",
    "BookingRejected.1": "rejected",
    "BookingRevoked.1": "revoked",
    "BookingRescheduled.1": "rescheduled",
}
"""What claims are released for when a booking's event says this."""
_MOST: Final = 100_000
"""Events of one command; more than any writes. So many that seem to be one are looked at in parts."""


class _Read(NamedTuple):
    event: Stored
    facts: Any


class Commands:
    """Looks at the log in its order. `last` looks at what is left when it has ended."""

    def __init__(self) -> None:
        self._command = ""
        self._written: list[_Read] = []

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event."""
        if event.command_id != self._command or len(self._written) >= _MOST:
            yield from self.last()
            self._command = event.command_id
        if event.topic not in TOPICS:
            yield Finding(
                event.position,
                f"The topic {event.topic} is not known to this Daybook.",
                "topic",
                event.stream,
                "a topic that Daybook writes",
                event.topic,
            )
            return
        try:
            self._written.append(_Read(event, facts_of(event)))
        except NotAsItsTopic:
            return  # told where its stream is looked at

    def last(self) -> Iterator[Finding]:
        """What is wrong with the command that was under way."""
        written, self._written = self._written, []
        yield from _claims_and_legs(written)
        yield from _releases(written)
        yield from _blocks(written)
        yield from _offers(written)
        yield from _series(written)


def _claims_and_legs(written: list[_Read]) -> Iterator[Finding]:
    claims: dict[str, list[tuple[Stored, Claimed]]] = {}
    for event, facts in written:
        if event.topic == "TimeClaimed.1":
            claims.setdefault(facts.booking, []).append((event, facts))
    for event, facts in written:
        terms = getattr(facts, "terms", None)
        legs: tuple[Leg, ...] = facts.legs if event.topic == "BookingRescheduled.1" else terms.legs if terms else ()
        if legs:
            mine = claims.pop(event.stream.removeprefix("booking/"), [])
            for number, leg in enumerate(legs):
                yield from _covered(event, number, leg, mine)
    for booking, alone in claims.items():
        yield _told(alone[0][0], "Time was claimed for a booking that did not take it.", f"legs of {booking}", "none")


def _covered(event: Stored, number: int, leg: Leg, claims: list[tuple[Stored, Claimed]]) -> Iterator[Finding]:
    """Every moment of a leg has to be claimed, with all its units, on a day of its resource."""
    day = f"day/{leg.resource}/"
    own = [facts for at, facts in claims if at.stream.startswith(day) and facts.leg == number]
    reached = leg.start
    for claim in sorted(own, key=_start):
        if claim.start <= reached and claim.units == leg.units:
            reached = max(reached, claim.end)
    if reached < leg.end:
        yield _told(
            event,
            f"Leg {number} of the booking was taken without a claim on its time.",
            f"{leg.units} claimed on {leg.resource} from {leg.start.isoformat()} to {leg.end.isoformat()}",
            f"claimed until {reached.isoformat()}" if reached > leg.start else "none of it",
        )


def _start(claim: Claimed) -> datetime:
    return claim.start


def _releases(written: list[_Read]) -> Iterator[Finding]:
    """Places are given back by what ends or moves a booking, and by nothing else but time."""
    wanted: dict[tuple[str, str], Stored] = {}
    for event, _ in written:
        reason = _REASONS.get(event.topic)
        if reason is not None:
            wanted[event.stream.removeprefix("booking/"), reason] = event
    given: set[tuple[str, str]] = set()
    for event, facts in written:
        if event.topic == "TimeReleased.1" and facts.reason != "expired":
            given.add((facts.booking, facts.reason))
            if (facts.booking, facts.reason) not in wanted:
                expected = f"an event of {facts.booking} that says so"
                yield _told(event, f"Time was released as {facts.reason} without that.", expected, "none")
    for key, event in wanted.items():
        if key not in given:
            yield _told(event, f"A booking was {key[1]} and its time was not released.", "its time released", "nothing")


def _blocks(written: list[_Read]) -> Iterator[Finding]:
    """A block's parts come and go with it, on all its days."""
    placed = {event.stream: facts for event, facts in written if event.topic == "BlockPlaced.1"}
    lifted = {event.stream for event, _ in written if event.topic == "BlockLifted.1"}
    parts = set()
    for event, facts in written:
        if event.topic == "TimeBlocked.1":
            parts.add((f"block/{facts.block}", event.stream))
        is_alone = (event.topic == "TimeBlocked.1" and f"block/{facts.block}" not in placed) or (
            event.topic == "TimeUnblocked.1" and f"block/{facts.block}" not in lifted
        )
        if is_alone:
            yield _told(event, f"{event.topic} stands alone.", f"an event of {facts.block} that says so", "none")
    for event, facts in written:
        if event.topic == "BlockPlaced.1":
            missing = [day for day in facts.days if (event.stream, f"day/{facts.resource}/{day}") not in parts]
            if missing:
                yield _told(event, "A block was not written down on all its days.", f"{missing[0]}", "nothing there")


def _offers(written: list[_Read]) -> Iterator[Finding]:
    """Whoever is served in line has a booking that says so, and the other way round."""
    booked = {facts.wish: event for event, facts in written if event.topic == "BookingOffered.1"}
    served = {facts.wish: event for event, facts in written if event.topic == "WishServed.1"}
    for wish in booked.keys() ^ served.keys():
        event = (booked | served)[wish]
        yield _told(
            event, f"{event.topic} stands alone.", f"a booking offered for {wish}, and {wish} served", "one of them"
        )


def _series(written: list[_Read]) -> Iterator[Finding]:
    """A series and its bookings name each other, in the command that makes them; it is cancelled by theirs."""
    named: dict[tuple[str, str, int], Stored] = {}
    for event, facts in written:
        if event.topic == "BookingPlacedInSeries.1":
            named[f"series/{facts.series}", event.stream.removeprefix("booking/"), facts.number] = event
    cancelled = {event.stream.removeprefix("booking/") for event, _ in written if event.topic == "BookingCancelled.1"}
    for event, facts in written:
        if event.topic == "SeriesBooked.1":
            for each in facts.bookings:
                if named.pop((event.stream, each.booking, each.number), None) is None:
                    expected = f"{each.booking} as number {each.number} of it"
                    yield _told(event, "A booking of the series was not placed in it.", expected, "nothing there")
        if event.topic == "SeriesCancelled.1" and not cancelled.issuperset(facts.bookings):
            missing = sorted(set(facts.bookings) - cancelled)
            yield _told(
                event, "A series says that a booking was cancelled.", f"{missing[0]} cancelled", "nothing there"
            )
    for (series, booking, number), event in named.items():
        expected = f"{booking} as number {number} of {series}"
        yield _told(event, "A booking was placed in a series that does not name it.", expected, "nothing there")


def _told(event: Stored, sentence: str, expected: str, found: str) -> Finding:
    return Finding(event.position, sentence, "claims", event.stream, expected, found)
