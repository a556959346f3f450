"""People with tokens who send requests to servers, many at once."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import httpx
from tests.races.serving import SECONDS, SECRET, Server

from interface.http.auth import TokenRole, issue_token

T = TypeVar("T")

ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
_numbers = count(1)
_NOON = (datetime.now(UTC) + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx would load certificates for each client


@dataclass(frozen=True)
class Guest:
    """Somebody with a token at the door of one server."""

    http: httpx.AsyncClient
    url: str
    headers: dict[str, str]

    async def send(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """Any request; headers are written with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, self.url + path, json=json, headers={**self.headers, **named})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.send("GET", path, **headers)

    async def post(self, path: str, json: Any = None, **headers: str) -> httpx.Response:
        return await self.send("POST", path, json, **headers)

    async def book(self, resource: str, start: str, **headers: str) -> httpx.Response:
        """Ask for one place."""
        return await self.post("/v1/bookings", {"resource": resource, "start": start}, **headers)

    def at(self, server: Server) -> "Guest":
        """The same person at the door of another server."""
        return replace(self, url=server.url)


class Door:
    """Makes guests of one test."""

    def __init__(self, clients: AsyncExitStack) -> None:
        self._clients = clients
        self.answers: list[httpx.Response] = []
        """Every answer that any of them got."""

    def guest(self, server: Server, subject: str, *roles: TokenRole, issuer: str | None = None) -> Guest:
        """Somebody with a token: a customer, unless roles say otherwise."""
        token = issue_token(SECRET.encode(), subject, roles or ("customer",), issuer=issuer)
        return Guest(self._client(), server.url, {"Authorization": f"Bearer {token}"})

    def stranger(self, server: Server, **headers: str) -> Guest:
        """Somebody without a token, or with headers that are no good."""
        return Guest(self._client(), server.url, headers)

    def _client(self) -> httpx.AsyncClient:
        # One each, which is what people have; a pool that hundreds share takes longer than the servers do.
        client = httpx.AsyncClient(
            timeout=SECONDS, trust_env=False, verify=_NO_TLS, event_hooks={"response": [self._keep]}
        )
        self._clients.push_async_callback(client.aclose)
        return client

    async def _keep(self, answer: httpx.Response) -> None:
        self.answers.append(answer)

    async def crowd(self, servers: Sequence[Server], number: int) -> list[Guest]:
        """So many customers, spread over the servers, all of them known and connected already."""
        people = [self.guest(servers[n % len(servers)], f"person-{next(_numbers)}") for n in range(number)]
        greeted = await together(person.get("/v1/me") for person in people)
        assert statuses(greeted) == {200: number}
        return people

    async def register(self, server: Server, kind: str = "hospital", **terms: Any) -> str:
        """A resource of its own for a test: always open, half an hour a slot, one place. Answers its id.

        It is there for whoever asks next, unless that is what the test holds up.
        """
        key = f"{kind}-{next(_numbers)}"
        body = {"name": key.title(), "kind": kind, "timezone": "UTC", "hours": ALWAYS, **terms}
        ada = self.guest(server, "ada", "admin")
        answer = await ada.send("PUT", f"/v1/resources/{key}", body)
        assert answer.status_code == 201, answer.text
        await ada.get(f"/v1/resources/{key}", Daybook_Position=answer.headers["Daybook-Position"])
        return key


async def together(asked: Iterable[Awaitable[T]]) -> list[T]:
    """Do all of it at once."""
    return list(await asyncio.gather(*asked))


def slot(number: int = 0) -> str:
    """The start of a slot: half an hour a number, from noon of the day after tomorrow (UTC) on."""
    return f"{_NOON + timedelta(minutes=30 * number):%Y-%m-%dT%H:%M:%SZ}"


def statuses(answers: Iterable[httpx.Response]) -> Counter[int]:
    """How often each HTTP status came."""
    return Counter(answer.status_code for answer in answers)


def codes(answers: Iterable[httpx.Response]) -> Counter[str]:
    """How often each problem came; `ok` is none."""
    return Counter("ok" if answer.is_success else str(answer.json()["code"]) for answer in answers)


def won(answers: Iterable[httpx.Response]) -> list[httpx.Response]:
    """Those who got what they wanted."""
    return [answer for answer in answers if answer.status_code == 201]


def lost(answers: Iterable[httpx.Response]) -> list[dict[str, Any]]:
    """The problems of those who did not."""
    return [answer.json() for answer in answers if answer.status_code != 201]


async def troubles(door: Door, server: Server) -> list[str]:
    """Why the server is not ready; nothing when it is."""
    answer = await door.stranger(server).get("/health/ready")
    return [] if answer.status_code == 200 else list(answer.json()["troubles"])


async def is_ready(door: Door, server: Server) -> bool:
    """Whether nothing is wrong with it."""
    return not await troubles(door, server)


async def reached(look: Callable[[], Awaitable[object]]) -> Any:
    """Ask again and again until the answer is something; it is answered."""
    async with asyncio.timeout(SECONDS):
        while not (seen := await look()):  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.05)
    return seen
