"""What the OpenAPI document shows as examples of answers about demand: `examples` has the others."""

from collections.abc import Mapping
from typing import Any, Final

from interface.http.demand_answers import EXAMPLE_COUNTS, DemandAnswer
from interface.http.examples import BOOKING
from interface.http.whatif_answers import WhatIfAnswer

DEMAND_ANSWERS: Final[Mapping[Any, Any]] = {
    DemandAnswer: {
        "resource": "moon-hospital",
        "timezone": "Asia/Dhaka",
        "from": "2026-12-01",
        "to": "2026-12-01",
        "by": "date",
        "refusals_since": None,
        "total": EXAMPLE_COUNTS,
        "items": [{"date": "2026-12-01", "weekday": "tue", "hour": None, **EXAMPLE_COUNTS}],
    },
    WhatIfAnswer: {
        "resource": "moon-hospital",
        "from": "2026-11-01",
        "to": "2026-11-30",
        "set": ["capacity=25"],
        "bookings": 412,
        "bookings_lost": 1,
        "lost": [{"booking": BOOKING, "start": "2026-11-03T10:00:00+06:00", "code": "not-available"}],
        "refusals": 91,
        "refusals_settled": 28,
        "turned_away": 60,
        "would_be_served": 48,
        "utilisation": {"offered_minutes": 192_000, "taken_minutes": 155_520, "share": 0.81},
        "utilisation_then": {"offered_minutes": 240_000, "taken_minutes": 173_520, "share": 0.723},
        "requests_replayed": 1_006,
        "seconds": 0.17,
        "requests_a_second": 5_918,
        "unlike": 0,
    },
}
