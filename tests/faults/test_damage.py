"""Files that hold what was never written to them: refused in a sentence at the start, never answered from later."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.faults.commanding import refused
from tests.faults.forked import SECONDS, chance_of, let_run
from tests.faults.starting import Starting

from app.log import sqlite
from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.read_models import database
from app.read_models.runner import Runner

PAGE = 4096
LOG, READ_MODELS = "log.sqlite3", "read-models.sqlite3"
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a demo was served from."""
    folder = tmp_path_factory.mktemp("sound") / "data"
    _, status = let_run(Starting(folder, with_demo=True))
    assert status == 0
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(sound, tmp_path / "data"))


def noise(size: int) -> bytes:
    return chance_of(5).randbytes(size)


def overwrite(first: int, size: int) -> Damage:
    """Noise over so many bytes of a file."""

    def damage(file: Path) -> None:
        content = file.read_bytes()
        file.write_bytes(content[:first] + noise(size) + content[first + size :])

    return damage


def cut_to_half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 // PAGE * PAGE)


def change_last_event(file: Path) -> None:
    """One letter, where SQLite sees nothing wrong."""
    with closing(sqlite3.connect(file, isolation_level=None)) as log:
        log.execute("DROP TRIGGER events_no_UPDATE")
        log.execute(
            "UPDATE events SET state = replace(state, 'e', 'i') WHERE position = (SELECT max(position) FROM events)"
        )


def forget_last_event(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as log:
        log.execute("DROP TRIGGER events_no_DELETE")
        log.execute("DELETE FROM events WHERE position = (SELECT max(position) FROM events)")


def set_head_back(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as log:
        log.execute("UPDATE log_head SET position = position - 1")


LOGS: dict[str, tuple[Damage, str]] = {
    "header overwritten": (overwrite(0, 100), "is damaged or no database"),
    "first tables overwritten": (overwrite(PAGE, PAGE), "is damaged"),
    "cut to half": (cut_to_half, "is damaged or no database"),
    "emptied": (lambda file: os.truncate(file, 0), "is empty, although a log was kept in this folder before"),
    "deleted": (lambda file: file.unlink(), "is missing, although a log was kept in this folder before"),
    "a text": (lambda file: file.write_text("a letter\n" * 1000), "is damaged or no database"),
    "last event changed": (change_last_event, "its last append is not what was once stored"),
    "last event lost": (forget_last_event, "its last append is not what was once stored"),
    "head set back": (set_head_back, "its last append is not what was once stored"),
}


@pytest.mark.parametrize("how", LOGS)
def test_a_damaged_log_is_refused_in_a_sentence_that_says_what_to_do(folder: Path, tmp_path: Path, how: str) -> None:
    damage, sentence = LOGS[how]
    damage(folder / LOG)
    said = refused(folder, tmp_path / "said")
    assert sentence in said
    assert str(folder / LOG) in said
    assert said.endswith("with `daybook restore`; or move the whole data folder away to begin anew.")


KEYS: dict[str, tuple[str, Damage, str]] = {
    "short key": ("master.key", lambda file: file.write_text("AAAA\n"), "it holds 3 bytes instead of 32"),
    "key of noise": ("master.key", lambda file: file.write_bytes(noise(45)), "it is not base64"),
    "empty key": ("master.key", lambda file: os.truncate(file, 0), "it holds 0 bytes instead of 32"),
    "another key": ("master.key", lambda file: file.write_text("a" * 43 + "="), "is not the one that this store was"),
    "lost key": ("master.key", lambda file: file.unlink(), "is missing, and this store has people"),
    "empty secret": ("token.secret", lambda file: os.truncate(file, 0), "it holds 0 bytes instead of 32"),
    "secret of noise": ("token.secret", lambda file: file.write_bytes(noise(45)), "it is not base64"),
}


@pytest.mark.parametrize("how", KEYS)
def test_a_damaged_key_is_refused_in_a_sentence_that_says_what_to_do(folder: Path, tmp_path: Path, how: str) -> None:
    name, damage, sentence = KEYS[how]
    damage(folder / name)
    said = refused(folder, tmp_path / "said")
    assert sentence in said
    assert name in said
    assert "ut it back" in said or "ut that one back" in said


@pytest.mark.parametrize(
    "damage", [overwrite(0, 100), overwrite(PAGE, 8 * PAGE), cut_to_half, lambda file: file.unlink()]
)
def test_damaged_read_models_are_built_anew(folder: Path, damage: Damage) -> None:
    before, status = let_run(Starting(folder))
    assert status == 0
    damage(folder / READ_MODELS)
    assert let_run(Starting(folder)) == (before, 0)
    with closing(sqlite3.connect(folder / READ_MODELS)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_noise_in_place_of_a_write_ahead_log_harms_nothing(folder: Path) -> None:
    """After a proper end all is in the file itself."""
    before, _ = let_run(Starting(folder))
    folder.joinpath(f"{LOG}-wal").write_bytes(noise(10_000))
    assert let_run(Starting(folder)) == (before, 0)


def test_who_reads_beside_the_serving_process_follows_to_the_file_that_was_built_anew(folder: Path) -> None:
    """Damage that one process meets is known to all, and none of them goes on answering from the old file."""
    log = sqlite.open_sqlite(folder, serving=True)
    serving, reading = database.open_sqlite(folder), database.open_sqlite(folder)
    runner = Runner(serving, log, EventMapper())
    runner.prepare()
    with reading.reading() as reader:
        assert reader.position == log.head().position
    overwrite(PAGE, 8 * PAGE)(folder / READ_MODELS)
    with pytest.raises(StoreUnavailable, match="whoever serves builds them anew"):
        database.open_sqlite(folder).reading().__enter__()
    assert [models.is_damaged for models in (serving, reading)] == [True, True]
    runner.start()
    try:
        runner.wait_for(log.head().position, SECONDS)
        with reading.reading() as reader:
            assert reader.position == log.head().position
        assert [models.is_damaged for models in (serving, reading)] == [False, False]
    finally:
        runner.stop()
        reading.close()
        serving.close()
        log.close()
