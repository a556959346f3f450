"""Power that goes: only what was synced is surely there, and of what was written since, any sectors."""

import random
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.faults.appending import Appending, appended, look
from tests.faults.forked import Work, calls_of, chance_of, started
from tests.faults.ledger import Ledger, Told
from tests.faults.starting import Trying
from tests.faults.system_calls import SYNCS, Call, is_possible, receive, watch

from app.backup.manifest import begin
from app.log.sqlite import SQLiteLog, open_sqlite

SECTOR = 512
WAL_HEADER, FRAME_HEADER, PAGE = 32, 24, 4096
watched = pytest.mark.skipif(not is_possible(), reason="this system does not let a process watch another one's calls")


class Moment(NamedTuple):
    """The power goes: what is surely on the disk, what the kernel knows besides, and what was told by then."""

    synced: dict[str, bytes]
    written: dict[str, bytes]
    told: list[Told]

    def leave(self, folder: Path, chance: random.Random | None) -> None:
        """Make the folder as it is found afterwards; by chance some sectors written since the last sync are there."""
        folder.mkdir(parents=True)
        for name, synced in self.synced.items():
            there = synced if chance is None else _mixed(synced, self.written.get(name, b""), chance)
            folder.joinpath(name).write_bytes(there)


def moments(work: Appending) -> list[Moment]:
    """A moment before each call of a process that goes on undisturbed."""
    found: list[Moment] = []
    told: list[Told] = []
    synced: dict[str, bytes] = {}
    with started(work, is_watched=True) as (_, mine, judge):

        def decide(call: Call) -> int:
            while mine.poll():
                told.append(mine.recv())
            written = {path.name: path.read_bytes() for path in _files(work.folder)}
            for name in synced.keys() - written.keys():
                del synced[name]
            found.append(Moment(dict(synced), written, list(told)))
            if call.name in SYNCS and call.path in _files(work.folder):
                synced[call.path.name] = written[call.path.name]
            return 0

        watch(receive(judge), work.folder, decide)
    return found


def _files(folder: Path) -> Iterator[Path]:
    """The files that matter: SQLite makes the one of its shared memory anew."""
    return (path for path in folder.glob("log.sqlite3*") if not path.name.endswith("-shm"))


def _mixed(synced: bytes, written: bytes, chance: random.Random) -> bytes:
    size = chance.choice([len(synced), len(written)])
    kept = bytearray(synced.ljust(size, b"\0")[:size])
    for first in range(0, size, SECTOR):
        if chance.random() < 0.5:
            kept[first : first + SECTOR] = written[first : first + SECTOR].ljust(
                len(kept[first : first + SECTOR]), b"\0"
            )
    return bytes(kept)


def sync_now_and_then(log: SQLiteLog) -> None:
    """Only at checkpoints."""
    log._writer.execute("PRAGMA synchronous = NORMAL")


def never_checkpoint(log: SQLiteLog) -> None:
    """Keep everything in the write-ahead log, and be killed rather than close."""
    log._writer.execute("PRAGMA wal_autocheckpoint = 0")
    log.close = signal.pause  # type: ignore[method-assign] # in that process alone


def look_after(seen: Sequence[Moment], work: Appending, tmp_path: Path, chance: random.Random | None) -> None:
    """Let the power go at each of these moments. Raises AssertionError where something told is lost."""
    before: Moment | None = None
    for number, moment in enumerate(seen):
        if chance is None and before is not None and (moment.synced, moment.told) == (before.synced, before.told):
            continue
        folder, before = tmp_path / f"found-{number}" / "data", moment
        moment.leave(folder, chance)
        look(folder, moment.told, work.asked())
        shutil.rmtree(folder.parent)


@watched
def test_what_was_told_is_there_after_the_power_goes_at_any_moment(tmp_path: Path) -> None:
    work = Appending(tmp_path / "made" / "data")
    seen = moments(work)
    assert len(seen) > 100
    assert len(seen[-1].told) == work.last
    look_after(seen, work, tmp_path, None)
    look_after(seen, work, tmp_path, chance_of(3))


@watched
def test_control_without_a_sync_at_each_commit_what_was_told_is_lost(tmp_path: Path) -> None:
    work = Appending(tmp_path / "made" / "data", alter=sync_now_and_then)
    with pytest.raises(AssertionError, match="told and lost"):
        look_after(moments(work), work, tmp_path, None)


class Beginning(NamedTuple):
    """A process's work: make the folder of a backup."""

    folder: Path

    def __call__(self, told: Connection) -> None:
        begin(self.folder)
        told.send("begun")


@watched
@pytest.mark.parametrize("kind", [Trying, Beginning], ids=["store", "backup"])
def test_a_folder_that_was_made_is_on_the_disk_before_anything_is_put_into_it(
    tmp_path: Path, kind: Callable[[Path], Work]
) -> None:
    made = [tmp_path / "new", tmp_path / "new" / "deep", tmp_path / "new" / "deep" / "data"]
    calls = calls_of(kind(made[-1]), tmp_path)
    before = list(takewhile(lambda call: call.path.parent != made[-1], calls))
    for folder in made:
        last_made = max(place for place, call in enumerate(before) if call.path == folder and "mkdir" in call.name)
        assert any(call.name in SYNCS and call.path == folder.parent for call in before[last_made:]), folder


def test_of_a_write_ahead_log_cut_anywhere_a_whole_prefix_of_appends_is_left(tmp_path: Path) -> None:
    """At each frame's edges, within frames, and with a byte changed anywhere."""
    made = killed_after_all(Appending(tmp_path / "made" / "data", last=6, alter=never_checkpoint))
    whole = made.joinpath("log.sqlite3-wal").read_bytes()
    frame, chance = FRAME_HEADER + PAGE, chance_of(4)
    edges = range(WAL_HEADER, len(whole) + 1, frame)
    assert edges[-1] == len(whole)
    places = sorted({0, 1, *edges, *(chance.randrange(len(whole)) for _ in range(100))})
    left = [_left(made, tmp_path / "cut", whole[:place]) for place in places]
    assert left == sorted(left)
    assert set(left) == set(range(7)), "cut between all appends"
    for place in places[:-1]:
        changed = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        assert _left(made, tmp_path / "changed", changed) <= 6


def killed_after_all(work: Appending) -> Path:
    """The folder of a process that is killed once it has told of everything; its write-ahead log is still there."""
    with started(work) as (process, mine, _):
        for _ in range(work.last):
            mine.recv()
        process.kill()
        process.join()
    return work.folder


def _left(made: Path, folder: Path, write_ahead_log: bytes) -> int:
    """How many appends there are, all from the first on, with this write-ahead log beside the file."""
    folder.mkdir()
    shutil.copy(made / "log.sqlite3", folder)
    folder.joinpath("log.sqlite3-wal").write_bytes(write_ahead_log)
    log = open_sqlite(folder, serving=True)
    log.close()
    there = Ledger(folder).commands
    shutil.rmtree(folder)
    first = [appended(number) for number in range(len(there))]
    assert there == {each.command: each.events for each in first}
    return len(there)
