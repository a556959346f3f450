"""Half-open intervals, and how they fall onto a place's dates. What clocks that jump do: test_daylight_saving.py."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from tests.domain.given import DHAKA, TUESDAY, VIENNA, at, between

from domain.interval import DAY, MINUTE, Interval, dates_touched, first_instant, in_zone, split_by_date

KIRITIMATI = ZoneInfo("Pacific/Kiritimati")


def test_an_interval_ends_just_before_its_end() -> None:
    assert not between("10:00", "11:00").overlaps(between("11:00", "12:00"))
    assert between("10:00", "11:00").overlaps(between("10:59", "12:00"))


def test_length_is_elapsed_minutes_and_negative_when_the_end_comes_first() -> None:
    assert (between("10:00", "11:30").minutes, between("11:30", "10:00").minutes) == (90, -90)


def test_an_instant_is_kept_with_the_offset_of_its_place() -> None:
    local = in_zone(datetime(2026, 12, 1, 4, 0, tzinfo=UTC), DHAKA)

    assert local.isoformat() == "2026-12-01T10:00:00+06:00"


def test_a_date_begins_at_its_places_midnight() -> None:
    assert first_instant(TUESDAY, VIENNA).isoformat() == "2026-12-01T00:00:00+01:00"
    assert first_instant(TUESDAY, KIRITIMATI).isoformat() == "2026-12-01T00:00:00+14:00"


def test_an_interval_that_ends_at_midnight_does_not_touch_the_next_date() -> None:
    evening = between("2026-12-01 22:00", "2026-12-02 00:00")

    assert list(dates_touched(evening, VIENNA)) == [TUESDAY]


def test_an_empty_interval_touches_no_date_at_midnight_and_a_reversed_one_none_at_all() -> None:
    midnight = between("2026-12-01 00:00", "2026-12-01 00:00")

    assert list(dates_touched(midnight, VIENNA)) == []
    assert list(dates_touched(between("2026-12-03 00:00", "2026-12-01 00:00"), VIENNA)) == []


def test_dates_are_those_of_the_place_not_those_of_the_interval() -> None:
    afternoon_in_vienna = between("10:00", "12:00")

    assert [date(2026, 12, 1), date(2026, 12, 2)] == list(dates_touched(afternoon_in_vienna, KIRITIMATI))


def test_a_night_is_split_at_midnight() -> None:
    night = between("2026-12-01 22:00", "2026-12-02 02:00")

    assert split_by_date(night, VIENNA) == [
        (date(2026, 12, 1), between("2026-12-01 22:00", "2026-12-02 00:00")),
        (date(2026, 12, 2), between("2026-12-02 00:00", "2026-12-02 02:00")),
    ]


def test_a_part_carries_the_offset_in_force_where_it_begins() -> None:
    before_summer = between("2026-03-28 20:00", "2026-03-29 20:00")

    offsets = [part.start.utcoffset() for _, part in split_by_date(before_summer, VIENNA)]
    ends = [part.end.utcoffset() for _, part in split_by_date(before_summer, VIENNA)]

    assert ([timedelta(hours=1)] * 2, [timedelta(hours=1), timedelta(hours=2)]) == (offsets, ends)


@pytest.mark.parametrize("zone", [VIENNA, DHAKA, KIRITIMATI, ZoneInfo("America/Santiago"), ZoneInfo("Asia/Beirut")])
@for_all(since_new_year=st.integers(0, 365 * 1440), minutes=st.integers(1, 5 * 1440))
def test_the_parts_of_an_interval_lie_end_to_end_and_each_on_its_date(
    zone: ZoneInfo, since_new_year: int, minutes: int
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + since_new_year * MINUTE
    whole = Interval(start, start + minutes * MINUTE)

    parts = split_by_date(whole, zone)

    assert (whole.start, whole.end) == (parts[0][1].start, parts[-1][1].end)
    for (_, earlier), (_, later) in pairwise(parts):
        assert earlier.end == later.start
    for day, part in parts:
        assert part.start < part.end
        assert first_instant(day, zone) <= part.start < part.end <= first_instant(day + DAY, zone)


def test_times_read_back_what_they_say() -> None:
    assert at("10:00").isoformat() == "2026-12-01T10:00:00+01:00"
