"""What the OpenAPI document shows as examples: one story, of Moon Hospital on the first of December 2026."""

from collections.abc import Mapping
from typing import Any, Final

from interface.http.answers import (
    AvailabilityAnswer,
    BlockAnswer,
    BookingAnswer,
    BookingList,
    CustomerAnswer,
    DayAnswer,
    DisclosureList,
    EventList,
    FoundCustomers,
    FreeResourceList,
    HealthAnswer,
    LineList,
    MeAnswer,
    PreviewAnswer,
    ReadyAnswer,
    RefusalList,
    ResourceAnswer,
    ResourceList,
    RevisedResource,
)
from interface.http.data_answers import CustomerDataAnswer
from interface.http.demand_answers import EXAMPLE_COUNTS
from interface.http.feed_answers import (
    ExternalCalendarAnswer,
    ExternalCalendarList,
    ExternalCalendarPage,
    FeedAnswer,
    FeedList,
    NewFeedAnswer,
)
from interface.http.message_answers import FailedMessageList
from interface.http.webhook_answers import AttemptList, NewWebhookAnswer, WebhookAnswer, WebhookList
from interface.http.wish_answers import WishAnswer, WishList

CUSTOMER: Final = "c-5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b"
WISH: Final = "w-7d1f3a5b7c9e1f2a4b6c8d0e2f4a6b8c"
BOOKING: Final = "b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f"
SERIES: Final = "s-2b4d6f8a0c1e3f5a7b9c1d3e5f7a9b1c"
BLOCK: Final = "k-7a1c3e5f7b9d0f2a4c6e8a0b2d4f6a8c"
ETAG: Final = '"14"'
WEAK_ETAG: Final = 'W/"5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b"'
POSITION: Final = "5f0e2d7c9b1a4e6f8a3b5c7d9e1f2a4b.42"

TEN, HALF_PAST, ELEVEN = (f"2026-12-01T{time}:00+06:00" for time in ("10:00", "10:30", "11:00"))
_MADE, _CHANGED = "2026-11-20T08:15:00.123456Z", "2026-11-21T09:30:00.654321Z"
_LEG: Final = {"resource": "moon-hospital", "timezone": "Asia/Dhaka", "start": TEN, "end": HALF_PAST, "units": 1}
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
        "series": None,
        **changed,
    }


def changed_booking(status: str, reason: str | None = None, actions: tuple[str, ...] = (), **changed: Any) -> Any:
    """A booking after a command on it."""
    told = {"version": 2, "position": 57, "updated_at": _CHANGED, **changed}
    return booking(status, actions, **told, **({"reason": {"text": reason}} if reason is not None else {}))


WAITING: Final = {
    "id": WISH,
    "status": "waiting",
    "customer": CUSTOMER,
    "resource": "moon-hospital",
    "date": "2026-12-01",
    "start": TEN,
    "end": HALF_PAST,
    "duration": 30,
    "units": 1,
    "party": 1,
    "until": TEN,
    "joined_at": "2026-11-20T08:15:00.123456Z",
    "booking": None,
    "place": 2,
}
LINE: Final = {
    "items": [{**WAITING, "status": "offered", "booking": BOOKING, "place": None}, {**WAITING, "place": 1}],
    "next": None,
}
HELD: Final = booking("held", ("confirm", "cancel"), expires_at="2026-11-20T08:15:30.123456Z", details=None)
MOVED: Final = changed_booking(
    "confirmed", actions=("cancel", "reschedule"), legs=[{**_LEG, "start": HALF_PAST, "end": ELEVEN}]
)
CONFIRMED: Final = changed_booking("confirmed", actions=("cancel", "reschedule"))
APPROVED: Final = changed_booking("confirmed", actions=("revoke", "cancel", "reschedule"))

WINDOWS: Final = [["09:00", "17:00"]]
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
    "offer_minutes": 15,
    "overtaking": True,
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
    "hours": {"mon": WINDOWS, "tue": WINDOWS},
    "exceptions": {"2026-12-25": {"windows": [], "reason": "Christmas"}},
    "policy": _POLICY,
    "version": 14,
    "retired": False,
}
REGISTERED: Final = {**_RESOURCE, "version": 1, "displaced": []}

_DISPLACED: Final = {"booking": BOOKING, "code": "outside-hours", "start": TEN, "end": HALF_PAST}
_PROFILE: Final = {
    "name": "Ada Nother",
    "email": "ada@example.org",
    "phone": None,
    "language": "en",
    "messages": None,
}
PROFILE: Final = {"name": "Ada Nother", "email": "ada@example.org", "language": "en"}
"""The same as it is sent."""

_CLAIM: Final = {"booking": BOOKING, "start": TEN, "end": HALF_PAST, "units": 1}
_EXTERNAL_CALENDAR: Final = {
    "calendar": "x-1c3e5f7b9d0f2a4c6e8a0b2d4f6a8c7a",
    "resource": "sun-hospital-dr-lee",
    "address": "https://calendar.example.org/...",
    "made_at": _MADE,
    "succeeded_at": _CHANGED,
    "due_at": "2026-11-21T09:45:00.654321Z",
    "failures": 0,
    "failure": None,
    "blocks": 12,
    "overlaps": [{"block": BLOCK, "start": TEN, "end": ELEVEN, "booking": BOOKING}],
}
_BLOCK: Final = {
    "block": BLOCK,
    "start": "2026-12-01T12:00:00+06:00",
    "end": "2026-12-01T14:00:00+06:00",
    "units": None,
    "source": "desk",
    "reason": {"text": "repairs"},
}
_EVENT: Final = {
    "kind": "event",
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
PLACE: Final = {"resource": "moon-hospital", "start": TEN, "end": HALF_PAST}
_REFUSAL: Final = {
    "kind": "refusal",
    "first_at": _MADE,
    "last_at": _MADE,
    "times": 1,
    "by": f"customer:{CUSTOMER}",
    "command_id": "3d5f7a9c1e3f5a7b9d1f3a5c7e9f1b3d",
    "command": "Book",
    "booking": None,
    **PLACE,
    "units": 1,
    "customer": CUSTOMER,
    "party": 1,
    "minutes": None,
    "code": "not-available",
    "position": 43,
}

_DAYS: Final = [
    {
        "date": "2026-12-01",
        "version": 14,
        "status": "open",
        "slots": [
            {
                "start": TEN,
                "end": HALF_PAST,
                "capacity": 20,
                "booked": 3,
                "available": 17,
                "status": "available",
            }
        ],
    },
    {"date": "2026-12-25", "version": 0, "status": "closed", "reason": "Christmas", "slots": []},
]

WEBHOOK: Final = {
    "id": "h-3b5d7f9a1c2e4f6a8b0c1d3e5f7a9b2c",
    "url": "https://hooks.example.org/daybook",
    "types": ["booking.confirmed", "booking.moved"],
    "enabled": True,
    "disabled_reason": None,
    "position": POSITION,
    "failures": 1,
    "failing_since": _MADE,
    "next_attempt_at": "2026-11-20T08:15:05.123456Z",
    "made_at": _MADE,
    "version": 1,
}
_ATTEMPT: Final = {
    "number": 1,
    "message": "msg_7f9a1c2e4f6a8b0c1d3e5f7a9b2c3b5d",
    "type": "booking.confirmed",
    "position": POSITION,
    "at": _MADE,
    "milliseconds": 31,
    "status": 503,
    "trouble": "It answered with HTTP status 503.",
}
PROCESS: Final = {"process": "desk-1:4711", "holds_lease": True}
ANSWERS: Final[Mapping[Any, Any]] = {
    WishAnswer: WAITING,
    WishList: LINE,
    BookingAnswer: booking(),
    BookingList: {"items": [booking()], "next": None},
    ResourceAnswer: _RESOURCE,
    RevisedResource: {**_RESOURCE, "displaced": [_DISPLACED]},
    ResourceList: {"items": [_RESOURCE], "next": None},
    AvailabilityAnswer: {
        "resource": "moon-hospital",
        "timezone": "Asia/Dhaka",
        "position": 812,
        "days": _DAYS,
    },
    PreviewAnswer: {
        "resource": "moon-hospital",
        "timezone": "Asia/Dhaka",
        "policy": _POLICY,
        "days": _DAYS,
        "displaced": [_DISPLACED],
    },
    FreeResourceList: {
        "items": [
            {**PLACE, "name": "Moon Hospital", "kind": "hospital", "timezone": "Asia/Dhaka", "available": 17},
        ],
        "next": None,
        "position": 812,
    },
    CustomerDataAnswer: {
        "customer": CUSTOMER,
        "profile": _PROFILE,
        "account": {"issuer": "https://id.example.org", "subject": "ada"},
        "made_by": None,
        "calendar_feeds": [{"resource": None, "made_at": _MADE}],
        "messages": [
            {
                "occasion": "reminder",
                "booking": BOOKING,
                "due_at": _MADE,
                "failures": 0,
                "given_up_at": None,
                "trouble": None,
            }
        ],
        "refusals": [_REFUSAL],
        "disclosures": [],
        "events": [],
        "bookings": [{"booking": booking(), "events": [_EVENT]}],
        "series": [],
        "next": None,
    },
    ExternalCalendarAnswer: _EXTERNAL_CALENDAR,
    ExternalCalendarList: {"items": [_EXTERNAL_CALENDAR]},
    ExternalCalendarPage: {"items": [_EXTERNAL_CALENDAR], "next": None},
    FeedAnswer: {"made_at": _MADE},
    NewFeedAnswer: {
        "address": "https://book.example.org/v1/feeds/uJ3nB0mXv2ZpQ8sKfYc1RtLw6hGd9eTiAo4NxVqS5kM.ics",
        "made_at": _MADE,
    },
    FeedList: {"items": [{"customer": CUSTOMER, "made_at": _MADE}]},
    CustomerAnswer: {"customer": CUSTOMER, "profile": _PROFILE, "version": 1},
    FoundCustomers: {"items": [{"customer": CUSTOMER, "profile": _PROFILE, "version": 1}], "next": None},
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
        "plan": {"windows": WINDOWS, "reason": None, "capacity": 20, "policy": _POLICY},
        "claims": [{**_CLAIM, "until": None}],
        "blocks": [_BLOCK],
    },
    EventList: {"items": [_EVENT], "next": None},
    RefusalList: {"items": [_REFUSAL], "next": None},
    LineList: {"items": [_EVENT, _REFUSAL], "next": None},
    DisclosureList: {
        "items": [
            {
                "first_at": _MADE,
                "last_at": _MADE,
                "times": 1,
                "by": "staff:c-9b1a4e6f8a3b5c7d9e1f2a4b5f0e2d7c",
                "what": "booking",
                "booking": BOOKING,
            }
        ],
        "next": None,
    },
    WebhookAnswer: WEBHOOK,
    NewWebhookAnswer: {**WEBHOOK, "secret": "whsec_Ux1pX2s0bWVib2R5IHdobyBpcyB0b2xkIGFsb25lLg=="},
    WebhookList: {"items": [WEBHOOK]},
    AttemptList: {"items": [_ATTEMPT], "next": None},
    FailedMessageList: {
        "items": [
            {
                "id": "m-6f8a0c1e3f5a7b9c1d3e5f7a9b1c2b4d",
                "occasion": "booked",
                "booking": BOOKING,
                "failures": 3,
                "failing_since": _MADE,
                "next_attempt_at": "2026-11-20T08:25:00.123456Z",
                "given_up_at": None,
                "trouble": 'mailtos: Connection error while submitting email to "..."',
            }
        ]
    },
    HealthAnswer: {"status": "alive"},
    ReadyAnswer: {"status": "ready", **PROCESS},
}
"""By the shape of a successful answer; a route that answers with something more telling says so itself."""

TEXTS: Final[Mapping[str, str]] = {
    "text/csv": f"resource,date,weekday,hour,{','.join(EXAMPLE_COUNTS)}\r\n"
    f"moon-hospital,2026-12-01,tue,,{','.join(map(str, EXAMPLE_COUNTS.values()))}\r\n",
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><title>Moon Hospital</title></svg>',
    "text/plain": "# HELP daybook_events_total Events appended.\n"
    "# TYPE daybook_events_total counter\ndaybook_events_total 42.0\n",
    "text/event-stream": f"event: day\nid: {POSITION}\n"
    'data: {"resource":"moon-hospital","date":"2026-12-01","version":14,"slots":[{"start":"2026-12-01T10:00:00+06:00",'
    '"end":"2026-12-01T10:30:00+06:00","capacity":20,"booked":4,"available":16,"status":"available"}]}\n\n',
    "text/calendar": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Daybook//Daybook calendars 1//EN\r\n"
    "METHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:b-0c9d4be7a1f24c5c8e6f7a8b9c0d1e2f@daybook\r\nSEQUENCE:0\r\n"
    "DTSTAMP:20261120T081500Z\r\nLAST-MODIFIED:20261120T081500Z\r\nDTSTART:20261201T040000Z\r\n"
    "DTEND:20261201T043000Z\r\nSTATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\nSUMMARY:Moon Hospital\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n",
    "text/html": '<!doctype html>\n<html lang="en"><head><title>Not available</title></head><body>...</body></html>\n',
}
"""By media type."""
