"""A log file looked through by plain SQL and hashlib: it shares no code with the log."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple


class Told(NamedTuple):
    """An append that somebody was told of: its command, and how many events it has."""

    command: str
    events: int


class Ledger:
    """What is in a log file. Raises AssertionError where it is not whole."""

    def __init__(self, folder: Path) -> None:
        with closing(sqlite3.connect(f"{(folder / 'log.sqlite3').as_uri()}?mode=rw", uri=True)) as file:
            self._check_file(file)
            self._check_chain(file)
            self.commands = Counter(command for (command,) in file.execute("SELECT command_id FROM events"))
            self.position: int = file.execute("SELECT count(*) FROM events").fetchone()[0]

    def check(self, told: Collection[Told], asked: Collection[Told]) -> None:
        """Everything that was told is there once, and what was only asked for is there once or not at all."""
        wanted = {each.command: each.events for each in asked}
        assert {each.command for each in told} <= set(self.commands), "told and lost"
        assert set(self.commands) <= set(wanted), "never asked for"
        assert all(number == wanted[command] for command, number in self.commands.items()), "in part, or twice"

    def _check_file(self, file: sqlite3.Connection) -> None:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def _check_chain(self, file: sqlite3.Connection) -> None:
        ((log_id, head, _, head_digest),) = file.execute("SELECT * FROM log_head").fetchall()
        digest, last, versions = sha256(log_id.encode()).digest(), 0, defaultdict[str, int](int)
        columns = 'position, stream, version, topic, command_id, "by", timestamp, state'
        for last_position, expected in file.execute("SELECT last_position, digest FROM appends ORDER BY 1").fetchall():
            text = ""
            appended = f"SELECT {columns} FROM events WHERE position > ? AND position <= ? ORDER BY position"
            rows = file.execute(appended, (last, last_position)).fetchall()
            assert [row[0] for row in rows] == list(range(last + 1, last_position + 1)), "positions have a gap"
            for row in rows:
                versions[row[1]] += 1
                assert row[2] == versions[row[1]], f"{row[1]} has no version {versions[row[1]]}"
                text += "".join(f"{field}\0" for field in row)
            digest, last = sha256(digest + text.encode()).digest(), last_position
            assert digest == expected, f"the digest of the append up to {last_position} is another"
        assert (head, head_digest) == (last, digest), "the head is not at the last append"
        assert file.execute("SELECT max(position) FROM events").fetchone()[0] in ({last} if last else {None})
