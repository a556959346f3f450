"""Hours, exceptions and policy become windows and slots of a date."""

from datetime import date, timedelta

import pytest
from tests.domain.given import TUESDAY, a_definition, a_resource, at, daily, hours

from domain.interval import Interval
from domain.plan import DateException, Plan, WallWindow, wall_window

WEDNESDAY = TUESDAY + timedelta(days=1)


def plan_of(*windows: str, step: int = 30, exceptions: dict[date, DateException] | None = None) -> Plan:
    """The plan of a place that has the same hours every day."""
    return a_resource(a_definition(open_on=daily(*windows), step=step, exceptions=exceptions)).plan


def shown(slots: list[Interval]) -> list[str]:
    """Slots as people read them."""
    return [f"{slot.start:%H:%M}-{slot.end:%H:%M}" for slot in slots]


@pytest.mark.parametrize(
    ("times", "minutes"),
    [
        (("09:00", "17:30"), WallWindow(540, 1050)),
        (("20:00", "24:00"), WallWindow(1200, 1440)),
        (("22:00", "02:00"), WallWindow(1320, 1560)),
        (("00:00", "24:00"), WallWindow(0, 1440)),
        (("00:00", "00:00"), WallWindow(0, 1440)),
        (("09:00", "09:00"), WallWindow(540, 1980)),
    ],
)
def test_a_window_that_does_not_close_after_it_opens_closes_on_the_next_day(
    times: tuple[str, str], minutes: WallWindow
) -> None:
    assert minutes == wall_window(times)


def test_a_date_has_the_windows_of_its_weekday() -> None:
    plan = a_resource(a_definition(open_on={"tue": hours("09:00-12:00", "13:00-15:00")})).plan

    assert [(f"{window.opens:%H:%M}", f"{window.closes:%H:%M}") for window in plan.windows_on(TUESDAY)] == [
        ("09:00", "12:00"),
        ("13:00", "15:00"),
    ]
    assert plan.windows_on(WEDNESDAY) == []


def test_a_slot_may_run_on_into_a_window_that_touches_and_never_over_a_gap() -> None:
    plan = plan_of("09:00-09:10", "09:10-09:20", "10:00-10:10", "10:20-10:40", step=10)

    assert shown(list(plan.slots_on(TUESDAY, 20))) == ["09:00-09:20", "10:20-10:40"]


def test_an_exception_replaces_the_windows_of_its_date_alone() -> None:
    short = DateException(windows=hours("10:00-11:00"), reason="Inventory")
    plan = plan_of("09:00-17:00", exceptions={TUESDAY: short})

    assert shown(list(plan.slots_on(TUESDAY, 30))) == ["10:00-10:30", "10:30-11:00"]
    assert len(list(plan.slots_on(WEDNESDAY, 30))) == 16


def test_an_exception_without_windows_closes_the_date() -> None:
    plan = plan_of("09:00-17:00", exceptions={TUESDAY: DateException(reason="Christmas came early")})

    assert not plan.touches(TUESDAY)
    assert plan.touches(WEDNESDAY)


def test_a_date_is_touched_by_the_night_before_but_not_by_one_that_ends_at_midnight() -> None:
    until_two = a_resource(a_definition(open_on={"mon": hours("22:00-02:00")})).plan
    until_midnight = a_resource(a_definition(open_on={"mon": hours("22:00-24:00")})).plan

    assert until_two.touches(TUESDAY)
    assert not until_midnight.touches(TUESDAY)


def test_an_instant_belongs_to_the_window_that_it_falls_into_and_its_close_to_none() -> None:
    plan = plan_of("09:00-12:00", "22:00-02:00")

    early, late, noon = plan.window_of(at("01:59")), plan.window_of(at("22:00")), plan.window_of(at("12:00"))

    assert early is not None
    assert late is not None
    assert (TUESDAY - timedelta(days=1), TUESDAY, None) == (early.date, late.date, noon)


def test_slots_begin_on_the_grid_and_end_within_the_opening() -> None:
    assert shown(list(plan_of("09:00-11:30", step=60).slots_on(TUESDAY, 50))) == ["09:00-09:50", "10:00-10:50"]


def test_long_slots_of_a_fine_grid_overlap() -> None:
    slots = shown(list(plan_of("09:00-10:30", step=15).slots_on(TUESDAY, 60)))

    assert slots == ["09:00-10:00", "09:15-10:15", "09:30-10:30"]


def test_a_slot_runs_on_into_a_window_that_touches_and_each_window_has_a_grid_of_its_own() -> None:
    plan = plan_of("09:00-10:15", "10:15-11:15")

    assert shown(list(plan.slots_on(TUESDAY, 30))) == [
        "09:00-09:30",
        "09:30-10:00",
        "10:00-10:30",
        "10:15-10:45",
        "10:45-11:15",
    ]


def test_a_slot_does_not_run_over_a_break() -> None:
    assert shown(list(plan_of("09:00-10:30", "11:00-12:00", step=60).slots_on(TUESDAY, 60))) == [
        "09:00-10:00",
        "11:00-12:00",
    ]


def test_slots_of_a_night_are_listed_under_the_date_on_which_it_begins() -> None:
    slots = list(plan_of("23:00-01:00").slots_on(TUESDAY, 30))

    assert shown(slots) == ["23:00-23:30", "23:30-00:00", "00:00-00:30", "00:30-01:00"]
    assert slots[-1].start.date() == WEDNESDAY


def test_an_opening_goes_on_over_midnight_where_the_next_dates_window_touches() -> None:
    around_the_clock = plan_of("00:00-24:00", step=60)
    window = around_the_clock.window_of(at("23:00"))

    assert window is not None
    assert at("2026-12-05 00:00") == around_the_clock.open_until(window, at("2026-12-04 10:00"))
    assert shown(list(around_the_clock.slots_on(TUESDAY, 180))[-1:]) == ["23:00-02:00"]


def test_an_opening_ends_where_the_next_day_is_closed() -> None:
    plan = plan_of("00:00-24:00", exceptions={WEDNESDAY: DateException()})
    window = plan.window_of(at("23:00"))

    assert window is not None
    assert at("2026-12-02 00:00") == plan.open_until(window, at("2026-12-09 00:00"))


def test_a_day_of_288_windows_that_touch_is_one_opening() -> None:
    clock = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 1440, 5)]
    plan = plan_of(*(f"{a}-{b}" for a, b in zip(clock, [*clock[1:], "24:00"], strict=True)), step=5)

    assert len(list(plan.slots_on(TUESDAY, 31 * 1440))) == 288


def test_windows_carry_the_offset_of_their_place() -> None:
    assert [timedelta(hours=1)] == [window.opens.utcoffset() for window in plan_of("09:00-17:00").windows_on(TUESDAY)]
