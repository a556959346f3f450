"""Where there is room: the search in bytes finds what a day itself would give."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.domain.given import (
    MONDAY,
    TUESDAY,
    Told,
    a_day,
    a_definition,
    a_resource,
    at,
    between,
    claimed,
    daily,
    given,
    told,
    wanted,
)

from domain.free_starts import FreeTime, Span, booked_minutes, minute_of, moment_at, next_minute, starts_between
from domain.interval import DAY, MINUTE, Interval
from domain.resource import Resource
from domain.resource_day import DayOpened, ResourceDay, TimeBlocked
from domain.sought import Sought

SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)
SOON = MONDAY + timedelta(seconds=30)


def taken(interval: Interval, units: int = 1, until: datetime | None = None) -> Told:
    return claimed(wanted(f"b-{interval.start:%H%M}-{units}", interval, units, until=until))


def blocked(interval: Interval, units: int | None = None) -> Told:
    key = f"k-{interval.start:%H%M}"
    facts: dict[str, Any] = {"block": key, "units": units, "source": "desk", "reason": None}
    return told(TimeBlocked, start=interval.start, end=interval.end, **facts)


def starts_on(resource: Resource, day: date, minutes: int = 30) -> Sequence[range]:
    begins = minute_of(at(f"{day} 00:00"))
    return starts_between(resource.plan, begins, begins + 1500, minutes)


def found(resource: Resource, day: ResourceDay, units: int = 1, minutes: int = 30) -> list[datetime]:
    """Every start with room, one after the other."""
    starts, span = starts_on(resource, day.date, minutes), Span.of(resource, minutes)
    zone, dates = resource.plan.zone, span.dates(starts_on(resource, day.date, minutes), resource.plan.zone)
    free, minute, every = FreeTime(resource, {day.date: day}, dates, units, MONDAY), 0, []
    while (start := free.earliest(starts, span, minute)) is not None:
        every.append(moment_at(start, zone))
        minute = start + 1
    return every


def room(day: ResourceDay, resource: Resource, start: datetime, units: int, minutes: int) -> bool:
    """What the day itself says."""
    policy, end = resource.policy, start + minutes * MINUTE
    claim = (start - policy.buffer_before * MINUTE, end + policy.buffer_after * MINUTE)
    return day.left(*claim, resource.capacity) >= units


LUNCH, WHOLE = between("12:00", "13:00"), between("00:00", "23:59")


@pytest.mark.parametrize(
    ("capacity", "units", "happened"),
    [
        (1, 1, ()),
        (1, 1, (taken(between("09:00", "10:00")), taken(between("12:00", "12:05")))),
        (1, 1, (blocked(LUNCH), taken(between("16:30", "17:00")))),
        (1, 1, (blocked(WHOLE),)),
        (3, 2, (taken(between("09:00", "11:00"), 2), taken(between("10:00", "10:30")), blocked(LUNCH, 1))),
        (3, 2, (blocked(LUNCH, 2), blocked(between("15:00", "16:00")))),
        (1_000, 300, (taken(between("09:00", "11:00"), 701), taken(between("11:00", "12:00"), 700))),
        (3, 1, (taken(between("09:00", "11:00"), 300), blocked(LUNCH))),
        (3, 4, ()),
    ],
    ids=["free", "taken", "blocked", "shut", "partly", "two-blocks", "many-units", "once-larger", "too-many"],
)
@pytest.mark.parametrize("buffers", [(0, 0), (10, 25)], ids=["", "with-buffers"])
def test_it_finds_every_start_that_the_day_would_give(
    capacity: int, units: int, happened: Sequence[Told], buffers: tuple[int, int]
) -> None:
    before, after = buffers
    resource = a_resource(a_definition(capacity=capacity, buffer_before=before, buffer_after=after))
    day = a_day(resource, *happened).aggregate
    slots = [slot.start for slot in resource.plan.slots_on(TUESDAY, 30)]
    assert found(resource, day, units) == [each for each in slots if room(day, resource, each, units, 30)]


def test_a_hold_that_has_lapsed_takes_nothing() -> None:
    resource = a_resource()
    lapsed, live = taken(between("09:00", "10:00"), until=MONDAY), taken(between("10:00", "11:00"), until=SOON)
    day = a_day(resource, lapsed, live, taken(between("11:00", "11:30")), blocked(LUNCH)).aggregate
    assert found(resource, day)[:3] == [at("09:00"), at("09:30"), at("11:30")]
    assert booked_minutes([day, ResourceDay.untouched("day/dr-lee/2026-12-02")], MONDAY) == 90
    assert booked_minutes([day], MONDAY - MINUTE) == 150


@pytest.mark.parametrize("day", [SPRING, AUTUMN, TUESDAY], ids=str)
def test_starts_are_those_of_the_plan_whatever_the_clocks_do(day: date) -> None:
    for windows in (("00:00-24:00",), ("01:00-02:00", "02:00-04:00"), ("22:00-03:30",)):
        resource = a_resource(a_definition(open_on=daily(*windows)))
        begins, ends = at(f"{day} 00:00"), at(f"{day + DAY} 00:00")
        every = [slot for number in (-1, 0) for slot in resource.plan.slots_on(day + number * DAY, 60)]
        within = sorted(slot.start for slot in every if slot.start >= begins and slot.end <= ends)
        ranges = starts_between(resource.plan, minute_of(begins), minute_of(ends) - 60, 60)
        assert [moment_at(minute, resource.plan.zone) for each in ranges for minute in each] == within


def test_a_day_that_was_opened_by_other_clocks_counts_as_far_as_it_lies_on_the_date() -> None:
    """It begins an hour earlier and ends an hour later than the date does by today's time-zone database."""
    resource = a_resource(a_definition(open_on=daily("00:00-24:00")))
    opened = told(
        DayOpened, resource="dr-lee", date=TUESDAY, starts=at("00:00") - 60 * MINUTE, minutes=1560, capacity=1,
        resource_version=1,
    )  # fmt: skip
    earlier = Interval(at("00:00") - 60 * MINUTE, at("00:30"))
    day = given(ResourceDay, f"day/dr-lee/{TUESDAY}", opened, taken(earlier)).aggregate
    assert found(resource, day)[0] == at("00:30")
    shorter = told(
        DayOpened, resource="dr-lee", date=TUESDAY, starts=at("01:00"), minutes=600, capacity=1, resource_version=1
    )
    day = given(ResourceDay, f"day/dr-lee/{TUESDAY}", shorter, taken(between("01:00", "10:00"))).aggregate
    assert found(resource, day)[:3] == [at("00:00"), at("00:30"), at("10:00")]


def test_minutes_are_whole() -> None:
    half = at("10:00") + timedelta(seconds=30)
    assert moment_at(minute_of(half), a_resource().plan.zone) == at("10:00")
    assert moment_at(next_minute(half), a_resource().plan.zone) == at("10:01")
    assert next_minute(at("10:00")) == minute_of(at("10:00"))


@pytest.mark.parametrize(
    ("sought", "is_met"),
    [
        (Sought("room"), True),
        (Sought("hall"), False),
        (Sought("room", 12), True),
        (Sought("room", 13), False),
        (Sought("room", None, (("floor", "2"), ("projector", "true"))), True),
        (Sought("room", None, (("floor", "2.0"),)), True),
        (Sought("room", None, (("floor", "second"),)), False),
        (Sought("room", None, (("projector", "True"),)), False),
        (Sought("room", None, (("stage", "true"),)), False),
    ],
)
def test_what_is_sought_is_met_by_kind_seats_and_attributes(sought: Sought, is_met: bool) -> None:
    oak = a_definition("Oak", "room", seats=12)
    oak = oak.model_copy(update={"attributes": {"floor": 2, "projector": True, "building": "Oak"}})
    assert sought.is_met_by(oak) == is_met
    assert Sought("room", 1_000).is_met_by(oak.model_copy(update={"seats": None}))
