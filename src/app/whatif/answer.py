"""The answer as programs read it."""

from typing import Any, Final

from app.whatif.imagining import Imagined
from app.whatif.question import Question
from app.whatif.utilisation import Use

MOST_LISTED: Final = 100
"""Bookings that are named; beyond, they are counted."""


def as_facts(question: Question, found: Imagined) -> dict[str, Any]:
    """The answer as a JSON object."""
    return {
        "resource": question.resource,
        "from": question.first.isoformat(),
        "to": question.last.isoformat(),
        "set": list(question.changes),
        "bookings": found.bookings,
        "bookings_lost": len(found.lost),
        "lost": [
            {"booking": each.booking, "start": each.start.isoformat(), "code": each.code}
            for each in found.lost[:MOST_LISTED]
        ],
        "refusals": found.tries,
        "refusals_settled": found.settled,
        "turned_away": found.turned_away,
        "would_be_served": found.served,
        "utilisation": _use(found.before),
        "utilisation_then": _use(found.after),
        "requests_replayed": found.decided,
        "seconds": round(found.seconds, 3),
        "requests_a_second": round(found.decided_a_second),
        "unlike": found.unlike,
    }


def _use(use: Use) -> dict[str, Any]:
    share = None if use.share is None else round(use.share, 4)
    return {"offered_minutes": use.offered, "taken_minutes": use.taken, "share": share}
