"""Whether bookings, series, blocks, resources and people went through what they may: told by their streams alone."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.audit.facts import facts_of
from app.log.verifying import Finding, Stored

_ENDS: Final = frozenset({"rejected", "revoked", "cancelled", "expired", "completed", "no_show"})
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "BookingHeld.1": frozenset({""}),
    "BookingOffered.1": frozenset({"held"}),
    "BookingRequested.1": frozenset({"", "held"}),
    "BookingConfirmed.1": frozenset({"", "held", "pending"}),
    "BookingRescheduled.1": frozenset({"pending", "confirmed"}),
    "BookingExpired.1": frozenset({"held"}),
    "BookingCancelled.1": frozenset({"held", "pending", "confirmed"}),
    "BookingRejected.1": frozenset({"pending"}),
    "BookingRevoked.1": frozenset({"confirmed"}),
    "BookingCompleted.1": frozenset({"confirmed"}),
    "BookingMarkedNoShow.1": frozenset({"confirmed"}),
    "BookingPlacedInSeries.1": frozenset({"pending", "confirmed"}),
    "BookingUnchanged.1": frozenset({"held", "pending", "confirmed"}) | _ENDS,
}
"""By topic, the statuses that a booking may have before it; the empty one: it has not begun."""
_TO: Final[Mapping[str, str]] = {
    "BookingHeld.1": "held",
    "BookingRequested.1": "pending",
    "BookingConfirmed.1": "confirmed",
    "BookingExpired.1": "expired",
    "BookingCancelled.1": "cancelled",
    "BookingRejected.1": "rejected",
    "BookingRevoked.1": "revoked",
    "BookingCompleted.1": "completed",
    "BookingMarkedNoShow.1": "no_show",
}
_OTHERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "block": {"BlockPlaced.1": ("",), "BlockLifted.1": ("BlockPlaced.1",)},
    "resource": {"ResourceRegistered.1": ("",), "ResourceRevised.1": ("defined",), "ResourceRetired.1": ("defined",)},
    "series": {
        "SeriesBooked.1": ("",),
        "SeriesCancelled.1": ("SeriesBooked.1", "SeriesCancelled.1", "SeriesUnchanged.1"),
        "SeriesUnchanged.1": ("SeriesBooked.1", "SeriesCancelled.1", "SeriesUnchanged.1"),
    },
    "customer": {
        "LegalHoldPlaced.1": ("", "LegalHoldLifted.1"),
        "LegalHoldLifted.1": ("LegalHoldPlaced.1",),
        "CustomerErased.1": ("", "LegalHoldLifted.1"),
    },
}
"""By kind of stream and topic, what may have been before it; the empty one: nothing."""
_AGAIN: Final = "system:restore"
"""Who erases people once more whom a restore brought back, whatever the restored log says of them."""


class BookingLife:
    """One booking, along its stream. `look` answers what is wrong with each event. Adds its customer to `people`."""

    def __init__(self, people: set[str]) -> None:
        self._people = people
        self._status = ""
        self._start = datetime.min.replace(tzinfo=UTC)
        self._expires_at = datetime.max.replace(tzinfo=UTC)

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event. Raises NotAsItsTopic."""
        before, allowed = self._status, _FROM.get(event.topic)
        facts = facts_of(event)
        if allowed is None:
            yield _illegal(event, "an event of a booking", event.topic)
            return
        if before not in allowed:
            expected = " or ".join(sorted(each or "none before it" for each in allowed))
            yield _illegal(event, f"status {expected}", f"status {before}" if before else "none before it")
        yield from self._in_time(event, before)
        terms = getattr(facts, "terms", None)
        if terms is not None:
            self._people.add(terms.customer)
        if event.topic == "BookingPlacedInSeries.1" and event.version != 2:
            yield _illegal(event, "a series right after the first event", f"version {event.version}")
        if (terms is None) == (event.version == 1):
            yield _illegal(event, "terms in the first event and in no other", "terms" if terms else "none")
        self._apply(event, facts)

    def _in_time(self, event: Stored, before: str) -> Iterator[Finding]:
        now, topic = datetime.fromisoformat(event.timestamp), event.topic
        if before == "held" and (topic == "BookingExpired.1") != (now >= self._expires_at):
            if topic != "BookingUnchanged.1":
                yield _illegal(event, f"a hold until {self._expires_at.isoformat()}", f"at {event.timestamp}")
        elif before == "pending" and topic == "BookingConfirmed.1" and now >= self._start:
            yield _illegal(event, f"an approval before {self._start.isoformat()}", f"at {event.timestamp}")
        elif topic in {"BookingCompleted.1", "BookingMarkedNoShow.1"} and now < self._start:
            yield _illegal(event, f"nothing of the kind before {self._start.isoformat()}", f"at {event.timestamp}")

    def _apply(self, event: Stored, facts: Any) -> None:
        self._status = _TO.get(event.topic, self._status)
        if event.topic == "BookingRescheduled.1":
            self._status = facts.status
        if event.topic == "BookingHeld.1":
            self._expires_at = facts.expires_at
        terms = getattr(facts, "terms", None)
        legs = getattr(facts, "legs", ()) or (terms.legs if terms is not None else ())
        if legs:
            self._start = min(leg.start for leg in legs)


class OtherLife:
    """A series, a block, a resource or a person, along its stream."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._before = ""

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event. Raises NotAsItsTopic."""
        needed = _OTHERS.get(self._kind, {}).get(event.topic)
        facts_of(event)
        if needed is None:
            yield _illegal(event, f"an event of a {self._kind}", event.topic)
        elif self._before not in needed and not (event.by == _AGAIN and self._before == "LegalHoldPlaced.1"):
            expected = " or ".join(each or "none before it" for each in needed)
            yield _illegal(event, expected, self._before or "none before it")
        defines = event.topic in {"ResourceRegistered.1", "ResourceRevised.1"}
        self._before = "defined" if defines else event.topic


class PersonLife:
    """A person, along their stream: what became of them, and of what they wait for."""

    def __init__(self) -> None:
        self._others = OtherLife("customer")
        self._waits_for: set[str] = set()

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event. Raises NotAsItsTopic."""
        if event.topic not in {"LineJoined.1", "LineLeft.1"}:
            yield from self._others.look(event)
            return
        wish, joins = facts_of(event).wish, event.topic == "LineJoined.1"
        if joins == (wish in self._waits_for):
            yield _illegal(event, "a wish that is new" if joins else "a wish that waits", wish)
        self._waits_for ^= {wish}


def _illegal(event: Stored, expected: str, found: str) -> Finding:
    kind = event.stream.partition("/")[0]
    sentence = f"{event.topic} cannot follow here in the life of the {kind}."
    return Finding(event.position, sentence, "lifecycle", event.stream, expected, found)
