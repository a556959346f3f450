"""All thirteen of Allen's relations between two intervals (CACM 26/11, 1983), against a place for one."""

from datetime import timedelta

import pytest
from tests.domain.given import TUESDAY, a_day, a_definition, a_resource, between, cause, claimed, daily, wanted

from domain.leg import claimed_parts
from domain.resource import Resource
from domain.resource_day import ResourceDay

ROOM = a_resource(a_definition("Blue Room", "room", open_on=daily("00:00-24:00"), step=5, max_duration=1440))
TEN_TO_TWELVE = wanted("b-alice", between("10:00", "12:00"))


@pytest.mark.parametrize(
    ("relation", "start", "end"),
    [
        ("overlaps", "09:00", "11:00"),
        ("overlapped by", "11:00", "13:00"),
        ("starts", "10:00", "11:00"),
        ("started by", "10:00", "13:00"),
        ("during", "10:30", "11:30"),
        ("contains", "09:00", "13:00"),
        ("finishes", "11:00", "12:00"),
        ("finished by", "09:00", "12:00"),
        ("equals", "10:00", "12:00"),
        ("overlaps by its last minute", "09:00", "10:01"),
        ("overlapped by its first minute", "11:59", "13:00"),
    ],
)
def test_intervals_that_share_a_moment_conflict(relation: str, start: str, end: str) -> None:
    bob = wanted("b-bob", between(start, end))

    assert between("10:00", "12:00").overlaps(between(start, end)), relation
    a_day(ROOM, claimed(TEN_TO_TWELVE)).when(lambda day: day.change(cause(), ROOM, claim=[bob])).then_refused(
        "not-available", booked=1, available=0
    )


@pytest.mark.parametrize(
    ("relation", "start", "end"),
    [
        ("before", "08:00", "09:00"),
        ("meets", "09:00", "10:00"),
        ("met by", "12:00", "13:00"),
        ("after", "13:00", "14:00"),
    ],
)
def test_intervals_that_are_apart_or_touch_do_not_conflict(relation: str, start: str, end: str) -> None:
    bob = wanted("b-bob", between(start, end))

    assert not between("10:00", "12:00").overlaps(between(start, end)), relation
    a_day(ROOM, claimed(TEN_TO_TWELVE)).when(lambda day: day.change(cause(), ROOM, claim=[bob])).then(claimed(bob))


def test_usage_is_the_peak_at_a_moment_not_the_number_of_overlaps() -> None:
    three = a_resource(a_definition("Green Room", "room", open_on=daily("00:00-24:00"), capacity=3))
    early, late = between("09:00", "10:00"), between("11:00", "12:00")
    four = [claimed(wanted(f"b-{n}", place)) for n, place in enumerate([early, early, late, late])]
    first, second = wanted("b-first", between("09:00", "12:00")), wanted("b-second", between("09:00", "12:00"))
    between_them = wanted("b-between", between("10:00", "11:00"), 2)

    a_day(three, *four).when(lambda day: day.change(cause(), three, claim=[first])).then(claimed(first))
    once = a_day(three, *four, claimed(first))
    once.when(lambda day: day.change(cause(), three, claim=[second])).then_refused(
        "not-available", capacity=3, booked=3, available=0
    )
    once.when(lambda day: day.change(cause(), three, claim=[between_them])).then(claimed(between_them))


def test_a_night_conflicts_on_both_of_its_dates() -> None:
    night = between("2026-12-01 22:00", "2026-12-02 02:00")
    wednesday = TUESDAY + timedelta(days=1)
    days = {day: a_day(ROOM, claimed(wanted("b-night", part)), day=day) for day, part in claimed_parts(night, ROOM)}
    late, early = wanted("b-late", between("23:30", "23:45")), wanted(
        "b-early", between("2026-12-02 01:00", "2026-12-02 01:15")
    )  # fmt: skip

    assert list(days) == [TUESDAY, wednesday]
    days[TUESDAY].when(lambda day: day.change(cause(), ROOM, claim=[late])).then_refused("not-available")
    days[wednesday].when(lambda day: day.change(cause(), ROOM, claim=[early])).then_refused("not-available")
    assert free_minutes(days[TUESDAY].aggregate, ROOM) == 22 * 60
    assert free_minutes(days[wednesday].aggregate, ROOM) == 22 * 60


def test_buffers_keep_neighbours_apart_by_their_sum() -> None:
    buffered = a_resource(
        a_definition("Blue Room", "room", open_on=daily("09:00-17:00"), step=5, buffer_before=10, buffer_after=15)
    )
    [(_, ten)] = claimed_parts(between("10:00", "10:30"), buffered)
    [(_, touching)] = claimed_parts(between("10:55", "11:25"), buffered)
    [(_, too_near)] = claimed_parts(between("10:50", "11:20"), buffered)
    day = a_day(buffered, claimed(wanted("b-alice", ten)))

    assert ten == between("09:50", "10:45")
    day.when(lambda day: day.change(cause(), buffered, claim=[wanted("b-bob", touching)])).then(
        claimed(wanted("b-bob", touching))
    )
    day.when(lambda day: day.change(cause(), buffered, claim=[wanted("b-bob", too_near)])).then_refused("not-available")


def free_minutes(day: ResourceDay, room: Resource) -> int:
    """How many minutes of a day nobody has."""
    return sum(taken < room.capacity for taken in day.claimed)
