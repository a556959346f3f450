"""Running PostgreSQL's own `pg_dump` and `pg_restore`: found, new enough, and with no secret on a command line."""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic

from psycopg import pq
from psycopg.conninfo import make_conninfo

from app.log.postgres_url import parts_of
from app.settings import environment_of_others

LONGEST_SECONDS = 86_400.0
"""What a dump of a very long log may take; then it has hung."""

_ANSWER_SECONDS = 20.0
_LOOK_SECONDS = 0.2


class ToolTrouble(Exception):  # noqa: N818 - what happened, in a sentence
    """A tool is missing, too old, or failed."""


class PostgresTool:
    """One of the tools. Raises ToolTrouble unless it is there and no older than the server (16 is `160014`)."""

    def __init__(self, name: str, folder: Path | None, url: str, server_version: int) -> None:
        self.name = name
        self._url = url
        found = shutil.which(name, path=str(folder) if folder is not None else None)
        if found is None:
            where = f"in {folder}" if folder is not None else "on PATH"
            raise ToolTrouble(
                f"There is no {name} {where}. Install PostgreSQL's client tools, at least of version "
                f"{server_version // 10_000}, or set DAYBOOK_POSTGRES_TOOLS to the folder that has them."
            )
        self._path = found
        self.version = self._said_version()
        if self.version < server_version // 10_000:
            raise ToolTrouble(
                f"{found} is of version {self.version} and the server of version {server_version // 10_000}: install "
                "client tools that are no older, or set DAYBOOK_POSTGRES_TOOLS to the folder that has some."
            )

    def run(self, arguments: Sequence[str], look: Callable[[], None]) -> None:
        """Run it to its end, on the database of the URL; `look` is called now and then meanwhile."""
        with TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603 - no shell, and every argument is ours
                [self._path, *arguments], env=self._environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
            try:
                self._await(process, look)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            if process.returncode:
                said.seek(0)
                raise ToolTrouble(f"{self.name} failed: {_gist(said.read().decode(errors='replace'))}.")

    @property
    def database(self) -> str:
        """The database of the URL as an argument: its name alone."""
        return make_conninfo(dbname=str(parts_of(self._url).get("dbname") or ""))

    def _await(self, process: "subprocess.Popen[bytes]", look: Callable[[], None]) -> None:
        deadline = monotonic() + LONGEST_SECONDS
        while monotonic() < deadline:
            try:
                process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                look()
            else:
                return
        raise ToolTrouble(f"{self.name} did not end within {LONGEST_SECONDS / 3600:.0f} hours.")

    def _said_version(self) -> int:
        try:
            said = subprocess.run(  # noqa: S603 - no shell, and every argument is ours
                [self._path, "--version"],
                env=self._environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=_ANSWER_SECONDS,
            ).stdout
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ToolTrouble(f"{self._path} cannot be run ({type(error).__name__}).") from error
        found = re.search(r"\(PostgreSQL\) (\d+)", said)
        if found is None:
            raise ToolTrouble(f"{self._path} does not say that it is PostgreSQL's.")
        return int(found[1])

    def _environment(self) -> dict[str, str]:
        """This process's, without Daybook's own secrets, and with all that the URL says in libpq's variables."""
        environment = environment_of_others()
        for option in pq.Conninfo.parse(self._url.encode()):
            if option.val is not None and option.envvar is not None:
                environment[option.envvar.decode()] = option.val.decode()
        return environment | {"PGAPPNAME": "daybook", "LC_MESSAGES": "C"}


def _gist(said: str) -> str:
    """The first line that tells an error, without the tool's name."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "FATAL" in line] or lines or ["it said nothing"]
    return telling[0].partition("error: ")[2].rstrip(".") or telling[0].rstrip(".")
