"""A series: what its stream says, and what a booking's says of it."""

from datetime import datetime
from typing import Any

from tests.domain.given import TUESDAY, at, cause, given, refused, told

from domain.booking import Booking, BookingConfirmed, BookingPlacedInSeries, Terms
from domain.interval import DAY
from domain.leg import Leg
from domain.series import (
    Occurrence,
    Series,
    SeriesBooked,
    SeriesCancelled,
    SeriesUnchanged,
    SkippedOccurrence,
    must_be_few_enough,
)

STREAM = "series/s-1"
WEEKLY = "FREQ=WEEKLY;COUNT=2"
FIRST = Occurrence(number=1, booking="b-1", start=at("10:00"))
SKIPPED = SkippedOccurrence(
    number=2,
    start=datetime.fromisoformat(f"{TUESDAY + 7 * DAY}T10:00"),
    code="closed",
    detail="Dr Lee is closed on Tuesday, 8 December. Please choose another day.",
)
BOOKED: dict[str, Any] = {
    "customer": "c-alice",
    "repeat": WEEKLY,
    "timezone": "Europe/Vienna",
    "start": datetime.fromisoformat(f"{TUESDAY}T10:00"),
    "bookings": (FIRST,),
    "skipped": (SKIPPED,),
}
LEG = Leg(resource="dr-lee", timezone="Europe/Vienna", start=at("10:00"), end=at("10:30"), units=1, days=(TUESDAY,))


def test_it_begins_with_all_its_bookings_and_what_was_left_out() -> None:
    outcome = (
        given(Series, STREAM).when(lambda series: series.book(cause(), **BOOKED)).then(told(SeriesBooked, **BOOKED))
    )
    assert outcome.decided.made_by == "customer:c-alice"
    assert (outcome.decided.key, outcome.decided.bookings, outcome.decided.skipped) == ("s-1", (FIRST,), (SKIPPED,))


def test_giving_its_rest_up_is_noted_and_changes_nothing_of_it() -> None:
    since = at("09:00")
    booked = given(Series, STREAM, told(SeriesBooked, **BOOKED))
    noted = booked.when(lambda series: series.note_cancelled(cause(), since, ["b-1"]))
    noted.then(told(SeriesCancelled, since=since, bookings=("b-1",)))
    assert noted.decided.bookings == booked.aggregate.bookings
    booked.when(lambda series: series.note_unchanged(cause())).then(told(SeriesUnchanged))


def test_one_that_never_began_is_unknown() -> None:
    given(Series, STREAM).when(lambda series: series.must_exist()).then_refused("unknown-series", series="s-1")


def test_a_booking_says_which_series_it_is_of() -> None:
    terms = Terms(customer="c-alice", party=1, legs=(LEG,))
    alone = given(Booking, "booking/b-1", told(BookingConfirmed, terms=terms, details=None, reason=None))
    assert alone.aggregate.series is None
    placed = alone.when(lambda booking: booking.place_in_series(cause(), "s-1", 1))
    placed.then(told(BookingPlacedInSeries, series="s-1", number=1))
    assert placed.decided.series == "s-1"


def test_four_hundred_days_of_resources_are_the_most() -> None:
    must_be_few_enough(400)
    refused("bad-duration", lambda: must_be_few_enough(401), most_days=400)
