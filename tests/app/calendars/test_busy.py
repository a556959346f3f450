"""When a resource has no place left."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.calendars.busy import Busy, full
from app.read_models.days import Taken
from domain.claim import ALL_UNITS


def test_it_is_busy_where_all_its_places_are_taken() -> None:
    assert list(full([Taken(0, 10, 1), Taken(4, 6, 1)], 2)) == [Busy(4, 6)]
    assert list(full([Taken(0, 10, 1)], 2)) == []
    assert list(full([], 1)) == []


def test_what_touches_is_one_time() -> None:
    assert list(full([Taken(5, 9, 1), Taken(0, 5, 1), Taken(20, 30, 1)], 1)) == [Busy(0, 9), Busy(20, 30)]


def test_a_block_of_all_places_is_busy_and_so_is_what_was_sold_below_a_capacity_of_today() -> None:
    assert list(full([Taken(0, 5, ALL_UNITS), Taken(2, 7, 3)], 2)) == [Busy(0, 7)]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(1, 3)), max_size=12), st.integers(1, 4))
def test_it_is_busy_at_a_minute_just_when_its_units_say_so(taken: list[tuple[int, int, int]], capacity: int) -> None:
    times = [Taken(start, start + length, units) for start, length, units in taken]
    found = list(full(times, capacity))
    for at in range(31):
        used = sum(each.units for each in times if each.start <= at < each.end)
        assert any(start <= at < end for start, end in found) == (used >= capacity)
    assert all(one.end < other.start for one, other in pairwise(found))
