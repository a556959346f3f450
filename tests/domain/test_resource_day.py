"""A resource-day: what it gives, what it refuses, and what it catches up with first."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.domain.given import (
    DHAKA,
    MONDAY,
    TUESDAY,
    Told,
    a_day,
    a_definition,
    a_resource,
    at,
    between,
    cause,
    claimed,
    collect,
    daily,
    given,
    moon_hospital,
    opened,
    told,
    wanted,
)

from domain.claim import BlockedTime, ReleaseReason
from domain.interval import Interval, first_instant
from domain.resource import Resource
from domain.resource_day import ClaimKept, DayOpened, DayRevised, ResourceDay, TimeBlocked, TimeReleased, TimeUnblocked

LEE = a_resource()
STREAM = "day/dr-lee/2026-12-01"
TEN = between("10:00", "10:30")
ELEVEN = between("11:00", "11:30")
ALICE = wanted("b-alice", TEN)
BOB = wanted("b-bob", TEN, customer="c-bob")
SOON = MONDAY + timedelta(seconds=30)
HOLD = wanted("b-alice", TEN, until=SOON)


def revised(resource: Resource, **changes: int) -> Resource:
    """The resource, defined anew."""
    again = resource.copy()
    again.revise(cause(), None, resource.definition.model_copy(update=changes))
    again.collect_events()
    return again


def caught_up(resource: Resource, capacity: int, version: int = 2) -> Told:
    """The day took over what its resource's administrator changed; it covers what it covered before."""
    starts = first_instant(TUESDAY, resource.plan.zone)
    return told(DayRevised, capacity=capacity, resource_version=version, starts=starts, minutes=1440)


def blocked(interval: Interval, units: int | None = None, block: str = "k-painters") -> BlockedTime:
    """The painters are in."""
    return BlockedTime(block, interval.start, interval.end, units, "desk", "sealed")


def shut(time: BlockedTime) -> Told:
    """The painters' time was taken away."""
    return told(TimeBlocked, **time._asdict())


def released(booking: str, reason: ReleaseReason) -> Told:
    """A booking's time was given back."""
    return told(TimeReleased, booking=booking, reason=reason)


def test_a_day_is_opened_by_its_first_claim() -> None:
    outcome = given(ResourceDay, STREAM).when(lambda day: day.change(cause(), LEE, claim=[ALICE]))

    day = outcome.then(opened(LEE), claimed(ALICE)).decided
    assert (day.resource, day.date, day.minutes, day.starts) == ("dr-lee", TUESDAY, 1440, at("00:00"))


def test_a_day_never_touched_has_everything_left() -> None:
    day = given(ResourceDay, STREAM).aggregate

    assert (day.left(*TEN, 3), day.peak_claimed(*TEN), day.counted_bookings("c-alice")) == (3, 0, ())


def test_the_last_place_is_given_once() -> None:
    refusal = (
        a_day(LEE, claimed(ALICE))
        .when(lambda day: day.change(cause(), LEE, claim=[BOB]))
        .then_refused(
            "not-available",
            resource="dr-lee",
            start="2026-12-01T10:00:00+01:00",
            end="2026-12-01T10:30:00+01:00",
            units=1,
            capacity=1,
            booked=1,
            available=0,
        )
    )

    assert refusal.detail == "Dr Lee is fully booked at 10:00 on 1 December (1 of 1 taken). Please choose another time."


def test_fifteen_of_fifteen_are_taken() -> None:
    hospital, slot = moon_hospital(capacity=15), between("10:00", "10:30", DHAKA)
    taken = [claimed(wanted(f"b-{n}", slot)) for n in range(15)]
    fourteen, fifteen = a_day(hospital, *taken[:-1]), a_day(hospital, *taken)

    fourteen.when(lambda day: day.change(cause(), hospital, claim=[wanted("b-last", slot)])).then(
        claimed(wanted("b-last", slot))
    )
    refusal = fifteen.when(
        lambda day: day.change(cause(), hospital, claim=[wanted("b-late", slot)])
    ).then_refused("not-available", capacity=15, booked=15, available=0)  # fmt: skip
    assert "Moon Hospital is fully booked at 10:00 on 1 December (15 of 15 taken)." in refusal.detail


def test_who_asks_for_more_than_is_left_is_told_how_many_are() -> None:
    hospital, slot = moon_hospital(max_units=20), between("10:00", "10:30", DHAKA)
    day = a_day(hospital, claimed(wanted("b-alice", slot, 18)))

    refusal = day.when(lambda day: day.change(cause(), hospital, claim=[wanted("b-bob", slot, 3)])).then_refused(
        "not-available", booked=18, available=2, units=3
    )
    assert "has 2 of 20 left at 10:00 on 1 December, not 3." in refusal.detail


def test_two_legs_that_pass_alone_and_overbook_together_are_refused_together() -> None:
    legs = [wanted("b-alice", TEN), wanted("b-alice", TEN, leg=1)]

    a_day(LEE).when(lambda day: day.change(cause(), LEE, claim=legs)).then_refused("not-available")
    a_day(LEE).when(lambda day: day.change(cause(), LEE, claim=legs[:1])).then(claimed(legs[0]))
    a_day(LEE).when(lambda day: day.change(cause(), LEE, claim=legs[1:])).then(claimed(legs[1]))


def test_a_move_within_a_day_counts_what_it_frees() -> None:
    later = wanted("b-alice", between("10:15", "10:45"))

    a_day(LEE, claimed(ALICE)).when(
        lambda day: day.change(cause(), LEE, release=("b-alice", "rescheduled"), claim=[later])
    ).then(released("b-alice", "rescheduled"), claimed(later))


def test_a_move_onto_a_full_slot_leaves_everything_as_it_was() -> None:
    taken = claimed(wanted("b-bob", ELEVEN))

    a_day(LEE, claimed(ALICE), taken).when(
        lambda day: day.change(cause(), LEE, release=("b-alice", "rescheduled"), claim=[wanted("b-alice", ELEVEN)])
    ).then_refused("not-available")


def test_two_bookings_swap_places_one_after_the_other() -> None:
    noon, bob_at_eleven = between("12:00", "12:30"), wanted("b-bob", ELEVEN)
    day = a_day(LEE, claimed(ALICE), claimed(bob_at_eleven)).aggregate

    for booking, place in [("b-alice", noon), ("b-bob", TEN), ("b-alice", ELEVEN)]:
        day.change(cause(), LEE, release=(booking, "rescheduled"), claim=[wanted(booking, place)])

    assert {booking: Interval(claim.start, claim.end) for booking, (claim,) in day.claims.items()} == {
        "b-bob": TEN,
        "b-alice": ELEVEN,
    }


def test_all_that_a_booking_has_is_given_back_at_once_and_once() -> None:
    both = [claimed(ALICE), claimed(wanted("b-alice", ELEVEN, leg=1))]

    freed = a_day(LEE, *both).when(lambda day: day.release(cause(), "b-alice", "cancelled"))

    assert freed.then(released("b-alice", "cancelled")).decided.left(*between("09:00", "17:00"), 1) == 1
    a_day(LEE).when(lambda day: day.release(cause(), "b-alice", "cancelled")).then_nothing()


def test_a_hold_blocks_others_until_its_time_and_its_place_goes_to_the_next() -> None:
    held, too_early = a_day(LEE, claimed(HOLD)), cause(SOON - timedelta(microseconds=1))

    held.when(lambda day: day.change(too_early, LEE, claim=[BOB])).then_refused("not-available")
    held.when(lambda day: day.change(cause(SOON), LEE, claim=[BOB])).then(released("b-alice", "expired"), claimed(BOB))


def test_a_hold_that_is_kept_never_lapses() -> None:
    kept = a_day(LEE, claimed(HOLD)).when(lambda day: day.keep(cause(), "b-alice")).then(
        told(ClaimKept, booking="b-alice")
    )  # fmt: skip

    day = kept.decided
    with_bob = a_day(LEE, claimed(HOLD), told(ClaimKept, booking="b-alice"))
    with_bob.when(lambda day: day.change(cause(SOON), LEE, claim=[BOB])).then_refused("not-available")
    with_bob.when(lambda day: day.keep(cause(), "b-alice")).then_nothing()
    assert (day.lapsing, [claim.until for claim in day.claims["b-alice"]]) == ({}, [None])


def test_a_hold_given_back_leaves_nothing_to_lapse() -> None:
    a_day(LEE, claimed(HOLD), released("b-alice", "cancelled")).when(
        lambda day: day.change(cause(SOON), LEE, claim=[BOB])
    ).then(claimed(BOB))


def test_a_day_catches_up_with_its_resource_before_it_decides() -> None:
    two = revised(LEE, capacity=2)

    a_day(LEE, claimed(ALICE)).when(lambda day: day.change(cause(), two, claim=[BOB])).then(
        caught_up(LEE, capacity=2), claimed(BOB)
    )


def test_lapsed_holds_go_before_the_day_catches_up() -> None:
    two = revised(LEE, capacity=2)

    a_day(LEE, claimed(HOLD)).when(lambda day: day.change(cause(SOON), two, claim=[BOB])).then(
        released("b-alice", "expired"), caught_up(LEE, capacity=2), claimed(BOB)
    )


def test_a_day_opened_before_its_zone_changed_covers_what_is_wanted_now_and_sells_it_once() -> None:
    """Asia/Almaty went from +06 to +05 on 2024-03-01; a day of June opened before that began an hour earlier."""
    june = date(2024, 6, 1)
    almaty = a_resource(a_definition("Room", "room", open_on=daily("00:00-24:00")), ZoneInfo("Asia/Almaty"))
    before = datetime(2024, 5, 31, 18, tzinfo=UTC)
    opened_before = told(
        DayOpened, resource="dr-lee", date=june, starts=before, minutes=1440, capacity=1, resource_version=1
    )
    late = Interval(before + timedelta(hours=24), before + timedelta(hours=24, minutes=30))
    day = given(ResourceDay, ResourceDay.stream("dr-lee", june), opened_before)

    widened = told(DayRevised, capacity=1, resource_version=1, starts=before, minutes=1500)
    first = wanted("b-first", late)
    once = day.when(lambda day: day.change(cause(), almaty, claim=[first]))
    once.then(widened, claimed(first))
    given(ResourceDay, ResourceDay.stream("dr-lee", june), opened_before, widened, claimed(first)).when(
        lambda day: day.change(cause(), almaty, claim=[wanted("b-second", late)])
    ).then_refused("not-available", booked=1)


def test_less_capacity_than_is_taken_stands_and_nothing_more_is_sold_until_it_fits() -> None:
    three = a_resource(a_definition(capacity=3))
    two, one = revised(three, capacity=2), revised(three, capacity=1)
    day = a_day(three, claimed(ALICE), claimed(BOB))
    carol = wanted("b-carol", TEN)

    day.when(lambda day: day.change(cause(), one, claim=[carol])).then_refused(
        "not-available", capacity=1, booked=2, available=0
    )
    day.when(lambda day: day.change(cause(), two, release=("b-bob", "cancelled"), claim=[carol])).then(
        caught_up(three, capacity=2), released("b-bob", "cancelled"), claimed(carol)
    )


def test_a_block_takes_everything_and_tells_who_stands_in_it() -> None:
    morning = blocked(between("09:00", "10:15"))
    neighbours = claimed(wanted("b-bob", between("08:30", "09:00")))

    day = a_day(LEE, claimed(ALICE), neighbours).when(lambda day: day.block(cause(), LEE, morning))

    assert day.then(shut(morning)).answering(["b-alice"]).decided.claims.keys() == {"b-alice", "b-bob"}


def test_blocked_time_is_refused_as_blocked() -> None:
    refusal = (
        a_day(LEE, shut(blocked(TEN)))
        .when(lambda day: day.change(cause(), LEE, claim=[ALICE]))
        .then_refused("not-available", booked=0, available=0, capacity=1)
    )

    assert refusal.detail == "Dr Lee is blocked at 10:00 on 1 December. Please choose another time."


def test_a_block_of_some_units_leaves_the_others() -> None:
    hospital, slot = moon_hospital(max_units=20), between("10:00", "10:30", DHAKA)
    day = a_day(hospital, shut(blocked(slot, 15)), claimed(wanted("b-alice", slot, 3)))

    day.when(lambda day: day.change(cause(), hospital, claim=[wanted("b-bob", slot, 2)])).then(
        claimed(wanted("b-bob", slot, 2))
    )
    day.when(lambda day: day.change(cause(), hospital, claim=[wanted("b-bob", slot, 3)])).then_refused(
        "not-available", available=2, booked=3
    )


def test_what_two_blocks_take_comes_back_when_both_are_lifted() -> None:
    day = a_day(LEE, shut(blocked(TEN)), shut(blocked(TEN, block="k-plumber"))).aggregate

    left = [day.left(*TEN, 1)]
    for block in ("k-painters", "k-plumber"):
        day.unblock(cause(), block)
        left.append(day.left(*TEN, 1))

    assert (left[0] < 0, left[1] < 0, left[2]) == (True, True, 1)
    assert [event.TOPIC for event in collect(day)] == [TimeUnblocked.TOPIC] * 2


def test_a_block_that_is_not_there_is_not_lifted() -> None:
    a_day(LEE).when(lambda day: day.unblock(cause(), "k-painters")).then_nothing()


def test_a_lapsed_hold_does_not_stand_in_a_block() -> None:
    a_day(LEE, claimed(HOLD)).when(lambda day: day.block(cause(SOON), LEE, blocked(TEN))).then(
        released("b-alice", "expired"), shut(blocked(TEN))
    ).answering([])


def test_a_claim_counts_for_its_customer_until_it_is_given_back() -> None:
    day = a_day(LEE, claimed(ALICE), claimed(wanted("b-again", ELEVEN))).aggregate
    bob = wanted("b-bob", between("12:00", "12:30"), customer="c-bob", counted=False)
    day.change(cause(), LEE, claim=[bob])

    assert (day.counted_bookings("c-alice"), day.counted_bookings("c-bob")) == (("b-alice", "b-again"), ())
    day.release(cause(), "b-alice", "cancelled")
    assert day.counted_bookings("c-alice") == ("b-again",)
    day.release(cause(), "b-again", "cancelled")
    assert day.counted_bookings("c-alice") == ()


def test_a_copy_decides_without_the_original_knowing() -> None:
    day = a_day(LEE, claimed(ALICE)).aggregate

    day.copy().change(cause(), LEE, release=("b-alice", "cancelled"), claim=[BOB])

    assert (list(day.claims), day.version, day.pending_events) == (["b-alice"], 2, [])


def test_a_claim_covers_every_minute_that_it_touches() -> None:
    day = a_day(LEE).aggregate
    second = timedelta(seconds=1)
    ragged = Interval(TEN.start - second, TEN.end + second)

    assert day.minutes_between(*ragged) == slice(9 * 60 + 59, 10 * 60 + 31)
    assert day.minutes_between(*TEN) == slice(10 * 60, 10 * 60 + 30)


def test_what_lies_outside_the_day_is_cut_off() -> None:
    day, next_day = a_day(LEE).aggregate, first_instant(TUESDAY + timedelta(days=1), LEE.plan.zone)
    hour = timedelta(hours=1)

    assert day.minutes_between(day.starts - hour, day.starts + hour) == slice(0, 60)
    assert day.minutes_between(next_day - hour, next_day + hour) == slice(1380, 1440)
    assert day.claimed[day.minutes_between(next_day, next_day + hour)] == []
    assert day.claimed[day.minutes_between(day.starts - hour, day.starts)] == []


@pytest.mark.parametrize("resource", ["moon-hospital", "2026-12-01"])
def test_a_streams_name_says_whose_day_it_is(resource: str) -> None:
    day = ResourceDay.untouched(ResourceDay.stream(resource, TUESDAY))

    assert (day.id, day.resource, day.date) == (f"day/{resource}/2026-12-01", resource, TUESDAY)
