"""The live stream of real processes: no gap, whatever happens to them, and nobody waits for anybody."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from functools import partial
from random import Random
from urllib.parse import urlsplit

import httpx
import pytest
from tests.races.guests import Door, Guest, reached, slot, together
from tests.races.serving import SECONDS, Server, Service
from tests.races.streams import Client

pytestmark = pytest.mark.anyio

FIRST = slot()[:10]
LAST = f"{datetime.fromisoformat(FIRST) + timedelta(days=2):%Y-%m-%d}"
SLOTS = 60


@asynccontextmanager
async def clients_of(guests: list[Guest], resource: str, *, forget: bool = False) -> AsyncIterator[list[Client]]:
    """Clients, once all of them listen."""
    made = [Client(guest, resource, FIRST, LAST, forgets=forget) for guest in guests]
    try:
        await together(client.has_connected(1) for client in made)
        yield made
    finally:
        await together(client.stop() for client in made)


async def told(server: Server, name: str) -> int:
    """What the metrics say under a name."""
    async with httpx.AsyncClient() as http:
        page = (await http.get(f"{server.url}/metrics")).text
    return int(float(re.findall(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)[0]))


async def live_clients(server: Server) -> int:
    """How many streams are open."""
    return await told(server, "daybook_live_clients")


async def busy(person: Guest, resource: str, seed: int, times: int) -> str:
    """Book and cancel, one after the other; the last position."""
    random, made, position = Random(seed), list[str](), ""  # noqa: S311 - chance, not secrecy
    for _ in range(times):
        if made and random.random() < 0.4:
            answer = await person.post(f"/v1/bookings/{made.pop()}/cancel")
        else:
            answer = await person.book(resource, slot(random.randrange(SLOTS)))
        if answer.status_code == 201:
            made.append(answer.json()["id"])
        assert answer.status_code in {200, 201, 409}, answer.text
        position = answer.headers.get("Daybook-Position", position)
    return position


async def all_have_the_picture(clients: list[Client], positions: list[str]) -> None:
    last = max(positions, key=lambda position: int(position.split(".")[1]))
    await together(client.knows(last) for client in clients)
    shown = await clients[0].shown()
    for client in clients:
        assert client.picture == shown
    assert sum(each["booked"] for day in shown.values() for each in day.values()) > 0


@pytest.mark.slow
async def test_everybody_sees_the_day_as_it_is_after_a_crowd_has_come_and_gone(service: Service, door: Door) -> None:
    """Some of them are cut off all the time, and come back."""
    server = service.start()
    resource = await door.register(server, capacity=3)
    people = await door.crowd([server], 6)
    async with clients_of([door.stranger(server) for _ in range(8)], resource) as clients:
        load = asyncio.gather(*(busy(person, resource, seed, 30) for seed, person in enumerate(people)))
        while not load.done():
            for client in clients[:4]:
                await client.cut_off()
        await all_have_the_picture(clients, await load)
        assert min(client.connections for client in clients[:4]) > 2
        assert [client.resets for client in clients] == [0] * len(clients)


@pytest.mark.slow
async def test_a_service_that_is_killed_and_started_again_leaves_no_gap(service: Service, door: Door) -> None:
    server = service.start()
    resource = await door.register(server, capacity=3)
    (person,) = await door.crowd([server], 1)
    async with (
        clients_of([door.stranger(server) for _ in range(4)], resource) as clients,
        clients_of([door.stranger(server)], resource, forget=True) as (control,),
    ):
        await busy(person, resource, 1, 10)
        server.kill()
        again = service.start()
        position = await busy(person.at(again), resource, 2, 20)
        for client in (*clients, control):
            client.guest = client.guest.at(again)
        await all_have_the_picture(clients, [position])
        await control.knows(position)
        assert control.picture != clients[0].picture, "without the last id there is a gap, and it is seen"
        assert [client.connections for client in clients] == [2] * 4
        assert [client.resets for client in clients] == [0] * 4


async def test_streams_end_when_the_service_stops(service: Service, door: Door) -> None:
    server = service.start()
    resource = await door.register(server)
    async with (
        httpx.AsyncClient(timeout=SECONDS) as http,
        http.stream("GET", f"{server.url}/v1/live?resource={resource}") as answer,
    ):
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith("retry: ")
        ended = asyncio.ensure_future(asyncio.to_thread(server.terminate))
        async for _ in lines:  # to its end: anything else than an orderly one is an error
            pass
        assert await ended == 0
    assert "requests were cut off" not in server.said


async def test_clients_that_hang_up_are_noticed_at_once(service: Service, door: Door) -> None:
    server = service.start()
    resource = await door.register(server)

    async def number(wanted: int) -> bool:
        return await live_clients(server) == wanted

    async with clients_of([door.stranger(server) for _ in range(10)], resource):
        await reached(lambda: number(10))
    await reached(lambda: number(0))
    assert "live stream failed" not in server.said
    assert "request failed" not in server.said


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_a_change_through_one_service_reaches_the_clients_of_another(service: Service, door: Door) -> None:
    servers = service.start_several(2)
    resource = await door.register(servers[0], capacity=3)
    people = await door.crowd(servers, 2)
    await together(reached(partial(is_known, door.stranger(server), resource)) for server in servers)
    async with clients_of([door.stranger(server) for server in servers for _ in range(2)], resource) as clients:
        positions = [await busy(person, resource, seed, 10) for seed, person in enumerate(people)]
        await all_have_the_picture(clients, positions)
        assert [client.connections for client in clients] == [1] * 4


async def is_known(guest: Guest, resource: str) -> bool:
    return (await guest.get(f"/v1/resources/{resource}")).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_a_client_that_reads_nothing_is_closed_and_others_hear_on(service: Service, door: Door) -> None:
    """What it does not read fills its connection first, which takes some megabytes."""
    server = service.start()
    resource = await door.register(server, policy={"step": 10})
    desk = door.guest(server, "sam", "staff")
    await reached(partial(is_known, desk, resource))
    parts = urlsplit(server.url)
    with closing(socket.create_connection((parts.hostname, parts.port))) as deaf:
        deaf.sendall(f"GET /v1/live?resource={resource} HTTP/1.1\r\nHost: daybook\r\n\r\n".encode())
        async with clients_of([door.stranger(server)], resource) as (client,):
            start = datetime.fromisoformat(slot())
            wanted = {"start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{start + timedelta(days=20):%Y-%m-%dT%H:%M}"}

            async def is_closed() -> bool:
                block = (await desk.post(f"/v1/resources/{resource}/blocks", wanted)).json()["block"]
                lifted = await desk.send("DELETE", f"/v1/resources/{resource}/blocks/{block}")
                await client.knows(lifted.headers["Daybook-Position"])
                return await live_clients(server) == 1

            assert await live_clients(server) == 2
            await reached(is_closed)
            assert await told(server, 'daybook_live_ended_total{why="slow"}') == 1
        deaf.settimeout(SECONDS)
        received = 0
        while more := await asyncio.to_thread(deaf.recv, 1 << 20):
            received += len(more)
        assert received > 0, "what had been sent arrives, then the connection ends"
