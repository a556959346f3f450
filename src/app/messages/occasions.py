"""What people are written about, and what is nothing to them."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from app.telling.happenings import Happening, HappeningType

Occasion = Literal["booked", "pending", "approved", "moved", "rejected", "revoked", "cancelled", "offered", "reminder"]
OCCASIONS: Final[tuple[Occasion, ...]] = get_args(Occasion)

_ALWAYS: Final[Mapping[HappeningType, Occasion]] = {
    "booking.pending": "pending",
    "booking.moved": "moved",
    "booking.rejected": "rejected",
    "booking.revoked": "revoked",
    "booking.offered": "offered",
}


def occasion_of(happening: Happening) -> Occasion | None:
    """What the customer is written about it. None for a hold that they have before their eyes, that it ran out or was
    given up, and for what they saw themselves: that they came, or did not.
    """
    match happening.type, happening.previous_status:
        case "booking.confirmed", "pending":
            return "approved"
        case "booking.confirmed", _:
            return "booked"
        case "booking.cancelled", "held":
            return None
        case "booking.cancelled", _:
            return "cancelled"
        case found, _:
            return _ALWAYS.get(found)
