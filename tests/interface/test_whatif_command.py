"""`daybook whatif`: what it prints, and with what status it ends."""

import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.app.whatif.conftest import AT_TEN, Past
from tests.conftest import Store
from typer.testing import CliRunner

from interface.cli import app
from interface.failures import EXPECTED

ASKED = ("whatif", "--resource", "dr-lee", "--from", "2026-12-01", "--to", "2026-12-02")


@pytest.fixture(autouse=True)
def log_lines_of_tests() -> Iterator[None]:
    """A command says where log lines go: within this process, until its end."""
    root = logging.getLogger()
    handlers, level, show = root.handlers[:], root.level, warnings.showwarning
    yield
    root.handlers[:], warnings.showwarning = handlers, show
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data of a house in which three asked for one place."""
    store = Store(tmp_path / "data", None)
    past = Past(store.open())
    past.register()
    for name in ("alice", "bob", "carol"):
        past.try_to(past.booking(past.person(name), AT_TEN))
    past.stop()
    past.notes.flush()
    store.close()
    return tmp_path / "data"


def run(folder: Path, *more: str) -> str:
    ended = CliRunner().invoke(app, [*ASKED, *more], env={"DAYBOOK_DATA": str(folder)})
    if isinstance(ended.exception, EXPECTED):
        return f"daybook: {ended.exception}"
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_people_read_who_would_have_been_served(folder: Path) -> None:
    said = run(folder, "--set", "capacity=2").splitlines()
    assert said[0] == "dr-lee from 2026-12-01 to 2026-12-02 with capacity=2:"
    numbers = {line[2:48].strip(): line[48:].strip() for line in said[1:7]}
    assert numbers == {
        "bookings that were made": "1",
        "of them would not have been": "0",
        "wishes that were turned away for good": "2",
        "of them would have been served": "1",
        "refusals in all": "2",
        "of people who found another time of that date": "0",
    }
    assert said[7].split() == ["utilisation", "1.0%", "and", "then", "1.0%"]
    assert said[8].startswith("Decided 6 requests in ")


def test_lost_bookings_are_named(folder: Path) -> None:
    lost = [line for line in run(folder, "--set", "hours.tue=closed").splitlines() if line.startswith("  lost: ")]
    assert len(lost) == 1
    assert lost[0].endswith(" at 2026-12-01 10:00 (closed)")


def test_programs_read_an_object(folder: Path) -> None:
    found = json.loads(run(folder, "--set", "capacity=3", "--json"))
    assert (found["bookings"], found["turned_away"], found["would_be_served"]) == (1, 2, 2)
    assert found["requests_a_second"] > 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--set", "capacity"), "does not say what to"),
        (("--resource", "nowhere"), "There is no resource nowhere"),
        (("--to", "2026-11-01"), "is before"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(folder: Path, more: tuple[str, ...], said: str) -> None:
    ended = run(folder, *more)
    assert ended.startswith("daybook: ")
    assert said in ended


def test_nothing_is_changed(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.glob("log.sqlite3*") if path.suffix != ".sqlite3-shm"}
    run(folder, "--set", "capacity=3")
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.name in before}
