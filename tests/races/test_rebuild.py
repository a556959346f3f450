"""`daybook rebuild` beside a service that works: killed, started over, and never heard of by those who look on."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest
from tests.conftest import Store
from tests.races.guests import Door, Guest, slot
from tests.races.serving import COMMAND, ROOT, SECONDS, Service
from tests.races.streams import Client

from app.log.folder import READ_MODELS_NAME

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


class Hearing(Client):
    """A client that keeps all that it is told."""

    def __init__(self, *given: Any) -> None:
        self.told: list[dict[str, str]] = []
        super().__init__(*given)

    async def _take(self, fields: dict[str, str]) -> None:
        if "event" in fields:
            self.told.append(fields)
        await super()._take(fields)


def rebuild(service: Service, *killed_at: str) -> subprocess.Popen[str]:
    """A rebuild in a process of its own; it may be killed at a place."""
    command = [COMMAND, "rebuild"]
    if killed_at:
        command = [sys.executable, "-m", "tests.races.killed_at", *killed_at, "--", "rebuild"]
    return subprocess.Popen(
        command,
        env=service.environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, complained = await asyncio.to_thread(process.communicate, timeout=SECONDS)
    return process.returncode, said + complained


def of_read_models(store: Store, statement: str) -> list[tuple[object, ...]]:
    """Run SQL on the read models, past Daybook."""
    if store.place is not None:
        return store.ask(statement)
    assert store.folder is not None
    with closing(sqlite3.connect(store.folder / READ_MODELS_NAME, isolation_level=None)) as file:
        file.execute("PRAGMA busy_timeout = 5000")
        return file.execute(statement).fetchall()


def generations(store: Store) -> dict[int, bool]:
    """The numbers of the generations that have a table of bookings, and whether it is read."""
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    if store.place is not None:
        tables = f"SELECT tablename FROM pg_tables WHERE schemaname = '{store.place.schema}'"
    ((active,),) = of_read_models(store, "SELECT generation FROM projections WHERE name = 'bookings'")
    names = [str(name) for (name,) in of_read_models(store, tables)]
    numbers = [int(name.removeprefix("bookings_")) for name in names if name.startswith("bookings_")]
    return {number: number == active for number in numbers}


async def books(person: Guest, resource: str, times: int, begin: int = 0) -> list[Any]:
    made = []
    for number in range(begin, begin + times):
        answer = await person.book(resource, slot(number % 20))
        assert answer.status_code == 201, answer.text
        seen = await person.get(
            f"/v1/bookings/{answer.json()['id']}", Daybook_Position=answer.headers["Daybook-Position"]
        )
        assert seen.json() == answer.json()
        made.append(answer)
    return made


async def listed(person: Guest) -> set[str]:
    """The ids of all bookings that somebody sees: while a rebuild is slow, many are made."""
    found, cursor = set[str](), ""
    for _ in range(100):
        page = (await person.get(f"/v1/bookings?limit=500{cursor}")).json()
        found |= {each["id"] for each in page["items"]}
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
    raise AssertionError("there are more pages than bookings")


async def test_a_rebuild_that_is_killed_starts_over_and_nobody_who_looks_on_hears_of_it(
    service: Service, door: Door
) -> None:
    server = service.start()
    resource = await door.register(server, capacity=1000)
    (alice,) = await door.crowd([server], 1)
    made = await books(alice, resource, 10)
    days = slot(0)[:10]
    listener = Hearing(door.stranger(server), resource, days, days)
    try:
        await listener.has_connected(1)
        made += await books(alice, resource, 3)
        await listener.knows(made[-1].headers["Daybook-Position"])
        before = len(listener.told)
        for place in ("Rebuilding._complete:2", "Rebuilding._compare", "Rebuilding._swap"):
            status, said = await ended(rebuild(service, f"app.read_models.rebuilding:{place}"))
            assert status == -signal.SIGKILL, said
            read = generations(service.store)
            assert [number for number, is_read in read.items() if is_read] == [1], "the old ones are in use"
            assert len(read) == 2, "what the one before left is gone, and this one's is there"
            made += await books(alice, resource, 1, len(made))
        again = rebuild(service)
        while again.poll() is None:
            made += await books(alice, resource, 1, len(made))
        status, said = await ended(again)
        assert (status, "compared with those of before, row by row, and are the same" in said) == (0, True), said
        read = generations(service.store)
        assert [number for number, is_read in read.items() if is_read] == [5]
        assert set(read) <= {1, 5}, "all that was killed is gone"
        made += await books(alice, resource, 2, len(made))
        await listener.knows(made[-1].headers["Daybook-Position"])
    finally:
        await listener.stop()
    ids = [int(each["id"].split(".")[1]) for each in listener.told]
    assert ids == sorted(set(ids)), "nothing is told twice"
    assert ids[before] > int(made[12].headers["Daybook-Position"].split(".")[1])
    assert (listener.resets, listener.connections) == (0, 1)
    assert await listed(alice) == {each.json()["id"] for each in made}
    assert "ERROR" not in server.said
    assert '"level": "error"' not in server.said


async def test_a_rebuild_tells_what_was_wrong_and_mends_it(service: Service, door: Door) -> None:
    server = service.start()
    resource = await door.register(server, capacity=1000)
    (alice,) = await door.crowd([server], 1)
    (made,) = await books(alice, resource, 1)
    wrong = f"UPDATE bookings_1 SET status = 'cancelled' WHERE id = '{made.json()['id']}'"
    of_read_models(service.store, wrong)
    path = f"/v1/bookings/{made.json()['id']}"
    assert (await alice.get(path)).json()["status"] == "cancelled"
    status, said = await ended(rebuild(service))
    assert status == 0, said
    assert "Those of before were wrong in 1 rows (bookings 1), which is mended." in said
    assert "is not what the log adds up to, in status" in said
    assert (await alice.get(path)).json() == made.json()
    assert server.terminate() == 0
