"""What the OpenAPI document shows as examples: one story, of Moon Hospital on the first of December 2026."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from interface.http.answers import (
    AvailabilityAnswer,
    BlockAnswer,
    BookingAnswer,
    BookingList,
    CustomerAnswer,
    DayAnswer,
    EventList,
    FreeResourceList,
    HealthAnswer,
    MeAnswer,
    ReadyAnswer,
    ResourceAnswer,
    ResourceList,
    RevisedResource,
)

CUSTOMER: Final = "c-5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b"
BOOKING: Final = "b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f"
BLOCK: Final = "k-7a1c3e5f7b9d0f2a4c6e8a0b2d4f6a8c"
ETAG: Final = '"14"'
WEAK_ETAG: Final = 'W/"5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b"'
POSITION: Final = "5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b.42"

_TEN, _HALF_PAST, _ELEVEN = (f"2026-12-01T{time}:00+06:00" for time in ("10:00", "10:30", "11:00"))
_MADE, _CHANGED = "2026-11-20T08:15:00.123456Z", "2026-11-21T09:30:00.654321Z"
_LEG: Final = {"resource": "moon-hospital", "timezone": "Asia/Dhaka", "start": _TEN, "end": _HALF_PAST, "units": 1}
_PLAIN: Final = {"details": {"patient": "A. Nother"}, "reason": None}


def booking(status: str = "confirmed", actions: tuple[str, ...] = ("cancel", "reschedule"), **changed: Any) -> Any:
    """A booking as an answer; `changed` replaces its members."""
    return {
        "id": BOOKING,
        "status": status,
        "customer": CUSTOMER,
        "party": 1,
        "expires_at": None,
        "version": 1,
        "position": 42,
        "created_at": _MADE,
        "updated_at": _MADE,
        "actions": list(actions),
        **_PLAIN,
        "legs": [_LEG],
        **changed,
    }


def changed_booking(status: str, reason: str | None = None, actions: tuple[str, ...] = (), **changed: Any) -> Any:
    """A booking after a command on it."""
    told = {"version": 2, "position": 57, "updated_at": _CHANGED, **changed}
    return booking(status, actions, **told, **({"reason": {"text": reason}} if reason is not None else {}))


HELD: Final = booking("held", ("confirm", "cancel"), expires_at="2026-11-20T08:15:30.123456Z", details=None)
MOVED: Final = changed_booking(
    "confirmed", actions=("cancel", "reschedule"), legs=[{**_LEG, "start": _HALF_PAST, "end": _ELEVEN}]
)
CONFIRMED: Final = changed_booking("confirmed", actions=("cancel", "reschedule"))
APPROVED: Final = changed_booking("confirmed", actions=("revoke", "cancel", "reschedule"))

_WINDOWS: Final = [["09:00", "17:00"]]
_POLICY: Final = {
    "step": 30,
    "min_duration": 30,
    "max_duration": 30,
    "max_units": 1,
    "approval": False,
    "hold_seconds": 30,
    "min_notice": 0,
    "max_advance_days": 365,
    "cancel_notice": 0,
    "buffer_before": 0,
    "buffer_after": 0,
    "daily_limit": None,
}
_RESOURCE: Final = {
    "id": "moon-hospital",
    "name": "Moon Hospital",
    "kind": "hospital",
    "timezone": "Asia/Dhaka",
    "capacity": 20,
    "seats": None,
    "attributes": {"floor": 2},
    "visibility": "public",
    "hours": {"mon": _WINDOWS, "tue": _WINDOWS},
    "exceptions": {"2026-12-25": {"windows": [], "reason": "Christmas"}},
    "policy": _POLICY,
    "version": 14,
    "retired": False,
}
REGISTERED: Final = {**_RESOURCE, "version": 1, "displaced": []}

_PROFILE: Final = {"name": "Ada Nother", "email": "ada@example.org", "phone": None, "language": "en"}
PROFILE: Final = {"name": "Ada Nother", "email": "ada@example.org", "language": "en"}
"""The same as it is sent."""

_CLAIM: Final = {"booking": BOOKING, "start": _TEN, "end": _HALF_PAST, "units": 1}
_BLOCK: Final = {
    "block": BLOCK,
    "start": "2026-12-01T12:00:00+06:00",
    "end": "2026-12-01T14:00:00+06:00",
    "units": None,
    "source": "desk",
    "reason": {"text": "repairs"},
}
_EVENT: Final = {
    "position": 43,
    "stream": "day/moon-hospital/2026-12-01",
    "version": 2,
    "topic": "TimeClaimed.1",
    "timestamp": _MADE,
    "recorded_at": _MADE,
    "by": f"customer:{CUSTOMER}",
    "command_id": "3d5f7a9c1e3f5a7b9d1f3a5c7e9f1b3d",
    "facts": {"claim": _CLAIM},
}
_PLACE: Final = {"resource": "moon-hospital", "start": _TEN, "end": _HALF_PAST}

_PROCESS: Final = {"process": "desk-1:4711", "holds_lease": True}

ANSWERS: Final[Mapping[Any, Any]] = {
    BookingAnswer: booking(),
    BookingList: {"items": [booking()], "next": None},
    ResourceAnswer: _RESOURCE,
    RevisedResource: {**_RESOURCE, "displaced": [{"booking": BOOKING, "code": "outside-hours"}]},
    ResourceList: {"items": [_RESOURCE], "next": None},
    AvailabilityAnswer: {
        "resource": "moon-hospital",
        "timezone": "Asia/Dhaka",
        "position": 812,
        "days": [
            {
                "date": "2026-12-01",
                "version": 14,
                "status": "open",
                "slots": [
                    {
                        "start": _TEN,
                        "end": _HALF_PAST,
                        "capacity": 20,
                        "booked": 3,
                        "available": 17,
                        "status": "available",
                    }
                ],
            },
            {"date": "2026-12-25", "version": 0, "status": "closed", "reason": "Christmas", "slots": []},
        ],
    },
    FreeResourceList: {
        "items": [
            {**_PLACE, "name": "Moon Hospital", "kind": "hospital", "timezone": "Asia/Dhaka", "available": 17},
        ],
        "next": None,
        "position": 812,
    },
    CustomerAnswer: {"customer": CUSTOMER, "profile": _PROFILE, "version": 1},
    MeAnswer: {
        "subject": "ada",
        "roles": ["customer"],
        "resources": None,
        "expires_at": "2026-12-01T17:00:00Z",
        "customer": CUSTOMER,
        "profile": _PROFILE,
    },
    BlockAnswer: {**_BLOCK, "resource": "moon-hospital", "timezone": "Asia/Dhaka", "overlaps": [BOOKING]},
    DayAnswer: {
        "resource": "moon-hospital",
        "date": "2026-12-01",
        "timezone": "Asia/Dhaka",
        "version": 14,
        "timestamp": _CHANGED,
        "plan": {"windows": _WINDOWS, "reason": None, "capacity": 20, "policy": _POLICY},
        "claims": [{**_CLAIM, "until": None}],
        "blocks": [_BLOCK],
    },
    EventList: {"items": [_EVENT], "next": None},
    HealthAnswer: {"status": "alive"},
    ReadyAnswer: {"status": "ready", **_PROCESS},
}
"""By the shape of a successful answer; a route that answers with something more telling says so itself."""

TEXTS: Final[Mapping[str, str]] = {
    "text/plain": "# HELP daybook_events_total Events appended.\n"
    "# TYPE daybook_events_total counter\ndaybook_events_total 42.0\n",
    "text/event-stream": f"event: day\nid: {POSITION}\n"
    'data: {"resource":"moon-hospital","date":"2026-12-01","version":14,"slots":[{"start":"2026-12-01T10:00:00+06:00",'
    '"end":"2026-12-01T10:30:00+06:00","capacity":20,"booked":4,"available":16,"status":"available"}]}\n\n',
    "text/html": '<!doctype html>\n<html lang="en"><head><title>Not available</title></head><body>...</body></html>\n',
}
"""By media type."""


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
            **_PLACE,
            "units": 1,
            "capacity": 20,
            "booked": 20,
            "blocked": 0,
            "available": 0,
            "alternatives": [{"resource": "moon-hospital", "start": _HALF_PAST, "end": _ELEVEN, "available": 3}],
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
        {"hours": _WINDOWS},
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
        {"start": _TEN, "now": "2026-12-01T04:30:00+00:00"},
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
    "daily-limit": Told(
        "One customer may have 1 active booking a day of Moon Hospital, and has 1 on 1 December. "
        "Please choose another day.",
        {"limit": 1},
    ),
    "too-many-holds": Told("One customer may hold 3 times at once. Please confirm or cancel one first.", {"limit": 3}),
    "unknown-resource": Told("There is no resource moon-hospital.", {"resource": "moon-hospital"}),
    "unknown-booking": Told(f"There is no booking {BOOKING}, or it is not yours.", {"booking": BOOKING}),
    "unknown-customer": Told(f"There is no customer {CUSTOMER}.", {"customer": CUSTOMER}),
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
    "not-ready": Told(
        "The read models are 12000 events behind.",
        {"troubles": ["The read models are 12000 events behind."], **_PROCESS},
    ),
}
"""By code. Those that are not here have no facts, and say what their page says."""
