"""What a webhook says: the envelope of Standard Webhooks, and of the booking nothing but ids, times and numbers.

Names, addresses, details and reasons are not in it: whoever may read them asks the API for the booking.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from app.log.instants import timestamp_text
from app.telling.happenings import Happening
from domain.leg import Leg


def payload(happening: Happening) -> bytes:
    """The body, JSON in UTF-8: the same bytes whenever the same event is told, so that a repeat is known as one."""
    booking = happening.booking
    data = {
        "booking": booking.key,
        "status": booking.status,
        "previous_status": happening.previous_status,
        "customer": booking.customer,
        "party": booking.party,
        "legs": _legs(booking.legs),
        "previous_legs": _legs(happening.previous_legs) if happening.previous_legs != booking.legs else [],
        "expires_at": None if booking.expires_at is None else timestamp_text(booking.expires_at),
        "series": booking.series,
        "wish": booking.wish,
        "by": happening.event.by,
        "version": happening.version,
        "position": happening.position,
    }
    said = {"type": happening.type, "timestamp": timestamp_text(happening.event.timestamp), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def message_id(receiver: str, happening: Happening) -> str:
    """`msg_` and 32 hex digits: the same for this event and receiver, whenever it is told, and after a restore too."""
    event = happening.event
    parts = (receiver, event.originator_id, str(event.originator_version), event.TOPIC, event.command_id)
    return f"msg_{sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"


def _legs(legs: Sequence[Leg]) -> list[dict[str, Any]]:
    return [
        {
            "resource": leg.resource,
            "timezone": leg.timezone,
            "start": leg.start.isoformat(),
            "end": leg.end.isoformat(),
            "units": leg.units,
        }
        for leg in legs
    ]
