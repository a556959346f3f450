"""The list of who was erased: lines that are only ever added, and survive a crash between two bytes."""

from pathlib import Path

import pytest

from app.erasure_list import Erased, ErasureList
from app.log.trouble import StoreUnavailable
from app.settings import SettingsError, load_settings

ALICE = Erased("c-" + "a" * 32, "2026-12-01T04:00:00.000000Z")
BOB = Erased("c-" + "b" * 32, "2026-12-02T04:00:00.000000Z")


@pytest.fixture
def erasures(tmp_path: Path) -> ErasureList:
    """A list in a folder that is not there yet."""
    return ErasureList(tmp_path / "kept" / "erasures.jsonl")


def path_of(erasures: ErasureList) -> Path:
    assert erasures.path is not None
    return erasures.path


def test_whoever_was_added_is_read_back(erasures: ErasureList) -> None:
    assert erasures.read() == {}
    erasures.add([ALICE])
    erasures.add([BOB])
    assert erasures.read() == {each.customer: each for each in (ALICE, BOB)}
    assert path_of(erasures).stat().st_mode & 0o777 == 0o600


def test_every_cut_off_line_is_passed_over_and_the_next_one_stands(erasures: ErasureList) -> None:
    erasures.add([ALICE])
    whole = path_of(erasures).read_bytes()
    for length in range(len(whole)):
        path_of(erasures).write_bytes(whole[:length])
        assert erasures.read() == {}
        erasures.add([BOB])
        assert BOB.customer in erasures.read()


def test_a_file_that_is_something_else_is_told(erasures: ErasureList) -> None:
    path_of(erasures).parent.mkdir()
    path_of(erasures).write_text("customer,erased_at\nc-1,today\n")
    with pytest.raises(SettingsError, match=r"Line 1 of .* is none of an erasure list"):
        erasures.read()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="DAYBOOK_ERASURES"):
        ErasureList(tmp_path / "file" / "erasures.jsonl").add([ALICE])


def test_the_embedded_store_always_has_one(tmp_path: Path) -> None:
    assert ErasureList.of(load_settings(data=tmp_path)).path == tmp_path / "erasures.jsonl"
    assert ErasureList.of(load_settings(data=tmp_path, erasures=tmp_path / "e")).path == tmp_path / "e"
    assert ErasureList.of(load_settings(database_url="postgresql://nobody@127.0.0.1/x")).path is None
