"""Several services of several processes on one database: nothing depends on which of them a request reaches."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.races.guests import Door, Guest, codes, reached, slot, together
from tests.races.kinds import on_postgres
from tests.races.serving import Server, Service, until

pytestmark = pytest.mark.anyio


Samples = dict[tuple[str, ...], float]


@pytest.fixture
def watched(store: Any) -> Iterator[Service]:
    """A service whose metrics have an address of their own."""
    made = Service(store, DAYBOOK_METRICS_PORT="0")
    yield made
    made.stop()


def metrics_of(server: Server) -> dict[str, Samples]:
    """What the metrics' address tells: of each name the samples, by the values of their labels."""
    return told(httpx.get(server.says(r"Metrics at (\S+)")[1]).text)


def told(page: str) -> dict[str, Samples]:
    found: dict[str, Samples] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def booked(server: Server) -> Counter[str]:
    """What became of all commands to book, by outcome."""
    commands = metrics_of(server).get("daybook_commands_total", {})
    return Counter({outcome: int(value) for (kind, outcome), value in commands.items() if kind == "Book"})


async def process_of(guest: Guest) -> str:
    """Which process the guest's connection has reached."""
    return str((await guest.get("/health/ready")).json()["process"])


async def at_every_process(door: Door, servers: list[Server], subject: str, count: int) -> dict[str, Guest]:
    """One person at the doors of so many processes, found by connecting again and again."""
    found: dict[str, Guest] = {}

    async def connect() -> bool:
        for server in servers:
            guest = door.guest(server, subject)
            found.setdefault(await process_of(guest), guest)
        return len(found) == count

    await reached(connect)
    return found


@pytest.mark.slow
@on_postgres
async def test_any_process_of_any_service_does(watched: Service, door: Door) -> None:
    servers = [watched.start(workers=2), watched.start(workers=2)]
    hospital = await door.register(servers[0], capacity=100)
    alice = await at_every_process(door, servers, "alice", 4)
    doors = list(alice.values())
    for number, (here, there) in enumerate(zip(doors, [*doors[1:], doors[0]], strict=True)):
        first = await here.book(hospital, slot(number), Idempotency_Key=f"key-{number}")
        again = await there.book(hospital, slot(number), Idempotency_Key=f"key-{number}")
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        position = first.headers["Daybook-Position"]
        read = await there.get(f"/v1/bookings/{first.json()['id']}", Daybook_Position=position)
        assert read.json() == first.json()
    until(lambda: sum(map(booked, servers), Counter()) == {"done": 4, "replayed": 4}, "all counted, and once")
    assert (await door.stranger(servers[0]).get("/metrics")).status_code == 404, "they have an address of their own"
    pages = [metrics_of(server) for server in servers]
    assert [(sum(page["daybook_commit_seconds_count"][()] for page in pages),)] == watched.store.ask(
        "SELECT count(*) FROM appends"
    )
    writers = {process for page in pages for (process,) in page["daybook_lease_held"]}
    assert len(writers) == 2
    assert not writers & set(alice), "those who answer requests do not write"
    until(lambda: leads(servers), "one process holds the lease")
    assert len(leads(servers)) == 1
    assert sum((await held(alice)).values()) == 2, "both that answer for it say so"
    assert all(page["daybook_log_bytes"]["postgresql",] > 0 for page in pages)
    assert all(page["daybook_wal_bytes"]["postgresql",] > 0 for page in pages)


def leads(servers: list[Server]) -> list[str]:
    """Who holds the lease, as metrics tell."""
    return [name for server in servers for (name,), mine in metrics_of(server)["daybook_lease_held"].items() if mine]


async def held(guests: dict[str, Guest]) -> dict[str, bool]:
    """Whose service holds the lease, as readiness tells."""
    answers = await together(guest.get("/health/ready") for guest in guests.values())
    return {answer.json()["process"]: answer.json()["holds_lease"] for answer in answers}


@pytest.mark.slow
@on_postgres
async def test_log_lines_tell_the_processes_apart(watched: Service, door: Door) -> None:
    server = watched.start(workers=2)
    alice = await at_every_process(door, [server], "alice", 2)
    os.kill(int(next(iter(alice)).rpartition(":")[2]), signal.SIGKILL)
    server.says("process ended by itself")
    assert server.terminate() == 0
    lines = [json.loads(line) for line in server.said.splitlines() if line.startswith("{")]
    (told,) = (line for line in lines if line["event"] == "process ended by itself")
    told_by = told["process"]
    assert told_by.endswith(f":{server.pid}")
    assert told["ended"].startswith("door ")
    assert str(told["pid"]) == next(iter(alice)).rpartition(":")[2]
    others = {line["process"] for line in lines} - {told_by}
    assert others, lines


@pytest.mark.slow
@on_postgres
async def test_what_a_killed_worker_counted_is_kept_and_counted_on(watched: Service, door: Door) -> None:
    server = watched.start(workers=2)
    hospital = await door.register(server, capacity=100)
    alice = await at_every_process(door, [server], "alice", 2)
    assert codes(await together(guest.book(hospital, slot()) for guest in alice.values())) == {"ok": 2}
    until(lambda: booked(server) == {"done": 2}, "both are counted")
    killed = next(iter(alice))
    os.kill(int(killed.rpartition(":")[2]), signal.SIGKILL)

    def replaced() -> bool:
        present = {process for (process,) in metrics_of(server)["daybook_seen_timestamp_seconds"]}
        return len(present) == 3 and killed not in present  # one writes

    until(replaced, "another one in its place")
    assert booked(server) == {"done": 2}
    alice = await at_every_process(door, [server], "alice", 2)
    assert killed not in alice
    assert codes(await together(guest.book(hospital, slot(1)) for guest in alice.values())) == {"ok": 2}
    until(lambda: booked(server) == {"done": 4}, "and so are those after it")


@pytest.mark.slow
@on_postgres
async def test_without_an_address_of_their_own_every_worker_tells_the_metrics_of_all(
    service: Service, door: Door
) -> None:
    shown = service.start(workers=2)
    hospital = await door.register(shown, capacity=100)
    alice = await at_every_process(door, [shown], "alice", 2)
    assert codes(await together(guest.book(hospital, slot()) for guest in alice.values())) == {"ok": 2}

    async def both_tell_both() -> bool:
        pages = [told((await guest.get("/metrics")).text) for guest in alice.values()]
        return all(page["daybook_commands_total"].get(("Book", "done")) == 2.0 for page in pages)

    await reached(both_tell_both)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_a_single_process_tells_its_metrics_on_their_address_too(watched: Service, door: Door) -> None:
    server = watched.start()
    hospital = await door.register(server)
    assert (await door.guest(server, "alice", "customer").book(hospital, slot())).status_code == 201
    page = metrics_of(server)
    assert page["daybook_commands_total"]["Book", "done"] == 1
    assert list(page["daybook_lease_held"].values()) == [1]
    assert page["daybook_disk_free_bytes"]["sqlite",] > 0
    assert server.terminate() == 0
