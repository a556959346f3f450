"""`daybook` in a forked process, and what it says when it does not start."""

import os
import sys
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path

from tests.faults.forked import started

from app.log.folder import LOCK_NAME
from interface import cli, processes  # noqa: F401 - loads what another user may not be allowed to read

SECONDS_TO_REFUSE = 30.0


@dataclass(frozen=True)
class Serving:
    """A process's work: `daybook serve` on the folder. What it says goes to the file `said`; tells nothing."""

    folder: Path
    said: Path
    user: int | None = None

    def __call__(self, _: Connection) -> None:
        said = os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        for descriptor in (1, 2):
            os.dup2(said, descriptor)
        if self.user is not None:
            "".encode("idna")  # loads what that user may not be allowed to read
            os.setgid(self.user)
            os.setuid(self.user)
        os.environ["DAYBOOK_DATA"] = str(self.folder)
        sys.argv = ["daybook", "serve", "--port", "0"]
        cli.main()


def refused(folder: Path, said: Path, *, user: int | None = None) -> str:
    """The sentence with which `daybook serve` ends on this folder. It has said nothing else, and changed nothing."""
    before = contents(folder)
    with started(Serving(folder, said, user)) as (process, _, _):
        process.join(SECONDS_TO_REFUSE)
        text = said.read_text()
        assert process.exitcode == 1, text
    assert contents(folder) == before
    assert text.count("\n") == 1, text
    assert text.startswith("daybook: "), text
    return text.removeprefix("daybook: ").strip()


def contents(folder: Path) -> dict[str, str]:
    """A digest of each file in a folder, but for the one that says who serves it."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        for path in sorted(folder.glob("*"))
        if path.name != LOCK_NAME
    }
