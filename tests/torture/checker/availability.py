"""Rule 4, what is free: every answer about availability, during the run and in the end, equals the log as of the one
position that the answer names.

Reckoned minute by minute from the raw log up to that position: the place's capacity and opening hours, less claims
(buffers are part of them; what is pending occupies like what is confirmed) and blocks. Of each slot `booked` is the
most that claims take in it, `available` what is left from its start to its end with the buffers of a new booking,
never below 0. Compared are all dates and slots of the answer, with capacity, status and the version of each day.

A hold takes nothing from its `until` on, and an answer does not say when it was made. So it is right if there is one
moment, from its question to its arrival, at which all of it is right at once. The servers' clock is this machine's;
while the nemesis had put one wrong, any one moment will do. No slot is left out. Whether a slot is `past` is judged by
the same moment; notice and horizon, which would make slots `unbookable`, matter at no place of a run.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil, floor, inf
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from tests.torture.checker.evidence import Event, Evidence, Facts, Finding, Operation
from tests.torture.checker.opening import Span, is_closed, slots_on
from tests.torture.checker.standing import Day, seconds

NEAR = 0.1
"""Seconds by which this machine's two clocks, the one that measures and the one that tells the time, may drift apart
while a question is answered.
"""
DURING = "availability differs from the log"
AT_THE_END = "availability differs from a replay"


class Look(NamedTuple):
    """A question about what is free, and what was answered: nothing of a place that is retired. `least`: the position
    that the question named.
    """

    name: str
    who: str
    path: str
    least: int
    position: int
    header: int | None
    earliest: float
    latest: float
    answer: Facts | None


class Place:
    """A resource as far as its events, and those of its days, were applied."""

    def __init__(self) -> None:
        self.zone = ZoneInfo("UTC")
        self.definition: Facts = {}
        self.retired = False
        self.days: dict[str, Day] = {}

    def apply(self, event: Event) -> None:
        """Let an event happen."""
        if event.stream.startswith("day/"):
            self.days.setdefault(event.stream[-10:], Day(event.stream)).apply(event)
        elif event.kind == "ResourceRetired":
            self.retired = True
        else:
            self.definition = event.facts["definition"]
            self.zone = ZoneInfo(event.facts.get("timezone", self.zone.key))

    def moments(self, look: Look) -> list[float]:
        """Moments between question and answer that make a difference: the first, and whenever a hold lapses."""
        lapses = {claim.until for day in self.days.values() for claim in day.claims if claim.until is not None}
        return [look.earliest, *sorted(until for until in lapses if look.earliest < until <= look.latest)]


def check(evidence: Evidence) -> Iterator[Finding]:
    """All answers in the order of their positions, along with the log."""
    places: dict[str, Place] = {}
    done = 0
    for look in sorted(_looks(evidence), key=lambda look: look.position):
        for event in evidence.events[done : look.position]:
            if event.stream.startswith(("resource/", "day/")):
                places.setdefault(event.stream.split("/")[1], Place()).apply(event)
        done = max(done, look.position)
        if not look.least <= look.position <= len(evidence.events) or look.header not in {None, look.position}:
            asked = f"{look.least} was asked for, the header says {look.header}, the log has {len(evidence.events)}"
            yield Finding(4, look.name, f"{look.who} is as of {look.position}: {asked}")
        if wrong := _difference(places.get(look.path.split("/")[3], Place()), look):
            yield Finding(4, look.name, f"{look.who}, {look.path} as of {look.position}: {wrong}")


def _looks(evidence: Evidence) -> Iterator[Look]:
    for operation in evidence.operations:
        if operation.kind == "availability" and operation.answer is not None:
            least = int(operation.headers.get("Daybook-Position", ".0").rpartition(".")[2])
            positions = operation.answer["position"], operation.position
            moments = _moments(evidence, operation)
            yield Look(DURING, str(operation), operation.path, least, *positions, *moments, operation.answer)
    head = evidence.head["position"]
    for process, shown in enumerate(evidence.shown):
        for each in shown["availability"]:
            position = head if each["answer"] is None else each["answer"]["position"]
            moments = (each["began_at"] - NEAR, each["ended_at"] + NEAR)
            yield Look(AT_THE_END, f"process {process}", each["path"], head, position, None, *moments, each["answer"])


def _moments(evidence: Evidence, operation: Operation) -> tuple[float, float]:
    """The earliest and the latest moment that a server's clock may have shown when it answered."""
    ended_at = operation.ended_at
    began_at = ended_at - (operation.ended - operation.began)
    shifts = (act for act in evidence.acts if act["act"] == "clock shift")
    if any(act["since"] <= ended_at + NEAR and began_at - NEAR <= act["at"] for act in shifts):
        return -inf, inf
    return began_at - NEAR, ended_at + NEAR


def _difference(place: Place, look: Look) -> str | None:
    """How the answer differs from the log, at the first of the moments at which it could have been right."""
    is_there = bool(place.definition) and not place.retired
    if look.answer is None or not is_there:
        return None if look.answer is None and not is_there else f"answered: {bool(look.answer)}, there: {is_there}"
    shown = [_shown(day) for day in look.answer["days"]]
    wrong = None
    for moment in place.moments(look):
        there = _expected(place, look, moment)
        if shown == there:
            return None
        wrong = wrong or _first_difference(shown, there)
    return wrong


def _first_difference(shown: list[Any], there: list[Any]) -> str:
    for (day, slots), (there_day, there_slots) in zip(shown, there, strict=False):
        if day != there_day:
            return f"it shows {day}, the log has {there_day}"
        for slot, there_slot in zip(slots, there_slots, strict=False):
            if slot != there_slot:
                return f"it shows {slot}, the log has {there_slot}"
    return f"it shows {[(day, len(slots)) for day, slots in shown]}, the log has {len(there)} dates"


def _shown(day: Facts) -> tuple[Any, list[Any]]:
    numbers = ("capacity", "booked", "available", "status")
    slots = [(seconds(slot["start"]), seconds(slot["end"]), *(slot[name] for name in numbers)) for slot in day["slots"]]
    return (day["date"], day["version"], day["status"]), slots


def _expected(place: Place, look: Look, moment: float) -> list[Any]:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(look.path).query).items()}
    first, last = date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"])
    policy = place.definition["policy"]
    length, units = int(asked.get("duration", policy["min_duration"])), int(asked.get("units", 1))
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        slots = list(slots_on(place.definition, place.zone, day, length))
        version = place.days[day.isoformat()].version if day.isoformat() in place.days else 0
        status = "closed" if is_closed(place.definition, place.zone, day) else "open"
        found.append(((day.isoformat(), version, status), _judged(place, slots, units, moment)))
    return found


def _judged(place: Place, slots: list[Span], units: int, moment: float) -> list[Any]:
    """Each slot with what is taken of it and what is left of it at a moment."""
    capacity, policy = place.definition["capacity"], place.definition["policy"]
    before, after = policy["buffer_before"], policy["buffer_after"]
    if not slots:
        return []
    first, last = slots[0][0] - before, slots[-1][1] + after
    claims, blocks = _taken(place, (first, last), moment, capacity)
    judged = []
    for start, end in slots:
        booked = max(claims[start - first : end - first])
        wide = slice(start - before - first, end + after - first)
        blocked = max(blocks[wide])
        left = max(0, capacity - max(claim + block for claim, block in zip(claims[wide], blocks[wide], strict=True)))
        full = "blocked" if blocked >= capacity else "full"
        status = "past" if start * 60 < moment else "available" if left >= units else full
        judged.append((start * 60, end * 60, capacity, booked, left, status))
    return judged


def _taken(place: Place, span: Span, moment: float, capacity: int) -> tuple[list[int], list[int]]:
    """Units that claims and blocks take, for each minute; a hold does so before its `until`."""
    first, last = span
    claims, blocks = [0] * (last - first), [0] * (last - first)

    def take(minutes: list[int], start: float, end: float, units: int) -> None:
        for minute in range(max(floor(start / 60), first), min(ceil(end / 60), last)):
            minutes[minute - first] += units

    for day in place.days.values():
        for claim in day.claims:
            if claim.until is None or claim.until > moment:
                take(claims, claim.start, claim.end, claim.units)
        for block in day.blocks:
            take(blocks, block.start, block.end, capacity if block.units is None else block.units)
    return claims, blocks
