"""A log that was altered past Daybook is found out, on both stores."""

from collections.abc import Callable
from typing import Any

import pytest

from app.log import verifying
from app.log.event_log import EventLog
from app.log.records import LoggedEvent
from app.log.renewing import first_log_id, renew
from app.log.verifying import findings

MakeEvent = Callable[..., LoggedEvent]
Alter = Callable[[str], None]


@pytest.fixture
def alter(store: Any) -> Alter:
    """Changes what cannot be changed: as the tables' owner, with the triggers off."""

    def altered(statement: str) -> None:
        if store.name == "postgres":
            for table in ("events", "appends"):
                store.ask(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        else:
            for table in ("events", "appends"):
                for change in ("UPDATE", "DELETE"):
                    store.ask(f"DROP TRIGGER IF EXISTS {table}_no_{change}")
        store.ask(statement)

    return altered


@pytest.fixture
def written(log: EventLog, event: MakeEvent) -> EventLog:
    """A log of three appends with two, three and one event, on two streams: positions 1 to 6."""
    for day, stream, versions in ((1, "day/a", (1, 2)), (2, "day/b", (1, 2, 3)), (3, "day/a", (3,))):
        at = f"2026-12-0{day}T04:00:00.000000Z"
        log.append([event(stream, version, timestamp=at) for version in versions], log.head())
    return log


def told(log: EventLog) -> list[tuple[int, str]]:
    return [(found.position, found.sentence) for found in findings(log, log.head())]


def test_a_whole_log_has_no_findings(written: EventLog) -> None:
    seen: list[tuple[int, int]] = []

    assert list(findings(written, written.head(), lambda done, total: seen.append((done, total)))) == []
    assert seen[-1] == (12, 12), "each event is read twice"


def test_an_empty_log_is_whole(log: EventLog) -> None:
    assert told(log) == []


def test_pages_end_anywhere(written: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for rows in (1, 2, 3, 4, 5, 6):
        monkeypatch.setattr(verifying, "PAGE", rows)
        assert told(written) == []


def test_what_is_appended_meanwhile_is_left_alone(written: EventLog, event: MakeEvent) -> None:
    head = written.head()
    written.append([event("day/a", 4, timestamp="2026-12-04T04:00:00.000000Z")], head)

    assert list(findings(written, head)) == []
    assert told(written) == []


def test_each_page_is_a_transaction_of_its_own(
    written: EventLog, event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is held between two pages: somebody appends after each of them."""
    monkeypatch.setattr(verifying, "PAGE", 1)
    at, versions = "2026-12-05T04:00:00.000000Z", iter(range(4, 100))

    def append_too(_done: int, _total: int) -> None:
        written.append([event("day/a", next(versions), timestamp=at)], written.head())

    assert list(findings(written, written.head(), append_too)) == []
    assert written.head().position == 18


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "'{\"units\": 2}'"),
        ("topic", "'TimeReleased.1'"),
        ("command_id", "'command-2'"),
        ('"by"', "'staff:eve'"),
        ("timestamp", "'2026-12-02T04:00:00.000001Z'"),
    ],
)
def test_a_changed_event_breaks_the_chain(written: EventLog, alter: Alter, column: str, value: str) -> None:
    alter(f"UPDATE events SET {column} = {value} WHERE position = 5")

    assert told(written) == [(5, "The append that ends at 5 is not what its digest was made of.")]


def test_a_removed_event_leaves_a_hole(written: EventLog, alter: Alter) -> None:
    alter("DELETE FROM events WHERE position = 4")

    assert told(written) == [
        (5, "Nothing stands at 4: what was there is missing."),
        (5, "The append that ends at 5 is not what its digest was made of."),
        (5, "The event at 5 is version 3 of its stream, after 1."),
    ]


def test_the_last_event_of_an_append_is_missed(written: EventLog, alter: Alter) -> None:
    alter("DELETE FROM events WHERE position = 5")

    assert told(written) == [
        (6, "Nothing stands at 5: what was there is missing."),
        (5, "The append that ends at 5 lacks its last event."),
    ]


def test_a_removed_append_is_missed_even_when_its_digest_went_with_it(written: EventLog, alter: Alter) -> None:
    alter("DELETE FROM events WHERE position IN (3, 4, 5)")
    alter("DELETE FROM appends WHERE last_position = 5")

    assert (6, "Nothing stands at 3 to 5: what was there is missing.") in told(written)
    assert (6, "The append that ends at 6 is not what its digest was made of.") in told(written)


def test_a_log_cut_off_at_its_end_is_not_the_one_of_its_head(written: EventLog, alter: Alter) -> None:
    alter("DELETE FROM events WHERE position = 6")
    alter("DELETE FROM appends WHERE last_position = 6")

    assert told(written) == [
        (6, "The log ends at 5, its head says 6."),
        (6, "The time of the last event is not the one that the head says."),
        (6, "The last append's digest is not the one that the head says."),
    ]


def test_an_append_without_events_is_told(written: EventLog, alter: Alter) -> None:
    alter("DELETE FROM events WHERE position = 6")

    assert (6, "The append that ends at 6 has no events.") in told(written)


def test_time_that_runs_back_is_told(log: EventLog, event: MakeEvent) -> None:
    log.append([event("day/a", 1, timestamp="2026-12-02T04:00:00.000000Z")], log.head())
    log.append([event("day/a", 2, timestamp="2026-12-01T04:00:00.000000Z")], log.head())

    assert (2, "The time at 2 lies before that of the event before it.") in told(log)


def test_a_version_that_is_left_out_is_told(log: EventLog, event: MakeEvent) -> None:
    log.append([event("day/a", 1), event("day/a", 3), event("day/b", 2)], log.head())

    assert told(log) == [
        (2, "The event at 2 is version 3 of its stream, after 1."),
        (3, "The event at 3 is version 2 of its stream, after 0."),
    ]


def test_versions_out_of_the_logs_order_are_told(log: EventLog, event: MakeEvent) -> None:
    log.append([event("day/a", 2), event("day/a", 1)], log.head())

    assert told(log) == [(1, "The event at 1 follows in its stream on the one at 2.")]


def test_a_log_with_a_new_id_is_still_whole_from_its_first_event_on(
    written: EventLog, store: Any, event: MakeEvent
) -> None:
    first, before = written.log_id, written.head()

    second = renew(written)
    again = store.open()
    third = renew(again)

    assert len({first, second, third}) == 3
    after = written.head()
    assert after == before._replace(log_id=third)
    assert first_log_id(written) == first
    assert store.ask("SELECT place, log_id, last_position FROM former_log_ids ORDER BY place") == [
        (1, first, 6),
        (2, second, 6),
    ]
    again.append([event("day/a", 4, timestamp=after.timestamp)], after)
    assert told(written) == []


def test_another_first_id_is_not_what_the_chain_began_with(written: EventLog, alter: Alter) -> None:
    renew(written)
    alter(f"UPDATE former_log_ids SET log_id = '{'0' * 32}'")

    assert told(written) == [(2, "The append that ends at 2 is not what its digest was made of.")]


def test_who_has_the_log_open_under_its_old_id_stores_nothing(written: EventLog, store: Any, event: MakeEvent) -> None:
    other = store.open()
    seen = other.head()
    renew(written)

    with pytest.raises(Exception, match=r"head of the log is no longer"):
        other.append([event("day/a", 4, timestamp=seen.timestamp)], seen)
