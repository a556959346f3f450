"""The line of those who wait: whoever is first and fits gets what becomes free, in the very append that freed it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import ADMIN, STAFF, House

from app.commands import (
    RETENTION,
    SWEEPER,
    Actor,
    Book,
    BookAny,
    BookSeries,
    Cancel,
    Confirm,
    DefineResource,
    EraseCustomer,
    JoinLine,
    Lapse,
    LeaveLine,
    LiftBlock,
    PlaceBlock,
    Reschedule,
    RetireResource,
    ServeLine,
)
from app.decisions import line
from app.erasure_list import Erased, ErasureList
from app.forgetting import erase_again
from app.identity import random_command_id
from domain import wish
from domain.block import Block
from domain.booking import Booking
from domain.customer import Customer
from domain.definition import Definition
from domain.leg import WantedLeg
from domain.plan import WEEKDAYS
from domain.refusal import Refused
from domain.series import Series

AT_TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
HALF_PAST = AT_TEN + timedelta(minutes=30)


def join(house: House, who: Actor, start: datetime | None = AT_TEN, **more: Any) -> str:
    """Wait for an interval, or for any slot; the wish's id."""
    command = JoinLine(
        actor=more.pop("actor", who),
        command_id=random_command_id(),
        customer=who.person,
        resource=more.pop("resource", "dr-lee"),
        start=start,
        **more,
    )
    customer = house.run(command).subject
    assert isinstance(customer, Customer)
    return list(customer.wishes)[-1]


def on(house: House, kind: Any, booking: str, actor: Actor, **more: Any) -> Any:
    return house.run(kind(actor=actor, command_id=random_command_id(), booking=booking, **more)).subject


def leave(house: House, who: Actor, wish: str) -> None:
    house.run(LeaveLine(actor=who, command_id=random_command_id(), customer=who.person, wish=wish))


def offered(house: House, who: Actor) -> list[Booking]:
    """What is held for somebody who waited, as the log has it."""
    streams = dict.fromkeys(event.originator_id for event in house.log.after(0) if event.topic == "BookingOffered.1")
    found = []
    for stream in streams:
        booking = Booking.untouched(stream)
        for event in house.log.stream(stream):
            house.mapper.to_event(event).mutate(booking)
        found.append(booking)
    return [booking for booking in found if booking.customer == who.person]


def waiting(house: House, who: Actor) -> list[str]:
    """The wishes with which somebody stands in line, as the log has it."""
    customer = Customer.untouched(Customer.stream(who.person))
    for event in house.log.stream(customer.id):
        house.mapper.to_event(event).mutate(customer)
    return list(customer.wishes)


def test_whoever_waits_gets_what_is_given_up_in_the_same_append(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    booked = house.book(alice, AT_TEN)
    wish = join(house, bob)
    before = house.log.head().position
    on(house, Cancel, booked.key, alice)
    assert house.topics(before) == [
        "BookingCancelled",
        "TimeReleased",
        "TimeClaimed",
        "WishServed",
        "BookingHeld",
        "BookingOffered",
        "LineLeft",
    ]
    events = house.log.after(before)
    assert {event.command_id for event in events} == {events[0].command_id}
    assert [event.by for event in events[2:]] == ["system:waitlist"] * 5
    (held,) = offered(house, bob)
    assert (held.status, held.expires_at, held.wish) == ("held", house.time + timedelta(minutes=15), wish)
    assert held.made_by == bob.by


def test_the_first_in_line_is_served_before_the_second_and_he_when_she_does_not_answer(house: House) -> None:
    house.register()
    alice, bob, carol, dave = map(house.person, ("alice", "bob", "carol", "dave"))
    booked = house.book(alice, AT_TEN)
    join(house, bob)
    join(house, carol)
    on(house, Cancel, booked.key, alice)
    (bobs,) = offered(house, bob)
    assert offered(house, carol) == []
    house.pass_time(minutes=15)
    with pytest.raises(Refused, match="fully booked") as refused:  # the line comes before whoever comes by
        house.book(dave, AT_TEN)
    assert refused.value.code == "not-available"
    on(house, Lapse, bobs.key, SWEEPER)
    (carols,) = offered(house, carol)
    assert carols.status == "held"
    with pytest.raises(Refused, match="time ran out"):
        on(house, Confirm, bobs.key, bob)
    assert on(house, Confirm, carols.key, carol).status == "confirmed"
    assert house.oversold() == []


def test_a_newcomer_s_command_serves_the_line_first_when_it_writes_something_on_that_day(house: House) -> None:
    house.register()
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    house.book(alice, AT_TEN, hold=True)
    join(house, bob)
    house.pass_time(seconds=30)
    before = house.log.head().position
    house.book(carol, HALF_PAST)
    assert house.topics(before)[:4] == ["TimeReleased", "TimeClaimed", "WishServed", "TimeClaimed"]
    assert [each.status for each in offered(house, bob)] == ["held"]


def test_an_offer_ends_at_the_start_at_the_latest_and_nobody_is_served_after_it(house: House) -> None:
    house.register(policy={"offer_minutes": 60})
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    booked = house.book(alice, AT_TEN)
    for each in (bob, carol):
        join(house, each)
    house.time = AT_TEN - timedelta(minutes=20)
    on(house, Cancel, booked.key, alice)
    (held,) = offered(house, bob)
    assert held.expires_at == AT_TEN
    house.time = AT_TEN
    on(house, Lapse, held.key, SWEEPER)
    assert offered(house, carol) == []


def test_a_small_wish_is_served_when_a_larger_one_ahead_does_not_fit_unless_the_policy_forbids_it(house: House) -> None:
    for resource, overtaking in (("bus", True), ("train", False)):
        house.register(resource, capacity=3, policy={"max_units": 3, "overtaking": overtaking})
        alice, ben, bob, carol = (house.person(f"{name}-{resource}") for name in ("alice", "ben", "bob", "carol"))
        one = house.book(alice, AT_TEN, resource=resource)
        two = house.book(ben, AT_TEN, resource=resource, units=2)
        join(house, bob, resource=resource, units=2)
        join(house, carol, resource=resource)
        on(house, Cancel, one.key, alice)
        assert offered(house, bob) == []
        assert bool(offered(house, carol)) is overtaking
        on(house, Cancel, two.key, ben)
        assert len(offered(house, bob)) == len(offered(house, carol)) == 1
    assert house.oversold() == []


def test_when_a_larger_wish_that_nobody_may_pass_is_given_up_the_small_one_behind_it_is_served(house: House) -> None:
    house.register("train", capacity=2, policy={"max_units": 2, "overtaking": False})
    alice, ben, bob, carol = map(house.person, ("alice", "ben", "bob", "carol"))
    one = house.book(alice, AT_TEN, resource="train")
    house.book(ben, AT_TEN, resource="train")
    wish = join(house, bob, resource="train", units=2)
    join(house, carol, resource="train")
    on(house, Cancel, one.key, alice)
    assert offered(house, carol) == []
    leave(house, bob, wish)
    assert len(offered(house, carol)) == 1


def test_a_wish_that_the_rules_of_by_now_forbid_holds_up_nobody_even_where_nobody_may_pass(house: House) -> None:
    """More than one booking may take since the place was defined anew; whether there is room or not."""
    house.register("train", capacity=3, policy={"max_units": 3, "overtaking": False})
    alice, ben, bob, carol = map(house.person, ("alice", "ben", "bob", "carol"))
    one, two = (house.book(who, AT_TEN, resource="train", units=units) for who, units in ((alice, 1), (ben, 2)))
    wish = join(house, bob, resource="train", units=3)
    hours = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))
    said = {"name": "Train", "kind": "psychologist", "capacity": 3, "hours": hours}
    definition = Definition.model_validate({**said, "policy": {"max_units": 2, "overtaking": False}})
    facts: dict[str, Any] = {"resource": "train", "timezone": None, "definition": definition}
    house.run(DefineResource(actor=ADMIN, command_id=random_command_id(), expected=1, **facts))
    join(house, carol, resource="train")
    on(house, Cancel, one.key, alice)
    assert (offered(house, bob), len(offered(house, carol))) == ([], 1)
    assert waiting(house, bob) == [wish]  # the place may be defined anew once more
    on(house, Cancel, two.key, ben)
    assert offered(house, bob) == []


def test_who_leaves_what_was_offered_a_moment_ago_gives_it_to_the_next(house: House) -> None:
    house.register()
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    booked = house.book(alice, AT_TEN)
    wish = join(house, bob)
    join(house, carol)
    on(house, Cancel, booked.key, alice)
    (held,) = offered(house, bob)
    before = house.log.head().position
    leave(house, bob, wish)
    assert [each.status for each in offered(house, bob)] == ["cancelled"]
    (hers,) = offered(house, carol)
    assert {"BookingCancelled", "BookingOffered"} <= set(house.topics(before))  # in one append: nobody slips in between
    leave(house, bob, wish)  # once more changes nothing
    on(house, Confirm, hers.key, carol)
    assert house.oversold() == []
    assert held.key != hers.key


def test_who_leaves_a_line_that_led_to_a_booking_keeps_the_booking(house: House) -> None:
    house.register()
    alice, bob = map(house.person, ("alice", "bob"))
    booked = house.book(alice, AT_TEN)
    wish = join(house, bob)
    on(house, Cancel, booked.key, alice)
    (held,) = offered(house, bob)
    on(house, Confirm, held.key, bob)
    before = house.log.head()
    leave(house, bob, wish)
    assert house.log.head() == before


def test_a_retired_place_has_no_line_and_its_wishes_count_for_nobody(house: House) -> None:
    house.register()
    house.register("dr-kim")
    alice, bob = map(house.person, ("alice", "bob"))
    house.book(alice, AT_TEN)
    join(house, bob)
    house.run(RetireResource(actor=ADMIN, command_id=random_command_id(), resource="dr-lee"))
    assert len(waiting(house, bob)) == 1
    before = house.log.head().position
    house.run(ServeLine(actor=SWEEPER, command_id=random_command_id(), resource="dr-lee", day=AT_TEN.date()))
    assert set(house.topics(before)) >= {"WishWithdrawn", "LineLeft"}
    assert waiting(house, bob) == []


def test_any_slot_of_a_day_will_do_for_those_who_say_so(house: House) -> None:
    hours = dict.fromkeys(WEEKDAYS, (("09:00", "10:30"),))
    house.register(hours=hours)
    alice, bob = house.person("alice"), house.person("bob")
    booked = [house.book(alice, AT_TEN + timedelta(minutes=minutes)) for minutes in (-60, -30, 0)]
    join(house, bob, None, day=AT_TEN.date())
    on(house, Cancel, booked[1].key, alice)
    (held,) = offered(house, bob)
    assert held.legs[0].start == AT_TEN - timedelta(minutes=30)


def test_nobody_waits_for_what_is_free_or_may_not_be_booked(house: House) -> None:
    house.register(policy={"max_advance_days": 7, "min_notice": 60})
    alice = house.person("alice")
    for code, start, more in (
        ("still-available", AT_TEN, {}),
        ("still-available", None, {"day": AT_TEN.date()}),
        ("too-far-ahead", AT_TEN + timedelta(days=30), {}),
        ("too-far-ahead", None, {"day": AT_TEN.date() + timedelta(days=30)}),
        ("off-grid", AT_TEN + timedelta(minutes=1), {}),
        ("bad-duration", None, {"day": AT_TEN.date(), "minutes": 7}),
        ("in-the-past", None, {"day": AT_TEN.date() - timedelta(days=5)}),
        ("too-many-units", AT_TEN, {"units": 2}),
        ("unknown-resource", AT_TEN, {"resource": "nowhere"}),
    ):
        with pytest.raises(Refused) as refused:
            join(house, alice, start, **more)
        assert refused.value.code == code
    assert "WishMade" not in house.topics()


def test_nobody_waits_for_more_than_three_things_and_what_is_over_does_not_count(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    starts = [AT_TEN + timedelta(minutes=30 * number) for number in range(5)]
    for start in starts:
        house.book(alice, start)
    for start in starts[:3]:
        join(house, bob, start)
    with pytest.raises(Refused, match="wait for 3 things at once") as refused:
        join(house, bob, starts[3])
    assert (refused.value.code, refused.value.facts) == ("too-many-wishes", {"limit": 3})
    house.time = AT_TEN
    join(house, bob, starts[3])


def test_more_room_by_a_revision_goes_to_the_line_when_the_day_is_touched(house: House) -> None:
    house.register("bus", capacity=1)
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    house.book(alice, AT_TEN, resource="bus")
    join(house, bob, resource="bus")
    hours = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))
    revised = Definition.model_validate({"name": "Bus", "kind": "psychologist", "capacity": 2, "hours": hours})
    house.run(
        DefineResource(
            actor=ADMIN,
            command_id=random_command_id(),
            expected=1,
            resource="bus",
            timezone="UTC",
            definition=revised,
        )
    )
    with pytest.raises(Refused, match="fully booked"):
        house.book(carol, AT_TEN, resource="bus")
    serve = ServeLine(actor=SWEEPER, command_id=random_command_id(), resource="bus", day=AT_TEN.date())
    house.run(serve)
    assert len(offered(house, bob)) == 1


def test_a_block_that_is_lifted_makes_room_for_the_line(house: House) -> None:
    house.register()
    bob = house.person("bob")
    command = PlaceBlock(
        actor=STAFF, command_id=random_command_id(), resource="dr-lee", start=AT_TEN, end=AT_TEN + timedelta(hours=2)
    )
    block = house.run(command).subject
    assert isinstance(block, Block)
    join(house, bob)
    house.run(LiftBlock(actor=STAFF, command_id=random_command_id(), resource="dr-lee", block=block.key))
    assert len(offered(house, bob)) == 1


def test_a_wish_over_midnight_is_served_whichever_of_its_days_makes_room(house: House) -> None:
    house.register(policy={"min_duration": 60, "max_duration": 60})
    late = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)
    for name in ("one", "two"):
        alice, bob = house.person(f"alice-{name}"), house.person(f"bob-{name}")
        other = late + timedelta(minutes=-30 if name == "one" else 30)
        first = house.book(alice, other)
        join(house, bob, late)
        on(house, Cancel, first.key, alice)
        (held,) = offered(house, bob)
        assert held.legs[0].start == late
        on(house, Cancel, held.key, bob)
    assert house.topics().count("WishMade") == 4
    assert house.oversold() == []


def test_those_who_may_not_book_it_by_now_are_passed_over_and_keep_their_place(house: House) -> None:
    house.register(policy={"daily_limit": 1})
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    booked = house.book(alice, AT_TEN)
    join(house, bob)
    join(house, carol)
    bobs = house.book(bob, AT_TEN + timedelta(hours=2))
    on(house, Cancel, booked.key, alice)
    assert offered(house, bob) == []
    (carols,) = offered(house, carol)
    on(house, Cancel, bobs.key, bob)
    on(house, Cancel, carols.key, carol)
    assert len(offered(house, bob)) == 1


def test_whoever_is_erased_leaves_every_line(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    booked = house.book(alice, AT_TEN)
    join(house, bob)
    before = house.log.head().position
    house.run(EraseCustomer(actor=ADMIN, command_id=random_command_id(), customer=bob.person, looked_at=before))
    assert sorted(house.topics(before)) == ["CustomerErased", "LineLeft", "WishWithdrawn"]
    on(house, Cancel, booked.key, alice)
    assert offered(house, bob) == []


def test_whoever_a_restore_erased_again_holds_up_nobody(house: House, tmp_path: Path) -> None:
    """A log of before has them in line still; they are erased before anybody is served."""
    house.register(policy={"overtaking": False})
    alice, bob, carol = (house.person(name) for name in ("alice", "bob", "carol"))
    booked = house.book(alice, AT_TEN)
    join(house, bob)
    join(house, carol)
    erasures = ErasureList(tmp_path / "erasures")
    erasures.add([Erased(bob.person, "2026-11-30T04:00:00.000000Z")])
    assert erase_again(house.log, erasures, lambda: house.time) == [bob.person]
    before = house.log.head().position
    on(house, Cancel, booked.key, alice)
    assert offered(house, bob) == []
    assert len(offered(house, carol)) == 1
    assert "BookingOffered" in house.topics(before)


def test_wishes_that_are_over_leave_room_in_a_full_line(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wish, "MOST_IN_LINE", 2)
    house.register()
    alice = house.person("alice")
    for start in (AT_TEN, AT_TEN + timedelta(hours=1)):
        house.book(alice, start)
    join(house, house.person("bob"))
    join(house, house.person("carol"))
    with pytest.raises(Refused, match="2 wishes wait"):
        join(house, house.person("dave"), AT_TEN + timedelta(hours=1))
    house.time = AT_TEN
    join(house, house.person("dave"), AT_TEN + timedelta(hours=1))


def test_leaving_twice_changes_nothing_and_what_never_was_is_unknown(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN)
    wish = join(house, bob)
    leave(house, bob, wish)
    before = house.log.head().position
    leave(house, bob, wish)
    assert house.log.head().position == before
    with pytest.raises(Refused, match="no wish"):
        leave(house, bob, "w-0")


def test_an_offer_does_not_count_as_hoarding(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    starts = [AT_TEN + timedelta(minutes=30 * number) for number in range(6)]
    booked = [house.book(alice, start) for start in starts[:3]]
    for start in starts[:3]:
        join(house, bob, start)
    for each in booked:
        on(house, Cancel, each.key, alice)
    assert len(offered(house, bob)) == 3
    assert house.book(bob, starts[3], hold=True).status == "held"


def test_a_repeat_with_a_key_is_answered_with_its_own_booking_and_not_with_one_that_it_made_room_for(
    house: House,
) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    booked = house.book(alice, AT_TEN)
    join(house, bob)
    cancel = Cancel(actor=alice, command_id="a" * 32, keyed=True, booking=booked.key)
    for _ in range(2):
        subject = house.run(cancel).subject
        assert isinstance(subject, Booking)
        assert (subject.key, subject.status) == (booked.key, "cancelled")


def test_lines_of_two_resources_that_one_booking_makes_room_on_are_each_served(house: House) -> None:
    for resource in ("room", "projector"):
        house.register(resource)
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    legs = tuple(WantedLeg(resource, AT_TEN, None, 1) for resource in ("room", "projector"))
    book = Book(actor=alice, command_id=random_command_id(), customer=alice.person, legs=legs)
    both = house.run(book).subject
    assert isinstance(both, Booking)
    house.register("hall")
    house.book(alice, AT_TEN, resource="hall")
    for who, resource in ((bob, "hall"), (bob, "room"), (carol, "projector")):
        join(house, who, resource=resource)
    on(house, Cancel, both.key, alice)
    assert [each.legs[0].resource for each in offered(house, bob)] == ["room"]
    assert [each.legs[0].resource for each in offered(house, carol)] == ["projector"]


def test_whoever_stands_behind_one_who_is_stopped_is_stopped_too_where_nobody_may_pass(house: House) -> None:
    policy = {"min_duration": 30, "max_duration": 90, "max_units": 2, "overtaking": False}
    house.register("train", capacity=2, policy=policy)
    names = ("alice", "ben", "bob", "carol", "dave")
    alice, ben, bob, carol, dave = map(house.person, names)
    long, later = AT_TEN + timedelta(minutes=90), AT_TEN + timedelta(minutes=60)
    mine = house.book(alice, AT_TEN, long, resource="train")
    house.book(ben, AT_TEN, HALF_PAST, resource="train")
    house.book(ben, HALF_PAST, long, resource="train")
    join(house, bob, AT_TEN, end=later, units=2, resource="train")
    join(house, carol, HALF_PAST, end=long, resource="train")
    join(house, dave, later, end=long, resource="train")
    on(house, Cancel, mine.key, alice)
    assert [offered(house, who) for who in (bob, carol, dave)] == [[], [], []]


def test_any_of_several_places_passes_by_what_goes_to_those_in_line(house: House) -> None:
    for resource in ("dr-lee", "dr-kim"):
        house.register(resource)
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    house.book(alice, AT_TEN, hold=True)
    join(house, bob)
    house.pass_time(seconds=30)
    command = BookAny(
        actor=carol,
        command_id=random_command_id(),
        customer=carol.person,
        candidates=("dr-lee", "dr-kim"),
        start=AT_TEN,
    )
    booked = house.run(command).subject
    assert isinstance(booked, Booking)
    assert booked.legs[0].resource == "dr-kim"
    assert [each.legs[0].resource for each in offered(house, bob)] == ["dr-lee"]


def test_a_series_leaves_to_those_in_line_what_ran_out_on_its_days(house: House) -> None:
    house.register()
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    house.book(alice, AT_TEN, hold=True)
    join(house, bob)
    house.pass_time(seconds=30)
    command = BookSeries(
        actor=carol,
        command_id=random_command_id(),
        customer=carol.person,
        legs=(WantedLeg("dr-lee", AT_TEN, None, 1),),
        days=(0, 7),
        repeat="FREQ=WEEKLY;COUNT=2",
        on_conflict="skip",
    )
    series = house.run(command).subject
    assert isinstance(series, Series)
    assert len(offered(house, bob)) == 1
    assert house.topics().count("BookingPlacedInSeries") == 1
    assert house.oversold() == []


@pytest.mark.parametrize("is_offered", [True, False], ids=["offered", "nothing offered"])
def test_a_keyed_move_to_where_it_is_is_known_when_it_comes_again(house: House, *, is_offered: bool) -> None:
    house.register()
    alice, bob, carol = map(house.person, ("alice", "bob", "carol"))
    booked = house.book(alice, AT_TEN)
    house.book(carol, HALF_PAST, hold=True)
    house.book(carol, AT_TEN + timedelta(hours=1))
    join(house, bob, HALF_PAST if is_offered else AT_TEN)
    house.pass_time(seconds=30)
    move = Reschedule(actor=alice, command_id="b" * 32, keyed=True, booking=booked.key, start=AT_TEN)
    for _ in range(2):
        subject = house.run(move).subject
        assert isinstance(subject, Booking)
        assert (subject.key, subject.legs) == (booked.key, booked.legs)


def test_retention_erases_nobody_who_waits(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN)
    wish = join(house, bob)
    command = EraseCustomer(
        actor=RETENTION, command_id=random_command_id(), customer=bob.person, looked_at=house.log.head().position
    )
    with pytest.raises(Refused, match="waits in line"):
        house.run(command)
    leave(house, bob, wish)
    house.run(replace(command, looked_at=house.log.head().position))


def test_where_nobody_may_pass_buffers_count(house: House) -> None:
    house.register(policy={"buffer_after": 30, "overtaking": False})
    alice, ben, bob, carol = map(house.person, ("alice", "ben", "bob", "carol"))
    early = house.book(alice, AT_TEN - timedelta(minutes=30))
    late = house.book(ben, HALF_PAST)
    join(house, bob)
    join(house, carol, HALF_PAST)
    on(house, Cancel, late.key, ben)
    assert offered(house, carol) == []
    on(house, Cancel, early.key, alice)
    assert len(offered(house, bob)) == 1


def test_buffers_that_grew_too_long_for_a_wish_hold_up_nobody_else(house: House) -> None:
    def terms(buffer: int) -> dict[str, Any]:
        return {"min_duration": 60 * 24 * 30, "max_duration": 60 * 24 * 30, "step": 1440, "buffer_after": buffer}

    house.register("hut", policy=terms(0))
    alice, bob = house.person("alice"), house.person("bob")
    midnight = AT_TEN.replace(hour=0)
    booked = house.book(alice, midnight, resource="hut")
    join(house, bob, midnight, resource="hut")
    hours = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))
    said = {"name": "Hut", "kind": "psychologist", "hours": hours, "policy": {**terms(1440), "buffer_before": 1440}}
    house.run(
        DefineResource(
            actor=ADMIN,
            command_id=random_command_id(),
            expected=1,
            resource="hut",
            timezone=None,
            definition=Definition.model_validate(said),
        )
    )
    assert on(house, Cancel, booked.key, alice).status == "cancelled"
    assert offered(house, bob) == []


def test_any_slot_may_be_one_whose_buffers_reach_into_another_date(house: House) -> None:
    house.register(policy={"min_duration": 480, "step": 480, "buffer_before": 15, "buffer_after": 15})
    alice, bob = house.person("alice"), house.person("bob")
    midnight = AT_TEN.replace(hour=0)
    noon = house.book(alice, midnight + timedelta(hours=8))
    block = house.run(
        PlaceBlock(
            actor=STAFF,
            command_id=random_command_id(),
            resource="dr-lee",
            start=midnight,
            end=midnight + timedelta(hours=1),
        )
    ).subject
    assert isinstance(block, Block)
    join(house, bob, None, day=AT_TEN.date())
    house.run(LiftBlock(actor=STAFF, command_id=random_command_id(), resource="dr-lee", block=block.key))
    assert offered(house, bob) == []
    on(house, Cancel, noon.key, alice)
    (held,) = offered(house, bob)
    assert held.legs[0].start == midnight


def test_who_joined_and_left_a_hundred_times_is_remembered_briefly(house: House) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN)
    for _ in range(30):
        leave(house, bob, join(house, bob))
    wish = join(house, bob)
    leave(house, bob, wish)
    customer = house.run(LeaveLine(actor=bob, command_id=random_command_id(), customer=bob.person, wish=wish)).subject
    assert isinstance(customer, Customer)
    assert (len(customer.wishes), len(customer.ended)) == (0, 20)


def test_a_long_chain_of_days_is_served_a_part_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wish reaches into the next date; what is given up on one is the business of those who wait there."""
    monkeypatch.setattr(line, "MOST_DAYS_TOGETHER", 3)
    policy = {"min_duration": 480, "step": 480, "buffer_before": 15, "buffer_after": 15}
    house.register(policy=policy)
    alice, days = house.person("alice"), [AT_TEN.date() + timedelta(days=number) for number in range(6)]
    booked = [house.book(alice, AT_TEN.replace(hour=8) + timedelta(days=number)) for number in range(6)]
    waiting = [house.person(f"bob {number}") for number in range(6)]
    for day, who in zip(days, waiting, strict=True):
        midnight = AT_TEN.replace(day=day.day, hour=0)
        for start in (midnight, midnight + timedelta(hours=17)):
            end = start + timedelta(hours=7)
            house.run(PlaceBlock(actor=STAFF, command_id=random_command_id(), resource="dr-lee", start=start, end=end))
        join(house, who, None, day=day)
    on(house, Cancel, booked[3].key, alice)
    assert [len(offered(house, who)) for who in waiting] == [0, 0, 0, 1, 0, 0]
    house.book(alice, AT_TEN.replace(hour=8) + timedelta(days=20))
    assert house.oversold() == []
