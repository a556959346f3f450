"""The small set of places that everybody wants."""

import random
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DAYS_AHEAD = 3


def daily(*windows: list[str]) -> dict[str, list[list[str]]]:
    """The same opening hours on every day of the week."""
    return {day: [*windows] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


ALWAYS = daily(["00:00", "24:00"])


class Place(NamedTuple):
    """A resource, and where in its day people come. `lengths`: minutes; `first`, `last`: minutes after midnight."""

    key: str
    timezone: str
    capacity: int
    first: int
    last: int
    step: int
    lengths: tuple[int, ...]
    policy: dict[str, Any]
    hours: dict[str, list[list[str]]] = ALWAYS

    def body(self, name: str, capacity: int | None = None) -> dict[str, Any]:
        """What registers or revises it. No two revisions have the same name: so each is found in the log."""
        lengths = {"min_duration": min(self.lengths), "max_duration": max(self.lengths)}
        return {
            "name": name,
            "kind": "place",
            "timezone": self.timezone,
            "capacity": self.capacity if capacity is None else capacity,
            "hours": self.hours,
            "policy": {"step": self.step, **lengths, **self.policy},
        }

    def leg(self, chance: random.Random) -> dict[str, Any]:
        """A wish for it."""
        zone = ZoneInfo(self.timezone)
        midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=DAYS_AHEAD), time(), zone)
        start = midnight + timedelta(minutes=chance.randrange(self.first, self.last, self.step))
        units = chance.randint(1, self.policy.get("max_units", 1))
        end = start + timedelta(minutes=chance.choice(self.lengths))
        return {"resource": self.key, "start": start.isoformat(), "end": end.isoformat(), "units": units}


CHAIR = Place("chair", "UTC", 1, 600, 720, 30, (30,), {"hold_seconds": 2}, daily(["08:00", "18:00"]))
WARD = Place("ward", "Asia/Dhaka", 3, 540, 600, 30, (30,), {"hold_seconds": 1})
GROUND = Place(
    "ground",
    "America/New_York",
    2,
    1080,
    1260,
    60,
    (60,),
    {"approval": True, "hold_seconds": 3},
    daily(["06:00", "12:00"], ["16:00", "02:00"]),
)
ROOM = Place(
    "room", "Europe/Vienna", 1, 1320, 1470, 15, (15, 30, 45, 60, 75, 90), {"buffer_after": 5, "hold_seconds": 2}
)
HALL = Place("hall", "UTC", 6, 600, 660, 60, (60,), {"max_units": 3, "hold_seconds": 2})
SHED = Place("shed", "UTC", 2, 480, 600, 30, (30,), {"hold_seconds": 2})

PLACES = (CHAIR, WARD, GROUND, ROOM, HALL, SHED)
CAPACITIES = range(3, 9)
"""What the hall's capacity is revised to and fro between."""
