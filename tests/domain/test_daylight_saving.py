"""Clocks that jump, zones half an hour off, dates that are not UTC's, and midnights that do not exist.

All of 2026. Vienna: forward on 29 March at 02:00, back on 25 October at 03:00, an hour each. Lord Howe: back on
5 April at 02:00, forward on 4 October at 02:00, half an hour each. Santiago: back on 4 April at 24:00, forward on
6 September at 00:00. Beirut: forward on 29 March at 00:00.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from tests.domain.given import (
    MONDAY,
    VIENNA,
    a_day,
    a_definition,
    a_resource,
    at,
    between,
    cause,
    claimed,
    daily,
    given,
    refused,
    wanted,
)

from domain.interval import DAY, MINUTE, Interval, exact_instant_at, first_instant, first_instant_at, split_by_date
from domain.policies import Request, gives_enough_notice, lies_within_the_horizon, must_be_bookable
from domain.resource import Resource
from domain.resource_day import ResourceDay

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SANTIAGO = ZoneInfo("America/Santiago")
BEIRUT = ZoneInfo("Asia/Beirut")
KOLKATA = ZoneInfo("Asia/Kolkata")
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")
PAGO_PAGO = ZoneInfo("Pacific/Pago_Pago")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def wall(text: str) -> datetime:
    """What a clock on the wall shows."""
    return datetime.fromisoformat(text)


def open_at(*windows: str, zone: ZoneInfo = VIENNA, step: int = 30) -> Resource:
    """A place with the same hours every day."""
    return a_resource(a_definition(open_on=daily(*windows), step=step, max_duration=24 * step), zone)


def slots(resource: Resource, day: date, minutes: int = 30) -> list[str]:
    """The starts of a day's slots, with their offsets."""
    return [f"{slot.start:%H:%M%z}" for slot in resource.plan.slots_on(day, minutes)]


# Times that do not exist, or exist twice.


@pytest.mark.parametrize(
    ("zone", "skipped", "after"),
    [
        (VIENNA, "2026-03-29T02:00", "2026-03-29T03:00:00+02:00"),
        (VIENNA, "2026-03-29T02:30", "2026-03-29T03:30:00+02:00"),
        (LORD_HOWE, "2026-10-04T02:15", "2026-10-04T02:45:00+11:00"),
        (SANTIAGO, "2026-09-06T00:00", "2026-09-06T01:00:00-03:00"),
        (BEIRUT, "2026-03-29T00:59", "2026-03-29T01:59:00+03:00"),
    ],
)
def test_a_time_that_the_clocks_jump_over_is_refused_with_the_next_one(
    zone: ZoneInfo, skipped: str, after: str
) -> None:
    refusal = refused(
        "no-such-local-time",
        lambda: exact_instant_at(wall(skipped), zone),
        local_time=f"{skipped}:00",
        timezone=zone.key,
        next_local_time=after,
    )

    assert f"does not exist in {zone.key}" in refusal.detail


@pytest.mark.parametrize(
    ("zone", "twice", "choices"),
    [
        (VIENNA, "2026-10-25T02:00", ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]),
        (VIENNA, "2026-10-25T02:59", ["2026-10-25T02:59:00+02:00", "2026-10-25T02:59:00+01:00"]),
        (LORD_HOWE, "2026-04-05T01:45", ["2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"]),
        (SANTIAGO, "2026-04-04T23:30", ["2026-04-04T23:30:00-03:00", "2026-04-04T23:30:00-04:00"]),
    ],
)
def test_a_time_that_comes_twice_is_refused_with_both(zone: ZoneInfo, twice: str, choices: list[str]) -> None:
    refused("ambiguous-local-time", lambda: exact_instant_at(wall(twice), zone), timezone=zone.key, choices=choices)


@pytest.mark.parametrize(
    "shown", ["2026-03-29T01:59", "2026-03-29T03:00", "2026-10-25T01:59", "2026-10-25T03:00", "2026-07-01T12:00"]
)
def test_the_minutes_around_a_jump_exist_once(shown: str) -> None:
    assert exact_instant_at(wall(shown), VIENNA).replace(tzinfo=None) == wall(shown)


ZONES = [VIENNA, LORD_HOWE, SANTIAGO, BEIRUT, KOLKATA, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/Havana")]


@pytest.mark.parametrize("zone", [*ZONES, ZoneInfo("Africa/Casablanca"), ZoneInfo("America/Nuuk"), PAGO_PAGO])
@for_all(minutes=st.integers(0, 365 * 1440))
def test_an_opening_time_is_the_first_instant_that_the_clocks_show_it_or_have_jumped_over_it(
    zone: ZoneInfo, minutes: int
) -> None:
    shown = wall("2026-01-01T00:00") + minutes * MINUTE

    first = first_instant_at(shown, zone)

    assert first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) >= shown
    for earlier in (1, 30, 60):
        assert (first - earlier * MINUTE).astimezone(UTC).astimezone(zone).replace(tzinfo=None) < shown
    assert first.utcoffset() == first.astimezone(UTC).astimezone(zone).utcoffset()


# Days of 23, 23½, 24½ and 25 hours.


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "starts"),
    [
        (VIENNA, SPRING, 1380, "2026-03-29T00:00:00+01:00"),
        (VIENNA, AUTUMN, 1500, "2026-10-25T00:00:00+02:00"),
        (LORD_HOWE, date(2026, 10, 4), 1410, "2026-10-04T00:00:00+10:30"),
        (LORD_HOWE, date(2026, 4, 5), 1470, "2026-04-05T00:00:00+11:00"),
        (SANTIAGO, date(2026, 9, 6), 1380, "2026-09-06T01:00:00-03:00"),
        (SANTIAGO, date(2026, 4, 4), 1500, "2026-04-04T00:00:00-03:00"),
        (BEIRUT, SPRING, 1380, "2026-03-29T01:00:00+03:00"),
        (KOLKATA, date(2026, 12, 1), 1440, "2026-12-01T00:00:00+05:30"),
        (KIRITIMATI, date(2026, 12, 1), 1440, "2026-12-01T00:00:00+14:00"),
    ],
)
def test_a_day_has_the_minutes_that_its_clocks_give_it(zone: ZoneInfo, day: date, minutes: int, starts: str) -> None:
    resource = open_at("00:00-24:00", zone=zone)

    opened = given(ResourceDay, ResourceDay.stream("dr-lee", day)).when(lambda day: day.change(cause(), resource))

    assert (opened.decided.minutes, opened.decided.starts.isoformat()) == (minutes, starts)
    assert len(opened.decided.claimed) == minutes


def test_both_hours_of_autumn_can_be_taken_one_by_each() -> None:
    resource = open_at("00:00-24:00")
    first = Interval(wall("2026-10-25T02:00+02:00"), wall("2026-10-25T02:30+02:00"))
    second = Interval(wall("2026-10-25T02:00+01:00"), wall("2026-10-25T02:30+01:00"))
    taken = a_day(resource, claimed(wanted("b-alice", first)), day=AUTUMN)

    taken.when(lambda day: day.change(cause(), resource, claim=[wanted("b-bob", second)])).then(
        claimed(wanted("b-bob", second))
    )
    taken.when(lambda day: day.change(cause(), resource, claim=[wanted("b-bob", first)])).then_refused("not-available")


def test_the_last_minute_of_a_long_day_can_be_taken() -> None:
    resource = open_at("00:00-24:00")
    evening = between("2026-10-25 23:30", "2026-10-26 00:00")

    day = a_day(resource, claimed(wanted("b-alice", evening)), day=AUTUMN).aggregate

    assert (day.claimed[1469], day.claimed[1470], day.claimed[1499]) == (0, 1, 1)


def test_a_night_over_a_midnight_that_does_not_exist_is_split_where_the_clocks_jump() -> None:
    night = between("2026-09-05 23:00", "2026-09-06 02:00", SANTIAGO)

    parts = split_by_date(night, SANTIAGO)

    assert [(part.start.isoformat(), part.minutes) for _, part in parts] == [
        ("2026-09-05T23:00:00-04:00", 60),
        ("2026-09-06T01:00:00-03:00", 60),
    ]


# Slots as people on the spot would expect them.


def test_in_spring_the_skipped_hour_has_no_slots() -> None:
    assert slots(open_at("01:00-04:00"), SPRING) == ["01:00+0100", "01:30+0100", "03:00+0200", "03:30+0200"]


def test_in_autumn_both_hours_have_slots() -> None:
    assert slots(open_at("01:00-04:00"), AUTUMN) == [
        *("01:00+0200", "01:30+0200", "02:00+0200", "02:30+0200"),
        *("02:00+0100", "02:30+0100", "03:00+0100", "03:30+0100"),
    ]


def test_a_window_that_opens_in_the_repeated_hour_opens_at_its_first_time() -> None:
    assert slots(open_at("02:30-03:30"), AUTUMN) == ["02:30+0200", "02:00+0100", "02:30+0100", "03:00+0100"]


def test_a_window_that_the_clocks_jump_over_is_not_there_and_one_that_they_cut_is_shorter() -> None:
    assert slots(open_at("02:00-03:00"), SPRING) == []
    assert not open_at("02:00-03:00").plan.touches(SPRING)
    assert slots(open_at("02:30-04:00"), SPRING) == ["03:00+0200", "03:30+0200"]
    assert slots(open_at("01:30-02:30"), SPRING) == ["01:30+0100"]


def test_windows_that_touch_in_the_skipped_or_repeated_hour_touch_still() -> None:
    halves = open_at("01:00-02:30", "02:30-04:00")

    assert slots(halves, SPRING, 120) == ["01:00+0100"]
    assert slots(halves, AUTUMN, 120)[:3] == ["01:00+0200", "01:30+0200", "02:00+0200"]


def test_a_business_day_has_its_usual_slots_whatever_the_night_was_like() -> None:
    office = open_at("09:00-17:00", step=60)

    for day in (SPRING - DAY, SPRING, AUTUMN, AUTUMN + DAY):
        assert [slot[:5] for slot in slots(office, day, 60)] == [f"{hour:02}:00" for hour in range(9, 17)]


def test_half_an_hour_of_daylight_saving_moves_the_grid_by_half_an_hour() -> None:
    ferry = open_at("00:00-05:00", zone=LORD_HOWE, step=60)

    assert slots(ferry, date(2026, 10, 4), 60) == ["00:00+1030", "01:00+1030", "02:30+1100", "03:30+1100"]
    assert slots(ferry, date(2026, 4, 5), 60) == [
        *("00:00+1100", "01:00+1100", "01:30+1030", "02:30+1030", "03:30+1030"),
    ]


def test_a_place_around_the_clock_opens_when_its_date_begins() -> None:
    assert slots(open_at("00:00-24:00", zone=SANTIAGO), date(2026, 9, 6))[:2] == ["01:00-0300", "01:30-0300"]
    assert len(slots(open_at("00:00-24:00", zone=SANTIAGO), date(2026, 9, 5))) == 48
    assert len(slots(open_at("00:00-24:00", zone=SANTIAGO), date(2026, 4, 4))) == 50


@pytest.mark.parametrize("zone", ZONES)
@for_all(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_every_slot_of_every_day_is_bookable_as_it_stands(zone: ZoneInfo, day: date) -> None:
    resource = open_at("00:30-01:30", "01:30-02:45", "22:00-00:15", zone=zone)

    for slot in resource.plan.slots_on(day, 30):
        must_be_bookable(Request(resource, slot, 1, 1, slot.start - DAY, by_staff=False))
        assert slot.start.astimezone(zone).utcoffset() == slot.start.utcoffset()


# Zones whose date is not UTC's; notice and horizon in the resource's own time.


@pytest.mark.parametrize(
    ("zone", "today"),
    [(KIRITIMATI, date(2026, 12, 2)), (KOLKATA, date(2026, 12, 1)), (PAGO_PAGO, date(2026, 11, 30))],
)
def test_the_horizon_counts_dates_of_the_place(zone: ZoneInfo, today: date) -> None:
    now = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    resource = a_resource(a_definition(open_on=daily("00:00-24:00"), max_advance_days=2), zone)
    ends = first_instant(today + 3 * DAY, zone)

    last, beyond = (Interval(start, start + 30 * MINUTE) for start in (ends - 30 * MINUTE, ends))

    lies_within_the_horizon(Request(resource, last, 1, 1, now, by_staff=False))
    refused(
        "too-far-ahead",
        lambda: lies_within_the_horizon(Request(resource, beyond, 1, 1, now, by_staff=False)),
        last_date=(today + 2 * DAY).isoformat(),
    )


def test_notice_is_elapsed_time_also_while_the_clocks_jump() -> None:
    resource = a_resource(a_definition(open_on=daily("00:00-24:00"), min_notice=120))
    at_three = between("2026-03-29 03:00", "2026-03-29 03:30")
    two_hours_before = at("2026-03-29 00:00")

    gives_enough_notice(Request(resource, at_three, 1, 1, two_hours_before, by_staff=False))
    refused(
        "too-soon",
        lambda: gives_enough_notice(Request(resource, at_three, 1, 1, two_hours_before + MINUTE, by_staff=False)),
    )


def test_a_length_is_elapsed_time_also_while_the_clocks_jump() -> None:
    resource = a_resource(a_definition(open_on=daily("00:00-24:00"), step=60, min_duration=120))

    for start, end in [
        ("2026-03-29 01:00", "2026-03-29 04:00"),
        ("2026-10-25 01:00", "2026-10-25 02:00+01:00"),
        ("2026-12-01 01:00", "2026-12-01 03:00"),
    ]:
        until = wall(end) if "+" in end else at(end)
        must_be_bookable(Request(resource, Interval(at(start), until), 1, 1, at("2026-03-01 12:00"), by_staff=False))


def test_the_grid_tells_neighbours_with_the_clocks_of_their_own_side_of_a_jump() -> None:
    resource = open_at("00:00-24:00", step=60)
    off_grid = Interval(at("2026-03-29 03:15"), at("2026-03-29 04:15"))
    between_two = Interval(wall("2026-03-29T01:15+01:00"), wall("2026-03-29T03:15+02:00"))

    def detail(asked: Interval) -> str:
        request = Request(resource, asked, 1, 1, at("2026-03-01 12:00"), by_staff=False)
        return refused("off-grid", lambda: must_be_bookable(request)).detail

    assert detail(off_grid).endswith("Please choose 03:00 or 04:00.")
    assert detail(between_two).endswith("Please choose 01:00 or 03:00.")


def test_a_closed_date_is_the_places_own() -> None:
    resource = a_resource(a_definition(open_on={"wed": (("09:00", "17:00"),)}), KIRITIMATI)
    wednesday_there = between("2026-12-02 09:00", "2026-12-02 09:30", KIRITIMATI)

    assert wednesday_there.start.astimezone(UTC).date() == date(2026, 12, 1)
    must_be_bookable(Request(resource, wednesday_there, 1, 1, MONDAY, by_staff=False))
    refused(
        "closed",
        lambda: must_be_bookable(
            Request(
                resource,
                Interval(wednesday_there.start - DAY, wednesday_there.end - DAY),
                1,
                1,
                MONDAY - timedelta(days=7),
                by_staff=False,
            )
        ),
        date="2026-12-01",
    )
