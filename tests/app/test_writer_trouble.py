"""The writer when the store is lost, at the worst moments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.races.serving import until

from app.log.postgres import open_postgres
from app.log.records import LoggedEvent
from app.log.sqlite import open_sqlite
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from domain.refusal import Refused

AT_TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
COMMAND = "c0ffee" * 5 + "00"
"""Stands in the append that carries it, and in no other message before it."""


@pytest.fixture
def house_behind_proxy(postgres: Any, severing_proxy: Any, houses: Callable[..., Any]) -> Any:
    """A house whose every word to PostgreSQL passes a proxy that can cut it."""
    log = open_postgres(severing_proxy.url, postgres.schema)
    house = houses(log)
    house.register()
    yield house
    house.stop()
    log.close()


def test_a_connection_cut_after_the_commit_and_before_its_answer_makes_one_booking(
    house_behind_proxy: Any, severing_proxy: Any
) -> None:
    house = house_behind_proxy
    alice, bob = house.person("alice"), house.person("bob")
    severing_proxy.lose_answer_to(COMMAND)
    outcome = house.run(house.booking(alice, AT_TEN, command_id=COMMAND))
    assert severing_proxy.cut.is_set()
    assert outcome.subject.status == "confirmed"
    assert house.topics().count("BookingConfirmed") == 1
    assert house.log.after(outcome.subject_position - 1)[0].originator_id == outcome.subject.id
    house.book(bob, AT_TEN + timedelta(hours=1))
    assert house.oversold() == []


def test_a_retry_of_a_request_whose_answer_was_lost_is_the_same_booking(
    house_behind_proxy: Any, severing_proxy: Any
) -> None:
    house = house_behind_proxy
    same = {"command_id": COMMAND, "keyed": True, "body": b"b"}
    alice = house.person("alice")
    severing_proxy.lose_answer_to("BookingConfirmed")
    first = house.run(house.booking(alice, AT_TEN, **same))
    again = house.run(house.booking(alice, AT_TEN, **same))
    assert (again.replayed, again.subject.id) == (True, first.subject.id)
    assert house.topics().count("BookingConfirmed") == 1


def test_a_connection_cut_before_the_append_is_tried_again_and_stored_once(
    house_behind_proxy: Any, severing_proxy: Any
) -> None:
    house = house_behind_proxy
    alice = house.person("alice")
    severing_proxy.lose_request(COMMAND)
    house.book(alice, AT_TEN, command_id=COMMAND)
    assert severing_proxy.cut.is_set()
    assert house.topics().count("BookingConfirmed") == 1


def test_a_store_that_stays_away_is_said_and_its_return_needs_no_restart(
    postgres: Any, severing_proxy: Any, houses: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_postgres(severing_proxy.url, postgres.schema)
    house = houses(log)
    house.register()
    alice = house.person("alice")
    with monkeypatch.context() as away:
        away.setattr(type(log), "append", _gone)
        away.setattr(type(log), "locked", _gone)
        with pytest.raises(OutcomeUnknown):
            house.book(alice, AT_TEN)
    house.book(alice, AT_TEN)
    assert house.topics().count("BookingConfirmed") == 1
    house.stop()
    log.close()


def test_while_postgresql_is_away_it_is_not_besieged_and_the_log_lines_are_few(
    house_behind_proxy: Any, severing_proxy: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    house = house_behind_proxy
    alice = house.person("alice")
    house.book(alice, AT_TEN)
    severing_proxy.refusing = True
    severing_proxy.cut_all()
    for _ in range(300):
        with pytest.raises((StoreUnavailable, OutcomeUnknown)):
            house.book(alice, AT_TEN + timedelta(hours=1))
    assert severing_proxy.turned_away < 100
    severing_proxy.refusing = False
    until(lambda: is_booked(house, alice, AT_TEN + timedelta(hours=1)), "a booking again")
    told = capsys.readouterr().out
    assert 0 < told.count("batch not stored") < 30
    assert told.count("batches are stored again") == 1
    assert "Traceback" not in told
    assert house.topics().count("BookingConfirmed") == 2


def is_booked(house: Any, person: Any, start: datetime) -> bool:
    try:
        house.book(person, start)
    except StoreUnavailable:
        return False
    return True


def test_a_store_that_goes_while_a_command_is_decided_is_no_fault_of_the_command(
    postgres: Any, severing_proxy: Any, houses: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    log = open_postgres(severing_proxy.url, postgres.schema)
    house = houses(log)
    house.register()
    alice = house.person("alice")
    before = log.head()
    severing_proxy.refusing = True
    severing_proxy.cut_all()
    with pytest.raises(StoreUnavailable):
        house.book(alice, AT_TEN)  # whose day has to be read
    severing_proxy.refusing = False
    told = capsys.readouterr().out
    assert "command failed" not in told
    assert "Traceback" not in told
    until(lambda: is_booked(house, alice, AT_TEN), "a booking again")
    assert log.head().position > before.position
    house.stop()
    log.close()


def test_on_a_full_disk_every_append_is_tried_and_the_log_lines_are_few(
    tmp_path: Any, houses: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    log = open_sqlite(tmp_path / "data", serving=True)
    house = houses(log)
    house.register()
    alice = house.person("alice")
    full = log._writer.execute("PRAGMA page_count").fetchone()[0]
    log._writer.execute(f"PRAGMA max_page_count = {full}")
    booked = 0
    failed = 0
    while failed < 100:
        if is_booked(house, alice, AT_TEN + timedelta(minutes=30 * booked)):
            booked += 1
        else:
            failed += 1
    log._writer.execute("PRAGMA max_page_count = 1000000")
    house.book(alice, AT_TEN + timedelta(days=300))
    told = capsys.readouterr().out
    assert 0 < told.count("batch not stored") < 20
    assert told.count("batches are stored again") >= 1
    assert house.topics().count("BookingConfirmed") == booked + 1
    house.stop()
    log.close()


def _gone(*_: object) -> None:
    raise OutcomeUnknown("The connection to the store was lost.")


def test_what_the_store_refuses_for_sure_is_store_unavailable_and_changes_no_memory(
    tmp_path: Any, houses: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_sqlite(tmp_path / "data", serving=True)
    house = houses(log)
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN)

    def full(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    with monkeypatch.context() as no_room:
        no_room.setattr(type(log), "append", full)
        with pytest.raises(StoreUnavailable, match="full"):
            house.book(bob, AT_TEN + timedelta(hours=1))
    house.book(bob, AT_TEN + timedelta(hours=1))
    assert house.oversold() == []
    house.stop()
    log.close()


def test_a_disk_that_fails_at_every_commit_is_asked_a_few_times_and_then_said(
    tmp_path: Any, houses: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_sqlite(tmp_path / "data", serving=True)
    house = houses(log)
    house.register()
    alice = house.person("alice")
    inserted: list[object] = []
    commit = type(log)._commit

    def failing(log: Any) -> None:
        if inserted:
            inserted.clear()
            raise OutcomeUnknown("The disk failed while committing.")
        commit(log)

    with monkeypatch.context() as broken:
        broken.setattr("app.log.sqlite._insert", lambda *what: inserted.append(what))
        broken.setattr(type(log), "_commit", failing)
        with pytest.raises(StoreUnavailable, match="every try"):
            house.book(alice, AT_TEN)
    house.book(alice, AT_TEN)
    assert house.topics().count("BookingConfirmed") == 1
    house.stop()
    log.close()


def together(house: Any, *commands: Any) -> list[Any]:
    """Put commands into the queue so that the writer finds them as one batch; their answers."""
    with house.writer.queue._changed:
        asked = [house.ask(command) for command in commands]
    return [each.result(30) for each in asked]


def test_a_retry_that_another_process_stored_is_not_taken_for_the_batch_that_was_lost(
    postgres: Any, houses: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alice's request is lost on its way to the store, and her retry, at another process, is stored first."""
    one_log, other_log = open_postgres(*postgres), open_postgres(*postgres)
    one, other = houses(one_log), houses(other_log)
    one.register()
    alice, bob = one.person("alice"), one.person("bob")
    same = {"command_id": COMMAND, "keyed": True, "body": b"b"}
    real = one_log.append

    def lost(*_: Any) -> Any:
        monkeypatch.setattr(one_log, "append", real)
        other.run(other.booking(alice, AT_TEN, **same))
        raise OutcomeUnknown("The connection went before the server saw it.")

    monkeypatch.setattr(one_log, "append", lost)
    hers, his = together(one, one.booking(alice, AT_TEN, **same), one.booking(bob, AT_TEN + timedelta(hours=1)))
    assert (hers.replayed, his.replayed) == (True, False)
    stored = {event.originator_id for event in one_log.after(0)}
    assert {hers.subject.id, his.subject.id} <= stored
    assert one.topics().count("BookingConfirmed") == 2
    for house, log in ((one, one_log), (other, other_log)):
        house.stop()
        log.close()


def an_event_of_tomorrow(house: Any, stream: str, version: int, command_id: str = "dd" * 16) -> None:
    """Append what only a newer Daybook understands."""
    event = LoggedEvent(
        originator_id=stream,
        originator_version=version,
        topic="SomethingNew.7",
        state=b'{"new":true}',
        timestamp="2026-11-30T04:00:00.000000Z",
        by="admin:c-tomorrow",
        command_id=command_id,
    )
    with house.log.locked() as session:
        session.append([event])


def test_what_a_newer_daybook_wrote_stops_no_thread_and_leaves_nobody_waiting(house: Any) -> None:
    house.register()
    alice = house.person("alice")
    an_event_of_tomorrow(house, "resource/dr-lee", 2)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="newer Daybook"):
            house.book(alice, AT_TEN)
    assert house.writer.is_alive
    assert "newer Daybook" in (house.writer.failure or "")


def test_one_repeat_that_cannot_be_read_is_nobody_elses_trouble(house: Any) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    an_event_of_tomorrow(house, "booking/b-tomorrow", 1, COMMAND)
    house.book(bob, AT_TEN + timedelta(hours=3))
    same = {"command_id": COMMAND, "keyed": True, "body": b"b"}
    hers, his = together(house, house.booking(alice, AT_TEN, **same), house.booking(bob, AT_TEN))
    assert isinstance(hers, StoreUnavailable)
    assert his.subject.status == "confirmed"


def test_a_log_put_back_to_another_past_under_the_same_name_is_noticed_and_read_anew(
    store: Any, houses: Callable[..., Any]
) -> None:
    """A restore that forgot to give the log a new id: the same position, another history."""
    house = houses(store.open())
    house.register()
    alice, bob = house.person("alice"), house.person("bob")
    house.book(alice, AT_TEN)
    seen = house.writer.memory.seen
    house.writer.memory.seen = seen._replace(digest=b"\0" * 32)
    with pytest.raises(StoreUnavailable, match="replaced"):
        house.book(bob, AT_TEN + timedelta(hours=1))
    with pytest.raises(Refused, match="fully booked"):
        house.book(bob, AT_TEN)
    assert house.writer.memory.seen == seen


def test_a_store_that_goes_while_a_batch_is_decided_is_waited_for_once(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.register()
    guests = [house.person(name) for name in ("alice", "bob", "carol")]
    asked: list[Any] = []

    def gone(*about: Any) -> Any:
        asked.append(about)
        raise StoreUnavailable("It did not answer for 20 s.")

    with monkeypatch.context() as away:
        away.setattr(type(house.log), "streams", gone)
        wishes = [house.booking(guest, AT_TEN + timedelta(days=day)) for day, guest in enumerate(guests)]
        assert {type(answer) for answer in together(house, *wishes)} == {StoreUnavailable}
    assert len(asked) == 1
    house.book(guests[0], AT_TEN)


def test_a_fault_after_the_append_leaves_it_unknown_and_the_memory_is_read_anew(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.register()
    alice, bob = house.person("alice"), house.person("bob")

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as faulty:
        faulty.setattr("app.work.Work.stored_from", fail)
        with pytest.raises(OutcomeUnknown):
            house.book(alice, AT_TEN)
    assert house.topics().count("BookingConfirmed") == 1
    with pytest.raises(Refused, match="fully booked"):
        house.book(bob, AT_TEN)


def test_a_booking_that_was_stored_is_answered_whatever_was_written_after_it(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commit's answer is lost, and when the log is asked, a newer Daybook has written to a resource."""
    house.register()
    alice = house.person("alice")
    real = house.log.append

    def stored_and_lost(*append: Any) -> Any:
        monkeypatch.setattr(house.log, "append", real)
        real(*append)
        an_event_of_tomorrow(house, "resource/dr-lee", 2)
        raise OutcomeUnknown("The connection went before the answer came.")

    monkeypatch.setattr(house.log, "append", stored_and_lost)
    outcome = house.run(house.booking(alice, AT_TEN))
    stored = house.log.after(outcome.subject_position - 1, 1)
    assert [event.originator_id for event in stored] == [outcome.subject.id]
