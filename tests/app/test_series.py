"""Series on both stores: decided date by date, written together or not at all."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.app.conftest import ADMIN, STAFF
from tests.app.test_writer import code_of, memory_equals_replay

from app.commands import Actor, BookSeries, CancelSeries
from app.identity import random_command_id
from app.queue import Asked, Queue
from domain.leg import WantedLeg
from domain.refusal import Refused
from domain.resource_day import ResourceDay
from domain.series import Series

AT_TEN = datetime.fromisoformat("2026-12-01T10:00")
WEEKLY = tuple(range(0, 70, 7))


def series(actor: Actor, *resources: str, start: datetime = AT_TEN, days: tuple[int, ...] = WEEKLY, **more: Any) -> Any:
    """The command that books half an hour of the resources on each of these days."""
    legs = more.pop("legs", tuple(WantedLeg(resource, start, None, 1) for resource in resources or ("dr-lee",)))
    given = {"customer": actor.person, "repeat": "FREQ=WEEKLY;COUNT=10", "command_id": random_command_id(), **more}
    return BookSeries(actor=actor, legs=legs, days=days, **given)


def made(outcome: Any) -> Series:
    assert isinstance(outcome.subject, Series)
    return outcome.subject


class TestRaces:
    def test_series_over_the_same_weeks_leave_one_as_a_whole(self, store: Any, houses: Callable[..., Any]) -> None:
        several = [houses(store.open()) for _ in range(2 if store.name == "postgres" else 1)]
        several[0].register()
        people = [several[0].person(f"person-{number}") for number in range(10)]
        asked = [house.ask(series(person)) for person in people for house in several]
        answers = Counter(code_of(each.result(60)) for each in asked)
        assert answers == {"ok": 1, "not-available": 10 * len(several) - 1}
        assert several[0].oversold() == []
        assert several[0].topics().count("TimeClaimed") == 10

    def test_series_that_skip_share_the_weeks_and_none_is_doubled(self, store: Any, houses: Callable[..., Any]) -> None:
        several = [houses(store.open()) for _ in range(2 if store.name == "postgres" else 1)]
        several[0].register()
        people = [several[0].person(f"person-{number}") for number in range(6)]
        asked = [
            several[number % len(several)].ask(series(person, days=tuple(range(0, 30, 6 - number)), on_conflict="skip"))
            for number, person in enumerate(people)
        ]
        outcomes = [each.result(60) for each in asked]
        booked = [taken for each in outcomes if not isinstance(each, Refused) for taken in made(each).bookings]
        assert len({taken.start for taken in booked}) == len(booked) == 30
        assert several[0].oversold() == []

    def test_the_control_without_the_capacity_check_sells_all_weeks_twice(
        self, house: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ResourceDay, "_must_fit", lambda *_: None)
        house.register()
        asked = [house.ask(series(house.person(name))) for name in ("alice", "bob")]
        assert Counter(code_of(each.result(30)) for each in asked) == {"ok": 2}
        assert len(house.oversold()) == 10


class TestAllOrSome:
    def test_a_refused_series_leaves_no_trace_even_beside_others_in_the_batch(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        house.book(bob, AT_TEN + timedelta(days=63))
        asked = [house.ask(series(alice)), house.ask(house.booking(bob, AT_TEN)), house.ask(series(bob))]
        assert [code_of(each.result(30)) for each in asked] == ["not-available", "ok", "not-available"]
        assert "SeriesBooked" not in house.topics()
        assert memory_equals_replay(house)

    def test_of_a_skipped_date_no_leg_is_left(self, house: Any) -> None:
        for resource in ("doctor", "office", "projector"):
            house.register(resource)
        alice, bob = house.person("alice"), house.person("bob")
        house.book(bob, AT_TEN + timedelta(days=7), resource="office")
        found = made(house.run(series(alice, "doctor", "office", "projector", on_conflict="skip")))
        assert [each.number for each in found.skipped] == [2]
        assert [each.number for each in found.bookings] == [1, 3, 4, 5, 6, 7, 8, 9, 10]
        assert house.topics().count("TimeClaimed") == 1 + 9 * 3
        house.book(bob, AT_TEN + timedelta(days=7), resource="doctor")
        house.book(bob, AT_TEN + timedelta(days=7), resource="projector")
        assert memory_equals_replay(house)

    def test_dates_that_lie_on_one_day_are_judged_together(self, house: Any) -> None:
        """Each booking reaches into the next night: with its neighbour it fills the day between them."""
        house.register("room", capacity=1, policy={"step": 60, "min_duration": 1440, "max_duration": 1800})
        alice = house.person("alice")
        night = (WantedLeg("room", AT_TEN, AT_TEN + timedelta(hours=25), 1),)
        found = made(house.run(series(alice, legs=night, days=(0, 1, 2, 3, 4), on_conflict="skip")))
        assert [each.number for each in found.bookings] == [1, 3, 5]
        assert [(each.number, each.code) for each in found.skipped] == [(2, "legs-overlap"), (4, "legs-overlap")]
        assert "The dates of this series want 2 places of Room at once" in found.skipped[0].detail
        assert house.oversold() == []
        assert memory_equals_replay(house)

    def test_the_daily_limit_counts_for_each_date_and_for_the_series_itself(self, house: Any) -> None:
        house.register(capacity=5, policy={"daily_limit": 1})
        alice = house.person("alice")
        house.book(alice, AT_TEN + timedelta(days=1, hours=2))
        found = made(house.run(series(alice, days=(0, 1, 2), on_conflict="skip")))
        assert [(each.number, each.code) for each in found.skipped] == [(2, "daily-limit")]
        twice = series(alice, days=(9, 9), on_conflict="skip")
        assert [each.code for each in made(house.run(twice)).skipped] == ["daily-limit"]

    def test_what_waits_for_the_desk_is_pending_date_by_date(self, house: Any) -> None:
        house.register(policy={"approval": True})
        outcome = house.run(series(house.person("alice"), days=(0, 7)))
        assert [each.booking.status for each in outcome.members] == ["pending", "pending"]
        assert house.topics()[1:3] == ["SeriesBooked", "BookingRequested"]

    def test_more_days_of_resources_than_one_may_take_are_refused(self, house: Any) -> None:
        resources = [f"room-{number}" for number in range(5)]
        for resource in resources:
            house.register(resource)
        with pytest.raises(Refused) as refusal:
            house.run(series(house.person("alice"), *resources, days=tuple(range(81))))
        assert (refusal.value.code, refusal.value.facts) == ("bad-duration", {"most_days": 400})

    def test_positions_are_those_of_each_bookings_last_event(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        house.book(alice, AT_TEN + timedelta(hours=1))
        outcome = house.run(series(alice, days=(0, 7, 14)))
        for member in outcome.members:
            events = house.log.stream(member.booking.id)
            assert (member.position, member.booking.version) == (events[-1].id, 2)
        assert outcome.subject_position == house.log.stream(outcome.subject.id)[-1].id


class TestClocks:
    """Vienna's are put forward on 28 March 2027 at two, and back on 31 October at three."""

    SATURDAY = datetime.fromisoformat("2027-03-27T00:00")

    def test_the_wall_clock_stays_across_the_change(self, house: Any) -> None:
        house.register(timezone="Europe/Vienna")
        found = made(house.run(series(house.person("alice"), start=self.SATURDAY.replace(hour=10), days=(0, 1, 2))))
        assert [each.start.isoformat() for each in found.bookings] == [
            "2027-03-27T10:00:00+01:00",
            "2027-03-28T10:00:00+02:00",
            "2027-03-29T10:00:00+02:00",
        ]

    @pytest.mark.parametrize(
        ("start", "code"),
        [
            (datetime.fromisoformat("2027-03-27T02:30"), "no-such-local-time"),
            (datetime.fromisoformat("2027-10-30T02:30"), "ambiguous-local-time"),
        ],
    )
    def test_a_time_that_is_not_there_or_there_twice_is_a_conflict_and_never_moved(
        self, house: Any, start: datetime, code: str
    ) -> None:
        house.register(timezone="Europe/Vienna")
        alice = house.person("alice")
        with pytest.raises(Refused) as refusal:
            house.run(series(alice, start=start, days=(0, 1, 2)))
        assert refusal.value.code == code
        conflicts: Any = refusal.value.facts["conflicts"]
        assert [each["start"] for each in conflicts] == [(start + timedelta(days=1)).isoformat()]
        found = made(house.run(series(alice, start=start, days=(0, 1, 2), on_conflict="skip")))
        assert [(each.number, each.code, each.start) for each in found.skipped] == [
            (2, code, start + timedelta(days=1)),
        ]

    def test_the_first_date_may_be_the_one_that_is_not_there(self, house: Any) -> None:
        house.register(timezone="Europe/Vienna")
        skipped = datetime.fromisoformat("2027-03-28T02:30")
        legs = (WantedLeg("dr-lee", skipped, skipped + timedelta(minutes=30), 1),)
        found = made(house.run(series(house.person("alice"), legs=legs, days=(0, 1), on_conflict="skip")))
        assert [each.number for each in found.skipped] == [1]
        assert [each.start.isoformat() for each in found.bookings] == ["2027-03-29T02:30:00+02:00"]

    def test_an_offset_chooses_which_of_two_times_the_first_is(self, house: Any) -> None:
        house.register(timezone="Europe/Vienna")
        second = datetime.fromisoformat("2027-10-31T02:30:00+01:00")
        found = made(house.run(series(house.person("alice"), start=second, days=(0, 1))))
        assert [each.start.isoformat() for each in found.bookings] == [
            "2027-10-31T02:30:00+01:00",
            "2027-11-01T02:30:00+01:00",
        ]

    def test_a_length_stays_even_where_its_end_is_moved_by_the_change(self, house: Any) -> None:
        """RFC 5545, 3.8.5.3: all dates of a rule have the very length of the first."""
        house.register("room", timezone="Europe/Vienna", policy={"step": 60, "min_duration": 480, "max_duration": 480})
        night = self.SATURDAY - timedelta(hours=2)
        legs = (WantedLeg("room", night, night + timedelta(hours=8), 1),)
        outcome = house.run(series(house.person("alice"), legs=legs, days=(0, 1)))
        assert [each.booking.legs[0].end.isoformat() for each in outcome.members] == [
            "2027-03-27T06:00:00+01:00",
            "2027-03-28T07:00:00+02:00",
        ]

    def test_each_leg_repeats_on_the_clock_of_its_own_place(self, house: Any) -> None:
        """A call between Vienna and Dhaka, which knows no summer time: said as wall clocks, they part."""
        house.register("vienna", timezone="Europe/Vienna")
        house.register("dhaka", timezone="Asia/Dhaka")
        hours = {"vienna": 10, "dhaka": 15}
        legs = tuple(WantedLeg(place, self.SATURDAY.replace(hour=hour), None, 1) for place, hour in hours.items())
        outcome = house.run(series(house.person("alice"), legs=legs, days=(0, 1)))
        apart = [each.booking.legs[1].start - each.booking.legs[0].start for each in outcome.members]
        assert apart == [timedelta(0), timedelta(hours=1)]


class TestCancelling:
    def test_what_began_stands_and_what_is_to_come_goes(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        found = made(house.run(series(alice, days=(0, 7, 14))))
        house.pass_time(days=5)
        outcome = house.run(CancelSeries(actor=alice, series=found.key, command_id=random_command_id()))
        assert [each.booking.status for each in outcome.members] == ["confirmed", "cancelled", "cancelled"]
        assert [each.position for each in outcome.members] == [
            house.log.stream(each.booking.id)[-1].id for each in outcome.members
        ]
        assert memory_equals_replay(house)

    def test_the_desk_takes_nothing_back_that_is_over(self, house: Any) -> None:
        house.register()
        found = made(house.run(series(house.person("alice"), days=(0, 7, 14))))
        house.pass_time(days=5)
        since = AT_TEN - timedelta(days=1)
        command = CancelSeries(actor=STAFF, series=found.key, from_time=since, command_id=random_command_id())
        assert [each.booking.status for each in house.run(command).members] == ["confirmed", "cancelled", "cancelled"]

    def test_a_series_beside_its_cancelling_in_one_batch(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        found = made(house.run(series(alice, days=(0, 7))))
        asked = [
            house.ask(CancelSeries(actor=alice, series=found.key, command_id=random_command_id())),
            house.ask(series(house.person("bob"), days=(0, 7))),
        ]
        assert [code_of(each.result(30)) for each in asked] == ["ok", "ok"]
        assert house.oversold() == []
        assert memory_equals_replay(house)


class TestQueue:
    def test_a_series_counts_as_what_it_takes(self) -> None:
        alice, bob = Actor("customer", "c-alice"), Actor("customer", "c-bob")
        queue = Queue(most=4_000)
        long = series(alice, days=tuple(range(100)))
        for command in (long, series(bob, days=(0,)), long):
            queue.put(Asked(command, lambda answer: None))
        with pytest.raises(Exception, match="too many requests waiting"):
            queue.put(Asked(long, lambda answer: None))
        assert [each.command.weight for each in queue.take(120)] == [100, 1]
        assert [each.command.weight for each in queue.take(20)] == [100]
        queue.put(Asked(long, lambda answer: None))


def test_who_manages_only_cannot_touch_a_series(house: Any) -> None:
    house.register()
    found = made(house.run(series(house.person("alice"), days=(0, 7))))
    with pytest.raises(Refused) as refusal:
        house.run(CancelSeries(actor=ADMIN, series=found.key, command_id=random_command_id()))
    assert refusal.value.code == "unknown-series"
