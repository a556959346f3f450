"""What would have been: the same requests, decided by the same rules, on a resource that was otherwise."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.app.conftest import ADMIN, STAFF
from tests.app.whatif.conftest import AT_TEN, TUESDAY, Past

from app.commands import (
    SWEEPER,
    Actor,
    Approve,
    BookAny,
    BookSeries,
    Cancel,
    Confirm,
    DefineResource,
    JoinLine,
    Lapse,
    PlaceBlock,
    Reschedule,
)
from app.identity import random_command_id
from app.whatif.changes import CannotImagine
from app.whatif.utilisation import Use
from domain.booking import Booking
from domain.definition import Definition
from domain.interval import DAY
from domain.leg import WantedLeg
from domain.plan import WEEKDAYS, Policy
from domain.refusal import Refused

HALF_AN_HOUR = timedelta(minutes=30)
ALL_DAY = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))
HOUR = timedelta(hours=1)


def on(past: Past, kind: Any, booking: Booking, actor: Actor, **more: Any) -> None:
    past.run(kind(actor=actor, command_id=random_command_id(), booking=booking.key, **more))


def ask(past: Past, name: str, *more: Any, **others: Any) -> str | None:
    return past.try_to(past.booking(past.person(name), *more, **others))


def test_more_capacity_serves_whoever_was_turned_away(past: Past) -> None:
    past.register()
    assert ask(past, "alice", AT_TEN) is None
    assert [ask(past, name, AT_TEN) for name in ("bob", "carol", "dave")] == ["not-available"] * 3
    found = past.imagine("capacity=3")
    assert (found.bookings, found.lost) == (1, [])
    assert (found.tries, found.turned_away, found.served) == (3, 3, 2)
    assert found.before == Use(1440, 30)
    assert found.after == Use(3 * 1440, 90)
    assert found.unlike == 0
    assert found.decided == 1 + 3 + 1 + 3


def test_shorter_hours_cost_the_bookings_that_lie_outside(past: Past) -> None:
    past.register()
    kept = past.book(past.person("alice"), AT_TEN)
    lost = past.book(past.person("bob"), AT_TEN + 5 * HOUR)
    assert kept.key != lost.key
    found = past.imagine("hours.tue=09:00-12:00")
    assert found.bookings == 2
    assert [(each.booking, each.start, each.code) for each in found.lost] == [
        (lost.key, AT_TEN + 5 * HOUR, "outside-hours")
    ]
    assert found.after == Use(180, 30)


def test_whoever_gets_a_place_may_take_it_from_another(past: Past) -> None:
    """More room lets somebody in who was refused, whose time another had then."""
    past.register(policy=Policy(step=30, min_duration=30, max_duration=60))
    first = past.book(past.person("alice"), AT_TEN)
    assert ask(past, "bob", AT_TEN + HALF_AN_HOUR, AT_TEN + 3 * HALF_AN_HOUR) is None
    assert ask(past, "carol", AT_TEN + HALF_AN_HOUR) == "not-available"
    on(past, Cancel, first, past.person("alice"))
    found = past.imagine("policy.max_duration=30")
    assert [each.code for each in found.lost] == ["bad-duration"]
    assert found.served == 1


def test_nobody_who_found_another_time_of_the_date_was_turned_away(past: Past) -> None:
    past.register()
    past.book(past.person("alice"), AT_TEN)
    assert ask(past, "bob", AT_TEN) == "not-available"
    assert ask(past, "bob", AT_TEN + HOUR) is None
    assert ask(past, "carol", AT_TEN) == "not-available"
    assert ask(past, "carol", AT_TEN + HOUR) == "not-available"
    found = past.imagine("capacity=2")
    assert (found.tries, found.settled, found.turned_away, found.served) == (3, 1, 1, 1)
    assert found.after.taken == 90, "carol is served once"


def test_who_booked_before_and_was_refused_another_time_was_turned_away(past: Past) -> None:
    past.register()
    past.book(past.person("alice"), AT_TEN)
    assert ask(past, "bob", AT_TEN + HOUR) is None
    assert ask(past, "bob", AT_TEN) == "not-available"
    assert past.imagine("capacity=2").served == 1


@pytest.mark.parametrize(("knows_for_whom", "turned_away"), [(True, 2), (False, 1)])
def test_whoever_the_desk_asks_for_is_a_person_and_each_call_is_one_where_that_was_not_noted(
    past: Past, knows_for_whom: bool, turned_away: int
) -> None:
    """Not noted, Carol's booking is taken for what Bob got in the end."""
    past.register()
    past.book(past.person("alice"), AT_TEN)
    for name in ("bob", "carol"):
        command = past.booking(past.person(name), AT_TEN + (HALF_AN_HOUR if name == "carol" else 0 * HOUR))
        past.try_to(replace(command, actor=STAFF, command_id=random_command_id()))
    past.pass_time(minutes=2)
    past.try_to(replace(past.booking(past.person("dave"), AT_TEN), actor=STAFF))
    if not knows_for_whom:
        past.forget_for_whom()
    found = past.imagine("capacity=5")
    assert (found.bookings, found.turned_away, found.served) == (2, turned_away, turned_away)


@pytest.mark.parametrize("knows_for_whom", [True, False])
def test_what_the_desk_booked_afterwards_settles_one_of_its_calls(past: Past, knows_for_whom: bool) -> None:
    past.register()
    past.book(past.person("alice"), AT_TEN)
    for name, start in (("bob", AT_TEN), ("carol", AT_TEN), ("bob", AT_TEN + HOUR)):
        past.try_to(replace(past.booking(past.person(name), start), actor=STAFF))
        past.pass_time(minutes=2)
    if not knows_for_whom:
        past.forget_for_whom()
    found = past.imagine("capacity=2")
    assert (found.tries, found.settled, found.turned_away, found.served) == (2, 1, 1, 1)


def test_who_asked_and_was_asked_for_is_one_person(past: Past) -> None:
    past.register()
    past.book(past.person("alice"), AT_TEN)
    bob = past.person("bob")
    assert past.try_to(past.booking(bob, AT_TEN)) == "not-available"
    asked_for = replace(past.booking(bob, AT_TEN), actor=STAFF, command_id=random_command_id())
    assert past.try_to(asked_for) == "not-available"
    found = past.imagine("capacity=5")
    assert (found.tries, found.turned_away, found.served) == (2, 1, 1)


def test_each_whom_an_agent_asks_for_is_another_person(past: Past) -> None:
    """A limit of one a day is theirs, not the agent's."""
    past.register(policy=Policy(daily_limit=1))
    agent = Actor("agent", "c-agent")
    for hour in range(3):
        past.book(past.person(f"guest-{hour}"), AT_TEN + hour * HOUR)
    for hour in range(3):
        wish = past.booking(past.person(f"other-{hour}"), AT_TEN + hour * HOUR)
        assert past.try_to(replace(wish, actor=agent)) == "not-available"
    found = past.imagine("capacity=2")
    assert (found.turned_away, found.served) == (3, 3)


@pytest.mark.parametrize(("knows_how_much", "wishes", "taken"), [(True, 3, 120 + 30 + 60 + 15), (False, 1, 150)])
def test_a_wish_for_any_time_of_a_window_takes_as_much_of_it_as_was_asked_for(
    past: Past, knows_how_much: bool, wishes: int, taken: int
) -> None:
    past.register(policy=Policy(step=15, min_duration=15, max_duration=240))
    past.book(past.person("alice"), AT_TEN, AT_TEN + 2 * HOUR)
    window = (AT_TEN, AT_TEN + 2 * HOUR)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("bob", {"start": AT_TEN, "minutes": 30}),
        ("carol", {"between": window, "minutes": 60}),
        ("dave", {"between": window}),  # the shortest
    ]
    for name, what in asked:
        who = past.person(name)
        facts: dict[str, Any] = {"actor": who, "customer": who.person, "candidates": ("dr-lee",)}
        assert past.try_to(BookAny(command_id=random_command_id(), **facts, **what)) == "not-available"
        past.pass_time(seconds=1)
    if not knows_how_much:
        past.forget_for_whom()
    found = past.imagine("capacity=2")
    assert (found.tries, found.turned_away, found.served, found.after.taken) == (wishes, wishes, wishes, taken)
    assert found.unlike == 0


def test_holds_that_ran_out_are_no_bookings_but_had_the_place(past: Past) -> None:
    past.register()
    command = past.booking(past.person("alice"), AT_TEN, hold=True)
    held = past.run(command).subject
    assert isinstance(held, Booking)
    assert ask(past, "bob", AT_TEN) == "not-available"
    past.pass_time(seconds=31)
    past.run(Lapse(actor=SWEEPER, command_id=random_command_id(), booking=held.key))
    found = past.imagine()
    assert (found.bookings, found.turned_away, found.served, found.unlike) == (0, 1, 0, 0)
    assert past.imagine("capacity=2").served == 1


def test_a_hold_that_would_have_run_out_sooner_is_a_booking_less(past: Past) -> None:
    past.register(policy=Policy(hold_seconds=600))
    alice = past.person("alice")
    held = past.run(past.booking(alice, AT_TEN, hold=True)).subject
    assert isinstance(held, Booking)
    past.pass_time(seconds=300)
    on(past, Confirm, held, alice)
    assert [each.code for each in past.imagine("policy.hold_seconds=60").lost] == ["hold-expired"]
    assert past.imagine("policy.hold_seconds=301").lost == []


def test_what_was_given_up_or_moved_leaves_its_place(past: Past) -> None:
    past.register()
    alice, bob = past.person("alice"), past.person("bob")
    booked = past.book(alice, AT_TEN)
    on(past, Reschedule, booked, alice, start=AT_TEN + HOUR)
    assert ask(past, "bob", AT_TEN) is None
    assert ask(past, "carol", AT_TEN + HOUR) == "not-available"
    on(past, Cancel, booked, alice)
    assert ask(past, "carol", AT_TEN + HOUR) is None
    found = past.imagine()
    assert (found.bookings, found.lost, found.unlike, found.before) == (3, [], 0, Use(1440, 60))
    assert bob.person


def test_what_comes_from_another_resource_or_goes_there_is_followed(past: Past) -> None:
    past.register()
    past.register("dr-kim")
    alice = past.person("alice")
    came = past.book(alice, AT_TEN, resource="dr-kim")
    on(past, Reschedule, came, alice, legs=(WantedLeg("dr-lee", AT_TEN, None, 1),))
    assert ask(past, "bob", AT_TEN) == "not-available"
    went = past.book(past.person("carol"), AT_TEN + HOUR)
    on(past, Reschedule, went, past.person("carol"), legs=(WantedLeg("dr-kim", AT_TEN, None, 1),))
    assert ask(past, "dave", AT_TEN + HOUR) is None
    lee = past.imagine("hours.tue=closed")
    assert (lee.bookings, len(lee.lost), lee.unlike, lee.before.taken) == (3, 3, 0, 60)
    kim = past.imagine(resource="dr-kim")
    assert (kim.bookings, kim.lost, kim.unlike, kim.before.taken) == (2, [], 0, 30)


def test_only_the_leg_on_the_resource_counts(past: Past) -> None:
    past.register()
    past.register("room-1")
    legs = (WantedLeg("room-1", AT_TEN, None, 1), WantedLeg("dr-lee", AT_TEN, None, 1))
    past.run(replace(past.booking(past.person("alice"), AT_TEN), legs=legs))
    assert past.imagine("capacity=2").after == Use(2880, 30)


def test_a_series_is_as_many_bookings(past: Past) -> None:
    past.register()
    alice = past.person("alice")
    legs, days = (WantedLeg("dr-lee", AT_TEN, None, 1),), (0, 1, 2)
    series = BookSeries(
        actor=alice,
        command_id=random_command_id(),
        customer=alice.person,
        legs=legs,
        days=days,
        repeat="FREQ=DAILY;COUNT=3",
    )
    past.run(series)
    found = past.imagine("hours.wed=closed", last=TUESDAY + 2 * DAY)
    assert (found.bookings, [each.code for each in found.lost], found.unlike) == (3, ["closed"], 0)


def test_what_was_held_for_whoever_waited_is_theirs(past: Past) -> None:
    past.register()
    alice, bob = past.person("alice"), past.person("bob")
    booked = past.book(alice, AT_TEN)
    assert ask(past, "bob", AT_TEN) == "not-available"
    past.run(JoinLine(actor=bob, command_id=random_command_id(), customer=bob.person, resource="dr-lee", start=AT_TEN))
    on(past, Cancel, booked, alice)
    offered = [e.originator_id for e in past.log.after(0) if e.topic == "BookingOffered.1"]
    past.pass_time(minutes=10)
    confirm = Confirm(actor=bob, command_id=random_command_id(), booking=offered[0].removeprefix("booking/"))
    past.run(confirm)
    found = past.imagine()
    assert (found.bookings, found.lost, found.settled, found.turned_away, found.unlike) == (2, [], 1, 0, 0)
    assert found.before.taken == 30


def test_blocks_stay_and_are_not_offered(past: Past) -> None:
    past.register(capacity=2)
    past.run(
        PlaceBlock(
            actor=STAFF,
            command_id=random_command_id(),
            resource="dr-lee",
            start=AT_TEN,
            end=AT_TEN + HOUR,
            units=1,
        )
    )
    assert [ask(past, name, AT_TEN) for name in ("alice", "bob")] == [None, "not-available"]
    found = past.imagine("capacity=3")
    assert (found.served, found.before.offered, found.after.offered) == (1, 2 * 1440 - 60, 3 * 1440 - 60)


def test_approval_and_the_plan_s_own_changes_are_as_they_were(past: Past) -> None:
    past.register(policy=Policy(approval=True))
    pending = past.book(past.person("alice"), AT_TEN)
    on(past, Approve, pending, STAFF)
    definition = Definition(name="Dr Lee", kind="psychologist", capacity=2, hours=ALL_DAY)
    past.run(
        DefineResource(
            actor=ADMIN,
            command_id=random_command_id(),
            resource="dr-lee",
            timezone=None,
            definition=definition,
            expected=1,
        )
    )
    assert [ask(past, name, AT_TEN) for name in ("bob", "carol")] == [None, "not-available"]
    found = past.imagine()
    assert (found.bookings, found.turned_away, found.unlike) == (2, 1, 0)
    assert found.before == Use(2880, 60)
    assert past.imagine("policy.approval=false", "capacity=3").served == 1


def test_refusals_that_no_definition_could_have_spared_are_left_out(past: Past) -> None:
    past.register()
    assert ask(past, "bob", AT_TEN - 7 * DAY) == "in-the-past"
    assert past.imagine("capacity=3", first=TUESDAY - 7 * DAY).tries == 0


@pytest.mark.parametrize(("knows_how_many", "tries", "served"), [(True, 2, 1), (False, 0, 0)])
def test_a_party_that_was_too_large_fits_where_there_are_as_many_seats(
    past: Past, knows_how_many: bool, tries: int, served: int
) -> None:
    past.register(seats=2)
    for name, party in (("alice", 3), ("bob", 4)):
        assert past.try_to(past.booking(past.person(name), AT_TEN, party=party)) == "party-too-large"
    if not knows_how_many:
        past.forget_for_whom()
    found = past.imagine("seats=3")
    assert (found.tries, found.served, found.unlike) == (tries, served, 0)


def test_what_a_rule_refused_is_asked_again(past: Past) -> None:
    past.register(policy=Policy(min_notice=60 * 48, max_advance_days=3, daily_limit=1), hours={"tue": ALL_DAY["tue"]})
    codes = [
        ask(past, "alice", AT_TEN),
        ask(past, "bob", AT_TEN + DAY),
        ask(past, "carol", AT_TEN + 7 * DAY),
        ask(past, "dave", AT_TEN + 3 * HOUR, AT_TEN + 4 * HOUR),
    ]
    assert codes == ["too-soon", "closed", "too-far-ahead", "bad-duration"]
    changes = ["policy.min_notice=0", "policy.max_advance_days=30", "hours.wed=00:00-24:00", "policy.max_duration=60"]
    found = past.imagine(*changes, last=TUESDAY + 7 * DAY)
    assert (found.turned_away, found.served) == (4, 4)


def test_dates_that_are_not_asked_for_are_left_out(past: Past) -> None:
    past.register()
    for day in (0, 1, 2):
        past.book(past.person("alice"), AT_TEN + day * DAY)
        ask(past, "bob", AT_TEN + day * DAY)
    found = past.imagine("capacity=2", first=TUESDAY + DAY, last=TUESDAY + DAY)
    assert (found.bookings, found.turned_away, found.served) == (1, 1, 1)


@pytest.mark.parametrize("days", [-1, 366])
def test_dates_run_forward_and_are_a_year_at_most(past: Past, days: int) -> None:
    past.register()
    with pytest.raises(CannotImagine):
        past.imagine(last=TUESDAY + days * DAY)


def test_of_a_resource_that_there_is_not_nothing_can_be_imagined(past: Past) -> None:
    with pytest.raises(Refused, match="There is no resource nowhere"):
        past.imagine(resource="nowhere")
