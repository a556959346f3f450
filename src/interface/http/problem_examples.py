"""What problems say, for the OpenAPI document: one example of each."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from interface.http.examples import BOOKING, CUSTOMER, ELEVEN, HALF_PAST, PLACE, PROCESS, SERIES, TEN, WINDOWS, WISH


class Told(NamedTuple):
    """What a problem says besides its code: a sentence for people, and the facts for programs."""

    detail: str
    facts: Mapping[str, Any]


def _pointing(detail: str, pointer: str, what: str) -> Told:
    return Told(detail, {"errors": [{"pointer": pointer, "detail": what}]})


_CLOCKS: Final = {"timezone": "Europe/Vienna"}

PROBLEMS_TOLD: Final[Mapping[str, Told]] = {
    "not-available": Told(
        "Moon Hospital is fully booked at 10:00 on 1 December (20 of 20 taken). Please choose another time.",
        {
            **PLACE,
            "units": 1,
            "capacity": 20,
            "booked": 20,
            "blocked": 0,
            "available": 0,
            "alternatives": [{"resource": "moon-hospital", "start": HALF_PAST, "end": ELEVEN, "available": 3}],
        },
    ),
    "hold-expired": Told(
        "The hold's time ran out and its place was given back. Please book again.", {"booking_status": "expired"}
    ),
    "invalid-transition": Told("A booking that is cancelled cannot take 'approve'.", {"booking_status": "cancelled"}),
    "too-late-to-change": Told(
        "A booking of Moon Hospital can be changed up to 120 minutes before it starts. Please call the desk.",
        {"booking_status": "confirmed", "cancel_notice": 120},
    ),
    "stale-version": Told(
        "This was changed meanwhile: it is at version 15, not 14. Please load it again and repeat your change.",
        {"current_version": 15},
    ),
    "closed": Told(
        "Moon Hospital is closed on Friday, 25 December (Christmas). Please choose another day.",
        {"date": "2026-12-25", "reason": "Christmas"},
    ),
    "outside-hours": Told(
        "Moon Hospital is not open for all of 17:00-17:30; on Tuesday, 1 December it opens 09:00-17:00. "
        "Please choose a time within its hours.",
        {"hours": WINDOWS},
    ),
    "off-grid": Told(
        "Bookings of Moon Hospital start every 30 minutes from 09:00; 10:10 lies between two starts. "
        "Please choose 10:00 or 10:30.",
        {"step": 30, "window_opens": "2026-12-01T09:00:00+06:00"},
    ),
    "bad-duration": Told(
        "A booking of Moon Hospital takes exactly 30 minutes; this is 45 minutes.",
        {"min_duration": 30, "max_duration": 30, "step": 30},
    ),
    "too-soon": Told(
        "Moon Hospital is to be booked at least 60 minutes ahead. Please choose a later time, or ask the desk.",
        {"min_notice": 60},
    ),
    "too-far-ahead": Told(
        "Moon Hospital can be booked up to 365 days ahead, until 20 November 2027.",
        {"max_advance_days": 365, "last_date": "2027-11-20"},
    ),
    "in-the-past": Told(
        "10:00 on 1 December has passed. Please choose a later time.",
        {"start": TEN, "now": "2026-12-01T04:30:00+00:00"},
    ),
    "party-too-large": Told("Moon Hospital seats 4, not 6. Please choose a larger one.", {"seats": 4}),
    "too-many-units": Told("One booking of Moon Hospital takes 1, not 2.", {"max_units": 1}),
    "no-such-local-time": Told(
        "02:30 on 28 March 2027 does not exist in Europe/Vienna: the clocks are put forward over it. "
        "Please choose another time, or send the time with its UTC offset.",
        {**_CLOCKS, "local_time": "2027-03-28T02:30:00", "next_local_time": "2027-03-28T03:30:00+02:00"},
    ),
    "ambiguous-local-time": Told(
        "02:30 on 31 October 2027 comes twice in Europe/Vienna: the clocks are put back. Please send the time with "
        "its UTC offset: 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00.",
        {
            **_CLOCKS,
            "local_time": "2027-10-31T02:30:00",
            "choices": ["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"],
        },
    ),
    "legs-overlap": Told(
        "The legs of this booking want 30 places of Moon Hospital at once, and it has 20. "
        "Please choose different times, or another resource.",
        {"resource": "moon-hospital", "wanted": 30, "capacity": 20},
    ),
    "daily-limit": Told(
        "One customer may have 1 active booking a day of Moon Hospital, and has 1 on 1 December. "
        "Please choose another day.",
        {"limit": 1},
    ),
    "too-many-holds": Told("One customer may hold 3 times at once. Please confirm or cancel one first.", {"limit": 3}),
    "too-many-wishes": Told("One customer may wait for 3 things at once. Please leave one line first.", {"limit": 3}),
    "line-full": Told(
        "500 wishes wait for 1 December already. Please choose another day.",
        {"resource": "moon-hospital", "date": "2026-12-01", "limit": 500},
    ),
    "still-available": Told(
        "Moon Hospital has room for this now. Please book it; there is nothing to wait for.",
        {"resource": "moon-hospital"},
    ),
    "unknown-resource": Told("There is no resource moon-hospital.", {"resource": "moon-hospital"}),
    "unknown-booking": Told(f"There is no booking {BOOKING}, or it is not yours.", {"booking": BOOKING}),
    "unknown-wish": Told(f"There is no wish {WISH} in line, or it is not yours.", {"wish": WISH}),
    "unknown-series": Told(f"There is no series {SERIES}, or it is not yours.", {"series": SERIES}),
    "too-many-webhooks": Told("There are 20 webhooks, and no more than that. Please delete one first.", {"limit": 20}),
    "unreadable-webhook": Told(
        "This webhook's address and secrets do not open. Please delete it, and make a new one.", {}
    ),
    "unknown-customer": Told(f"There is no customer {CUSTOMER}.", {"customer": CUSTOMER}),
    "active-bookings": Told(
        "This person has bookings that are not over. Let them end, or cancel or revoke them; then erase.",
        {"customer": CUSTOMER, "bookings": [BOOKING]},
    ),
    "legal-hold": Told(
        "The law wants what is known of this person to be kept. Lift the hold first, when it no longer does.",
        {"customer": CUSTOMER},
    ),
    "if-match-required": Told(
        "Moon Hospital exists. To revise it, send If-Match with the version you saw (the ETag), now 14.",
        {"current_version": 14},
    ),
    "malformed": _pointing(
        "/start: write a time like 2026-12-01T10:00 or 2026-12-01T10:00:00+06:00.",
        "/start",
        "write a time like 2026-12-01T10:00 or 2026-12-01T10:00:00+06:00",
    ),
    "unknown-field": _pointing("/colour: is not known here.", "/colour", "is not known here"),
    "bad-cursor": _pointing("This is no cursor of this list.", "cursor", "This is no cursor of this list."),
    "unknown-position": _pointing(
        "This position is not in this log, which was restored or replaced. Please forget it and load anew.",
        "Daybook-Position",
        "is of another log, or beyond the end of this one",
    ),
    "unknown-version": Told("There has not been a version 15: the newest is 14.", {"current_version": 14}),
    "not-ready": Told(
        "The read models are 12000 events behind.",
        {"troubles": ["The read models are 12000 events behind."], **PROCESS},
    ),
}
"""By code. Those that are not here have no facts, and say what their page says."""
