"""The booking rules one by one, each at its boundary, and which of several broken ones is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.domain.given import (
    DHAKA,
    MONDAY,
    TUESDAY,
    a_definition,
    a_resource,
    at,
    between,
    daily,
    moon_hospital,
    refused,
)

from domain.interval import MINUTE, Interval
from domain.plan import DateException
from domain.policies import (
    BOOKING_POLICIES,
    BookingPolicy,
    Request,
    date_is_open,
    gives_enough_notice,
    has_a_right_length,
    last_change,
    lies_within_hours,
    lies_within_the_horizon,
    must_be_bookable,
    must_keep_daily_limit,
    must_not_hoard,
    seats_the_party,
    starts_in_the_future,
    starts_on_the_grid,
    takes_no_more_units_than_allowed,
)
from domain.refusal import RuleCode
from domain.resource import Resource


def ask(
    interval: Interval | None = None,
    of: Resource | None = None,
    *,
    units: int = 1,
    party: int = 1,
    now: datetime = MONDAY,
    by_staff: bool = False,
) -> Request:
    """Alice asks Dr Lee for Tuesday, 10:00 to 10:30; say what is different."""
    asked = between("10:00", "10:30") if interval is None else interval
    return Request(of or a_resource(), asked, units, party, now, by_staff)


def broken(policy: BookingPolicy, asked: Request, code: str, **facts: object) -> str:
    """What the rule says of a request that breaks it."""
    return refused(code, lambda: policy(asked), **facts).detail


def lee(**changes: Any) -> Resource:
    """Dr Lee, with other terms."""
    return a_resource(a_definition(**changes))


def test_what_keeps_every_rule_is_bookable() -> None:
    must_be_bookable(ask())


def test_a_start_may_be_now_but_not_before() -> None:
    starts_in_the_future(ask(now=at("10:00")))

    detail = broken(
        starts_in_the_future, ask(now=at("10:00") + timedelta(microseconds=1)), "in-the-past",
        start="2026-12-01T10:00:00+01:00",
    )  # fmt: skip
    assert detail == "10:00 on 1 December 2026 has passed. Please choose a later time."


def test_a_closed_date_says_why() -> None:
    christmas = lee(exceptions={TUESDAY: DateException(reason="Christmas came early")})

    detail = broken(date_is_open, ask(of=christmas), "closed", date="2026-12-01", reason="Christmas came early")
    assert detail == "Dr Lee is closed on Tuesday, 1 December (Christmas came early). Please choose another day."


def test_the_hospital_is_closed_on_fridays() -> None:
    friday = between("2026-12-04 10:00", "2026-12-04 10:30", DHAKA)

    broken(date_is_open, ask(friday, moon_hospital()), "closed", date="2026-12-04", reason=None)


def test_a_date_that_a_night_runs_into_is_not_closed() -> None:
    nights = lee(open_on={"mon": (("22:00", "02:00"),)})

    must_be_bookable(ask(between("01:30", "02:00"), nights))
    date_is_open(ask(of=nights))
    broken(lies_within_hours, ask(of=nights), "outside-hours", hours=[])


@pytest.mark.parametrize(
    ("start", "end"), [("08:30", "09:00"), ("17:00", "17:30"), ("16:45", "17:15"), ("08:45", "09:15")]
)
def test_a_booking_lies_within_the_hours(start: str, end: str) -> None:
    broken(lies_within_hours, ask(between(start, end)), "outside-hours", hours=[["09:00", "17:00"]])


def test_the_first_and_the_last_minute_of_the_hours_can_be_booked() -> None:
    lies_within_hours(ask(between("09:00", "09:30")))
    lies_within_hours(ask(between("16:30", "17:00")))


def test_a_booking_may_not_run_over_a_break_but_over_windows_that_touch() -> None:
    across_noon = between("11:30", "13:30")

    lies_within_hours(ask(across_noon, lee(open_on=daily("09:00-12:00", "12:00-17:00"))))
    broken(lies_within_hours, ask(across_noon, lee(open_on=daily("09:00-12:00", "13:00-17:00"))), "outside-hours")


def test_a_booking_may_run_over_midnight_where_the_opening_does() -> None:
    night = between("2026-12-01 22:00", "2026-12-02 02:00")

    lies_within_hours(ask(night, lee(open_on=daily("00:00-24:00"))))
    lies_within_hours(ask(night, lee(open_on=daily("22:00-02:00"))))
    broken(lies_within_hours, ask(night, lee(open_on=daily("22:00-24:00"))), "outside-hours")


def test_a_booking_of_a_hundred_years_around_the_clock_is_of_bad_duration_at_once() -> None:
    for_ever = Interval(at("10:00"), at("2126-12-01 10:00"))

    broken(must_be_bookable, ask(for_ever, lee(open_on=daily("00:00-24:00"))), "bad-duration")


@pytest.mark.parametrize("start", ["10:10", "10:29", "09:01"])
def test_a_start_lies_on_the_grid(start: str) -> None:
    broken(starts_on_the_grid, ask(Interval(at(start), at(start) + 30 * MINUTE)), "off-grid", step=30)


def test_seconds_are_off_the_grid() -> None:
    broken(starts_on_the_grid, ask(Interval(at("10:00") + timedelta(seconds=1), at("10:30"))), "off-grid")


def test_the_grid_counts_from_the_window_that_the_start_falls_into_and_its_neighbours_are_told() -> None:
    late_riser = lee(open_on=daily("09:10-12:00", "13:05-17:00"), step=60)

    starts_on_the_grid(ask(between("14:05", "15:05"), late_riser))
    detail = broken(
        starts_on_the_grid, ask(between("14:10", "15:10"), late_riser), "off-grid",
        step=60, window_opens="2026-12-01T13:05:00+01:00",
    )  # fmt: skip
    assert detail.endswith("from 13:05; 14:10 lies between two starts. Please choose 14:05 or 15:05.")


@pytest.mark.parametrize("minutes", [-30, 0, 29, 31, 60])
def test_a_fixed_slot_has_one_length(minutes: int) -> None:
    asked = ask(Interval(at("10:00"), at("10:00") + minutes * MINUTE))

    broken(has_a_right_length, asked, "bad-duration", min_duration=30, max_duration=30, step=30)


@pytest.mark.parametrize(
    ("minutes", "right"), [(15, False), (20, True), (27, False), (35, True), (80, True), (95, False)]
)
def test_a_free_interval_is_the_minimum_plus_steps_up_to_the_maximum(minutes: int, right: bool) -> None:
    room = lee(step=15, min_duration=20, max_duration=80)
    asked = ask(Interval(at("10:00"), at("10:00") + minutes * MINUTE), room)

    if right:
        has_a_right_length(asked)
    else:
        broken(has_a_right_length, asked, "bad-duration", min_duration=20, max_duration=80, step=15)


def test_a_length_with_seconds_is_not_right() -> None:
    broken(has_a_right_length, ask(Interval(at("10:00"), at("10:30") + timedelta(seconds=1))), "bad-duration")


def test_notice_is_kept_to_the_minute_by_customers_and_not_asked_of_staff() -> None:
    two_hours = lee(min_notice=120)

    gives_enough_notice(ask(of=two_hours, now=at("08:00")))
    gives_enough_notice(ask(of=two_hours, now=at("09:59"), by_staff=True))
    broken(gives_enough_notice, ask(of=two_hours, now=at("08:00") + timedelta(seconds=1)), "too-soon", min_notice=120)


def test_the_last_date_of_the_horizon_can_be_booked_all_day() -> None:
    week = lee(max_advance_days=7)
    next_monday, tuesday_after = (
        between("2026-12-07 16:30", "2026-12-07 17:00"),
        between("2026-12-08 09:00", "2026-12-08 09:30"),
    )

    lies_within_the_horizon(ask(next_monday, week))
    lies_within_the_horizon(ask(tuesday_after, week, by_staff=True))
    broken(
        lies_within_the_horizon, ask(tuesday_after, week), "too-far-ahead", max_advance_days=7, last_date="2026-12-07"
    )  # fmt: skip


def test_a_horizon_of_no_days_is_today() -> None:
    today = lee(max_advance_days=0)

    lies_within_the_horizon(ask(of=today, now=at("09:00")))
    broken(lies_within_the_horizon, ask(of=today, now=MONDAY), "too-far-ahead", last_date="2026-11-30")


def test_a_party_fits_its_seats() -> None:
    seats_the_party(ask(of=lee(seats=12), party=12))
    seats_the_party(ask(party=1_000))
    broken(seats_the_party, ask(of=lee(seats=12), party=13), "party-too-large", seats=12)
    broken(seats_the_party, ask(of=lee(seats=12), party=13, by_staff=True), "party-too-large")


@pytest.mark.parametrize("units", [-1, 0, 4])
def test_a_booking_takes_at_least_one_unit_and_no_more_than_allowed(units: int) -> None:
    takes_no_more_units_than_allowed(ask(of=moon_hospital(max_units=3), units=3))
    broken(
        takes_no_more_units_than_allowed, ask(of=moon_hospital(max_units=3), units=units), "too-many-units", max_units=3
    )


def test_the_daily_limit_is_a_number_of_bookings_and_none_is_none() -> None:
    must_keep_daily_limit(lee(daily_limit=2), at("10:00"), 1)
    must_keep_daily_limit(lee(), at("10:00"), 1_000)

    detail = refused("daily-limit", lambda: must_keep_daily_limit(lee(daily_limit=2), at("10:00"), 2), limit=2).detail
    assert "2 active bookings a day of Dr Lee" in detail


def test_one_customer_holds_only_so_many_times() -> None:
    must_not_hoard(2, 3)

    refused("too-many-holds", lambda: must_not_hoard(3, 3), limit=3)


def test_a_booking_may_be_changed_up_to_its_notice() -> None:
    day_before = lee(cancel_notice=1440)

    assert last_change(day_before, at("10:00")) == at("2026-11-30 10:00")
    assert last_change(lee(), at("10:00")) == at("10:00")


def test_the_first_broken_rule_is_told_and_mending_it_tells_the_next() -> None:
    terms: dict[str, Any] = {"seats": 1, "min_notice": 3 * 1440, "max_advance_days": 1}
    strict = lee(**terms, exceptions={at("2026-12-22 00:00").date(): DateException()})
    worse_and_better: list[tuple[str, int, int, int, bool, RuleCode]] = [
        ("2026-12-01 10:10", 47, 9, 9, False, "in-the-past"),
        ("2026-12-22 08:10", 47, 9, 9, False, "closed"),
        ("2026-12-23 08:10", 47, 9, 9, False, "outside-hours"),
        ("2026-12-23 09:10", 47, 9, 9, False, "off-grid"),
        ("2026-12-23 09:30", 47, 9, 9, False, "bad-duration"),
        ("2026-12-23 09:30", 30, 9, 9, False, "too-soon"),
        ("2026-12-24 09:30", 30, 9, 9, False, "too-far-ahead"),
        ("2026-12-24 09:30", 30, 9, 9, True, "party-too-large"),
        ("2026-12-24 09:30", 30, 9, 1, True, "too-many-units"),
    ]

    for start, minutes, units, party, by_staff, code in worse_and_better:
        interval = Interval(at(start), at(start) + minutes * MINUTE)
        asked = ask(interval, strict, units=units, party=party, now=at("2026-12-20 12:00"), by_staff=by_staff)
        broken(must_be_bookable, asked, code)
    assert len(worse_and_better) == len(BOOKING_POLICIES)


def test_staff_are_bound_by_hours_grid_and_length() -> None:
    for start, end, code in [
        ("08:00", "08:30", "outside-hours"),
        ("10:10", "10:40", "off-grid"),
        ("10:00", "11:00", "bad-duration"),
    ]:
        broken(must_be_bookable, ask(between(start, end), by_staff=True), code)
    broken(must_be_bookable, ask(by_staff=True, now=datetime(2026, 12, 2, tzinfo=UTC)), "in-the-past")


def test_the_window_of_a_request_is_worked_out_once() -> None:
    asked = ask()

    assert asked.window is asked.window
