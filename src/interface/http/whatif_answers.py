"""The shapes of answers about what would have been: `answers` has all others."""

from datetime import date, datetime

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on


class UseAnswer(TypedDict):
    """Minutes of single units. `offered_minutes`: within opening hours, blocks left out. `share`: of those, taken by
    bookings, 0 to 1; null where nothing was offered.
    """

    offered_minutes: int
    taken_minutes: int
    share: float | None


class LostAnswer(TypedDict):
    """A booking that would not have been, when it starts, and the code of the rule in the way."""

    booking: str
    start: datetime
    code: str


# `from` is a word of Python's.
WhatIfAnswer = TypedDict(
    "WhatIfAnswer",
    {
        "resource": str,
        "from": date,
        "to": date,
        "set": list[str],
        "bookings": int,
        "bookings_lost": int,
        "lost": list[LostAnswer],
        "refusals": int,
        "refusals_settled": int,
        "turned_away": int,
        "would_be_served": int,
        "utilisation": UseAnswer,
        "utilisation_then": UseAnswer,
        "requests_replayed": int,
        "seconds": float,
        "requests_a_second": int,
        "unlike": int,
    },
)
WhatIfAnswer.__doc__ = """What would have been. `bookings` were made on these dates; of them, `bookings_lost` would not
have been, the first hundred of which are `lost`. Of `refusals`, `refusals_settled` were of people who then found
another time of the date; the others make `turned_away` wishes, of which `would_be_served`. `unlike`: how many come out
otherwise than they did although nothing is changed, by which the figures are less exact.
"""
