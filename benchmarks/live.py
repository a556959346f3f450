"""Clients that look on: how soon the last of them knows of a booking, and what they cost.

All listen to the same 50 of the 200 resources that are booked: so there is news for each of them in every round.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from contestants import Contestant, leave_nothing_running, start, token, tokens_file
from load import Round, run, wrk_version
from postgres import running
from report import table
from workloads import RESOURCES, SLOT_MINUTES, WORKLOADS, first_day

from interface.listening import allow_many_connections

CONNECTIONS = 32
LISTENED = RESOURCES[:50]
SECONDS_BETWEEN_BOOKINGS = 0.2
OPENED_AT_ONCE = 50
SECONDS = 60.0
STORES = {"sqlite": "daybook_sqlite", "postgres": "daybook_postgres"}


class Wanted(NamedTuple):
    """How long to look."""

    clients: int
    seconds: int
    rounds: int


class Figures(NamedTuple):
    """`quiet` and `busy`: seconds from a 201 to the last client, without load and under it. `alone` and `watched`:
    rounds of load without and with clients. `kilobytes`: memory of the service for each client.
    """

    quiet: list[float]
    busy: list[float]
    alone: list[Round]
    watched: list[Round]
    kilobytes: float


class _Awaited:
    """A booking of which `missing` clients have not heard yet."""

    def __init__(self, position: int, missing: int) -> None:
        self.position = position
        self.missing = missing
        self.heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def one_more(self) -> None:
        self.missing -= 1
        if self.missing <= 0 and not self.heard.done():
            self.heard.set_result(monotonic())


class Crowd:
    """All clients, and what each of them knows."""

    def __init__(self) -> None:
        self.clients: list[_Client] = []
        self._awaited: list[_Awaited] = []

    async def all_know(self, position: int) -> float:
        """When the last client had heard of a position."""
        awaited = _Awaited(position, sum(client.position < position for client in self.clients))
        if awaited.missing == 0:
            return monotonic()
        self._awaited.append(awaited)
        try:
            return await asyncio.wait_for(awaited.heard, SECONDS)
        finally:
            self._awaited.remove(awaited)

    def heard(self, before: int, position: int) -> None:
        for each in self._awaited:
            if before < each.position <= position:
                each.one_more()


class _Client(asyncio.Protocol):
    """Looks at nothing but the ids."""

    def __init__(self, crowd: Crowd, request: bytes) -> None:
        self._crowd = crowd
        self._request = request
        self.position = -1
        self.transport: Any = None
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        found = data.rfind(b"id: ")
        end = data.find(b"\n", found)
        if found < 0 or end < 0:
            return  # an id in two pieces: the next one will do
        before, self.position = self.position, int(data[data.rindex(b".", found, end) + 1 : end])
        if not self.opened.done():
            self.opened.set_result(None)
        self._crowd.heard(before, self.position)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(RuntimeError("A client was not let in."))


@asynccontextmanager
async def looking_on(address: str, clients: int) -> AsyncIterator[Crowd]:
    """So many clients with open streams."""
    crowd, (host, port), loop = Crowd(), _place(address), asyncio.get_running_loop()
    asked = "&".join(f"resource={resource}" for resource in LISTENED)
    request = f"GET /v1/live?{asked} HTTP/1.1\r\nHost: daybook\r\n\r\n".encode()
    try:
        while len(crowd.clients) < clients:
            few = min(OPENED_AT_ONCE, clients - len(crowd.clients))
            opened = [loop.create_connection(lambda: _Client(crowd, request), host, port) for _ in range(few)]
            new = [client for _, client in await asyncio.gather(*opened)]
            crowd.clients += new
            await asyncio.wait_for(asyncio.gather(*(client.opened for client in new)), SECONDS)
        yield crowd
    finally:
        for client in crowd.clients:
            client.transport.abort()


class _Booker:
    """Books one slot after the other, far ahead of those that the load books."""

    def __init__(self, address: str) -> None:
        self._place = _place(address)
        self._token = token("looked-at", "customer")
        self._next = first_day() + timedelta(days=2_000)

    async def book(self, crowd: Crowd) -> float:
        """Seconds from the 201 to the last client."""
        body = json.dumps({"resource": LISTENED[0], "start": f"{self._next:%Y-%m-%dT%H:%M:%SZ}"}).encode()
        self._next += timedelta(minutes=SLOT_MINUTES)
        reader, writer = await asyncio.open_connection(*self._place)
        writer.write(
            b"POST /v1/bookings HTTP/1.1\r\nHost: daybook\r\nConnection: close\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (self._token.encode(), len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        answered = monotonic()
        writer.close()
        if b" 201 " not in head[:16]:
            raise RuntimeError(f"It was not booked: {head.decode()}")
        position = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"daybook-position: "))
        return max(0.0, await crowd.all_know(int(position.rpartition(b".")[2])) - answered)

    async def book_for(self, crowd: Crowd, seconds: float) -> list[float]:
        """The same again and again."""
        until, found = monotonic() + seconds, list[float]()
        while monotonic() < until or not found:
            found.append(await self.book(crowd))
            await asyncio.sleep(SECONDS_BETWEEN_BOOKINGS)
        return found


async def measure(contestant: Contestant, wanted: Wanted, tokens: Path) -> Figures:
    """Take turns: load with clients and without."""
    booker, address = _Booker(contestant.address), contestant.address
    found = Figures([], [], [], [], 0.0)

    def load() -> Round:
        measured = run(address, WORKLOADS["distinct"], CONNECTIONS, wanted.seconds, contestant.next_request, tokens)
        contestant.next_request += measured.sent
        if measured.broken or measured.refused:
            raise SystemExit(f"{measured.broken} broken, {measured.refused} refused")
        return measured

    await asyncio.to_thread(load)  # to warm up
    for number in range(wanted.rounds):
        found.alone.append(await asyncio.to_thread(load))
        before = contestant.memory()
        async with looking_on(address, wanted.clients) as crowd:
            taken = (contestant.memory() - before) * 1024 / wanted.clients
            found = found._replace(kilobytes=max(found.kilobytes, taken))  # later rounds reuse what the first one took
            found.quiet.extend(await booker.book_for(crowd, wanted.seconds))
            watched, busy = await asyncio.gather(asyncio.to_thread(load), booker.book_for(crowd, wanted.seconds))
        found.watched.append(watched)
        found.busy.extend(busy)
        print(f"  round {number + 1}: {found.alone[-1].rate:,.0f}/s alone, {watched.rate:,.0f}/s watched", flush=True)
    return found


def main() -> None:
    """Take turns, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--store", choices=STORES, action="append")
    parser.add_argument("--quick", action="store_true", help="see that it works: 50 clients, a second, once")
    given = parser.parse_args()
    wanted = Wanted(50, 1, 1) if given.quick else Wanted(given.clients, given.seconds, given.rounds)
    leave_nothing_running()
    allow_many_connections()
    wrk_version()
    rows = [[store, *_said(_of(STORES[store], wanted))] for store in given.store or STORES]
    print(f"\n{wanted.clients:,} clients, {len(LISTENED)} resources each; {CONNECTIONS} connections that book.\n")
    heads = ["201 to the last client, quiet", "the same under load", "bookings without clients", "with them", "memory"]
    print(table(["", *heads], rows))


def _of(name: str, wanted: Wanted) -> Figures:
    with tempfile.TemporaryDirectory(prefix="daybook-live-") as folder, ExitStack() as stack:
        postgres = stack.enter_context(running()) if name == "daybook_postgres" else None
        contestant = start(name, WORKLOADS["distinct"], postgres)
        stack.callback(contestant.stop)
        return asyncio.run(measure(contestant, wanted, tokens_file(Path(folder))))


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80


def _said(found: Figures) -> list[str]:
    alone, watched = (median(each.rate for each in rounds) for rounds in (found.alone, found.watched))
    return [
        _times(found.quiet),
        _times(found.busy),
        f"{alone:,.0f} a second",
        f"{watched:,.0f} a second, {watched / alone:.2f}",
        f"{found.kilobytes:.0f} KB a client",
    ]


def _times(seconds: list[float]) -> str:
    highest = quantiles(seconds, n=100, method="inclusive")[98] if len(seconds) > 1 else seconds[0]
    return f"median {1000 * median(seconds):.0f} ms, p99 {1000 * highest:.0f} ms"


if __name__ == "__main__":
    main()
