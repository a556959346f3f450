"""Checkpoint, verify, export and replay as commands: what they print, and with what status they end."""

import json
import logging
import signal
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog
from tests.app.audit.conftest import after_a_day
from tests.conftest import Store
from tests.interface.test_cli import (
    COMMAND,
    POSTGRES,
    SECRET,
    Daybook,
    Place,
    book,
    environment,
    slots,
)
from tests.interface.test_cli import (
    run as run_alone,
)
from typer.testing import CliRunner

from interface import transfer
from interface.cli import app
from interface.failures import EXPECTED

MASTER_KEY = {"DAYBOOK_MASTER_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def run_of_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its signals, log lines and warnings stay as they are."""
    root = logging.getLogger()
    handlers, level, show = root.handlers[:], root.level, warnings.showwarning
    monkeypatch.setattr(transfer, "leave_on_signals", lambda: None)
    yield
    root.handlers[:], warnings.showwarning = handlers, show
    root.setLevel(level)
    structlog.reset_defaults()


def run(variables: dict[str, str], *arguments: str) -> Ended:
    """Run the command line to its end, in this process, which is several times faster."""
    ended = CliRunner().invoke(app, arguments, env=variables)
    if isinstance(ended.exception, EXPECTED):
        return Ended(1, ended.stdout, f"daybook: {ended.exception}")
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def assert_one_sentence(ended: Ended, part: str) -> None:
    assert ended.returncode == 1
    assert part in ended.stderr


@pytest.fixture
def venue(tmp_path: Path) -> dict[str, str]:
    """A data folder after a day's business."""
    store = Store(tmp_path / "data", None)
    after_a_day(store)
    store.close()
    return environment(DAYBOOK_DATA=str(tmp_path / "data"), **MASTER_KEY)


def test_a_log_is_checkpointed_verified_exported_and_replayed(venue: dict[str, str], tmp_path: Path) -> None:
    made = run(venue, "checkpoint", "--out", str(tmp_path / "tonight"))
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"{tmp_path}/tonight has a checkpoint of ")
    public_key = made.stdout.splitlines()[1].split()[-1]

    whole = run(venue, "verify", "--checkpoint", str(tmp_path / "tonight"), "--public-key", public_key)
    assert whole.returncode == 0, whole.stdout
    first, last = whole.stdout.splitlines()
    assert first.startswith(f"The log goes on from {tmp_path}/tonight: nothing up to position ")
    assert last.startswith("Nothing is wrong: ")
    assert last.endswith(" a second.")

    exported = run(venue, "export", "--keys", str(tmp_path / "keys"))
    assert exported.returncode == 0, exported.stderr
    (tmp_path / "log.jsonl").write_text(exported.stdout)
    assert "Keep it apart" in exported.stderr

    other = venue | {"DAYBOOK_DATA": str(tmp_path / "other")}
    replayed = run(other, "replay", str(tmp_path / "log.jsonl"), "--keys", str(tmp_path / "keys"))
    assert replayed.returncode == 0, replayed.stderr
    arguments = ("--checkpoint", str(tmp_path / "tonight"), "--public-key", public_key, "--json")
    again = run(other, "verify", *arguments)
    assert again.returncode == 0, again.stdout
    said = json.loads(again.stdout)
    assert said["whole"]
    assert said["findings"] == said["notes"] == []
    assert [each["file"] for each in said["checkpoints"]] == [str(tmp_path / "tonight")]
    assert_one_sentence(run(other, "replay", str(tmp_path / "log.jsonl")), "has events already")


def test_what_is_wrong_ends_with_1_and_says_what_to_do(venue: dict[str, str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "log.sqlite3", isolation_level=None)) as file:
        file.execute("DROP TRIGGER events_no_UPDATE")
        file.execute("UPDATE events SET \"by\" = 'staff:c-eve' WHERE position = 5")

    told = run(venue, "verify")
    as_json = run(venue, "verify", "--json")

    assert (told.returncode, as_json.returncode) == (1, 1)
    where, expected, there, todo, summary = told.stdout.splitlines()
    assert where.startswith("position ")
    assert "is not what its digest was made of" in where
    assert expected.startswith("  expected: digest ")
    assert there.startswith("  there is: digest ")
    assert "daybook restore" in todo
    assert summary.startswith("1 thing is wrong: ")
    said = json.loads(as_json.stdout)
    assert (said["whole"], said["counted"], len(said["findings"])) == (False, {"digest": 1}, 1)
    assert said["findings"][0].keys() == {"position", "sentence", "rule", "stream", "expected", "found", "next"}
    assert told.stderr == as_json.stderr == ""


def test_an_export_of_what_is_not_there_says_so(venue: dict[str, str]) -> None:
    assert_one_sentence(run(venue, "export", "--resource", "nope"), "There is no resource nope.")
    assert_one_sentence(run(venue, "export", "--customer", "c-0"), "There is no customer c-0.")


def test_it_looks_and_makes_nothing(tmp_path: Path) -> None:
    nowhere = environment(DAYBOOK_DATA=str(tmp_path / "data"))
    for arguments in (("verify",), ("checkpoint",), ("export",)):
        assert_one_sentence(run(nowhere, *arguments), "There is no event log in")
    assert not (tmp_path / "data").exists()
    assert_one_sentence(run(nowhere, "verify", "--public-key", "short"), "--public-key is no key")


@pytest.mark.slow
def test_verify_works_beside_a_service_that_books(tmp_path: Path) -> None:
    files = environment(DAYBOOK_DATA=str(tmp_path / "data"), **SECRET)
    served = Daybook(files, "--demo").listening()
    try:
        with served.client() as alice:
            for at in slots(alice, "lena-weber", 2):
                assert book(alice, "lena-weber", at).status_code == 201
                verified = run_alone(files, "verify", "--json")
                assert json.loads(verified.stdout)["findings"] == []
                assert verified.returncode == 0
    finally:
        assert served.end() == 0


@pytest.mark.slow
def test_an_export_that_is_killed_is_gone_on_with(venue: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "log.jsonl"
    arguments = [COMMAND, "export", "--out", str(out)]
    with subprocess.Popen(arguments, env=venue, stderr=subprocess.DEVNULL) as export:
        while not out.exists():
            assert export.poll() is None
        export.send_signal(signal.SIGKILL)
    whole = run_alone(venue, "export").stdout
    if not out.read_text().startswith(whole[: whole.index("\n") + 1]):
        out.write_text(whole[: whole.index("\n") + 1])
    assert run_alone(venue, "export", "--out", str(out), "--resume").returncode == 0
    assert out.read_text() == whole


@pytest.mark.slow
def test_who_reads_an_export_may_go_away(venue: dict[str, str]) -> None:
    """As `daybook export | head` does."""
    reading = [sys.executable, "-c", "import sys; sys.stdin.readline()"]
    exporting = subprocess.Popen([COMMAND, "export"], env=venue, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with exporting, subprocess.Popen(reading, stdin=exporting.stdout):
        assert exporting.stdout is not None
        exporting.stdout.close()
        _, said = exporting.communicate(timeout=60)
    assert b"Traceback" not in said


def test_postgresql_has_all_of_it_too(postgres: Place, tmp_path: Path) -> None:
    database = environment(DAYBOOK_DATABASE_URL=postgres.url, DAYBOOK_SCHEMA=postgres.schema, **POSTGRES)
    key = {"DAYBOOK_CHECKPOINT_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
    assert run(database | key, "checkpoint", "--out", str(tmp_path / "tonight")).returncode == 0
    assert_one_sentence(run(database, "checkpoint"), "Set DAYBOOK_CHECKPOINT_KEY")
    verified = run(database | key, "verify", "--checkpoint", str(tmp_path / "tonight"))
    assert verified.returncode == 0, verified.stdout
    assert "The read model bookings is not built" in verified.stdout
