"""A process killed at any write: what it told is there, what it did not tell is there as a whole or not at all."""

import shutil
import signal
from pathlib import Path

import pytest
from tests.faults.appending import Appending, look
from tests.faults.forked import calls_of, chance_of, heard, judged, killed_at, let_run, new_folders, started
from tests.faults.ledger import Told
from tests.faults.starting import Starting
from tests.faults.system_calls import is_possible

watched = pytest.mark.skipif(not is_possible(), reason="this system does not let a process watch another one's calls")


@watched
@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_before_any_call_from_the_first_start_to_the_end_loses_nothing_told(tmp_path: Path, stride: int) -> None:
    """Making the folder, the file and its tables; appends; checkpoints; the end. More than two hundred calls."""
    fresh = new_folders(tmp_path)
    undisturbed = Appending(next(fresh))
    calls = calls_of(undisturbed, tmp_path)
    assert {call.name for call in calls} >= {"openat", "pwrite64", "fdatasync", "ftruncate"}
    assert {call.path.name for call in calls} >= {"data", "serving.lock", "log.sqlite3", "log.sqlite3-wal"}
    assert len(calls) > 200
    numbers = []
    for number in range(1, len(calls) + 1, stride):
        work = Appending(next(fresh))
        told = judged(work, tmp_path, killed_at(number))
        look(work.folder, told, work.asked())
        numbers.append(len(told))
    assert numbers == sorted(numbers)
    assert {*numbers} == {*range(len(undisturbed.asked()) + 1)}, "kills before, between and after all appends"


@watched
def test_a_kill_before_any_call_of_a_recovery_loses_nothing_told(tmp_path: Path) -> None:
    """A start on what a kill left behind is killed, too."""
    first = Appending(tmp_path / "killed" / "data")
    before = judged(first, tmp_path, killed_at(200))
    assert 0 < len(before) < first.last
    assert first.folder.joinpath("log.sqlite3-wal").stat().st_size > 0
    fresh = new_folders(tmp_path)

    def again() -> Appending:
        work = Appending(next(fresh), 100, 102)
        shutil.copytree(first.folder, work.folder)
        return work

    for number in range(1, len(calls_of(again(), tmp_path)) + 1):
        work = again()
        told = judged(work, tmp_path, killed_at(number))
        look(work.folder, [*before, *told], [*first.asked(), *work.asked()])


def test_kills_at_any_byte_at_which_a_file_grows_lose_nothing_told(tmp_path: Path) -> None:
    """The kernel writes what still fits, and kills: pages and frames are there in part."""
    fresh = new_folders(tmp_path)
    chance, ends = chance_of(1), []
    for _ in range(40):
        work = Appending(next(fresh), most=chance.randrange(100_000))
        told, status = let_run(work)
        look(work.folder, told, work.asked())
        ends.append(status)
    assert ends.count(-signal.SIGXFSZ) > 20
    assert set(ends) <= {0, 1, -signal.SIGXFSZ}


@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_kills_at_any_moment_one_after_the_other_lose_nothing_told(tmp_path: Path, times: int) -> None:
    chance, told, asked = chance_of(times), list[Told](), list[Told]()
    for kill in range(times):
        work = Appending(tmp_path / "data", kill * 1_000, kill * 1_000 + 500)
        with started(work) as (process, mine, _):
            told += [mine.recv() for _ in range(chance.randrange(8))]
            process.join(chance.random() * 0.01)
            process.kill()
            process.join()
            told += heard(mine)
        asked += work.asked()
    look(tmp_path / "data", told, asked)
    assert len(told) > times


@watched
@pytest.mark.parametrize("stride", [108, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_before_any_call_of_a_whole_start_leaves_a_folder_that_starts(tmp_path: Path, stride: int) -> None:
    """The keys are made, the read models' tables, the demo's resources: each of it may be half done."""
    fresh = new_folders(tmp_path)
    undisturbed = Starting(next(fresh), with_demo=True)
    (events,), _ = let_run(undisturbed)
    files = {path.name for path in undisturbed.folder.iterdir()}
    calls = calls_of(Starting(next(fresh), with_demo=True), tmp_path)
    assert {call.path.suffix for call in calls} >= {".key", ".secret", ".sqlite3", ".sqlite3-wal"}
    for number in range(1, len(calls) + 1, stride):
        work = Starting(next(fresh), with_demo=True)
        told = judged(work, tmp_path, killed_at(number))
        assert told in ([], [events])
        assert let_run(work) == ([events], 0), f"killed before call {number}, {calls[number - 1]}"
        assert {path.name for path in work.folder.iterdir()} == files, "nothing of a key lies about"


@watched
@pytest.mark.parametrize("stride", [36, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_before_any_call_while_read_models_are_built_leaves_a_folder_that_starts(
    tmp_path: Path, stride: int
) -> None:
    whole = tmp_path / "whole" / "data"
    (events,), _ = let_run(Starting(whole, with_demo=True))
    whole.joinpath("read-models.sqlite3").unlink()
    fresh = new_folders(tmp_path)

    def again() -> Starting:
        work = Starting(next(fresh))
        shutil.copytree(whole, work.folder)
        return work

    for number in range(1, len(calls_of(again(), tmp_path)) + 1, stride):
        work = again()
        judged(work, tmp_path, killed_at(number))
        assert let_run(work) == ([events], 0), f"killed before call {number}"


@watched
def test_control_who_tells_before_it_is_stored_is_found_out(tmp_path: Path) -> None:
    fresh, found_out = new_folders(tmp_path), 0
    for number in range(60, 200, 4):
        work = Appending(next(fresh), is_told_before=True)
        told = judged(work, tmp_path, killed_at(number))
        try:
            look(work.folder, told, work.asked())
        except AssertionError as error:
            assert str(error).startswith("told and lost")  # noqa: PT017 - it is there only now and then
            found_out += 1
    assert found_out > 5
