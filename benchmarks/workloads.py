"""What is asked of the contestants, and the venue that it is asked of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

RESOURCES = [*(f"venue-{number}" for number in range(200)), "venue-hot", "venue-race", "venue-crowd"]
SLOT_MINUTES = 30
RACE = "venue-race"
CUSTOMERS = 100

_WHOLE_DAY = (0, 48)
_OFFICE_HOURS = (9 * 60, 16)


@dataclass(frozen=True)
class Workload:
    """`hours`: minute of opening, and slots of 30 minutes a day. `refuses`: whether refusals belong to it.
    `books`: whether its requests book. `seeded`: whether there are to be bookings before the rounds.
    """

    name: str
    title: str
    contestants: tuple[str, ...]
    capacity: int = 1
    hours: tuple[int, int] = _WHOLE_DAY
    refuses: bool = False
    books: bool = True
    rooms: bool = False
    seeded: bool = False

    @property
    def opens(self) -> int:
        return self.hours[0]

    @property
    def slots(self) -> int:
        return self.hours[1]

    def definition(self) -> dict[str, Any]:
        """Each resource as Daybook registers it."""
        closes = self.opens + self.slots * SLOT_MINUTES
        policy: dict[str, Any] = {"step": SLOT_MINUTES, "max_advance_days": 3660}
        if self.rooms:
            policy |= {"step": 15, "min_duration": 15, "max_duration": 240}
        hours = [[_wall(self.opens), _wall(closes)]]
        return {
            "name": "A Venue",
            "kind": "venue",
            "timezone": "UTC",
            "capacity": self.capacity,
            "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), hours),
            "policy": policy,
        }


_SOLE = ("floor", "unique_index", "daybook_sqlite", "daybook_postgres")

WORKLOADS = {
    each.name: each
    for each in (
        Workload("distinct", "distinct slots", ("floor", "unique_index", "unique_index_two", "library", *_SOLE[2:])),
        Workload("hot", "one hot slot, all refused but the first", _SOLE, refuses=True),
        Workload("places", "places, capacity 20", ("floor", "counted", *_SOLE[2:]), capacity=20, refuses=True),
        Workload("rooms", "rooms with intervals", ("floor", "exclusion", *_SOLE[2:]), refuses=True, rooms=True),
        Workload("availability", "availability of 7 days", _SOLE, hours=_OFFICE_HOURS, books=False, seeded=True),
        Workload("mixed", "90% availability, 10% bookings", _SOLE, hours=_OFFICE_HOURS, seeded=True),
    )
}


def first_day() -> datetime:
    """The day after tomorrow, in UTC: bookable from every time of today on."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=2)


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
