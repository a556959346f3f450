"""What was sold, recounted minute by minute from the raw log alone. It shares no code with the domain or the log."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple


class Row(NamedTuple):
    """What the recount needs of an event; `state` is its JSON."""

    position: int
    stream: str
    topic: str
    state: str | bytes


class Recount:
    """Goes through the log once and notes every claim that should not be there, each in a sentence.

    `oversold`: it raised usage above the capacity then in force. `after_retirement`: its resource was retired.
    `beyond_limit`: the customer had as many bookings on that resource and day as the resource allows.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.oversold: list[str] = []
        self.after_retirement: list[str] = []
        self.beyond_limit: list[str] = []
        self.claimed: dict[str, list[int]] = defaultdict(list)
        """Positions of all claims of a resource."""
        self._capacity: dict[str, int] = {}
        self._limit: dict[str, int | None] = {}
        self._retired: set[str] = set()
        self._usage: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._claims: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
        self._counted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            self._count(row, json.loads(row.state))

    def _count(self, row: Row, facts: dict[str, Any]) -> None:
        topic = row.topic.partition(".")[0]
        if topic in {"ResourceRegistered", "ResourceRevised"}:
            self._capacity[row.stream] = facts["definition"]["capacity"]
            self._limit[row.stream] = facts["definition"]["policy"].get("daily_limit")
        elif topic == "ResourceRetired":
            self._retired.add(row.stream)
        elif topic == "TimeClaimed":
            self._claim(row, facts)
        elif topic == "TimeReleased":
            self._release(row.stream, facts["booking"])

    def _claim(self, row: Row, facts: dict[str, Any]) -> None:
        _, key, _ = row.stream.split("/")
        resource, booking, units = f"resource/{key}", facts["booking"], facts["units"]
        claim = f"position {row.position}: {booking} on {row.stream}"
        first, last = (int(datetime.fromisoformat(facts[name]).timestamp()) // 60 for name in ("start", "end"))
        self.claimed[key].append(row.position)
        self._claims[row.stream, booking].append((first, last, units))
        if self._add(row.stream, first, last, units) > self._capacity[resource]:
            self.oversold.append(claim)
        if resource in self._retired:
            self.after_retirement.append(claim)
        counted = self._counted[row.stream, facts["customer"]]
        if facts["counted"]:
            counted.add(booking)
        limit = self._limit[resource]
        if limit is not None and len(counted) > limit:
            self.beyond_limit.append(claim)

    def _release(self, day: str, booking: str) -> None:
        for first, last, units in self._claims.pop((day, booking), []):
            self._add(day, first, last, -units)
        for (counted_day, _), bookings in self._counted.items():
            if counted_day == day:
                bookings.discard(booking)

    def _add(self, day: str, first: int, last: int, units: int) -> int:
        for minute in range(first, last):
            self._usage[day][minute] += units
        return max(self._usage[day][minute] for minute in range(first, last))
