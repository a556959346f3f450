"""Messages to people beside the log, on both stores."""

import pytest

from app.log.event_log import EventLog
from app.log.messages import MessageRow, MessageTable

NOON = "2026-12-01T12:00:00.000000Z"
LATER = "2026-12-01T13:00:00.000000Z"
BOOKED = MessageRow("m-1", "booked", "c-ada", "b-1", 3, NOON)
CANCELLED = MessageRow("m-2", "cancelled", "c-ada", "b-1", 7, NOON)


@pytest.fixture
def table(log: EventLog) -> MessageTable:
    """One that begins with an empty log."""
    log.messages.begin()
    return log.messages


def test_it_begins_at_the_head_and_once(table: MessageTable) -> None:
    assert table.position() == 0
    assert table.follow(0, 7, [])

    table.begin()

    assert table.position() == 7


def test_what_is_due_and_the_position_move_together(table: MessageTable) -> None:
    assert table.follow(0, 7, [BOOKED])

    assert not table.follow(0, 7, [CANCELLED]), "another process was there first"

    assert (table.position(), table.due(NOON, 10)) == (7, [BOOKED])


def test_many_are_added_at_once(table: MessageTable) -> None:
    rows = [BOOKED._replace(message=f"m-{number}", booking=f"b-{number}") for number in range(400)]

    assert table.follow(0, 400, rows)

    assert len(table.due(NOON, 1000)) == 400


def test_nothing_is_due_before_its_time_nor_before_what_happened_earlier_to_the_booking(table: MessageTable) -> None:
    other = BOOKED._replace(message="m-3", booking="b-2", due_at=LATER)
    table.follow(0, 7, [BOOKED, CANCELLED, other])

    assert table.due(NOON, 10) == [BOOKED]
    table.failed("m-1", NOON, LATER, "It was not taken.")
    assert table.due(NOON, 10) == []
    table.done("m-1")
    assert table.due(NOON, 10) == [CANCELLED]
    assert [row.message for row in table.due(LATER, 10)] == ["m-2", "m-3"]


def test_a_reminder_holds_up_nothing(table: MessageTable) -> None:
    table.follow(0, 7, [BOOKED._replace(occasion="reminder", due_at=LATER), CANCELLED])

    assert table.due(NOON, 10) == [CANCELLED]


def test_one_that_was_given_up_is_kept_for_a_while_and_holds_up_nothing(table: MessageTable) -> None:
    table.follow(0, 7, [BOOKED, CANCELLED])
    table.sent("m-1", ["w-1", "w-2"])

    table.give_up("m-1", NOON, "It was not taken." * 100)

    (kept,) = table.failing(10)
    assert (kept.message, kept.sent, kept.failures, kept.given_up_at) == ("m-1", "w-1 w-2", 1, NOON)
    assert table.due(NOON, 10) == [CANCELLED]
    table.forget_given_up(NOON)
    assert table.failing(10) == [kept]
    table.forget_given_up(LATER)
    assert table.failing(10) == []


def test_who_is_erased_is_not_written_to(table: MessageTable, log: EventLog) -> None:
    other = BOOKED._replace(message="m-3", booking="b-2", customer="c-eve")
    table.follow(0, 7, [BOOKED, CANCELLED, other])

    with log.locked() as session:
        session.erase(["c-ada"])

    assert table.due(NOON, 10) == [other]


def test_what_one_way_has_taken_holds_up_nothing(table: MessageTable) -> None:
    table.follow(0, 7, [BOOKED, CANCELLED])
    table.failed(BOOKED.message, NOON, LATER, "twilio: not this one")
    assert table.due(NOON, 10) == []
    table.sent(BOOKED.message, ["mail"])
    assert table.due(NOON, 10) == [CANCELLED]
