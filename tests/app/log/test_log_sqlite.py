"""What is special about the log in a file."""

import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from app.log.customers import CustomerRow
from app.log.notes import Refusal
from app.log.records import LoggedEvent
from app.log.schema import SCHEMA_VERSION
from app.log.sqlite import FILE_NAME, SQLiteLog, open_sqlite
from app.log.trouble import HeadMoved, StoreDamaged, StoreInUse, StoreUnavailable

MESSAGES = ("followers", "messages_due")
WEBHOOKS = ("webhooks", "webhook_attempts", *MESSAGES)

MakeEvent = Callable[..., LoggedEvent]

SERVE = "import sys; from app.log.sqlite import open_sqlite; log = open_sqlite(sys.argv[1], serving=True); "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def serving(folder: Path) -> Iterator[SQLiteLog]:
    log = open_sqlite(folder, serving=True)
    yield log
    log.close()


@pytest.fixture
def other_process(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that serves the folder until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", f"{SERVE} print('serving', flush=True); sys.stdin.read()", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        yield process
        process.kill()


def test_a_second_serving_process_is_refused_and_told_what_to_do(
    folder: Path, other_process: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(StoreInUse, match=rf"process {other_process.pid}\).*Stop it first.*DAYBOOK_DATA"):
        open_sqlite(folder, serving=True)


def test_a_killed_process_leaves_the_folder_free(folder: Path, other_process: "subprocess.Popen[str]") -> None:
    other_process.send_signal(signal.SIGKILL)
    other_process.wait(timeout=10)

    log = open_sqlite(folder, serving=True)

    assert not log.created
    log.close()


def test_closing_leaves_the_folder_free(folder: Path) -> None:
    open_sqlite(folder, serving=True).close()
    open_sqlite(folder, serving=True).close()


def test_a_reader_works_beside_the_serving_process(serving: SQLiteLog, folder: Path, event: MakeEvent) -> None:
    reader = open_sqlite(folder, serving=False, read_only=True)
    serving.append([event("booking/b1", 1)], serving.head())

    assert reader.after(0) == serving.after(0)
    with pytest.raises(StoreUnavailable, match="reading only"):
        reader.append([event("booking/b1", 2)], reader.head())
    reader.close()


def test_what_was_answered_outlives_a_kill(folder: Path) -> None:
    append = (
        "from app.log.records import LoggedEvent as E; import os; "
        "log.append([E('booking/b1', 1, 'T.1', b'{}', '2026-12-01T04:00:00.000000Z', 'b', 'c')], log.head()); "
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", SERVE + append, str(folder)], timeout=30, check=False)

    assert killed.returncode == -signal.SIGKILL
    log = open_sqlite(folder, serving=True)
    assert [e.originator_id for e in log.after(0)] == ["booking/b1"]
    log.close()


def test_reading_where_there_is_no_log_makes_none(folder: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no event log"):
        open_sqlite(folder, serving=False, read_only=True)

    assert not folder.exists()


def test_a_file_that_is_no_database_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"Dear diary, " * 1000)

    with pytest.raises(StoreDamaged, match="damaged or no database"):
        open_sqlite(folder, serving=True)

    assert (folder / FILE_NAME).read_bytes() == b"Dear diary, " * 1000
    (folder / FILE_NAME).unlink()
    open_sqlite(folder, serving=True).close()


def test_another_programs_database_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    with sqlite3.connect(folder / FILE_NAME) as file:
        file.execute("CREATE TABLE recipes (name)")
    file.close()

    with pytest.raises(StoreDamaged, match="some other program"):
        open_sqlite(folder, serving=True)


def test_a_newer_file_is_left_alone(folder: Path) -> None:
    open_sqlite(folder, serving=True).close()
    with sqlite3.connect(folder / FILE_NAME) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()

    with pytest.raises(StoreUnavailable, match="version 99"):
        open_sqlite(folder, serving=True)


@pytest.mark.parametrize(
    ("version", "lacks"),
    [
        (1, ("refusals", "disclosures", "snapshots", "calendar_feeds", "external_calendars", *WEBHOOKS)),
        (2, ("snapshots", "calendar_feeds", "external_calendars", *WEBHOOKS)),
        (3, ("calendar_feeds", "external_calendars", *WEBHOOKS)),
        (4, ("external_calendars", *WEBHOOKS)),
        (5, WEBHOOKS),
        (6, MESSAGES),
    ],
)
def test_a_file_of_a_version_before_gets_what_it_lacks(folder: Path, version: int, lacks: tuple[str, ...]) -> None:
    open_sqlite(folder, serving=True).close()
    with sqlite3.connect(folder / FILE_NAME) as file:
        dropped = "".join(f"DROP TABLE {table}; " for table in lacks)
        file.executescript(f"{dropped}PRAGMA user_version = {version}")
    file.close()

    with closing(open_sqlite(folder, serving=False, read_only=True)) as log:
        assert log.head().position == 0
    with closing(open_sqlite(folder, serving=True)) as log:
        assert (log.refusals.search({}), log.disclosures.search({})) == ([], [])
        assert log.rows("SELECT * FROM snapshots") == log.rows("SELECT * FROM calendar_feeds") == []
        assert log.external_calendars.due("9") == []
        assert (log.webhooks.all(), log.webhooks.attempts("h-1", 10)) == ([], [])
        assert (log.messages.due("9", 10), log.messages.position()) == ([], None)
        assert not log.created
        assert log.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]


REFUSED = Refusal("2026-12-01T10:00-1", "a", "b", 1, "staff:sam", "c", "Book", None, "room", None, None, 1, "closed", 4)


def test_a_table_of_a_version_before_gets_the_columns_that_it_lacks_and_keeps_its_rows(folder: Path) -> None:
    with closing(open_sqlite(folder, serving=True)) as log:
        log.refusals.add([REFUSED])
    with sqlite3.connect(folder / FILE_NAME) as file:
        dropped = "".join(f"ALTER TABLE refusals DROP COLUMN {column}; " for column in ("customer", "party", "minutes"))
        file.executescript(f"DROP INDEX refusals_by_customer; {dropped}PRAGMA user_version = 7")
    file.close()
    for _ in range(2):
        with closing(open_sqlite(folder, serving=True)) as log:
            assert log.refusals.search({}) == [REFUSED]
            assert log.refusals.search({"customer": "c-bob"}) == []
            assert log.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreUnavailable, match="DAYBOOK_DATA"):
        open_sqlite(tmp_path / "file" / "data", serving=True)


def test_only_the_owner_may_read_the_files(serving: SQLiteLog, folder: Path, event: MakeEvent) -> None:
    serving.append([event("booking/b1", 1)], serving.head())

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert {mode & 0o077 for mode in modes.values()} == {0}, modes


def test_on_a_full_disk_nothing_is_stored_and_later_appends_work(serving: SQLiteLog, event: MakeEvent) -> None:
    head = serving.append([event("booking/b1", 1)], serving.head())
    pages = serving._writer.execute("PRAGMA page_count").fetchone()[0]
    serving._writer.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailable, match="full"):
        serving.append([event("booking/b1", 2, state="x" * 1_000_000)], head)

    assert serving.head() == head
    assert len(serving.after(0)) == 1
    serving._writer.execute("PRAGMA max_page_count = 1073741823")
    serving.append([event("booking/b1", 2, state="x" * 1_000_000)], head)


def test_on_a_read_only_file_nothing_is_stored_and_reading_works(serving: SQLiteLog, event: MakeEvent) -> None:
    head = serving.append([event("booking/b1", 1)], serving.head())
    serving._writer.execute("PRAGMA query_only = ON")

    with pytest.raises(StoreUnavailable, match="readonly"):
        serving.append([event("booking/b1", 2)], head)

    assert len(serving.after(0)) == 1
    serving._writer.execute("PRAGMA query_only = OFF")
    serving.append([event("booking/b1", 2)], head)


def test_replacing_a_row_is_refused_as_well(serving: SQLiteLog, event: MakeEvent) -> None:
    head = serving.append([event("booking/b1", 1)], serving.head())

    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        serving._writer.execute("INSERT OR REPLACE INTO appends VALUES (1, x'00')")

    assert serving.head() == head


def test_a_write_waits_for_a_session_of_another_thread(serving: SQLiteLog, event: MakeEvent) -> None:
    seen = serving.head()
    outcomes: list[str] = []

    def append() -> None:
        try:
            serving.append([event("booking/b2", 1)], seen)
        except HeadMoved:
            outcomes.append("moved")

    with serving.locked() as session:
        thread = Thread(target=append)
        thread.start()
        session.append([event("booking/b1", 1)])
    thread.join(timeout=10)

    assert outcomes == ["moved"]


def test_a_forgotten_person_leaves_no_trace_in_any_file(serving: SQLiteLog, folder: Path) -> None:
    serving.customers.add(CustomerRow("c-1", "hash", "wrapped-key-of-alice", "k1", None, None, "2026"))
    assert serving.customers.delete("c-1")

    assert [p.name for p in folder.iterdir() if b"wrapped-key-of-alice" in p.read_bytes()] == []
