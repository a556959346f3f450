"""Clients: people with tokens who send requests, try again in doubt, and write down what they were told."""

import asyncio
import json
import random
import ssl
from collections.abc import Sequence
from time import monotonic
from typing import Any

import httpx
from tests.races.serving import SECRET
from tests.torture.history import History, Operation

from interface.http.auth import TokenRole, issue_token

PATIENCE = 4.0
"""Seconds that a client waits for an answer."""
NOTHING_STORED = frozenset({"busy", "store-unavailable", "behind"})
NOT_KNOWN = frozenset({"outcome-unknown", "internal"})
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx would load certificates for each client


class Client:
    """Somebody with a token who knows all doors and knocks at one of them."""

    def __init__(
        self, history: History, doors: Sequence[str], subject: str, role: TokenRole, chance: random.Random
    ) -> None:
        self.history = history
        self.role = role
        self.person = ""
        self.chance = chance
        self._doors = doors
        self._door = chance.randrange(len(doors))
        token = issue_token(SECRET.encode(), subject, (role,))
        self.http = httpx.AsyncClient(
            timeout=PATIENCE, trust_env=False, verify=_NO_TLS, headers={"Authorization": f"Bearer {token}"}
        )

    @property
    def by(self) -> str:
        """How the log names this actor."""
        return f"{self.role}:{self.person}"

    async def arrive(self) -> None:
        """Learn who the service says that this is."""
        async with asyncio.timeout(60):
            while not self.person:
                answer = await self._send("GET", "/v1/me", None, {})
                if isinstance(answer, httpx.Response) and answer.is_success:
                    self.person = answer.json()["customer"]

    async def command(
        self,
        kind: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        number: int | None = None,
        headers: dict[str, str] | None = None,
        keyed: bool = True,
        tries: int | None = None,
    ) -> Operation:
        """Something that writes, tried until it is known what became of it, or patience ends."""
        number = number or self.history.next_number()
        key = f"op-{number}" if keyed and method == "POST" else None
        operation = Operation(number, kind, self.by, method, path, key, body, headers or {})
        return await self.tried(operation, tries or (self.chance.choice((1, 4, 8)) if keyed else 1))

    async def repeat(self, before: Operation) -> Operation:
        """The same request with the same key once more, long after it was answered."""
        number = self.history.next_number()
        again = Operation(number, "repeat", before.by, before.method, before.path, before.key, before.body)
        again.repeats = before.number
        return await self.tried(again, 2)

    async def question(self, kind: str, path: str, position: str | None = None) -> Operation:
        """Something that reads."""
        headers = {"Daybook-Position": position} if position else {}
        operation = Operation(self.history.next_number(), kind, self.by, "GET", path, headers=headers)
        return await self.tried(operation, 1)

    async def tried(self, operation: Operation, most: int) -> Operation:
        """Send it, again if need be, and write down its result."""
        operation.began = monotonic()
        try:
            for _ in range(most):
                if await self._is_settled(operation):
                    break
                await asyncio.sleep(self.chance.uniform(0.01, 0.3))
        finally:  # also of one that the end of the run cuts short
            self.history.end(operation)
        return operation

    async def _is_settled(self, operation: Operation) -> bool:
        """Try once; whether trying again makes no sense."""
        headers = dict(operation.headers)
        if operation.key is not None:
            headers["Idempotency-Key"] = operation.key
        # Until it is answered, and for good where the answer says nothing: a refusal after a doubtful try proves
        # nothing, since the first may still wait in a process that is paused.
        in_doubt, operation.result = operation.result == "unknown" and bool(operation.tries), "unknown"
        answer = await self._send(operation.method, operation.path, operation.body, headers)
        if isinstance(answer, httpx.Response) and answer.is_success:
            self._take_answer(operation, answer)
            return True
        code = _code(answer)
        operation.tries.append(code)
        answered = isinstance(answer, httpx.Response) and code not in NOT_KNOWN
        operation.result = "unknown" if in_doubt or not answered else "refused"
        return answered and code not in NOTHING_STORED

    def _take_answer(self, operation: Operation, answer: httpx.Response) -> None:
        operation.tries.append("ok")
        operation.result = "ok"
        operation.answer = answer.json() if answer.content else {}
        operation.replayed = answer.headers.get("Idempotency-Replayed") == "true"
        self.last_position = answer.headers.get("Daybook-Position")
        operation.position = int(self.last_position.partition(".")[2]) if self.last_position else None

    async def close(self) -> None:
        await self.http.aclose()

    last_position: str | None = None

    async def _send(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response | httpx.TransportError:
        if self.chance.random() < 0.1:
            self._door = self.chance.randrange(len(self._doors))
        try:
            return await self.http.request(method, self._doors[self._door] + path, json=body, headers=headers)
        except httpx.TransportError as error:
            self._door = (self._door + 1) % len(self._doors)
            await asyncio.sleep(self.chance.uniform(0.01, 0.1))
            return error


def _code(answer: httpx.Response | httpx.TransportError) -> str:
    if isinstance(answer, httpx.TransportError):
        return type(answer).__name__
    try:
        return str(answer.json()["code"])
    except (json.JSONDecodeError, KeyError):
        return f"status {answer.status_code}"
