"""What one booking and one customer may take, however it is divided into legs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.app.conftest import STAFF, House

from app.commands import Actor, Book, Reschedule
from app.identity import random_command_id
from domain.booking import Booking
from domain.leg import WantedLeg
from domain.plan import Policy
from domain.refusal import Refused

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def booked(house: House, actor: Actor, *legs: WantedLeg, customer: Actor | None = None, **more: Any) -> Booking:
    person = (customer or actor).person
    outcome = house.run(Book(actor=actor, command_id=random_command_id(), customer=person, legs=legs, **more))
    assert isinstance(outcome.subject, Booking)
    return outcome.subject


def refused(house: House, actor: Actor, *legs: WantedLeg, **more: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        booked(house, actor, *legs, **more)
    return refusal.value


def legs(number: int, *, apart: timedelta = 0 * HALF_AN_HOUR, resource: str = "dr-lee") -> list[WantedLeg]:
    """Half-hours from ten on, each so much later than the one before."""
    return [WantedLeg(resource, TEN + apart * each, None, 1) for each in range(number)]


@pytest.mark.parametrize("hold", [False, True])
def test_no_booking_takes_more_units_at_a_time_by_several_legs_than_by_one(house: House, hold: bool) -> None:
    house.register(capacity=10, policy=Policy(max_units=2))
    alice = house.person("alice")
    told = refused(house, alice, *legs(3), hold=hold)
    assert (told.code, told.facts["max_units"], told.facts["resource"]) == ("too-many-units", 2, "dr-lee")
    assert "these legs take 3" in told.detail
    assert refused(house, STAFF, *legs(3), customer=alice).code == "too-many-units"  # as for one leg
    booked(house, alice, *legs(2), hold=hold)
    booked(house, alice, *legs(5, apart=HALF_AN_HOUR), hold=hold)  # one after the other


def test_nor_does_it_once_it_is_moved(house: House) -> None:
    house.register(capacity=10)
    alice = house.person("alice")
    booking = booked(house, alice, *legs(1))
    moved = Reschedule(actor=alice, command_id=random_command_id(), booking=booking.key, legs=tuple(legs(5)))
    with pytest.raises(Refused) as refusal:
        house.run(moved)
    assert refusal.value.code == "too-many-units"


def test_legs_that_only_their_buffers_let_overlap_are_told_so(house: House) -> None:
    house.register(policy=Policy(buffer_after=10))
    assert refused(house, house.person("alice"), *legs(2, apart=HALF_AN_HOUR)).code == "legs-overlap"


def test_each_leg_counts_for_the_daily_limit_of_its_resource(house: House) -> None:
    house.register(capacity=10, policy=Policy(daily_limit=2))
    house.register("projector", capacity=10, policy=Policy(daily_limit=1))
    alice, bob = house.person("alice"), house.person("bob")
    told = refused(house, alice, *legs(3, apart=HALF_AN_HOUR))
    assert told.code == "daily-limit"
    assert "has 0 on 1 December, and these are 3" in told.detail
    booking = booked(house, alice, *legs(1), *legs(1, resource="projector"))
    assert refused(house, alice, *legs(1, resource="projector")).code == "daily-limit"
    booked(house, alice, *legs(1))
    assert refused(house, alice, *legs(1)).code == "daily-limit"
    booked(house, bob, *legs(2, apart=HALF_AN_HOUR))
    booked(house, STAFF, *legs(5, apart=HALF_AN_HOUR), customer=alice)  # the desk is not bound
    moved = (WantedLeg("dr-lee", TEN + timedelta(days=1), None, 1), *legs(1, resource="projector"))
    house.run(Reschedule(actor=alice, command_id=random_command_id(), booking=booking.key, legs=moved))


def test_legs_on_several_dates_count_on_each_of_them(house: House) -> None:
    house.register(policy=Policy(daily_limit=1))
    alice = house.person("alice")
    booked(house, alice, *legs(3, apart=timedelta(days=1)))
    assert refused(house, alice, WantedLeg("dr-lee", TEN + timedelta(days=2, hours=3), None, 1)).code == "daily-limit"
    booked(house, alice, WantedLeg("dr-lee", TEN + timedelta(days=3), None, 1))
