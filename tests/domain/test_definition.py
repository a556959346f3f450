"""What an administrator may say of a resource. Every broken rule is told at once, by pointer."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.domain.given import TUESDAY, a_definition, daily, hours, refused

from domain.definition import Definition
from domain.plan import DateException, Policy


def pointers(definition: Definition, timezone: str = "Europe/Vienna") -> list[str]:
    """Where a definition is refused."""
    errors = refused("malformed", lambda: definition.checked(timezone)).facts["errors"]
    assert isinstance(errors, list)
    return [str(error["pointer"]) for error in errors if isinstance(error, dict)]


def test_durations_left_out_are_the_step() -> None:
    policy = a_definition(step=50).checked("Europe/Vienna").policy

    assert (policy.min_duration, policy.max_duration) == (50, 50)


def test_a_maximum_left_out_is_the_minimum() -> None:
    policy = a_definition(step=60, min_duration=50).checked("Europe/Vienna").policy

    assert (policy.min_duration, policy.max_duration) == (50, 50)


def test_windows_are_put_in_order_and_closed_weekdays_left_out() -> None:
    told = a_definition(open_on={"tue": hours("13:00-17:00", "09:00-12:00"), "fri": ()})

    assert told.checked("Europe/Vienna").hours == {"tue": hours("09:00-12:00", "13:00-17:00")}


def test_checking_what_was_checked_changes_nothing() -> None:
    checked = a_definition(open_on=daily("13:00-17:00", "09:00-12:00")).checked("Europe/Vienna")

    assert checked.checked("Europe/Vienna") == checked


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "  "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"kind": "Sports Ground"}, "/kind"),
        ({"kind": ""}, "/kind"),
        ({"capacity": 0}, "/capacity"),
        ({"capacity": 1_000_001}, "/capacity"),
        ({"seats": 0}, "/seats"),
        ({"attributes": {"Floor": 1}}, "/attributes"),
        ({"attributes": {f"a{n}": n for n in range(51)}}, "/attributes"),
        ({"attributes": {"view": "x" * 201}}, "/attributes/view"),
        ({"attributes": {"area": float("nan")}}, "/attributes/area"),
        ({"attributes": {"area": float("inf")}}, "/attributes/area"),
    ],
)
def test_terms_are_bounded(change: dict[str, Any], pointer: str) -> None:
    assert pointers(a_definition().model_copy(update=change))[0] == pointer


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        ({"step": 4}, "/policy/step"),
        ({"step": 1441}, "/policy/step"),
        ({"max_units": 2}, "/policy/max_units"),
        ({"hold_seconds": 0}, "/policy/hold_seconds"),
        ({"min_notice": -1}, "/policy/min_notice"),
        ({"max_advance_days": 3661}, "/policy/max_advance_days"),
        ({"cancel_notice": -1}, "/policy/cancel_notice"),
        ({"buffer_before": -5}, "/policy/buffer_before"),
        ({"buffer_after": 1441}, "/policy/buffer_after"),
        ({"daily_limit": 0}, "/policy/daily_limit"),
        ({"min_duration": 60, "max_duration": 30}, "/policy/max_duration"),
        ({"min_duration": 30, "max_duration": 75}, "/policy/max_duration"),
    ],
)
def test_the_policy_is_bounded(policy: dict[str, Any], pointer: str) -> None:
    assert pointers(a_definition(**policy))[0] == pointer


@pytest.mark.parametrize("step", [0, -30])
def test_a_grid_without_steps_is_refused(step: int) -> None:
    assert "/policy/step" in pointers(a_definition(step=step))


def test_a_booking_may_take_as_many_units_as_there_are() -> None:
    assert a_definition(capacity=20, max_units=20).checked("Asia/Dhaka").policy.max_units == 20


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Europe", "Europe/Wien", "../passwd", "/etc/localtime", "CET\0", "\ud800", "x" * 5000),
        *("right/Europe/Vienna", "posix/Europe/Vienna", "posixrules", "localtime"),
    ],
)
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    assert pointers(a_definition(), zone) == ["/timezone"]


@pytest.mark.parametrize(
    "window",
    [("9:00", "17:00"), ("09:00", "25:00"), ("24:00", "02:00"), ("09:60", "10:00"), ("", ""), ("٠٩:00", "10:00")],
)
def test_a_window_is_written_as_wall_clock_times(window: tuple[str, str]) -> None:
    assert pointers(a_definition(open_on={"tue": (window,)})) == ["/hours/tue/0"]


def test_windows_of_a_date_may_touch_never_overlap() -> None:
    a_definition(open_on=daily("09:00-12:00", "12:00-17:00")).checked("Europe/Vienna")

    assert pointers(a_definition(open_on={"tue": hours("09:00-12:00", "11:59-17:00")})) == ["/hours/tue"]


def test_a_window_over_midnight_may_touch_the_next_dates_never_run_into_them() -> None:
    a_definition(open_on=daily("22:00-02:00", "02:00-04:00")).checked("Europe/Vienna")

    assert pointers(a_definition(open_on={"sun": hours("22:00-02:00"), "mon": hours("01:00-04:00")})) == ["/hours/sun"]


def test_the_night_before_an_exception_may_not_run_into_it() -> None:
    early = {TUESDAY: DateException(windows=hours("01:00-05:00"))}

    assert pointers(a_definition(open_on={"mon": hours("22:00-02:00")}, exceptions=early)) == [f"/exceptions/{TUESDAY}"]


def test_an_exception_may_not_run_into_the_next_date() -> None:
    late = {TUESDAY: DateException(windows=hours("20:00-10:00"))}

    assert pointers(a_definition(exceptions=late)) == [f"/exceptions/{TUESDAY}"]


def test_exceptions_are_a_thousand_at_most_on_dates_that_calendars_know() -> None:
    thousand = {TUESDAY + timedelta(days=n): DateException() for n in range(1000)}
    a_definition(exceptions=thousand).checked("Europe/Vienna")

    assert pointers(a_definition(exceptions={**thousand, date(2026, 1, 1): DateException()})) == ["/exceptions"]
    assert pointers(a_definition(exceptions={date(9999, 12, 31): DateException()})) == ["/exceptions/9999-12-31"]


def test_every_broken_rule_is_told_at_once() -> None:
    told = a_definition(capacity=0, open_on={"tue": hours("09:00-12:00", "11:00-17:00")})

    assert pointers(told, "Mars/Olympus") == ["/capacity", "/policy/max_units", "/timezone", "/hours/tue"]


def test_a_definition_knows_its_fields() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Definition.model_validate({"name": "Dr Lee", "kind": "psychologist", "colour": "blue"})


def test_a_definition_survives_being_stored() -> None:
    told = a_definition(exceptions={TUESDAY: DateException(reason="Christmas came early")}, seats=4)
    told = told.model_copy(update={"attributes": {"floor": 2, "projector": True, "area": 20.5, "wing": "north"}})

    read = Definition.model_validate_json(told.checked("Europe/Vienna").model_dump_json())

    assert read == told.checked("Europe/Vienna")
    assert [type(value) for value in read.attributes.values()] == [int, bool, float, str]


def test_a_definition_that_today_would_be_refused_still_loads() -> None:
    stored = a_definition(capacity=0, step=1).model_dump_json()

    assert Definition.model_validate_json(stored).policy == Policy(step=1)
