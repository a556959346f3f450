"""Automatic booking: which candidate is taken, what is passed over, and what a refusal says."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.app.conftest import STAFF, House

from app.commands import MOST_DAYS, Actor, BookAny, PlaceBlock, RetireResource
from app.decisions.candidates import MOST_CANDIDATES
from app.identity import random_command_id
from app.outcome import Outcome
from domain.booking import Booking
from domain.plan import WEEKDAYS
from domain.refusal import Refused
from domain.sought import Sought

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What is decided does not depend on the store; how many get something at once might."""

TUESDAY = datetime(2026, 12, 1, tzinfo=UTC)
TEN, NOON = TUESDAY + timedelta(hours=10), TUESDAY + timedelta(hours=12)
OFFICE = dict.fromkeys(WEEKDAYS, (("09:00", "12:00"),))
PSYCHOLOGIST = Sought("psychologist")


def wish(actor: Actor, candidates: Any = PSYCHOLOGIST, **more: Any) -> BookAny:
    """A wish for any of the candidates: at ten on Tuesday, unless it says when."""
    when = {} if {"between", "start"} & more.keys() else {"start": TEN}
    given = {"command_id": random_command_id(), "customer": actor.person, **when, **more}
    return BookAny(actor=actor, candidates=candidates, **given)


def booked(house: House, command: BookAny) -> tuple[str, datetime]:
    """What the wish got: the resource, and the start."""
    subject = house.run(command).subject
    assert isinstance(subject, Booking)
    (leg,) = subject.legs
    return leg.resource, leg.start


def refused(house: House, command: BookAny) -> Refused:
    """Why nothing was found; nothing is written then."""
    before = house.log.head().position
    with pytest.raises(Refused) as caught:
        house.run(command)
    assert house.log.head().position == before
    return caught.value


@pytest.fixture
def doctors(house: House) -> House:
    """A house with three psychologists."""
    for resource in ("dr-kim", "dr-lee", "dr-max"):
        house.register(resource)
    return house


@on_sqlite
class TestFirst:
    def test_takes_the_earliest_and_of_several_the_one_named_first(self, doctors: House) -> None:
        alice, named = doctors.person("alice"), ("dr-lee", "dr-kim")
        got = [booked(doctors, wish(alice, named, between=(TEN, NOON))) for _ in range(4)]
        half_past = TEN + timedelta(minutes=30)
        assert got == [("dr-lee", TEN), ("dr-kim", TEN), ("dr-lee", half_past), ("dr-kim", half_past)]

    def test_takes_the_first_id_of_a_kind(self, doctors: House) -> None:
        alice = doctors.person("alice")
        assert [booked(doctors, wish(alice))[0] for _ in range(3)] == ["dr-kim", "dr-lee", "dr-max"]

    def test_writes_what_booking_that_one_writes_and_nothing_of_those_that_were_tried(self, doctors: House) -> None:
        alice = doctors.person("alice")
        doctors.book(alice, TEN, resource="dr-kim")
        before = doctors.log.head().position
        assert booked(doctors, wish(alice)) == ("dr-lee", TEN)
        assert doctors.topics(before) == ["BookingConfirmed", "DayOpened", "TimeClaimed"]

    def test_goes_on_to_the_next_day(self, house: House) -> None:
        house.register(hours={"tue": (("09:00", "10:00"),), "thu": (("09:00", "10:00"),)})
        alice, week = house.person("alice"), (TUESDAY, TUESDAY + timedelta(days=6))
        got = [booked(house, wish(alice, between=week))[1] for _ in range(4)]
        assert got == [TUESDAY + timedelta(days=day, hours=9, minutes=m) for day in (0, 2) for m in (0, 30)]
        assert refused(house, wish(alice, between=week)).code == "not-available"

    def test_a_start_without_offset_is_each_places_own_clock(self, house: House) -> None:
        house.register("vienna", timezone="Europe/Vienna")
        house.register("dhaka", timezone="Asia/Dhaka")
        alice, ten = house.person("alice"), TEN.replace(tzinfo=None)
        dhaka, vienna = (booked(house, wish(alice, ("vienna", "dhaka"), start=ten)) for _ in range(2))
        assert dhaka == ("dhaka", TEN - timedelta(hours=6))
        assert vienna == ("vienna", TEN - timedelta(hours=1))


@on_sqlite
class TestFair:
    def test_takes_whoever_has_the_fewest_minutes_that_week(self, doctors: House) -> None:
        alice = doctors.person("alice")
        doctors.book(alice, TUESDAY + timedelta(days=3), resource="dr-kim")
        doctors.book(alice, TUESDAY + timedelta(days=4), resource="dr-lee")
        doctors.book(alice, TUESDAY - timedelta(hours=3), resource="dr-max")
        doctors.book(alice, TUESDAY - timedelta(hours=1), resource="dr-max")
        doctors.book(alice, TUESDAY + timedelta(days=8), resource="dr-kim")  # another week
        got = Counter(booked(doctors, wish(alice, choose="fair", between=(TEN, NOON)))[0] for _ in range(6))
        assert got == {"dr-kim": 3, "dr-lee": 2, "dr-max": 1}

    def test_the_earliest_week_in_which_anybody_has_room_counts(self, house: House) -> None:
        house.register("dr-kim", hours={"tue": (("09:00", "10:00"),)})
        house.register("dr-jan", hours={"mon": (("09:00", "10:00"),)})
        alice, two_weeks = house.person("alice"), (TUESDAY, TUESDAY + timedelta(days=14))
        got = [booked(house, wish(alice, choose="fair", between=two_weeks)) for _ in range(3)]
        assert [resource for resource, _ in got] == ["dr-kim", "dr-kim", "dr-jan"]

    def test_a_lapsed_hold_is_no_work(self, doctors: House) -> None:
        alice, bob = doctors.person("alice"), doctors.person("bob")
        doctors.run(doctors.booking(bob, NOON, resource="dr-kim", hold=True))
        assert booked(doctors, wish(alice, ("dr-kim", "dr-lee"), choose="fair"))[0] == "dr-lee"
        doctors.pass_time(seconds=31)
        after = TEN + timedelta(hours=1)
        assert booked(doctors, wish(alice, ("dr-kim", "dr-lee"), choose="fair", start=after))[0] == "dr-kim"


@on_sqlite
class TestFit:
    def test_takes_the_smallest_room_that_seats_the_party(self, house: House) -> None:
        for room, seats in (("oak-12", 12), ("elm-4", 4), ("elm-8", 8), ("field", None)):
            house.register(room, kind="room", seats=seats)
        alice = house.person("alice")
        five = {"choose": "fit", "party": 5}
        got = [booked(house, wish(alice, Sought("room"), **five))[0] for _ in range(3)]
        assert got == ["elm-8", "oak-12", "field"]
        assert refused(house, wish(alice, Sought("room"), **five)).facts["tried"] == 3
        named = ("field", "elm-4", "elm-8")
        assert booked(house, wish(alice, named, **five, between=(TEN, NOON)))[0] == "elm-8"


@on_sqlite
class TestPassedOver:
    def test_what_is_blocked_closed_or_too_soon(self, house: House) -> None:
        house.register("blocked")
        house.register("closed", hours={})
        house.register("far", policy={"min_notice": 60 * 24 * 30})
        house.register("free")
        house.run(
            PlaceBlock(
                actor=STAFF, command_id=random_command_id(), resource="blocked", start=TUESDAY, end=NOON, units=None
            )
        )
        alice = house.person("alice")
        assert booked(house, wish(alice))[0] == "free"
        assert booked(house, wish(alice, between=(TUESDAY, TUESDAY + timedelta(days=1))))[0] == "free"
        assert booked(house, wish(Actor("staff", "c-staff"), customer=alice.person))[0] == "far"

    def test_what_is_not_there_not_shown_or_not_theirs(self, doctors: House) -> None:
        doctors.register("a-staff-room", visibility="staff")
        doctors.run(RetireResource(actor=STAFF, command_id=random_command_id(), resource="dr-kim", expected=1))
        alice = doctors.person("alice")
        assert booked(doctors, wish(alice))[0] == "dr-lee"
        assert booked(doctors, wish(alice, ("nobody", "dr-kim", "a-staff-room", "dr-max")))[0] == "dr-max"
        assert refused(doctors, wish(alice, ("nobody", "dr-kim"))).facts == {"resource": "nobody"}
        limited = Actor("staff", "c-staff", frozenset({"a-staff-room"}))
        assert booked(doctors, wish(limited, customer=alice.person))[0] == "a-staff-room"

    def test_a_day_of_which_the_customer_had_their_share(self, house: House) -> None:
        house.register(policy={"daily_limit": 1})
        alice, three_days = house.person("alice"), (TEN, TEN + timedelta(days=3))
        got = [booked(house, wish(alice, between=three_days))[1] for _ in range(4)]
        assert got == [TEN, *(TUESDAY + timedelta(days=day) for day in (1, 2, 3))]
        assert refused(house, wish(alice, between=three_days)).code == "daily-limit"
        assert booked(house, wish(house.person("bob"), between=three_days))[1] == TEN + timedelta(minutes=30)

    def test_a_lapsed_hold_of_somebody_else_is_free_again(self, house: House) -> None:
        house.register()
        alice = house.person("alice")
        house.run(house.booking(house.person("bob"), TEN, hold=True))
        assert refused(house, wish(alice)).code == "not-available"
        house.pass_time(seconds=31)
        assert booked(house, wish(alice)) == ("dr-lee", TEN)


@on_sqlite
class TestRefused:
    def test_all_taken_says_how_many_were_tried(self, doctors: House) -> None:
        alice = doctors.person("alice")
        for _ in range(3):
            doctors.run(wish(alice))
        found = refused(doctors, wish(alice, (*("dr-lee", "dr-max"), "dr-kim")))
        assert (found.code, found.facts["tried"], found.facts["resource"]) == ("not-available", 3, "dr-lee")
        assert (
            found.detail == "None of the 3 that were tried is free at 10:00 on 1 December. Please choose another time."
        )
        assert found.facts["looked_at"] == [
            {"resource": key, "start": TEN.isoformat(), "end": "2026-12-01T10:30:00+00:00", "minutes": 30}
            for key in ("dr-lee", "dr-max", "dr-kim")
        ]

    def test_one_that_is_taken_is_told_before_those_that_the_rules_refuse(self, house: House) -> None:
        house.register("closed", hours={})
        house.register("dr-lee")
        alice = house.person("alice")
        house.book(alice, TEN)
        assert refused(house, wish(alice, ("closed", "dr-lee"))).facts["tried"] == 2

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"start": TUESDAY + timedelta(hours=13)}, "outside-hours"),
            ({"start": TEN + timedelta(minutes=10)}, "off-grid"),
            ({"start": TUESDAY - timedelta(days=3)}, "in-the-past"),
            ({"minutes": 45}, "bad-duration"),
            ({"end": NOON}, "bad-duration"),
            ({"party": 5}, "party-too-large"),
            ({"units": 2}, "too-many-units"),
            ({"between": (TEN, TEN + timedelta(minutes=29))}, "outside-hours"),
            ({"between": (TEN, NOON), "minutes": 45}, "bad-duration"),
            ({"between": (TEN, NOON), "party": 5}, "party-too-large"),
            ({"between": (TEN, NOON), "units": 2}, "too-many-units"),
            ({"between": (TEN - timedelta(days=9), TEN - timedelta(days=8))}, "in-the-past"),
            ({"between": (TEN + timedelta(days=20), TEN + timedelta(days=30))}, "too-far-ahead"),
            ({"between": (TUESDAY + timedelta(days=4), TUESDAY + timedelta(days=5))}, "closed"),
            ({"between": (NOON, TEN)}, "malformed"),
            ({"between": (TEN, TEN + timedelta(days=31, minutes=1))}, "malformed"),
        ],
        ids=str,
    )
    def test_the_rule_that_the_first_one_breaks(self, house: House, asked: dict[str, Any], code: str) -> None:
        week = {day: OFFICE[day] for day in ("mon", "tue", "wed", "thu", "fri")}
        house.register(hours=week, seats=4, policy={"max_advance_days": 10})
        house.register("dr-max", kind="therapist")
        found = refused(house, wish(house.person("alice"), ("dr-lee",), **asked))
        assert (found.code, found.facts["resource"], found.facts["tried"]) == (code, "dr-lee", 1)
        assert found.detail.endswith(".")

    def test_too_soon_in_a_whole_window(self, house: House) -> None:
        house.register(policy={"min_notice": 3 * 24 * 60})
        alice = house.person("alice")
        assert refused(house, wish(alice, between=(TEN, NOON))).code == "too-soon"
        assert booked(house, wish(alice, between=(TEN, NOON + timedelta(days=3))))[1] == datetime(
            2026, 12, 3, 4, tzinfo=UTC
        )

    def test_a_kind_of_which_there_is_none(self, house: House) -> None:
        found = refused(house, wish(house.person("alice"), Sought("room", 4, (("floor", "2"),))))
        assert (found.code, found.facts) == ("unknown-resource", {"kind": "room"})
        assert found.detail == "There is no resource of kind room that seats 4 with these attributes for you to book."

    def test_a_party_that_none_of_the_kind_seats_is_told_how_many_the_largest_does(self, house: House) -> None:
        for room, seats in (("elm", 4), ("oak", 12)):
            house.register(room, kind="room", seats=seats)
        house.register("yew", kind="room", seats=20, visibility="staff")
        found = refused(house, wish(house.person("alice"), Sought("room"), party=15))
        assert (found.code, found.facts) == ("party-too-large", {"seats": 12})
        assert found.detail.startswith("No resource of kind room seats 15; the largest seats 12.")
        house.register("ash", kind="room", seats=None)
        assert booked(house, wish(house.person("alice"), Sought("room"), party=15))[0] == "ash"

    def test_more_than_can_be_looked_at(self, house: House) -> None:
        for number in range(MOST_DAYS // 32 + 1):
            house.register(f"dr-{number}", timezone=("UTC", "Asia/Dhaka")[number % 2])
        alice, month = house.person("alice"), (TUESDAY, TUESDAY + timedelta(days=31))
        three_weeks = (TUESDAY, TUESDAY + timedelta(days=24))
        for command in (wish(alice, between=month), wish(alice, between=(TEN, *month[1:]), choose="fair")):
            found = refused(house, command)
            assert found.code == "malformed"
            assert f"at most {MOST_DAYS}" in found.detail
        assert booked(house, wish(alice, between=three_weeks, choose="fair"))[0] == "dr-0"

    def test_a_hundred_for_a_week_wherever_they_are_can_be_looked_at(self, house: House) -> None:
        for number in range(MOST_CANDIDATES):
            zone = ("Pacific/Auckland", "Pacific/Honolulu", "UTC")[number % 3]
            house.register(f"dr-{number:02}", timezone=zone, policy={"buffer_before": 600, "buffer_after": 600})
        alice, week = house.person("alice"), (TUESDAY, TUESDAY + timedelta(days=6, hours=23))
        assert booked(house, wish(alice, between=week))[0] == "dr-00"
        house.register("dr-one-more")
        assert "101 resources have this" in refused(house, wish(alice, between=week)).detail

    def test_too_many_holds(self, doctors: House) -> None:
        alice = doctors.person("alice")
        for _ in range(3):
            doctors.run(wish(alice, hold=True))
        assert refused(doctors, wish(alice, hold=True)).code == "too-many-holds"


@on_sqlite
def test_attributes_are_compared_as_in_a_search(house: House) -> None:
    house.register("oak", kind="room", attributes={"floor": 2, "projector": True})
    house.register("elm", kind="room", attributes={"floor": 1, "projector": True})
    alice = house.person("alice")
    assert booked(house, wish(alice, Sought("room", None, (("projector", "true"), ("floor", "2.0")))))[0] == "oak"


@on_sqlite
def test_a_repeat_is_answered_with_what_the_first_one_made(doctors: House) -> None:
    alice = doctors.person("alice")
    command = wish(alice, keyed=True, body=b"wish")
    first, again = doctors.run(command), doctors.run(command)
    assert again.replayed
    assert again.subject.id == first.subject.id


@on_sqlite
def test_a_hold_runs_out_by_the_policy_of_the_one_that_was_taken(house: House) -> None:
    house.register("dr-kim", policy={"hold_seconds": 60})
    subject: Any = house.run(wish(house.person("alice"), hold=True)).subject
    assert (subject.status, subject.expires_at) == ("held", house.time + timedelta(seconds=60))


@on_sqlite
def test_a_booking_across_midnight_needs_room_on_both_days(house: House) -> None:
    night = {"step": 60, "min_duration": 120, "max_duration": 120, "buffer_before": 30, "buffer_after": 30}
    house.register(hours={"tue": (("20:00", "02:00"),)}, policy=night)
    alice = house.person("alice")
    window = (TUESDAY + timedelta(hours=18), TUESDAY + timedelta(hours=30))
    got = [booked(house, wish(alice, between=window))[1] for _ in range(2)]
    assert got == [TUESDAY + timedelta(hours=20), TUESDAY + timedelta(hours=23)]
    assert refused(house, wish(alice, between=window)).code == "not-available"


class TestRaces:
    def test_twenty_at_once_for_twelve_places_get_twelve_different_ones(self, house: House) -> None:
        for resource in ("dr-kim", "dr-lee"):
            house.register(resource, hours=OFFICE)
        people = [house.person(f"person-{number}") for number in range(20)]
        asked = [house.ask(wish(each, between=(TUESDAY, NOON))) for each in people]
        answers = [each.result(30) for each in asked]
        got = [each.subject for each in answers if isinstance(each, Outcome)]
        places = {(leg.resource, leg.start) for each in got if isinstance(each, Booking) for leg in each.legs}
        assert (len(got), len(places)) == (12, 12)
        assert [each.facts["tried"] for each in answers if isinstance(each, Refused)] == [2] * 8
        assert house.oversold() == []

    def test_what_another_process_took_is_passed_over(self, houses: Callable[..., House], store: Any) -> None:
        here, there = houses(store.open()), houses(store.open())
        here.register("dr-kim")
        here.register("dr-lee")
        alice, bob = here.person("alice"), there.person("bob")
        assert booked(there, wish(bob)) == ("dr-kim", TEN)
        assert booked(here, wish(alice)) == ("dr-lee", TEN)
        assert refused(there, wish(bob)).facts["tried"] == 2


def test_a_wish_for_many_places_and_days_takes_a_large_share_of_what_one_caller_may_let_wait() -> None:
    somebody = Actor("customer", "c-1")
    ten = datetime(2026, 12, 1, 10)  # noqa: DTZ001 - a wall clock

    def weight(places: int, days: int, **more: Any) -> int:
        between = (ten, ten + timedelta(days=days - 1))
        names = tuple(f"dr-{number}" for number in range(places))
        command = BookAny(actor=somebody, command_id="", customer="c-1", candidates=names, between=between, **more)
        return command.weight

    assert [weight(1, 1), weight(2, 2), weight(100, 7), weight(100, 31)] == [1, 1, 175, 175]
    assert weight(8, 1, choose="fair") == 14
