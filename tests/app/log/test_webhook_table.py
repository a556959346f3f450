"""Webhooks beside the log, on both stores."""

import pytest

from app.log.event_log import EventLog
from app.log.webhooks import MOST_ATTEMPTS, AttemptRow, WebhookRow

AT = "2026-12-01T04:00:00.000000Z"
HOOK = WebhookRow("h-1", "1.k.n.c", "booking.confirmed", AT, 1, True, None, 40, 0, None, "")


def attempt(number: int) -> AttemptRow:
    """An attempt that failed."""
    return AttemptRow("h-1", 0, f"msg_{number}", "booking.confirmed", 41, AT, 12, 500, "HTTP status 500.")


@pytest.fixture
def hooked(log: EventLog) -> EventLog:
    """A log with one webhook."""
    assert log.webhooks.add(HOOK, 2)
    return log


def test_there_are_only_so_many(hooked: EventLog) -> None:
    assert hooked.webhooks.add(HOOK._replace(webhook="h-2"), 2)
    assert not hooked.webhooks.add(HOOK._replace(webhook="h-3"), 2)

    assert hooked.webhooks.all() == [HOOK, HOOK._replace(webhook="h-2")]


def test_what_somebody_else_changed_meanwhile_is_not_changed_over(hooked: EventLog) -> None:
    table = hooked.webhooks

    assert table.change("h-1", 1, sealed="1.k.n.d", types="booking.moved")
    assert not table.change("h-1", 1, sealed="1.k.n.e", types="booking.held")

    assert table.get("h-1") == HOOK._replace(sealed="1.k.n.d", types="booking.moved", version=2)


def test_one_that_was_set_back_is_not_moved_on_by_who_had_not_seen_it(hooked: EventLog) -> None:
    table = hooked.webhooks
    assert table.advance(HOOK, 41)
    assert table.replay("h-1", 7)

    assert not table.advance(HOOK._replace(position=41), 42)

    assert table.get("h-1") == HOOK._replace(position=7)


def test_one_that_was_changed_is_not_moved_on_by_who_had_not_seen_it(hooked: EventLog) -> None:
    table = hooked.webhooks
    assert table.change("h-1", 1, sealed="1.k.n.d", types="")

    assert not table.advance(HOOK, 41)

    assert table.get("h-1") == HOOK._replace(sealed="1.k.n.d", types="", version=2)


def test_failing_ends_with_success_and_with_being_enabled_again(hooked: EventLog) -> None:
    table = hooked.webhooks
    assert table.failed(HOOK, AT, AT)
    assert not table.failed(HOOK, AT, AT), "it was counted already"
    assert table.get("h-1") == HOOK._replace(failures=1, failing_since=AT, due_at=AT)
    assert table.advance(HOOK, 41)
    assert table.get("h-1") == HOOK._replace(position=41)
    assert table.disable("h-1", "gone")
    assert not table.disable("h-1", "failing")
    assert table.get("h-1") == HOOK._replace(position=41, enabled=False, disabled_reason="gone", version=2)
    assert table.enable("h-1")
    assert not table.enable("h-1")
    assert table.get("h-1") == HOOK._replace(position=41, version=3)


def test_attempts_are_numbered_listed_from_the_newest_and_go_with_their_webhook(hooked: EventLog) -> None:
    table = hooked.webhooks
    for number in (1, 2, 3):
        table.note(attempt(number))
    table.note(attempt(4)._replace(webhook="h-absent", status=None))

    assert [each.number for each in table.attempts("h-1", 2)] == [3, 2]
    assert [each.number for each in table.attempts("h-1", 2, before=2)] == [1]
    assert table.attempts("h-1", 1) == [attempt(3)._replace(number=3)]
    table.note(attempt(5)._replace(status=None, trouble=None))
    assert [(each.number, each.status) for each in table.attempts("h-1", 1)] == [(4, None)]
    assert table.delete("h-1")
    assert not table.delete("h-1")
    assert table.attempts("h-1", 10) == table.attempts("h-absent", 10) == []


def test_old_attempts_go(hooked: EventLog) -> None:
    for number in range(MOST_ATTEMPTS + 20):
        hooked.webhooks.note(attempt(number))

    assert len(hooked.webhooks.attempts("h-1", 1000)) == MOST_ATTEMPTS
