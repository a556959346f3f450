"""What is placed and lifted as an external calendar changes."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from app.external_calendars.plan import KeptBlock, Plan, key_of_time, plan, read, written
from app.external_calendars.window import BusyTime

THIRD: Final = date(2026, 12, 3)
NUMBERS = count()


def busy(uid: str, start: int, end: int, day: date = THIRD, recurrence: str = "") -> BusyTime:
    begin, until = (datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in (start, end))
    return BusyTime(uid, recurrence, day, begin, until)


def planned(kept: list[KeptBlock], *wanted: BusyTime, today: date = THIRD) -> Plan:
    return plan(kept, wanted, today, lambda each: key_of_time(b"secret", "x-1", each), lambda: f"{next(NUMBERS):032x}")


def placed(*wanted: BusyTime) -> list[KeptBlock]:
    return [block._replace(is_placed=True) for block in planned([], *wanted).place]


def test_a_new_time_is_placed_and_the_same_again_changes_nothing() -> None:
    first = planned([], busy("dentist", 9, 10))
    (block,) = first.place
    assert (block.start.hour, block.end.hour, block.is_placed) == (9, 10, False)
    again = planned([block._replace(is_placed=True)], busy("dentist", 9, 10))
    assert (len(again.stay), again.place, again.lift) == (1, [], [])


def test_a_time_that_moved_is_placed_anew_and_the_old_one_lifted() -> None:
    (block,) = kept = placed(busy("dentist", 9, 10))
    moved = planned(kept, busy("dentist", 14, 15))
    assert [each.start.hour for each in moved.place] == [14]
    assert moved.lift == [block]
    assert moved.place[0].block != block.block


def test_a_time_that_is_gone_is_lifted() -> None:
    kept = placed(busy("dentist", 9, 10), busy("choir", 18, 20))
    gone = planned(kept, busy("choir", 18, 20))
    assert (gone.stay, gone.place, gone.lift) == ([kept[1]], [], [kept[0]])


def test_a_time_that_comes_back_gets_another_block() -> None:
    (before,) = placed(busy("dentist", 9, 10))
    (after,) = planned([], busy("dentist", 9, 10)).place
    assert after.key == before.key
    assert after.block != before.block


def test_occurrences_of_a_series_and_dates_of_one_occurrence_are_told_apart() -> None:
    times = [
        busy("choir", 18, 20, recurrence="20261203T180000Z"),
        busy("choir", 18, 20, recurrence="20261203T170000Z"),
        busy("fair", 0, 23),
        busy("fair", 0, 23, date(2026, 12, 4)),
    ]
    assert len({each.key for each in placed(*times)}) == 4


def test_what_is_over_is_let_be() -> None:
    kept = placed(busy("dentist", 9, 10))
    assert planned(kept, today=date(2026, 12, 4)) == Plan([], [], [])
    assert planned([], busy("dentist", 9, 10), today=date(2026, 12, 4)).place == []


def test_nothing_that_is_kept_says_what_the_calendar_calls_its_entries() -> None:
    text = written(placed(busy("therapy-with-anna@example.org", 9, 10)))
    assert "anna" not in text
    one = key_of_time(b"secret", "x-1", busy("dentist", 9, 10))
    assert one != key_of_time(b"another", "x-1", busy("dentist", 9, 10))
    assert one != key_of_time(b"secret", "x-2", busy("dentist", 9, 10))


_TIMES = st.lists(
    st.builds(
        lambda uid, start, day: busy(uid, start, start + 1, date(2026, 12, day)),
        st.sampled_from("abcd"),
        st.integers(8, 12),
        st.integers(3, 6),
    ),
    max_size=8,
    unique_by=lambda each: (each.uid, each.day),
)


@given(_TIMES, _TIMES)
def test_after_the_plan_the_blocks_are_those_the_calendar_wants(before: list[BusyTime], after: list[BusyTime]) -> None:
    kept = placed(*before)
    found = planned(kept, *after)
    left = [*found.stay, *found.place]
    assert sorted((each.day, each.start, each.end) for each in left) == sorted(each[2:] for each in after)
    assert sorted([*found.stay, *found.lift]) == sorted(kept)
    assert read(written(left)) == left
    assert planned(left, *after) == Plan(left, [], [])
