"""A trouble that lasts is told, but not for every command that meets it."""

from typing import Any

import pytest

from app.lasting_trouble import SECONDS_BETWEEN_LINES, LastingTrouble


class Told:
    """A trouble whose lines are kept, and a clock that the test sets."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.now = 1000.0
        self.trouble = LastingTrouble(
            lambda **facts: self.lines.append(("away", facts)),
            lambda **facts: self.lines.append(("back", facts)),
            clock=lambda: self.now,
        )


@pytest.fixture
def told() -> Told:
    return Told()


def test_the_first_time_is_told_at_once_and_repeats_are_counted(told: Told) -> None:
    for number in range(413):
        told.trouble.happened(reason=f"reason {number}")
    assert told.lines == [("away", {"reason": "reason 0"})]
    told.now += SECONDS_BETWEEN_LINES
    told.trouble.happened(reason="another reason")
    assert told.lines[1:] == [("away", {"reason": "another reason", "more": 412})]


def test_its_end_is_told_once_and_with_what_was_not_told_before(told: Told) -> None:
    told.trouble.happened()
    told.trouble.happened()
    told.trouble.is_over(route="/v1/bookings")
    told.trouble.is_over()
    assert told.lines == [("away", {}), ("back", {"route": "/v1/bookings", "more": 1})]


def test_without_trouble_nothing_is_told(told: Told) -> None:
    told.trouble.is_over()
    assert told.lines == []


def test_a_trouble_that_comes_and_goes_is_as_calm_as_one_that_stays(told: Told) -> None:
    for _ in range(1000):
        told.trouble.happened()
        told.trouble.is_over()
    assert [what for what, _ in told.lines] == ["away", "back"]
    told.now += SECONDS_BETWEEN_LINES
    told.trouble.happened()
    assert told.lines[2:] == [("away", {"more": 999})]


def test_a_trouble_of_later_is_told_at_once_again(told: Told) -> None:
    told.trouble.happened()
    told.trouble.is_over()
    told.now += SECONDS_BETWEEN_LINES
    told.trouble.happened()
    assert told.lines == [("away", {}), ("back", {}), ("away", {})]
