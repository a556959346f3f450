"""The re-count: what was sold of each resource-day, minute by minute, from its stream and its resource's alone.

It shares nothing with what decides: neither the aggregate nor its strips, nor what a day notes of its capacity.
"""

from bisect import bisect_left
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.audit.facts import Blocked, Claimed, Opened, Released, facts_of
from app.log.verifying import Finding, Stored

_MINUTE: Final = timedelta(minutes=1)
_MOST_MINUTES: Final = 4 * 1440
"""Of a day; more than any zone's clocks were ever moved by."""
_EVERYTHING: Final = 10**12
"""What a block of all capacity counts as."""


class InForce(NamedTuple):
    """What was true of a resource at one moment. Version 0: it was not registered yet."""

    capacity: int
    version: int
    retired: bool


class Capacities:
    """What every resource allowed, by position. A few numbers for each time that one was defined."""

    def __init__(self) -> None:
        self._positions: dict[str, list[int]] = {}
        self._terms: dict[str, list[InForce]] = {}

    def note(self, event: Stored) -> None:
        """An event of a resource's stream, in the stream's order."""
        key = event.stream.removeprefix("resource/")
        terms = self._terms.setdefault(key, [])
        before = terms[-1] if terms else InForce(0, 0, retired=False)
        if event.topic == "ResourceRetired.1":
            now = before._replace(version=event.version, retired=True)
        else:
            now = InForce(facts_of(event).definition.capacity, event.version, before.retired)
        terms.append(now)
        self._positions.setdefault(key, []).append(event.position)

    def before(self, resource: str, position: int) -> InForce:
        """What was in force when the event at a position was written."""
        index = bisect_left(self._positions.get(resource, ()), position)
        return self._terms[resource][index - 1] if index else InForce(0, 0, retired=False)


class _Taken(NamedTuple):
    minutes: slice
    units: int
    until: datetime | None


class DayCount:
    """One resource-day, counted along its stream. `look` answers what is wrong with each event."""

    def __init__(self, stream: str, capacities: Capacities) -> None:
        self._stream = stream
        self._resource, _, self._date = stream.removeprefix("day/").rpartition("/")
        self._capacities = capacities
        self._starts: datetime | None = None
        self._strip: list[int] = []
        self._claims: dict[str, list[_Taken]] = {}
        self._blocks: dict[str, _Taken] = {}
        self._line: set[str] = set()

    def look(self, event: Stored) -> Iterator[Finding]:
        """The next event. Raises NotAsItsTopic."""
        if (self._starts is None) != (event.topic == "DayOpened.1"):
            yield self._illegal(event, "DayOpened first, and once", event.topic)
            if self._starts is None:
                return
        facts = facts_of(event)
        if event.topic in {"DayOpened.1", "DayRevised.1"}:
            yield from self._open(event, facts)
        elif event.topic == "TimeClaimed.1":
            yield from self._claim(event, facts)
        elif event.topic == "ClaimKept.1":
            yield from self._keep(event, facts.booking)
        elif event.topic == "TimeReleased.1":
            yield from self._release(event, facts)
        elif event.topic == "TimeBlocked.1":
            yield from self._block(event, facts)
        elif event.topic == "TimeUnblocked.1":
            yield from self._unblock(event, facts.block)
        elif event.topic in {"WishMade.1", "WishServed.1", "WishWithdrawn.1"}:
            yield from self._wait(event, facts.wish)
        else:
            yield self._illegal(event, "an event of a resource-day", event.topic)

    def _open(self, event: Stored, facts: Opened) -> Iterator[Finding]:
        if event.topic == "DayOpened.1" and facts.starts.date().isoformat() != self._date:
            yield self._illegal(event, f"a day that starts on {self._date}", facts.starts.isoformat())
        if not 0 <= facts.minutes <= _MOST_MINUTES:
            yield self._illegal(event, f"a day of at most {_MOST_MINUTES} minutes", f"{facts.minutes}")
        terms = self._capacities.before(self._resource, event.position)
        if (facts.capacity, facts.resource_version) != terms[:2]:
            yield self._told(
                event,
                "capacity",
                "The day notes another capacity than its resource had.",
                f"capacity {terms.capacity} of version {terms.version} of the resource",
                f"capacity {facts.capacity} of version {facts.resource_version}",
            )
        held = [*(each for claims in self._claims.values() for each in claims), *self._blocks.values()]
        shift = 0 if self._starts is None else (self._starts - facts.starts) // _MINUTE
        self._starts, self._strip = facts.starts, [0] * min(max(facts.minutes, 0), _MOST_MINUTES)
        moved = [each._replace(minutes=_shifted(each.minutes, shift)) for each in held]
        again = iter(moved)
        self._claims = {booking: [next(again) for _ in claims] for booking, claims in self._claims.items()}
        self._blocks = {block: next(again) for block in self._blocks}
        for each in moved:
            self._add(each.minutes, each.units)

    def _claim(self, event: Stored, facts: Claimed) -> Iterator[Finding]:
        minutes = yield from self._within(event, facts.start, facts.end)
        terms = self._capacities.before(self._resource, event.position)
        if terms.retired:
            yield self._told(event, "retired", "Time was claimed of a resource that was retired.", "no claim", "one")
        if facts.units < 1:
            yield self._illegal(event, "a claim of one unit or more", f"{facts.units}")
        taken = max(self._strip[minutes], default=0)
        if taken + facts.units > terms.capacity:
            yield self._told(
                event,
                "capacity",
                f"A claim of {facts.booking} raised usage above the capacity then in force.",
                f"at most {terms.capacity} from {facts.start.isoformat()} to {facts.end.isoformat()}",
                f"{_amount(taken)} taken before it, and {facts.units} more",
            )
        self._claims.setdefault(facts.booking, []).append(_Taken(minutes, facts.units, facts.until))
        self._add(minutes, facts.units)

    def _keep(self, event: Stored, booking: str) -> Iterator[Finding]:
        claims = self._claims.get(booking, [])
        if not claims or any(each.until is None for each in claims):
            yield self._illegal(event, f"claims of {booking} that would lapse", "none" if not claims else "others")
        if claims:
            self._claims[booking] = [each._replace(until=None) for each in claims]

    def _release(self, event: Stored, facts: Released) -> Iterator[Finding]:
        claims = self._claims.pop(facts.booking, [])
        if not claims:
            yield self._illegal(event, f"claims of {facts.booking} to release", "none")
        now = datetime.fromisoformat(event.timestamp)
        if facts.reason == "expired" and any(each.until is None or each.until > now for each in claims):
            yield self._illegal(event, "a hold whose time ran out", "one whose time did not")
        for each in claims:
            self._add(each.minutes, -each.units)

    def _block(self, event: Stored, facts: Blocked) -> Iterator[Finding]:
        minutes = yield from self._within(event, facts.start, facts.end)
        if facts.block in self._blocks:
            yield self._illegal(event, f"{facts.block} once", "twice")
            return
        units = _EVERYTHING if facts.units is None else facts.units
        self._blocks[facts.block] = _Taken(minutes, units, None)
        self._add(minutes, units)

    def _unblock(self, event: Stored, block: str) -> Iterator[Finding]:
        lifted = self._blocks.pop(block, None)
        if lifted is None:
            yield self._illegal(event, f"{block} on this day", "none")
        else:
            self._add(lifted.minutes, -lifted.units)

    def _wait(self, event: Stored, wish: str) -> Iterator[Finding]:
        makes = event.topic == "WishMade.1"
        if makes == (wish in self._line):
            yield self._illegal(event, f"{wish} not in line" if makes else f"{wish} in line", "otherwise")
        self._line ^= {wish}

    def _within(self, event: Stored, start: datetime, end: datetime) -> Generator[Finding, None, slice]:
        """The minutes of an interval, which has to lie within the day."""
        assert self._starts is not None  # noqa: S101 - whoever asks has looked
        first, last = (start - self._starts) // _MINUTE, -((self._starts - end) // _MINUTE)
        if not 0 <= first < last <= len(self._strip):
            there = f"{start.isoformat()} to {end.isoformat()}"
            yield self._illegal(event, f"a time within the {len(self._strip)} minutes of {self._date}", there)
        return slice(max(first, 0), max(last, 0))

    def _add(self, minutes: slice, units: int) -> None:
        self._strip[minutes] = [taken + units for taken in self._strip[minutes]]

    def _illegal(self, event: Stored, expected: str, found: str) -> Finding:
        return self._told(event, "day", f"{event.topic} cannot follow here in the day.", expected, found)

    def _told(self, event: Stored, rule: str, sentence: str, expected: str, found: str) -> Finding:
        return Finding(event.position, sentence, rule, self._stream, expected, found)


def _shifted(minutes: slice, shift: int) -> slice:
    return slice(max(minutes.start + shift, 0), max(minutes.stop + shift, 0))


def _amount(taken: int) -> str:
    return "all" if taken >= _EVERYTHING else str(taken)
