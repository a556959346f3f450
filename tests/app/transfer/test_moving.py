"""A log that was exported and replayed is the same log, on either store, whichever it came from."""

import csv
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.audit.conftest import TOMORROW, Business, after_a_day
from tests.app.conftest import House
from tests.conftest import PostgresPlace, Store

from app.audit.checkpoint import Signer
from app.audit.verifying import Proof, verify
from app.details import Unreadable
from app.log.event_log import EventLog
from app.log.renewing import first_log_id
from app.log.sqlite import open_sqlite
from app.settings import Settings
from app.stores import open_log, open_stores
from app.transfer.exporting import pages
from app.transfer.selecting import Selected
from app.transfer.trouble import CannotExport, CannotReplay
from interface import transfer
from interface.failures import Unsuitable
from interface.transfer import Wanted, export_with_progress, replay_with_progress

MASTER_KEY = b64encode(b"k" * 32).decode()
SIGNER = Signer(b"0123456789abcdef0123456789abcdef")
ALL = Wanted(None, None, None, None, as_table=False, out=None, resume=False, keys=None)
EVENTS = (
    'SELECT position, stream, version, topic, command_id, "by", timestamp, recorded_at, state FROM events ORDER BY 1'
)
APPENDS = "SELECT last_position, digest FROM appends ORDER BY 1"


@pytest.fixture(autouse=True)
def signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the test run stay as they are."""
    monkeypatch.setattr(transfer, "leave_on_signals", lambda: None)


@pytest.fixture
def business(tmp_path: Path) -> Iterator[Business]:
    """A venue after a day's business, on files."""
    store = Store(tmp_path / "data", None)
    yield after_a_day(store)
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> Settings:
    """A data folder that nothing is in."""
    return Settings(data=tmp_path / "target", master_key=MASTER_KEY)


def settings_of(store: Store, **more: Any) -> Settings:
    if store.place is not None:
        return Settings(database_url=store.place.url, schema_name=store.place.schema, master_key=MASTER_KEY, **more)
    assert store.folder is not None
    return Settings(data=store.folder, master_key=MASTER_KEY, **more)


Say = Callable[[str], None]


def quiet(_text: str) -> None:
    """Nobody listens."""


def exported(store: Store, out: Path, say: Say = quiet, **wanted: Any) -> Path:
    export_with_progress(settings_of(store), ALL._replace(out=out, **wanted), say)
    return out


def opened(settings: Settings) -> EventLog:
    return open_log(settings.database_url, settings.schema_name, settings.data, serving=settings.is_embedded)


def contents(log: EventLog) -> tuple[list[Any], list[Any]]:
    return (
        [tuple(row) for row in log.rows(EVENTS)],
        [(position, bytes(digest)) for position, digest in log.rows(APPENDS)],
    )


def is_empty(settings: Settings) -> bool:
    with closing(opened(settings)) as log:
        return log.head().position == 0 and contents(log) == ([], []) and not log.rows("SELECT 1 FROM customers")


# Moving.


@pytest.mark.parametrize("way", ["from files to PostgreSQL", "from PostgreSQL to files"])
def test_a_log_moves_from_one_store_to_the_other(way: str, tmp_path: Path, postgres: PostgresPlace) -> None:
    files, server = Store(tmp_path / "data", None), Store(None, postgres)
    source, other = (files, server) if way.startswith("from files") else (server, files)
    business = after_a_day(source)
    before, checkpoint = business.log.head(), SIGNER.checkpoint(business.log.head())
    bob, people = business.bob, business.log.rows("SELECT * FROM customers ORDER BY customer")
    export = exported(source, tmp_path / "log.jsonl", keys=tmp_path / "keys")

    replay_with_progress(settings_of(other), [export], tmp_path / "keys", quiet)

    log, models = open_stores(settings_of(other), serving=other is files)
    with closing(log), closing(models):
        after = log.head()
        assert contents(log) == contents(business.log)
        assert after == before._replace(log_id=after.log_id)
        assert after.log_id != before.log_id
        assert first_log_id(log) == before.log_id
        assert log.secret == business.log.secret
        assert [tuple(row) for row in log.rows("SELECT * FROM customers ORDER BY customer")] == list(map(tuple, people))
        proof = Proof(tmp_path / "tonight", checkpoint)
        keys = {checkpoint.key: SIGNER.public_key}
        verified = verify(log, models, [proof], keys, lambda *_: None)
        assert (verified.findings, verified.extended) == ([], [proof])
        house = House(log, business.house.time)
        assert house.person("bob") == bob, "people are found by their accounts"
        booked = [e for e in log.after(0) if e.topic == "BookingRequested.1" and b'"details":"' in e.state]
        (sealed,) = [json.loads(event.state)["details"] for event in booked]
        assert house.vault.open(bob.person, booked[0].originator_id.removeprefix("booking/"), sealed) == "knee"
        house.book(bob, TOMORROW + timedelta(days=3))
        house.stop()
        assert verify(log, None, [proof], keys, lambda *_: None).is_whole
    source.close()


def test_there_and_back_again(business: Business, target: Settings, tmp_path: Path) -> None:
    """Each move adds an id, and nothing else."""
    first = exported(business.store, tmp_path / "first", keys=tmp_path / "keys")
    replay_with_progress(target, [first], tmp_path / "keys", quiet)
    export_with_progress(target, ALL._replace(out=tmp_path / "second", keys=tmp_path / "more keys"), quiet)
    last = target.model_copy(update={"data": tmp_path / "last"})
    replay_with_progress(last, [tmp_path / "second"], tmp_path / "more keys", quiet)

    headers = [json.loads((tmp_path / name).open().readline()) for name in ("first", "second")]
    assert [len(header["former"]) for header in headers] == [0, 1]
    assert (tmp_path / "first").read_text().splitlines()[1:-1] == (tmp_path / "second").read_text().splitlines()[1:-1]
    with closing(opened(last)) as log:
        assert contents(log) == contents(business.log)
        assert first_log_id(log) == business.log.log_id
        assert verify(log, None, [], {}, lambda *_: None).is_whole


def test_an_empty_log_moves_too(target: Settings, tmp_path: Path) -> None:
    store = Store(tmp_path / "data", None)
    store.open()
    replay_with_progress(target, [exported(store, tmp_path / "log.jsonl")], None, quiet)
    assert is_empty(target)
    store.close()


def test_without_keys_it_says_what_is_lost(business: Business, target: Settings, tmp_path: Path) -> None:
    said: list[str] = []
    replay_with_progress(target, [exported(business.store, tmp_path / "log.jsonl")], None, said.append)
    assert any(text.startswith("Nobody's key came with it") for text in said)
    with closing(opened(target)) as log:
        (event,) = [e for e in log.after(0) if e.topic == "BookingRequested.1" and b'"details":"' in e.state]
        house = House(log, business.house.time)
        with pytest.raises(Unreadable):
            house.vault.open(business.bob.person, "b", json.loads(event.state)["details"])
        house.stop()


def test_the_format_never_changes(business: Business, tmp_path: Path) -> None:
    """The lines as they are written down, field by field."""
    lines = exported(business.store, tmp_path / "log.jsonl", to="3").read_text().splitlines()
    header, event, *_, end = (json.loads(line) for line in lines)
    assert list(header) == ["format", "version", "log_id", "former", "from", "to", "resource", "customer"]
    assert (header["format"], header["version"]) == ("daybook-export", 1)
    first = business.log.after(0)[0]
    assert event == {
        "position": 1,
        "stream": first.originator_id,
        "version": 1,
        "topic": first.topic,
        "timestamp": first.timestamp,
        "recorded_at": first.recorded_at,
        "by": first.by,
        "command_id": first.command_id,
        "facts": json.loads(first.state),
    }
    assert lines[1].endswith(f', "facts": {first.state.decode()}}}')
    assert json.loads(lines[2]) == {"append": 1, "digest": bytes(business.log.rows(APPENDS)[0][1]).hex()}
    assert list(end) == ["end", "events", "sha256"]
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600


# What is refused.


def refused(settings: Settings, files: list[Path], keys: Path | None = None) -> str:
    with pytest.raises(CannotReplay) as trouble:
        replay_with_progress(settings, files, keys, quiet)
    assert is_empty(settings)
    return str(trouble.value)


def test_whatever_is_changed_in_a_file_is_refused(business: Business, target: Settings, tmp_path: Path) -> None:
    whole = exported(business.store, tmp_path / "log.jsonl").read_bytes().splitlines(keepends=True)
    file = tmp_path / "altered"
    middle = len(whole) // 2

    def altered(lines: list[bytes]) -> str:
        file.write_bytes(b"".join(lines))
        return refused(target, [file])

    assert "is cut off: it has no end" in altered(whole[:-1])
    assert "it is cut off, or no export" in altered([*whole[:-1], whole[-1][:20]])
    assert "it is cut off, or no export" in altered([*whole[:middle], whole[middle][:-7]])
    third = next(number for number, line in enumerate(whole) if line.startswith(b'{"position": 3,'))
    assert "it is the event at 4 where 3 is next" in altered([*whole[:third], *whole[third + 1 :]])
    assert "no append ends at" in altered([whole[0], *whole[2:]])
    assert "where" in altered([*whole[:1], whole[3], *whole[2:3], whole[1], *whole[4:]])
    assert "there is more behind its end" in altered([*whole, whole[1]])
    later = [line.replace(b'"recorded_at": "20', b'"recorded_at": "21') for line in whole]
    assert "is not what was written" in altered(later)
    capacity = [line.replace(b'"capacity":2', b'"capacity":3') for line in whole]
    assert "is not what its digest was made of" in altered(capacity)
    assert "has no header" in altered(whole[1:])
    assert "it is empty" in altered([])
    assert "begins like nothing" in altered([whole[0], b"position,stream\n"])
    other_version = whole[0].replace(b'"version": 1', b'"version": 2')
    assert "version" in altered([other_version, *whole[1:]])
    nul = [line.replace(b'"by": "', b'"by": "\\u0000') for line in whole]
    assert "unprintable" in altered(nul)
    assert "No such file" in refused(target, [tmp_path / "nowhere"])


def test_a_store_that_is_not_empty_is_refused(business: Business, tmp_path: Path) -> None:
    export = exported(business.store, tmp_path / "log.jsonl")
    business.store.close()
    with pytest.raises(CannotReplay, match="The store has events already"):
        replay_with_progress(settings_of(business.store), [export], None, quiet)
    with closing(open_sqlite(tmp_path / "data", serving=False, read_only=True)) as log:
        assert verify(log, None, [], {}, lambda *_: None).is_whole


def test_a_store_that_only_has_people_is_refused(business: Business, target: Settings, tmp_path: Path) -> None:
    export = exported(business.store, tmp_path / "log.jsonl", keys=tmp_path / "keys")
    with closing(opened(target)) as log:
        house = House(log)
        house.stop()  # the desk's own key is there, as after a first start
    with closing(opened(target.model_copy(update={"data": tmp_path / "used"}))) as log:
        house = House(log)
        house.person("carol")
        house.stop()
    with pytest.raises(CannotReplay, match="has people already"):
        replay_with_progress(target.model_copy(update={"data": tmp_path / "used"}), [export], None, quiet)
    replay_with_progress(target, [export], tmp_path / "keys", quiet)


def test_keys_that_do_not_fit_are_refused(business: Business, target: Settings, tmp_path: Path) -> None:
    export = exported(business.store, tmp_path / "log.jsonl", keys=tmp_path / "keys")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    lines = (tmp_path / "keys").read_bytes().splitlines(keepends=True)
    file = tmp_path / "altered keys"

    def altered(lines: list[bytes]) -> str:
        file.write_bytes(b"".join(lines))
        return refused(target, [export], file)

    assert "it is cut off" in altered(lines[:-1])
    assert "not what was written" in altered([lines[0], *lines[2:]])
    assert "not what was written" in altered([lines[0].replace(b'"log_id": "', b'"log_id":  "'), *lines[1:]])
    assert "no file of keys" in refused(target, [export], export)
    other = json.dumps({**json.loads(lines[0]), "log_id": "d" * 32}).encode() + b"\n"
    assert "not what was written" in altered([other, *lines[1:]])
    stranger = target.model_copy(update={"master_key": Settings(master_key=b64encode(b"x" * 32).decode()).master_key})
    assert "is not the one that these people were sealed under" in refused(stranger, [export], tmp_path / "keys")


def test_exports_of_a_part_are_not_replayed(business: Business, target: Settings, tmp_path: Path) -> None:
    assert "of one resource or customer alone" in refused(
        target, [exported(business.store, tmp_path / "hall", resource="hall")]
    )
    assert "begins at 5 where 1 is next" in refused(target, [exported(business.store, tmp_path / "rest", begin="5")])
    ends = [row[0] for row in business.log.rows(APPENDS)]
    inside = next(end for end, before in zip(ends[1:], ends, strict=False) if end - before > 1) - 1
    said = refused(target, [exported(business.store, tmp_path / "inside", to=str(inside))])
    assert "ends within the append" in said


# In parts.


class Interrupted:
    """An export that somebody stops after so many pages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        monkeypatch.setattr("app.transfer.exporting.PAGE", 4)
        self._left = after

        def some(log: EventLog, selected: Selected) -> Iterator[Any]:
            for page in pages(log, selected):
                if self._left == 0:
                    self._left = -1
                    raise SystemExit(0)
                self._left -= 1
                yield page

        monkeypatch.setattr(transfer, "pages", some)


def test_one_that_was_stopped_says_from_where_to_go_on(
    business: Business, target: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interrupted(monkeypatch, after=3)
    with pytest.raises(
        CannotExport, match=r"Stopped at position 12 of \d+; go on with `daybook export --out .*--resume`"
    ):
        exported(business.store, tmp_path / "first")
    assert "and was to go on to" in refused(target, [tmp_path / "first"])

    exported(business.store, tmp_path / "second", begin="13")

    replay_with_progress(target, [tmp_path / "first", tmp_path / "second"], None, quiet)
    with closing(opened(target)) as log:
        assert contents(log) == contents(business.log)


@pytest.mark.parametrize("wanted", [{}, {"resource": "hall"}], ids=["all", "one resource"])
def test_one_that_was_cut_off_anywhere_becomes_what_it_would_have_been(
    business: Business, tmp_path: Path, wanted: dict[str, Any]
) -> None:
    whole = exported(business.store, tmp_path / "whole", **wanted).read_bytes()
    cut, header = tmp_path / "cut", whole.index(b"\n") + 1
    house = House(business.log, business.house.time)
    house.book(business.bob, TOMORROW + timedelta(days=4))  # the log has gone on meanwhile
    house.stop()
    for length in (header, header + 1, *range(header + 50, len(whole), 997), len(whole) - 1):
        cut.write_bytes(whole[:length])
        exported(business.store, cut, resume=True)
        assert cut.read_bytes() == whole, length
    said: list[str] = []
    exported(business.store, cut, said.append, resume=True)
    assert said == [f"{cut} is complete already."]
    cut.write_bytes(whole[: header - 1])
    with pytest.raises(CannotExport, match="has no whole header"):
        exported(business.store, cut, resume=True)


def test_a_file_is_never_replaced(business: Business, tmp_path: Path) -> None:
    export = exported(business.store, tmp_path / "log.jsonl", keys=tmp_path / "keys")
    with pytest.raises(CannotExport, match="an export never replaces one"):
        exported(business.store, export)
    with pytest.raises(CannotExport, match="keys never replace others"):
        exported(business.store, tmp_path / "again", keys=tmp_path / "keys")


# Some of it.


def streams(export: Path) -> set[str]:
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    return {line["stream"] for line in lines if "stream" in line}


def test_of_one_resource_or_one_customer(business: Business, tmp_path: Path) -> None:
    hall = streams(exported(business.store, tmp_path / "hall", resource="hall"))
    assert "resource/hall" in hall
    assert {each.partition("/")[0] for each in hall} == {"resource", "day", "booking", "block"}
    assert not any("dr-lee" in each for each in hall)
    alice = streams(exported(business.store, tmp_path / "alice", customer=business.alice.person))
    bob = streams(exported(business.store, tmp_path / "bob", customer=business.bob.person))
    bookings = [{each for each in found if each.startswith("booking/")} for found in (alice, bob)]
    assert [len(found) for found in bookings] == [5, 2]
    assert bookings[0].isdisjoint(bookings[1])
    dr_lee = streams(exported(business.store, tmp_path / "dr-lee", resource="dr-lee"))
    of_series = [{each for each in found if each.startswith("series/")} for found in (alice, dr_lee, bob, hall)]
    assert of_series[0] == of_series[1]
    assert [len(found) for found in of_series] == [1, 1, 0, 0]
    both = exported(business.store, tmp_path / "both", customer=business.bob.person, resource="hall")
    assert len([each for each in streams(both) if each.startswith("booking/")]) == 1


def test_from_and_to_are_positions_dates_or_times(business: Business, tmp_path: Path) -> None:
    def positions(name: str, **wanted: Any) -> list[int]:
        lines = [
            json.loads(line) for line in exported(business.store, tmp_path / name, **wanted).read_text().splitlines()
        ]
        return [line["position"] for line in lines if "position" in line]

    events = business.log.after(0)
    assert positions("a", begin="3", to="5") == [3, 4, 5]
    late = [event.id for event in events if event.timestamp > events[0].timestamp]
    assert positions("b", begin=events[late[0] - 1].timestamp) == list(range(late[0], len(events) + 1))
    assert positions("c", to=events[0].timestamp) == list(range(1, late[0]))
    assert positions("d", begin="2026-11-30", to="2026-11-30") == [e.id for e in events if "2026-11-30T" in e.timestamp]
    for wanted in ({"begin": "yesterday"}, {"to": "2026-11-30T10:00"}, {"to": "9999"}, {"begin": "9", "to": "3"}):
        with pytest.raises(Unsuitable):
            positions("e", **wanted)


def test_a_table_has_no_formulas(business: Business, tmp_path: Path) -> None:
    said: list[str] = []
    business.alter(
        "UPDATE events SET \"by\" = '=1+1' WHERE position = 3", "UPDATE events SET \"by\" = '@x' WHERE position = 4"
    )
    out = exported(business.store, tmp_path / "log.csv", said.append, as_table=True)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    events = business.log.after(0)
    assert [row["position"] for row in rows] == [str(event.id) for event in events]
    assert [row["facts"] for row in rows] == [event.state.decode() for event in events]
    assert (rows[2]["by"], rows[3]["by"]) == ("'=1+1", "'@x")
    assert said == [f"{len(events)} events exported."]


def test_what_does_not_go_together_is_told(business: Business, tmp_path: Path) -> None:
    for wrong in (
        {"resume": True, "as_table": True},
        {"resume": True, "begin": "3"},
        {"customer": "c-1", "keys": tmp_path / "keys"},
    ):
        with pytest.raises(Unsuitable):
            exported(business.store, tmp_path / "log", **wrong)
