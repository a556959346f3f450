"""The demonstration: five systems as plain resources, registered once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

import pytest

from app import demo
from app.assembly import Daybook
from app.commands import Actor, DefineResource, RetireResource
from app.demo import DEMO, RESOURCES, OtherData
from app.settings import Settings
from domain.definition import Definition

T = TypeVar("T")
RESOURCE_OF = {each.key: each for each in RESOURCES}


@contextmanager
def running(folder: Path) -> Iterator[Daybook]:
    daybook = Daybook.open(Settings(data=folder))
    daybook.start()
    try:
        yield daybook
    finally:
        daybook.stop()


def in_loop(asked: Callable[[], Awaitable[T]]) -> T:
    async def ask() -> T:
        return await asked()

    return asyncio.run(ask())


def set_up(daybook: Daybook) -> int:
    return in_loop(lambda: demo.set_up(daybook))


def of_kind(kind: str) -> list[Definition]:
    return [each.definition for each in RESOURCES if each.definition.kind == kind]


def test_every_resource_is_registered_by_an_ordinary_command(tmp_path: Path) -> None:
    with running(tmp_path) as daybook:
        assert set_up(daybook) == len(RESOURCES) == 14
        events = daybook.log.after(0, 100)
    assert [(event.originator_id, event.topic, event.by) for event in events] == [
        (f"resource/{each.key}", "ResourceRegistered.1", DEMO.by) for each in RESOURCES
    ]


def test_a_restart_registers_nothing_again(tmp_path: Path) -> None:
    with running(tmp_path) as daybook:
        set_up(daybook)
        assert set_up(daybook) == 0
    with running(tmp_path) as daybook:
        assert set_up(daybook) == 0
        assert daybook.log.head().position == len(RESOURCES)


def test_what_was_changed_since_stays_changed(tmp_path: Path) -> None:
    """Somebody who plays with the demo does not find it put back at the next start."""
    with running(tmp_path) as daybook:
        set_up(daybook)
        retire = RetireResource(actor=Actor("admin", "c-1"), command_id=token_hex(16), resource="oak-12")
        in_loop(lambda: daybook.execute(retire))
        assert set_up(daybook) == 0


def test_a_start_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    first = RESOURCES[0]
    with running(tmp_path) as daybook:
        alone = DefineResource(
            actor=DEMO,
            command_id=token_hex(16),
            resource=first.key,
            timezone=first.timezone,
            definition=first.definition,
        )
        in_loop(lambda: daybook.execute(alone))
        assert set_up(daybook) == len(RESOURCES) - 1


def test_a_store_with_other_data_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path) as daybook:
        real = DefineResource(
            actor=Actor("admin", "c-1"),
            command_id=token_hex(16),
            resource="theatre",
            timezone="Europe/Vienna",
            definition=Definition(name="Theatre", kind="theatre"),
        )
        in_loop(lambda: daybook.execute(real))
        with pytest.raises(OtherData, match="DAYBOOK_DATA"):
            set_up(daybook)
        assert daybook.log.head().position == 1


def test_two_psychologists_give_sessions_of_50_minutes_every_hour() -> None:
    psychologists = of_kind("psychologist")
    assert len(psychologists) == 2
    for each in psychologists:
        assert (each.capacity, each.policy.step) == (1, 60)
        assert (each.policy.min_duration, each.policy.max_duration) == (50, 50)


def test_three_hospitals_have_15_20_and_25_places_and_close_on_fridays() -> None:
    hospitals = of_kind("hospital")
    assert sorted(each.capacity for each in hospitals) == [15, 20, 25]
    assert RESOURCE_OF["moon-hospital"].definition.capacity == 20
    assert RESOURCE_OF["moon-hospital"].timezone == "Asia/Dhaka"
    for each in hospitals:
        assert "fri" not in each.hours
        assert len(each.hours) == 6
        assert each.policy.step == 30


def test_there_are_a_therapist_and_two_sports_grounds_that_want_approval() -> None:
    assert len(of_kind("therapist")) == 1
    grounds = of_kind("sports-ground")
    assert [each.policy.approval for each in grounds] == [True, True]
    assert [each.policy.step for each in grounds] == [60, 60]


def test_six_rooms_of_several_sizes_stand_in_two_buildings() -> None:
    rooms = of_kind("room")
    assert len({each.seats for each in rooms}) == len(rooms) == 6
    assert len({each.attributes["building"] for each in rooms}) == 2
    assert [each for each in rooms if each.policy.buffer_before or each.policy.buffer_after]
    for each in rooms:
        policy = each.policy
        assert (policy.step, policy.min_duration, policy.max_duration) == (15, 15, 240)
        assert policy.hold_seconds == 30
        assert {"building", "floor", "projector"} <= each.attributes.keys()


@pytest.mark.parametrize("each", RESOURCES, ids=lambda each: each.key)
def test_everything_can_be_booked_within_a_week(each: demo.Registered) -> None:
    plan = each.definition.checked(each.timezone).plan(each.timezone)
    today = datetime.now(UTC).date()
    week = [today + timedelta(days=days) for days in range(1, 8)]
    assert [slot for day in week for slot in plan.slots_on(day, plan.policy.min_duration)]
