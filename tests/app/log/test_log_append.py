"""Appending, on both stores."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError, ProgrammingError, StoredEvent

from app.log.event_log import EventLog, HeadMoved, StoreUnavailable
from app.log.records import Head, LoggedEvent

MakeEvent = Callable[..., LoggedEvent]


def test_a_new_log_is_empty_and_its_digest_is_that_of_its_id(log: EventLog) -> None:
    expected = Head(log.log_id, 0, "", sha256(log.log_id.encode()).digest())

    assert expected == log.head()
    assert log.created
    assert len(log.secret) == 32


def test_events_are_stored_as_they_are_and_numbered_in_order(log: EventLog, event: MakeEvent) -> None:
    sent = [event("booking/b1", 1, state='{"legs": []}', by="customer:c-1"), event("day/moon/2026-12-01", 1)]

    head = log.append(sent, log.head())

    assert head == log.head()
    stored = log.after(0)
    assert [e.id for e in stored] == [1, 2]
    for logged, recorded in zip(sent, stored, strict=True):
        assert vars(logged).items() <= vars(recorded).items()


@pytest.mark.parametrize(
    "text",
    ["Zürich ☎ 東京 🏥 \u2028 \u007f", "\\u0000 \\u001f \\\\ \\\" '' %s ? {} $1", "x" * 1_000_000],
    ids=["unicode", "escapes", "one megabyte"],
)
def test_state_comes_back_byte_for_byte(log: EventLog, event: MakeEvent, text: str) -> None:
    for state in (
        json.dumps({"reason": text}),
        json.dumps({"reason": text}, ensure_ascii=False),
        f"{{{text}}}\n\t",
    ):
        version = log.head().position + 1
        log.append([event("booking/b1", version, state=state, by=f"staff:{text[:40]}")], log.head())
        assert [state.encode()] == [e.state for e in log.stream("booking/b1", version - 1)]


def test_an_append_on_an_old_head_stores_nothing(log: EventLog, event: MakeEvent) -> None:
    old = log.head()
    now = log.append([event("booking/b1", 1)], old)

    with pytest.raises(HeadMoved):
        log.append([event("booking/b2", 1)], old)

    assert now == log.head()
    assert [e.originator_id for e in log.after(0)] == ["booking/b1"]
    log.append([event("booking/b2", 1)], now)


def test_a_version_that_a_stream_has_already_stores_nothing_of_the_append(log: EventLog, event: MakeEvent) -> None:
    now = log.append([event("booking/b1", 1)], log.head())

    with pytest.raises(IntegrityError):
        log.append([event("booking/b2", 1), event("booking/b1", 1)], now)

    assert now == log.head()
    assert len(log.after(0)) == 1


def test_another_logs_head_is_refused(log: EventLog, event: MakeEvent) -> None:
    with pytest.raises(HeadMoved):
        log.append([event("booking/b1", 1)], log.head()._replace(log_id="another"))

    assert log.after(0) == []


def test_a_log_of_the_same_id_and_length_but_other_events_is_refused(log: EventLog, event: MakeEvent) -> None:
    """As a restore leaves it that forgot to give the log a new id."""
    now = log.append([event("booking/b1", 1)], log.head())

    with pytest.raises(HeadMoved):
        log.append([event("booking/b1", 2)], now._replace(digest=sha256(b"other events").digest()))

    assert now == log.head()


def test_the_digest_chains_the_bytes_of_every_row(log: EventLog, event: MakeEvent) -> None:
    head = log.append([event("booking/b1", 1, state='{"é": 1}'), event("booking/b1", 2)], log.head())
    with log.locked() as session:
        head = session.append([event("booking/b2", 1)])

    digest = sha256(log.log_id.encode()).digest()
    for rows in (log.after(0, 2), log.after(2)):
        hasher = sha256(digest)
        for e in rows:
            row = (e.id, e.originator_id, e.originator_version, e.topic, e.command_id, e.by, e.timestamp)
            for field in (*row, e.state.decode()):
                hasher.update(str(field).encode() + b"\0")
        digest = hasher.digest()
    assert digest == head.digest == log.head().digest
    assert log.rows("SELECT last_position FROM appends ORDER BY last_position") == [(2,), (3,)]
    assert digest == log.rows("SELECT digest FROM appends WHERE last_position = ?", [3])[0][0]


def test_recorded_at_is_the_databases_own_clock(log: EventLog, event: MakeEvent) -> None:
    log.append([event("booking/b1", 1, timestamp="2031-01-01T00:00:00.000000Z")], log.head())

    (stored,) = log.after(0)
    assert len("2026-12-01T04:00:00.123456Z") == len(stored.recorded_at)
    recorded_at = datetime.fromisoformat(stored.recorded_at)
    assert abs(log.clock() - recorded_at) < timedelta(seconds=10)
    assert abs(datetime.now(UTC) - log.clock()) < timedelta(seconds=10)


def test_the_heads_timestamp_never_runs_back(log: EventLog, event: MakeEvent) -> None:
    late, early = "2026-12-01T04:00:00.000001Z", "2026-12-01T04:00:00.000000Z"
    log.append([event("booking/b1", 1, timestamp=late)], log.head())
    log.append([event("booking/b1", 2, timestamp=early)], log.head())

    assert late == log.head().timestamp


@pytest.mark.parametrize("field", ["topic", "state", "timestamp", "by", "command_id"])
@pytest.mark.parametrize("text", ["", "a\0b", "a\x1fb", "a\ud800b"])
def test_events_with_empty_or_unstorable_fields_are_refused(
    log: EventLog, event: MakeEvent, field: str, text: str
) -> None:
    if field == "state":
        bad = LoggedEvent("booking/b1", 1, "T.1", text.encode("utf-8", "surrogatepass"), "t", "b", "c")
    else:
        bad = event("booking/b1", 1, **{field: text})

    with pytest.raises(ProgrammingError):
        log.append([bad], log.head())
    assert log.after(0) == []


def test_an_append_of_nothing_is_refused(log: EventLog) -> None:
    with pytest.raises(ProgrammingError):
        log.append([], log.head())


def test_the_librarys_bare_events_are_refused(log: EventLog) -> None:
    with pytest.raises(ProgrammingError):
        log.insert_events([StoredEvent("booking/b1", 1, "T.1", b"{}")])


def test_a_locked_session_sees_everything_and_appends(log: EventLog, event: MakeEvent) -> None:
    log.append([event("booking/b1", 1, command_id="k1")], log.head())

    with log.locked() as session:
        assert session.head.position == 1
        assert len(session.after(0)) == 1
        session.append([event("booking/b1", 2, command_id="k2")])
        session.append([event("booking/b1", 3, command_id="k2")])
        assert [e.id for e in session.commands(["k2", "absent"])["k2"]] == [2, 3]
        assert [e.originator_version for e in session.streams(["booking/b1"], 3)["booking/b1"]] == [1, 2, 3]
        assert len(log.after(0)) == 1, "nobody else sees it yet"
        inside = session.head

    assert inside == log.head()
    assert len(log.after(0)) == 3


def test_a_locked_session_that_fails_leaves_nothing(log: EventLog, event: MakeEvent) -> None:
    def append_and_fail() -> None:
        with log.locked() as session:
            session.append([event("booking/b1", 1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()

    assert log.after(0) == []
    log.append([event("booking/b1", 1)], log.head())


def test_a_session_whose_append_failed_cannot_be_committed(log: EventLog, event: MakeEvent) -> None:
    def swallow_a_conflict() -> None:
        with log.locked() as session:
            session.append([event("booking/b1", 1)])
            with pytest.raises(IntegrityError):
                session.append([event("booking/b2", 1), event("booking/b1", 1)])

    with pytest.raises(ProgrammingError):
        swallow_a_conflict()

    assert log.after(0) == []
    assert log.head().position == 0


def test_a_thread_that_holds_the_lock_is_told_so_instead_of_waiting_for_itself(log: EventLog, event: MakeEvent) -> None:
    with pytest.raises(ProgrammingError), log.locked() as session:
        log.append([event("booking/b1", 1)], session.head)


def test_threads_of_two_openers_neither_lose_nor_double_a_position(log: EventLog, store: Any, event: MakeEvent) -> None:
    openers = [log, store.open()]
    at_once = Barrier(6)

    def append_often(worker: int) -> int:
        mine, stream, conflicts = openers[worker % 2], f"booking/{worker}", 0
        seen = mine.head()
        at_once.wait(timeout=10)
        for version in range(1, 50, 2):
            while True:
                try:
                    seen = mine.append([event(stream, version), event(stream, version + 1)], seen)
                    break
                except HeadMoved:
                    conflicts += 1
                    seen = mine.head()
        return conflicts

    with ThreadPoolExecutor(6) as pool:
        conflicts = sum(pool.map(append_often, range(6)))

    stored = log.after(0)
    assert [e.id for e in stored] == list(range(1, 301))
    assert len({(e.originator_id, e.originator_version) for e in stored}) == log.head().position == 300
    assert conflicts >= 5, "all but one lost the first race"


def test_threads_that_hold_the_lock_in_turn_never_conflict(log: EventLog, store: Any, event: MakeEvent) -> None:
    openers = [log, store.open()]

    def append_often(worker: int) -> None:
        for _ in range(20):
            with openers[worker % 2].locked() as session:
                session.append([event("booking/b1", session.head.position + 1)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append_often, range(4)))

    assert [e.originator_version for e in log.stream("booking/b1")] == list(range(1, 81))


def test_a_closed_log_says_so(log: EventLog, event: MakeEvent) -> None:
    head = log.head()
    log.close()

    with pytest.raises(StoreUnavailable):
        log.append([event("booking/b1", 1)], head)
    with pytest.raises(StoreUnavailable):
        log.head()
    with ThreadPoolExecutor(1) as pool, pytest.raises(StoreUnavailable):
        pool.submit(log.head).result(timeout=10)
