"""Who was turned away for good, and who found something in the end."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.demand.turned_away import Person, turned_away
from app.log.notes import customer_of
from app.log.refused_asks import RefusedAsk
from app.read_models.made_by import Made

VIENNA = ZoneInfo("Europe/Vienna")
BOB = "customer:c-bob"
NOON = datetime(2026, 11, 24, 12, tzinfo=VIENNA)
TUESDAY = datetime.fromisoformat("2026-12-01T10:00")


def ask(
    by: str = BOB,
    hour: int = 10,
    minutes: int = 0,
    *,
    days: int = 0,
    is_move: bool = False,
    customer: str | None = None,
) -> RefusedAsk:
    """Somebody wants an hour of a Tuesday (or days later), some minutes after noon of a week before."""
    start = TUESDAY.replace(hour=hour) + timedelta(days=days)
    at = NOON + timedelta(minutes=minutes)
    return RefusedAsk(by, customer or customer_of(by), start, start + timedelta(hours=1), 1, is_move, 1, at)


def made(minutes: int, customer: str = "c-bob", by: str = BOB, hour: int = 15, days: int = 0) -> Made:
    """A booking of that Tuesday, made some minutes after noon."""
    start = (TUESDAY.replace(hour=hour) + timedelta(days=days)).replace(tzinfo=VIENNA)
    return Made(f"{customer} {minutes}", customer, by, NOON + timedelta(minutes=minutes), start)


@pytest.mark.parametrize(
    ("bookings", "is_gone"),
    [
        ([], True),
        ([made(5)], False),
        ([made(5, by="staff:sam")], False),  # the desk found something for them
        ([made(-5)], True),  # they had that before they asked
        ([made(5, days=1)], True),
        ([made(5, customer="c-carol", by="customer:c-carol")], True),
        ([made(5, hour=23), made(6, hour=0)], False),
    ],
)
def test_a_customer_is_gone_unless_a_booking_of_that_date_was_made_after_they_asked(
    bookings: list[Made], is_gone: bool
) -> None:
    assert turned_away([ask()], bookings, [], VIENNA) == ([ask()] if is_gone else [])


def test_a_customer_counts_once_a_date_by_their_first_ask() -> None:
    asks = [ask(), ask(hour=11, minutes=1), ask(days=1, minutes=2)]
    assert turned_away(asks, [], [], VIENNA) == [asks[0], asks[2]]
    assert turned_away(asks, [made(0)], [], VIENNA) == [asks[2]]


def test_who_waits_in_line_and_who_wanted_to_move_is_not_gone() -> None:
    waits: Person = ("c-bob", TUESDAY.date())
    assert turned_away([ask()], [], [waits], VIENNA) == []
    assert turned_away([ask(is_move=True)], [], [], VIENNA) == []


def test_whom_the_desk_asked_for_is_gone_unless_they_got_something_whoever_booked_it() -> None:
    desk = "staff:sam"
    asks = [ask(desk, customer="c-bob"), ask(desk, minutes=1, customer="c-carol"), ask(minutes=2)]
    assert turned_away(asks, [], [], VIENNA) == asks[:2]  # Bob asked himself, too: he is one
    assert turned_away(asks, [made(5, by=desk)], [], VIENNA) == [asks[1]]
    assert turned_away(asks, [made(5)], [("c-carol", TUESDAY.date())], VIENNA) == []
    assert turned_away(asks, [made(5, "c-dan", desk), made(6, "c-eve", desk)], [], VIENNA) == asks[:2]


def test_each_booking_of_an_agent_answers_the_oldest_of_those_asks_of_theirs_of_which_it_was_not_noted_for_whom() -> (
    None
):
    agent = "agent:website"
    asks = [ask(agent, minutes=0), ask(agent, 11, 1), ask(agent, 12, 9)]
    for_others = [made(5, customer, agent) for customer in ("c-carol", "c-dan", "c-eve")]
    assert turned_away(asks, for_others, [], VIENNA) == [asks[2]]
    assert turned_away(asks, [made(5, "c-carol", "agent:another")], [], VIENNA) == asks


def test_a_booking_of_several_legs_answers_one_ask_of_each_date() -> None:
    desk = "staff:sam"
    asks = [*(ask(desk, hour) for hour in (10, 11, 12)), ask(desk, days=1)]
    legs = [made(5, by=desk, hour=hour) for hour in (13, 14, 15)]
    assert turned_away(asks, legs, [], VIENNA) == asks[1:]
    assert turned_away(asks, [*legs, made(5, by=desk, days=1)], [], VIENNA) == asks[1:3]
    assert turned_away(asks, [*legs, made(6, by=desk, hour=16)], [], VIENNA) == asks[2:]


def test_a_date_is_that_of_the_place() -> None:
    late = made(5)._replace(start=datetime.fromisoformat("2026-11-30T23:30:00+00:00"))  # half past midnight there
    assert turned_away([ask()], [late], [], VIENNA) == []
