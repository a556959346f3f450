"""The writer on both stores: one command after the other, and many at once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unconditional import append_anyway

from app.clock import CheckedClock
from app.commands import (
    Actor,
    Approve,
    Cancel,
    Confirm,
    DefineResource,
    LiftBlock,
    PlaceBlock,
    Reschedule,
    RetireResource,
)
from app.identity import random_command_id
from app.log.instants import timestamp_text
from app.outcome import Busy, Outcome
from app.queue import Asked, Queue
from domain.block import Block
from domain.booking import Booking
from domain.definition import Definition
from domain.event import Aggregate
from domain.leg import WantedLeg
from domain.refusal import Refused
from domain.resource_day import ResourceDay

AT_TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
AT_ELEVEN = datetime(2026, 12, 1, 11, tzinfo=UTC)
STAFF = Actor("staff", "c-staff")
ADMIN = Actor("admin", "c-admin")


def code_of(answer: object) -> str:
    """`ok`, or the code of a refusal."""
    return answer.code if isinstance(answer, Refused) else "ok" if isinstance(answer, Outcome) else repr(answer)


def reschedule(actor: Actor, booking: Booking, start: datetime, **more: Any) -> Reschedule:
    given = {"command_id": random_command_id(), **more}
    return Reschedule(actor=actor, booking=booking.key, start=start, **given)


class TestRaces:
    def test_twenty_at_once_for_one_slot_leave_one_winner(self, house: Any) -> None:
        house.register()
        people = [house.person(f"person-{number}") for number in range(20)]
        asked = [house.ask(house.booking(person, AT_TEN)) for person in people]
        assert Counter(code_of(each.result(30)) for each in asked) == {"ok": 1, "not-available": 19}
        assert house.oversold() == []

    def test_the_control_without_the_capacity_check_sells_it_twenty_times(
        self, house: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ResourceDay, "_must_fit", lambda *_: None)
        house.register()
        asked = [house.ask(house.booking(house.person(f"person-{number}"), AT_TEN)) for number in range(20)]
        assert Counter(code_of(each.result(30)) for each in asked) == {"ok": 20}
        assert len(house.oversold()) == 19

    def test_forty_for_fifteen_places_leave_fifteen_and_say_fifteen_of_fifteen(self, house: Any) -> None:
        house.register("star-hospital", capacity=15)
        people = [house.person(f"person-{number}") for number in range(40)]
        asked = [house.ask(house.booking(person, AT_TEN, resource="star-hospital")) for person in people]
        answers = [each.result(30) for each in asked]
        assert Counter(map(code_of, answers)) == {"ok": 15, "not-available": 25}
        assert all("15 of 15" in str(answer) for answer in answers if isinstance(answer, Refused))

    def test_several_writers_on_one_log_never_sell_a_place_twice(self, store: Any, houses: Callable[..., Any]) -> None:
        logs = [store.open() for _ in range(3)] if store.name == "postgres" else [store.open()]
        several = [houses(log) for log in logs]
        several[0].register(capacity=2)
        people = [several[0].person(f"person-{number}") for number in range(10)]
        slots = [AT_TEN + timedelta(minutes=30 * number) for number in range(10)]
        asked = [house.ask(house.booking(person, slot)) for slot in slots for person in people for house in several]
        answers = Counter(code_of(each.result(60)) for each in asked)
        assert answers["ok"] == 20
        assert set(answers) == {"ok", "not-available"}
        assert several[0].oversold() == []

    def test_the_control_with_an_unconditional_append_sees_the_place_sold_twice(
        self, store: Any, houses: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = store.open(), store.open()
        one = houses(first)
        one.register()
        other = houses(second)
        monkeypatch.setattr(type(first), "append", append_anyway)
        one.book(one.person("alice"), AT_TEN)
        other.book(other.person("bob"), AT_TEN)
        assert len(one.oversold()) == 1


class TestAllOrNothing:
    @pytest.mark.parametrize(("taken", "code"), [(1, "not-available"), (0, "too-many-units")])
    def test_two_legs_that_fit_alone_and_overbook_together_are_refused_together(
        self, house: Any, taken: int, code: str
    ) -> None:
        """Beside another booking; and by themselves, which nobody else is to blame for."""
        house.register("hall", capacity=3 + taken, policy={"max_units": 3 + taken, "max_duration": 240})
        alice, bob = house.person("alice"), house.person("bob")
        if taken:
            house.book(bob, AT_TEN + timedelta(minutes=30), resource="hall")
        overlapping = (
            WantedLeg("hall", AT_TEN, AT_ELEVEN, 2),
            WantedLeg("hall", AT_TEN + timedelta(minutes=30), AT_ELEVEN + timedelta(minutes=30), 2),
        )
        before = house.log.head()
        command = house.booking(alice, AT_TEN, resource="hall")
        with pytest.raises(Refused) as refusal:
            house.run(
                type(command)(actor=alice, command_id=random_command_id(), customer=alice.person, legs=overlapping)
            )
        assert refusal.value.code == code
        assert house.log.head() == before

    def test_a_refused_leg_leaves_no_trace_of_the_other_even_beside_others_in_the_batch(self, house: Any) -> None:
        house.register("dr-lee")
        house.register("dr-kim")
        alice, bob = house.person("alice"), house.person("bob")
        house.book(bob, AT_TEN, resource="dr-kim")
        both = (WantedLeg("dr-lee", AT_TEN, None, 1), WantedLeg("dr-kim", AT_TEN, None, 1))
        asked = [
            house.ask(house.booking(bob, AT_ELEVEN)),
            house.ask(
                type(house.booking(alice, AT_TEN))(
                    actor=alice, command_id=random_command_id(), customer=alice.person, legs=both
                )
            ),
            house.ask(house.booking(bob, AT_TEN)),
        ]
        assert [code_of(each.result(30)) for each in asked] == ["ok", "not-available", "ok"]
        assert memory_equals_replay(house)

    def test_a_booking_over_midnight_claims_both_dates_in_one_append(self, house: Any) -> None:
        house.register("room-1", capacity=1, policy={"max_duration": 480, "step": 30})
        alice, bob = house.person("alice"), house.person("bob")
        late = datetime(2026, 12, 1, 22, tzinfo=UTC)
        before = house.log.head().position
        house.book(alice, late, late + timedelta(hours=4), resource="room-1")
        assert Counter(house.topics(before)) == {"BookingConfirmed": 1, "DayOpened": 2, "TimeClaimed": 2}
        for conflicting in (late, late + timedelta(hours=3)):
            with pytest.raises(Refused, match="fully booked"):
                house.book(bob, conflicting, conflicting + timedelta(minutes=30), resource="room-1")

    def test_all_legs_together_lie_on_31_dates_at_most(self, house: Any) -> None:
        house.register("room-1", policy={"max_duration": 31 * 1440, "step": 1440})
        alice = house.person("alice")
        midnight = datetime(2026, 12, 1, tzinfo=UTC)
        long = tuple(
            WantedLeg("room-1", midnight + timedelta(days=20 * n), midnight + timedelta(days=20 * n + 16), 1)
            for n in range(2)
        )
        command = house.booking(alice, midnight, resource="room-1")
        with pytest.raises(Refused) as refusal:
            house.run(type(command)(actor=alice, command_id=random_command_id(), customer=alice.person, legs=long))
        assert refusal.value.code == "bad-duration"

    def test_made_up_ids_push_nothing_out_of_memory(self, house: Any) -> None:
        house.register()
        house.book(house.person("alice"), AT_TEN)
        for _ in range(20):
            with pytest.raises(Refused):
                house.run(Cancel(actor=STAFF, command_id=random_command_id(), booking=f"b-{random_command_id()}"))
        assert len(house.writer.memory._kept["booking"]) == 1


class TestMoving:
    def test_onto_a_full_slot_leaves_everything_as_it_was(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        hers = house.book(alice, AT_TEN)
        house.book(bob, AT_ELEVEN)
        before = house.log.head()
        with pytest.raises(Refused, match="fully booked"):
            house.run(reschedule(alice, hers, AT_ELEVEN))
        assert house.log.head() == before

    def test_onto_a_free_one_frees_the_old_in_the_same_append(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        hers = house.book(alice, AT_TEN)
        before = house.log.head().position
        house.run(reschedule(alice, hers, AT_ELEVEN))
        assert house.topics(before) == ["BookingRescheduled", "TimeReleased", "TimeClaimed"]
        house.book(bob, AT_TEN)

    def test_within_a_day_counts_what_it_frees(self, house: Any) -> None:
        house.register("room-1", policy={"step": 30, "max_duration": 240})
        alice = house.person("alice")
        hers = house.book(alice, AT_TEN, AT_TEN + timedelta(hours=2), resource="room-1")
        moved = house.run(reschedule(alice, hers, AT_ELEVEN)).subject
        assert [(leg.start, leg.end) for leg in moved.legs] == [(AT_ELEVEN, AT_ELEVEN + timedelta(hours=2))]

    def test_two_bookings_swap_places_by_way_of_a_third(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        hers, his = house.book(alice, AT_TEN), house.book(bob, AT_ELEVEN)
        house.run(reschedule(alice, hers, AT_ELEVEN + timedelta(hours=1)))
        house.run(reschedule(bob, his, AT_TEN))
        house.run(reschedule(alice, hers, AT_ELEVEN))
        assert house.oversold() == []


class TestHolds:
    def test_blocks_others_until_its_time_and_then_its_place_goes_to_the_next(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        held = house.book(alice, AT_TEN, hold=True)
        with pytest.raises(Refused, match="fully booked"):
            house.book(bob, AT_TEN)
        house.pass_time(seconds=30)
        house.book(bob, AT_TEN)
        with pytest.raises(Refused) as refusal:
            house.run(Confirm(actor=alice, command_id=random_command_id(), booking=held.key))
        assert refusal.value.code == "hold-expired"
        assert house.oversold() == []

    def test_confirmed_in_time_it_stays(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        held = house.book(alice, AT_TEN, hold=True)
        house.pass_time(seconds=29)
        house.run(Confirm(actor=alice, command_id=random_command_id(), booking=held.key, details='{"note":"knee"}'))
        house.pass_time(seconds=3600)
        with pytest.raises(Refused, match="fully booked"):
            house.book(bob, AT_TEN)

    def test_a_customer_has_three_at_most_and_a_lapsed_one_makes_room(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        slots = [AT_TEN + timedelta(minutes=30 * number) for number in range(4)]
        for slot in slots[:3]:
            house.book(alice, slot, hold=True)
        with pytest.raises(Refused) as refusal:
            house.book(alice, slots[3], hold=True)
        assert (refusal.value.code, refusal.value.facts["limit"]) == ("too-many-holds", 3)
        house.pass_time(seconds=30)
        house.book(alice, slots[3], hold=True)

    def test_holds_whose_time_ran_out_are_not_kept_in_mind(self, house: Any) -> None:
        house.register("hall", capacity=1000)
        for number in range(30):
            house.book(house.person(f"person-{number}"), AT_TEN, resource="hall", hold=True)
        house.pass_time(seconds=31)
        house.book(house.person("late"), AT_TEN, resource="hall", hold=True)
        assert len(house.writer.memory.holds) == 1

    def test_live_holds_are_counted_after_a_restart_too(self, store: Any, houses: Callable[..., Any]) -> None:
        log = store.open()
        before = houses(log, datetime.now(UTC))
        before.register()
        alice = before.person("alice")
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
        for number in range(3):
            before.book(alice, tomorrow + timedelta(minutes=30 * number), hold=True)
        before.stop()
        after = houses(log, before.time)
        with pytest.raises(Refused) as refusal:
            after.book(alice, tomorrow + timedelta(hours=5), hold=True)
        assert refusal.value.code == "too-many-holds"


class TestIdempotency:
    def test_the_same_key_fifty_times_at_once_makes_one_booking_and_fifty_equal_answers(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        same = {"command_id": "ab" * 16, "keyed": True, "body": b"b" * 32}
        answers = [house.ask(house.booking(alice, AT_TEN, **same)) for _ in range(50)]
        outcomes = [answer.result(30) for answer in answers]
        assert {outcome.subject.id for outcome in outcomes} == {outcomes[0].subject.id}
        assert Counter(outcome.replayed for outcome in outcomes) == {False: 1, True: 49}
        assert house.topics().count("BookingConfirmed") == 1

    def test_another_body_under_the_same_key_is_refused(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        house.book(alice, AT_TEN, command_id="ab" * 16, keyed=True, body=b"one")
        with pytest.raises(Refused) as refusal:
            house.book(alice, AT_ELEVEN, command_id="ab" * 16, keyed=True, body=b"other")
        assert refusal.value.code == "idempotency-key-reused"

    def test_a_repeat_looks_at_no_rule_and_answers_as_things_stand_now(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        same = {"command_id": "ab" * 16, "keyed": True, "body": b"b"}
        hers = house.book(alice, AT_TEN, **same)
        house.run(Cancel(actor=alice, command_id=random_command_id(), booking=hers.key))
        house.book(house.person("bob"), AT_TEN)
        house.pass_time(days=30)
        again = house.run(house.booking(alice, AT_TEN, **same))
        assert (again.replayed, again.subject.key, again.subject.status) == (True, hers.key, "cancelled")

    def test_a_repeated_move_after_later_changes_undoes_nothing(self, house: Any) -> None:
        house.register()
        alice = house.person("alice")
        hers = house.book(alice, AT_TEN)
        for first in (AT_ELEVEN, AT_TEN):
            key = {"command_id": first.strftime("%H") * 16, "keyed": True, "body": b"b"}
            house.run(reschedule(alice, hers, first, **key))
            house.run(reschedule(alice, hers, AT_ELEVEN + timedelta(hours=4)))
            again = house.run(reschedule(alice, hers, first, **key))
            assert again.subject.start == AT_ELEVEN + timedelta(hours=4)

    def test_a_repeated_approval_that_had_nothing_to_do_approves_no_later_move(self, house: Any) -> None:
        house.register("ground-a", policy={"approval": True})
        alice = house.person("alice")
        game = house.book(alice, AT_TEN, resource="ground-a")
        first, second = (
            Approve(actor=STAFF, command_id=letter * 32, keyed=True, body=b"b", booking=game.key) for letter in "ab"
        )
        house.run(first)
        before = house.log.head().position
        house.run(second)
        assert house.topics(before) == ["BookingUnchanged"]
        house.run(reschedule(alice, game, AT_ELEVEN))
        again = house.run(second)
        assert (again.replayed, again.subject.status) == (True, "pending")

    def test_a_move_to_where_it_is_asks_nobody_again_with_or_without_a_key(self, house: Any) -> None:
        house.register("ground-a", policy={"approval": True})
        alice = house.person("alice")
        game = house.book(alice, AT_TEN, resource="ground-a")
        house.run(Approve(actor=STAFF, command_id=random_command_id(), booking=game.key))
        for key in ({}, {"command_id": "ab" * 16, "keyed": True, "body": b"b"}):
            assert house.run(reschedule(alice, game, AT_TEN, **key)).subject.status == "confirmed"

    def test_a_repeated_block_names_the_bookings_in_it_again(self, house: Any) -> None:
        house.register()
        hers = house.book(house.person("alice"), AT_TEN)
        block = PlaceBlock(
            actor=STAFF, command_id="ab" * 16, keyed=True, body=b"b", resource="dr-lee", start=AT_TEN, end=AT_ELEVEN
        )
        assert house.run(block).overlaps == (hers.key,)
        assert house.run(block).overlaps == (hers.key,)

    def test_a_key_whose_request_was_refused_may_be_used_again(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        his = house.book(bob, AT_TEN)
        same = {"command_id": "ab" * 16, "keyed": True, "body": b"b"}
        with pytest.raises(Refused, match="fully booked"):
            house.book(alice, AT_TEN, **same)
        house.run(Cancel(actor=bob, command_id=random_command_id(), booking=his.key))
        house.book(alice, AT_TEN, **same)


class TestStrictness:
    def test_retirement_and_less_capacity_hold_against_writers_that_have_not_heard_of_them(
        self, store: Any, houses: Callable[..., Any]
    ) -> None:
        logs = [store.open() for _ in range(3)] if store.name == "postgres" else [store.open()]
        several = [houses(log) for log in logs]
        one = several[0]
        one.register("hall", capacity=5)
        one.register("pool", capacity=5)
        people = [one.person(f"person-{number}") for number in range(50)]
        asked = []
        for number, person in enumerate(people):
            house = several[number % len(several)]
            slot = AT_TEN + timedelta(minutes=30 * (number % 4))
            asked += [house.ask(house.booking(person, slot, resource=name)) for name in ("hall", "pool")]
            if number == 15:
                smaller = Definition(
                    name="Hall",
                    kind="hall",
                    capacity=1,
                    hours=one.writer.memory.get("resource/hall").aggregate.definition.hours,
                )
                asked.append(
                    several[-1].ask(
                        DefineResource(
                            actor=ADMIN,
                            command_id=random_command_id(),
                            resource="hall",
                            timezone=None,
                            definition=smaller,
                            expected=1,
                        )
                    )
                )
                asked.append(one.ask(RetireResource(actor=ADMIN, command_id=random_command_id(), resource="pool")))
        answers = Counter(code_of(each.result(60)) for each in asked)
        assert set(answers) <= {"ok", "not-available", "unknown-resource"}
        assert one.oversold() == []
        events = one.log.after(0)
        retired = next(event.id for event in events if event.topic == "ResourceRetired.1")
        late = [event.id for event in events if event.topic == "TimeClaimed.1" and "/pool/" in event.originator_id]
        assert all(position < retired for position in late)

    def test_the_daily_limit_holds_across_writers(self, store: Any, houses: Callable[..., Any]) -> None:
        logs = [store.open() for _ in range(3)] if store.name == "postgres" else [store.open()]
        several = [houses(log) for log in logs]
        several[0].register(policy={"daily_limit": 2})
        alice = several[0].person("alice")
        slots = [AT_TEN + timedelta(minutes=30 * number) for number in range(8)]
        asked = [house.ask(house.booking(alice, slot)) for slot in slots for house in several]
        answers = Counter(code_of(each.result(60)) for each in asked)
        assert answers["ok"] == 2

    def test_timestamps_never_run_back_though_the_clock_does(self, house: Any) -> None:
        house.register()
        house.book(house.person("alice"), AT_TEN)
        house.pass_time(seconds=-0.4)
        house.book(house.person("bob"), AT_ELEVEN)
        times = [event.timestamp for event in house.log.after(0)]
        assert times == sorted(times)

    def test_a_process_whose_clock_is_an_hour_off_writes_nothing(self, store: Any, houses: Callable[..., Any]) -> None:
        log = store.open()
        right = houses(log)
        right.register()
        wrong = houses(log, right.time + timedelta(hours=1), database_now=right.time)
        before = log.head()
        with pytest.raises(Exception, match="clock is \\+3600 s off"):
            wrong.book(wrong.person("alice"), AT_TEN)
        assert log.head() == before

    def test_a_clock_that_jumps_once_it_was_checked_stamps_nothing(
        self, house: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.register()
        alice, checked, right = house.person("alice"), CheckedClock.checked, house.time

        def then_jump(clock: CheckedClock) -> datetime | None:
            found = checked(clock)
            house.pass_time(days=1)
            return found

        monkeypatch.setattr(CheckedClock, "checked", then_jump)
        house.book(alice, AT_TEN)
        assert max(event.timestamp for event in house.log.after(0)) == timestamp_text(right)


class TestBlocks:
    def test_takes_time_away_and_gives_it_back_and_names_the_bookings_in_it(self, house: Any) -> None:
        house.register()
        alice, bob = house.person("alice"), house.person("bob")
        hers = house.book(alice, AT_TEN)
        placed = house.run(
            PlaceBlock(
                actor=STAFF,
                command_id=random_command_id(),
                resource="dr-lee",
                start=datetime(2026, 12, 1, 9),  # noqa: DTZ001 - wall-clock time of the resource
                end=datetime(2026, 12, 2, 9),  # noqa: DTZ001 - wall-clock time of the resource
                reason="Dr Lee is ill",
            )
        )
        assert isinstance(placed.subject, Block)
        assert placed.overlaps == (hers.key,)
        with pytest.raises(Refused, match="blocked"):
            house.book(bob, AT_ELEVEN)
        assert all(b"ill" not in event.state for event in house.log.after(0))
        house.run(LiftBlock(actor=STAFF, command_id=random_command_id(), resource="dr-lee", block=placed.subject.key))
        house.book(bob, AT_ELEVEN)


class TestQueue:
    def test_one_caller_fills_at_most_a_twentieth_and_hears_so_at_once(self) -> None:
        queue = Queue(100)
        alice, bob = Actor("customer", "c-alice"), Actor("customer", "c-bob")
        ask = [Asked(Cancel(actor=who, command_id="x", booking="b"), lambda _: None) for who in (alice, bob)]
        for _ in range(5):
            queue.put(ask[0])
        with pytest.raises(Busy, match="too many requests"):
            queue.put(ask[0])
        queue.put(ask[1])
        assert len(queue.take(512)) == 6
        queue.put(ask[0])

    def test_what_waits_is_still_done_when_the_house_closes(self, house: Any) -> None:
        house.register("hall", capacity=100)
        asked = [house.ask(house.booking(house.person(f"p-{n}"), AT_TEN, resource="hall")) for n in range(50)]
        house.stop()
        assert {code_of(each.result(0)) for each in asked} == {"ok"}
        with pytest.raises(Busy):
            house.ask(house.booking(house.person("late"), AT_TEN))


def memory_equals_replay(house: Any) -> bool:
    """Whether every aggregate in the writer's memory is what its stream adds up to."""
    memory = house.writer.memory
    streams: dict[str, Any] = {}
    for event in house.log.after(0):
        streams[event.originator_id] = house.mapper.to_event(event).mutate(streams.get(event.originator_id))
    return all(
        (kept := memory.get(stream)) is None or state(kept.aggregate) == state(aggregate)
        for stream, aggregate in streams.items()
    )


def state(aggregate: Aggregate) -> dict[str, Any]:
    """An aggregate's state, without a resource's plan, which is worked out from its definition when first asked for."""
    return {name: value for name, value in vars(aggregate).items() if name != "plan"}


def test_memory_is_what_the_log_adds_up_to(house: Any) -> None:
    house.register(policy={"daily_limit": 3})
    people = [house.person(f"person-{number}") for number in range(5)]
    made = []
    for number in range(30):
        person = people[number % 5]
        answer = house.ask(house.booking(person, AT_TEN + timedelta(minutes=30 * (number % 12)), hold=number % 3 == 0))
        outcome = answer.result(30)
        if isinstance(outcome, Outcome):
            made.append((person, outcome.subject))
    for person, booking in made[::2]:
        house.ask(Cancel(actor=person, command_id=random_command_id(), booking=booking.key)).result(30)
    house.pass_time(seconds=31)
    house.book(people[0], AT_TEN + timedelta(days=1))
    assert memory_equals_replay(house)
