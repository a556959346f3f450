"""What is to be imagined otherwise, as people write it."""

from datetime import date

import pytest

from app.whatif.changes import CannotImagine, Changes, changes_of, texts_of
from domain.definition import Definition
from domain.plan import DateException, Policy

HOSPITAL = Definition(
    name="Moon Hospital",
    kind="hospital",
    capacity=10,
    hours={"fri": (("09:00", "17:00"),)},
    policy=Policy(step=30, daily_limit=2, max_units=4),
).checked("Asia/Dhaka")


def imagined(*texts: str) -> Definition:
    return changes_of(texts).of(HOSPITAL, "Asia/Dhaka")


def test_without_changes_everything_is_as_it_was() -> None:
    assert Changes().of(HOSPITAL, "Asia/Dhaka") is HOSPITAL


def test_capacity_hours_exceptions_and_policy_can_be_otherwise() -> None:
    found = imagined(
        "capacity=25",
        "hours.fri=13:00-15:00,09:00-12:00",
        "hours.sat = 10:00-24:00",
        "exceptions.2026-12-25=closed",
        "policy.step=15",
        "policy.min_duration=15",
        "policy.approval=true",
        "policy.daily_limit=none",
        "seats=none",
    )
    assert (found.capacity, found.seats) == (25, None)
    assert found.hours == {"fri": (("09:00", "12:00"), ("13:00", "15:00")), "sat": (("10:00", "24:00"),)}
    assert found.exceptions == {date(2026, 12, 25): DateException()}
    assert (found.policy.step, found.policy.min_duration, found.policy.max_duration) == (15, 15, 30)
    assert (found.policy.approval, found.policy.daily_limit, found.policy.max_units) == (True, None, 4)
    assert found.name == "Moon Hospital"


def test_a_day_can_be_closed() -> None:
    assert imagined("hours.fri=closed").hours == {}


def test_the_last_of_two_counts() -> None:
    assert imagined("capacity=25", "capacity=30").capacity == 30


def test_a_json_object_says_the_same() -> None:
    said = {"capacity": 25, "policy.approval": True, "policy.daily_limit": None, "hours.fri": "closed"}
    found = changes_of(texts_of(said)).of(HOSPITAL, "Asia/Dhaka")
    assert found == imagined("capacity=25", "policy.approval=true", "policy.daily_limit=none", "hours.fri=closed")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("capacity", "does not say what to"),
        ("capacity=many", "capacity is a whole number from 0 on, not 'many'"),
        ("capacity=-1", "capacity is a whole number"),
        ("capacity=1234567890", "capacity is at most 1000000, not 1234567890."),
        (f"capacity=1{'0' * 60}", f"capacity is at most 1000000, not 1{'0' * 39}..."),
        ("policy.min_notice=1000000000", "policy.min_notice is at most 5270400, not 1000000000."),
        ("capacity=²", "capacity is a whole number"),
        ("seats=few", "seats is a whole number from 0 on or none"),
        ("name=Sun Hospital", "Nothing is called 'name'"),
        ("hours.friday=closed", "Nothing is called 'hours.friday'"),
        ("hours=closed", "Nothing is called 'hours'"),
        ("hours.fri=nine to five", "hours.fri is written like 09:00-12:00"),
        ("hours.fri=09:00", "hours.fri is written like"),
        ("exceptions.2026-13-01=closed", "Nothing is called"),
        ("exceptions.20261224=closed", "Nothing is called"),
        ("policy.colour=1", "Nothing is called 'policy.colour'"),
        ("policy.approval=yes", "policy.approval is true or false"),
        ("policy.step=often", "policy.step is a whole number"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_how_it_is_written(text: str, said: str) -> None:
    with pytest.raises(CannotImagine, match=said.replace("(", r"\(")):
        changes_of([text])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("capacity=0", "capacity is 1 to"),
        ("capacity=3", "max_units .4. is above capacity .3."),
        ("policy.step=0", "step is 5 to"),
        ("hours.fri=09:00-12:00,11:00-13:00", "windows may touch, never overlap"),
        ("policy.max_duration=40", "multiple of step"),
    ],
)
def test_rules_of_a_definition_hold_for_what_is_imagined(text: str, said: str) -> None:
    with pytest.raises(CannotImagine, match=said):
        imagined(text)


def test_there_are_not_endless_changes() -> None:
    closed = [f"exceptions.2026-{month:02}-{day:02}=closed" for month in (1, 3) for day in range(1, 32)]
    assert len(changes_of(closed[:50]).of(HOSPITAL, "Asia/Dhaka").exceptions) == 50
    with pytest.raises(CannotImagine, match="At most 50"):
        changes_of(closed)
