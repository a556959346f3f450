"""The shapes of answers about series, and what the OpenAPI document shows as examples of them."""

from datetime import datetime
from typing import Any, Final

from typing_extensions import TypedDict  # as in `interface.http.answers`

from interface.http import examples
from interface.http.answers import BookingAnswer


class SkippedAnswer(TypedDict):
    """A date of a series that could not be booked, by which rule, and what people were told.

    `start` is the wall clock of the first leg's resource, without offset: there may be no such time.
    """

    number: int
    start: str
    code: str
    detail: str


class SeriesAnswer(TypedDict):
    """A series as it was booked, and those of its bookings that this caller may see, by start, as they stand.

    `start`: of the first date, on the wall clock of `timezone`.
    """

    id: str
    customer: str
    repeat: str
    timezone: str
    start: str
    version: int
    position: int
    created_at: datetime
    bookings: list[BookingAnswer]
    skipped: list[SkippedAnswer]


class StandingAnswer(TypedDict):
    """A booking that was to be cancelled and could not be, and why."""

    booking: str
    code: str
    detail: str


class CancelledSeries(SeriesAnswer):
    """A series whose rest was given up. `not_cancelled`: what could not be any more."""

    not_cancelled: list[StandingAnswer]


MADE: Final[dict[str, Any]] = {
    "id": examples.SERIES,
    "customer": examples.CUSTOMER,
    "repeat": "FREQ=WEEKLY;BYDAY=TU;COUNT=2",
    "timezone": "Asia/Dhaka",
    "start": "2026-12-01T10:00:00",
    "version": 1,
    "position": 40,
    "created_at": "2026-11-20T08:15:00.123456Z",
    "bookings": [examples.booking(version=2, series=examples.SERIES)],
    "skipped": [
        {
            "number": 2,
            "start": "2026-12-08T10:00:00",
            "code": "closed",
            "detail": "Moon Hospital is closed on Tuesday, 8 December (Holiday). Please choose another day.",
        }
    ],
}
CANCELLED: Final[dict[str, Any]] = {
    **MADE,
    "version": 2,
    "bookings": [examples.changed_booking("cancelled", version=3, series=examples.SERIES)],
    "not_cancelled": [],
}
