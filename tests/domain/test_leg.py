"""From what somebody asks for to what a booking has: instants, dates and buffers."""

from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest
from tests.domain.given import DHAKA, TUESDAY, a_definition, a_resource, at, between, daily, moon_hospital, refused

from domain.interval import Interval
from domain.leg import (
    PlacedLeg,
    WantedLeg,
    interval_of,
    moment,
    must_be_short_enough,
    must_leave_each_other_room,
    place,
)
from domain.policies import Request, must_be_bookable
from domain.resource import Resource

TEN = datetime(2026, 12, 1, 10)  # noqa: DTZ001 - a wall clock has no zone: that is the point
TEN_UTC = TEN.replace(tzinfo=UTC)
NIGHTS = a_resource(
    a_definition(open_on=daily("00:00-24:00"), step=60, max_duration=31 * 1440, buffer_before=30, buffer_after=45)
)


def asked(start: datetime, end: datetime | None = None) -> WantedLeg:
    """A leg as a request names it."""
    return WantedLeg("moon-hospital", start, end, 1)


def test_a_time_without_offset_is_the_resources_wall_clock() -> None:
    assert interval_of(asked(TEN, TEN + timedelta(minutes=30)), moon_hospital()) == between("10:00", "10:30", DHAKA)


def test_a_time_with_an_offset_is_that_instant_and_is_kept_with_the_resources() -> None:
    interval = interval_of(asked(datetime(2026, 12, 1, 4, tzinfo=UTC)), moon_hospital())

    assert interval.start.isoformat() == "2026-12-01T10:00:00+06:00"


def test_an_end_left_out_is_the_shortest_booking() -> None:
    assert interval_of(asked(TEN), moon_hospital(min_duration=45, max_duration=75)).minutes == 45


@pytest.mark.parametrize("zone", [None, UTC])
@pytest.mark.parametrize("year", [1, 1969])
def test_times_long_ago_are_refused_not_miscalculated(year: int, zone: tzinfo | None) -> None:
    refused("in-the-past", lambda: moment(TEN.replace(year=year, tzinfo=zone), moon_hospital()))


@pytest.mark.parametrize("zone", [None, UTC])
@pytest.mark.parametrize("year", [3000, 9999])
def test_times_at_the_end_of_calendars_are_refused_not_miscalculated(year: int, zone: tzinfo | None) -> None:
    last_minute = datetime(year, 12, 31, 23, 59, tzinfo=zone)

    refused("too-far-ahead", lambda: moment(last_minute, moon_hospital()), last_date="2999-12-30")
    refused("too-far-ahead", lambda: interval_of(asked(TEN, last_minute), moon_hospital()))


def test_the_last_date_of_calendars_can_be_asked_for() -> None:
    new_years_eve = datetime(2999, 12, 30, 9, tzinfo=DHAKA)
    request = Request(moon_hospital(), interval_of(asked(new_years_eve), moon_hospital()), 1, 1, TEN_UTC, by_staff=True)

    must_be_bookable(request)


def leg_at(start: str, end: str, resource: Resource) -> tuple[date, ...]:
    """The dates of a leg."""
    return place(asked(at(start)), Interval(at(start), at(end)), resource).leg.days


def test_the_dates_of_a_leg_are_those_that_its_buffers_touch() -> None:
    assert leg_at("10:00", "11:00", NIGHTS) == (TUESDAY,)
    assert leg_at("2026-12-01 00:00", "2026-12-01 23:00", NIGHTS) == (TUESDAY - timedelta(days=1), TUESDAY)
    assert leg_at("2026-12-01 22:00", "2026-12-01 23:15", NIGHTS) == (TUESDAY,)
    assert leg_at("2026-12-01 22:00", "2026-12-01 23:16", NIGHTS) == (TUESDAY, TUESDAY + timedelta(days=1))


def test_a_leg_claims_its_part_on_each_date_buffers_included() -> None:
    leg, claimed, _ = place(
        asked(at("22:00")), Interval(at("2026-12-01 22:00"), at("2026-12-02 02:00")), NIGHTS
    )  # fmt: skip

    parts = dict(claimed)

    assert list(parts.values()) == [
        between("2026-12-01 21:30", "2026-12-02 00:00"),
        between("2026-12-02 00:00", "2026-12-02 02:45"),
    ]
    assert tuple(parts) == leg.days


def test_a_booking_lies_on_31_dates_at_most() -> None:
    must_be_short_enough(31)
    assert len(leg_at("2026-12-01 01:00", "2026-12-31 20:00", NIGHTS)) == 31

    refused("bad-duration", lambda: leg_at("2026-12-01 00:00", "2026-12-31 20:00", NIGHTS), most_dates=31)


def legs_at(*times: tuple[str, str], units: int = 1, **terms: object) -> list[PlacedLeg]:
    """Legs of one booking on the hospital."""
    hospital = moon_hospital(**terms)
    wanted = WantedLeg("moon-hospital", at("10:00"), None, units)
    return [place(wanted, between(start, end, DHAKA), hospital) for start, end in times]


def test_legs_of_one_booking_want_no_more_at_once_than_there_is() -> None:
    first, second, across = ("10:00", "10:30"), ("10:30", "11:00"), ("10:15", "10:45")
    must_leave_each_other_room(legs_at(first, second, capacity=1))
    # It lies across both of the others, but never at the same time as both.
    must_leave_each_other_room(legs_at(first, second, across, capacity=2))
    must_leave_each_other_room(legs_at(first, across, units=2, capacity=4))
    elsewhere = place(WantedLeg("oak-12", at("10:00"), None, 1), between(*first, DHAKA), moon_hospital(capacity=1))
    must_leave_each_other_room([*legs_at(first, capacity=1), elsewhere])


@pytest.mark.parametrize(
    "legs",
    [
        legs_at(("10:00", "10:30"), ("10:15", "10:45"), capacity=1),
        legs_at(("10:15", "10:45"), ("10:00", "10:30"), capacity=1),
        legs_at(("10:00", "10:30"), ("10:15", "10:45"), units=2, capacity=3),
        legs_at(("10:00", "10:30"), ("10:30", "11:00"), capacity=1, buffer_after=15),
    ],
    ids=["one behind the other", "the other way round", "two places each", "buffers"],
)
def test_legs_that_leave_each_other_no_room_are_refused(legs: list[PlacedLeg]) -> None:
    refused("legs-overlap", lambda: must_leave_each_other_room(legs))
