"""Backups beside a service at work, restored elsewhere; and the command killed in the middle."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.app.backup.conftest import TOOLS
from tests.conftest import Store
from tests.races.guests import Door, Guest, reached, slot, statuses, together
from tests.races.kinds import mostly_on_postgres, mostly_on_sqlite
from tests.races.serving import COMMAND, ROOT, Service

from app.log.schema import SCHEMA_VERSION

pytestmark = pytest.mark.anyio

GUESTS = 8


def run(service: Service, *arguments: str, dies_at: str | None = None) -> "subprocess.CompletedProcess[str]":
    """A command on the service's store, run to its end, whatever end that is."""
    command = [COMMAND] if dies_at is None else [sys.executable, "-m", "tests.races.killed_at", dies_at, "--"]
    environment = service.environment | {"PYTHONPATH": str(ROOT), "DAYBOOK_POSTGRES_TOOLS": str(TOOLS[-1])}
    return subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def done(ended: "subprocess.CompletedProcess[str]") -> str:
    """What a command said that went well."""
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def lose(service: Service) -> None:
    """The store is gone, but for the keys that were kept elsewhere."""
    service.stop()
    if service.store.place is not None:
        service.store.ask(f"DROP SCHEMA {service.store.place.schema} CASCADE")
        return
    assert service.store.folder is not None
    key = (service.store.folder / "master.key").read_bytes()
    shutil.rmtree(service.store.folder)
    service.store.folder.mkdir()
    (service.store.folder / "master.key").write_bytes(key)
    (service.store.folder / "master.key").chmod(0o600)


def has_log(store: Store) -> bool:
    """Whether there is anything that a service would serve."""
    if store.place is None:
        assert store.folder is not None
        return (store.folder / "log.sqlite3").exists()
    schema = store.place.schema
    if not store.ask(f"SELECT 1 FROM pg_tables WHERE schemaname = '{schema}' AND tablename = 'log_schema'"):
        return False
    return store.ask("SELECT version FROM log_schema") == [(SCHEMA_VERSION,)]


@asynccontextmanager
async def busy(guests: Sequence[Guest], resource: str) -> AsyncIterator[list[httpx.Response]]:
    """Guests book one slot after the other; what was answered so far."""
    answered: list[httpx.Response] = []
    over = asyncio.Event()

    async def book(guest: Guest, number: int) -> None:
        while not over.is_set():
            body = {"resource": resource, "start": slot(number), "details": {"note": f"number {number}"}}
            answered.append(await guest.post("/v1/bookings", body))
            number += GUESTS

    tasks = [asyncio.create_task(book(guest, number)) for number, guest in enumerate(guests)]
    try:
        yield answered
    finally:
        over.set()
        await asyncio.gather(*tasks)


@pytest.mark.slow
@mostly_on_postgres
async def test_a_backup_beside_a_busy_service_holds_all_that_was_answered_before(
    service: Service, door: Door, tmp_path: Path
) -> None:
    """And restored elsewhere, every booking that it covers is answered as it was, details and all."""
    server = service.start()
    resource = await door.register(server)
    guests = [door.guest(server, f"guest-{number}") for number in range(GUESTS)]
    out = tmp_path / "backup"
    async with busy(guests, resource) as answered:
        await reached(lambda: _later(lambda: len(answered) > 4 * GUESTS))
        before = [answer.json()["id"] for answer in answered if answer.status_code == 201]
        said = done(await asyncio.to_thread(run, service, "backup", "--out", str(out)))
        since = len(answered)
        await reached(lambda: _later(lambda: len(answered) > since + GUESTS))
    assert set(statuses(answered)) == {201}, "the service worked on meanwhile"
    manifest = json.loads((out / "manifest.json").read_text())
    made = {answer.json()["id"]: answer.json() for answer in answered}
    covered = {key: booking for key, booking in made.items() if booking["position"] <= manifest["position"]}
    assert set(before) <= set(covered)
    assert len(covered) < len(made), "bookings went on after the backup"
    assert f"{manifest['position']:,} events" in said
    position = answered[-1].headers["Daybook-Position"]
    lose(service)

    assert "It has a new id" in done(run(service, "restore", str(out)))

    again = service.start()
    staff = door.guest(again, "sam", "staff")
    asked = around(sorted(made, key=lambda key: made[key]["position"]), len(covered))
    found = await together(staff.get(f"/v1/bookings/{key}") for key in asked)
    answered_now = {answer.json()["id"]: answer.json() for answer in found if answer.status_code == 200}
    expected = {key: covered[key] for key in asked if key in covered}
    assert without_actions(answered_now) == without_actions(expected), "details, which the same key opens, included"
    assert {answer.status_code for answer in found} == {200, 404}, "what came after the backup is not there"
    told = await staff.get("/v1/bookings", Daybook_Position=position)
    assert told.json()["code"] == "unknown-position"


def around(bookings: Sequence[str], cut: int) -> list[str]:
    """The first hundred, and a hundred on either side of the cut: a busy service makes thousands."""
    return list(dict.fromkeys([*bookings[:100], *bookings[max(0, cut - 100) : cut + 100]]))


def without_actions(bookings: dict[str, Any]) -> dict[str, Any]:
    """Staff may do more with a booking than the customer who made it."""
    return {key: {**booking, "actions": None} for key, booking in bookings.items()}


async def _later(condition: Any) -> bool:
    return bool(condition())


@pytest.mark.slow
@mostly_on_sqlite
async def test_cursors_and_read_models_of_before_are_noticed(service: Service, door: Door, tmp_path: Path) -> None:
    """A read model's file that outlived its log answers nothing of it."""
    server = service.start()
    resource = await door.register(server)
    alice = door.guest(server, "alice")
    first = await alice.book(resource, slot(0))
    done(run(service, "backup", "--out", str(tmp_path / "backup")))
    lost = await alice.book(resource, slot(1))
    staff = door.guest(server, "sam", "staff")
    auditor = door.guest(server, "odile", "auditor")
    page = await staff.get("/v1/bookings?limit=1", Daybook_Position=lost.headers["Daybook-Position"])
    events = await auditor.get("/v1/events?limit=1")
    assert lost.json()["id"] in {b["id"] for b in (await staff.get("/v1/bookings")).json()["items"]}
    outlived = _read_models(service)
    lose(service)
    done(run(service, "restore", str(tmp_path / "backup")))
    if outlived is not None:
        assert service.store.folder is not None
        for name, content in outlived.items():
            (service.store.folder / name).write_bytes(content)

    again = service.start()

    kept = await staff.at(again).get("/v1/bookings")
    assert [booking["id"] for booking in kept.json()["items"]] == [first.json()["id"]]
    assert (await alice.at(again).book(resource, slot(1))).status_code == 201, "what was lost is free again"
    for answer in (
        await staff.at(again).get("/v1/bookings", Daybook_Position=lost.headers["Daybook-Position"]),
        await auditor.at(again).get(f"/v1/events?after={first.headers['Daybook-Position']}"),
        await auditor.at(again).get(f"/v1/events?after={events.json()['next']}"),
    ):
        assert answer.json()["code"] == "unknown-position", answer.text
    on = await staff.at(again).get(f"/v1/bookings?limit=1&cursor={page.json()['next']}")
    assert on.json()["code"] == "bad-cursor"
    assert "another log" in on.json()["detail"]


def _read_models(service: Service) -> dict[str, bytes] | None:
    if service.store.folder is None:
        return None
    service.stop()
    return {path.name: path.read_bytes() for path in service.store.folder.glob("read-models.sqlite3*")}


BACKUP_DEATHS = {
    "sqlite": [
        "app.backup.sqlite_backup:make_tables",
        "after:app.backup.sqlite_backup:_copy",
        "app.backup.backing_up:finish",
        "app.backup.manifest:sync:2",
        "app.backup.manifest:sync:3",
    ],
    "postgres": [
        "app.backup.postgres_backup:PostgresTool.run",
        "after:app.backup.postgres_backup:_dump",
        "app.backup.backing_up:finish",
        "app.backup.manifest:sync:2",
        "app.backup.manifest:sync:3",
    ],
}
RESTORE_DEATHS = {
    "sqlite": [
        "after:app.backup.sqlite_restore:_copied",
        "after:app.backup.sqlite_restore:damage_of",
        "after:app.backup.sqlite_restore:renew",
        "app.backup.sqlite_restore:os.link",
    ],
    "postgres": [
        "after:app.backup.postgres_restore:_begin",
        "after:app.backup.postgres_restore:_load",
        "after:app.backup.postgres_restore:_faults",
        "app.backup.postgres_restore:_finish",
        "after:app.backup.postgres_restore:renew_within",
    ],
}


@pytest.fixture
async def begun(service: Service, door: Door) -> Service:
    """A service that was stopped after a few bookings."""
    server = service.start()
    resource = await door.register(server)
    assert statuses(await together(door.guest(server, f"guest-{n}").book(resource, slot(n)) for n in range(5))) == {
        201: 5
    }
    assert server.terminate() == 0
    return service


@pytest.mark.slow
async def test_a_backup_that_was_killed_passes_for_none(begun: Service, tmp_path: Path) -> None:
    for number, place in enumerate(BACKUP_DEATHS[begun.store.name]):
        out = tmp_path / f"backup-{number}"
        died = run(begun, "backup", "--out", str(out), dies_at=place)
        assert died.returncode == -signal.SIGKILL, f"{place}: {died.stderr}"
        assert not (out / "manifest.json").exists(), place
    again = run(begun, "backup", "--out", str(tmp_path / f"backup-{number}"))
    assert again.returncode == 1
    assert "a backup that did not end" in again.stderr
    done(run(begun, "backup", "--out", str(tmp_path / "whole")))
    lose(begun)

    for number, place in enumerate(BACKUP_DEATHS[begun.store.name]):
        out = tmp_path / f"backup-{number}"
        refused = run(begun, "restore", str(out))
        assert refused.returncode == 1, place
        assert "no backup, or one that did not end" in refused.stderr
        assert not has_log(begun.store)
    done(run(begun, "restore", str(tmp_path / "whole")))


@pytest.mark.slow
async def test_a_restore_that_was_killed_leaves_no_log(begun: Service, tmp_path: Path) -> None:
    before = len(begun.rows())
    done(run(begun, "backup", "--out", str(tmp_path / "backup")))
    lose(begun)
    for place in RESTORE_DEATHS[begun.store.name]:
        died = run(begun, "restore", str(tmp_path / "backup"), dies_at=place)
        assert died.returncode == -signal.SIGKILL, f"{place}: {died.stderr}"
        assert not has_log(begun.store), place
        if begun.store.place is not None:
            for command in (["restore", str(tmp_path / "backup")], ["migrate"], ["serve", "--port", "0"]):
                refused = run(begun, *command)
                assert refused.returncode == 1, f"{place}, {command}"
                assert "did not end" in refused.stderr or "run `daybook migrate`" in refused.stderr
            begun.store.ask(f"DROP SCHEMA {begun.store.place.schema} CASCADE")
    done(run(begun, "restore", str(tmp_path / "backup")))
    assert len(begun.rows()) == before
    assert has_log(begun.store)


@pytest.mark.slow
async def test_killed_once_the_log_is_in_place_the_next_start_does_the_rest(begun: Service, tmp_path: Path) -> None:
    """The control: what died later left a whole log."""
    done(run(begun, "backup", "--out", str(tmp_path / "backup")))
    lose(begun)

    died = run(
        begun,
        "restore",
        str(tmp_path / "backup"),
        dies_at="after:app.backup.restoring:"
        + ("restore_sqlite" if begun.store.name == "sqlite" else "restore_postgres"),
    )

    assert died.returncode == -signal.SIGKILL
    assert has_log(begun.store)
    assert begun.start().terminate() == 0
