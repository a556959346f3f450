"""Clients of the live stream as people have them: each with a picture of what is free, and an own connection."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
from tests.races.guests import Guest
from tests.races.serving import SECONDS

COME_BACK_SECONDS = 0.05
"""Sooner than clients are told to, so that tests do not wait."""


class Client:
    """Comes back whenever its stream ends, with the last id that it was told, until it is told to stop. One that
    `forgets` comes back without.
    """

    def __init__(self, guest: Guest, resource: str, first: str, last: str, *, forgets: bool = False) -> None:
        self.guest = guest
        self._forgets = forgets
        self.last_id = ""
        self.picture: dict[str, dict[str, Any]] = {}
        self.connections = self.resets = 0
        self._resource, self._first, self._last = resource, first, last
        self._changed = asyncio.Event()
        self._task = asyncio.ensure_future(self._keep_listening())

    async def cut_off(self) -> None:
        """End its connection, wherever in a round it is, and wait until it has another one."""
        before = self.connections
        self._task.cancel()
        await asyncio.wait({self._task})
        self._task = asyncio.ensure_future(self._keep_listening())
        await self.has_connected(before + 1)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})

    async def knows(self, position: str) -> None:
        """Return when everything up to there has been told."""
        async with asyncio.timeout(SECONDS):
            while not self.last_id or int(self.last_id.split(".")[1]) < int(position.split(".")[1]):
                self._changed.clear()
                await self._changed.wait()

    async def has_connected(self, times: int) -> None:
        """Return when it has been let in so many times."""
        async with asyncio.timeout(SECONDS):
            while self.connections < times:
                self._changed.clear()
                await self._changed.wait()

    async def shown(self) -> dict[str, dict[str, Any]]:
        """What availability shows."""
        path = f"/v1/resources/{self._resource}/availability?from={self._first}&to={self._last}"
        answer = await self.guest.get(path)
        answer.raise_for_status()
        return {day["date"]: {slot["start"]: slot for slot in day["slots"]} for day in answer.json()["days"]}

    async def _keep_listening(self) -> None:
        while True:
            with suppress(httpx.TransportError, httpx.HTTPStatusError):
                if not self.picture:
                    await self._load()
                await self._listen()
            await asyncio.sleep(COME_BACK_SECONDS)

    async def _load(self) -> None:
        """What is free, and from where on to listen."""
        path = f"/v1/resources/{self._resource}/availability?from={self._first}&to={self._last}"
        answer = await self.guest.get(path)
        answer.raise_for_status()
        days = answer.json()["days"]
        self.picture = {day["date"]: {slot["start"]: slot for slot in day["slots"]} for day in days}
        self.last_id = answer.headers["Daybook-Position"]

    async def _listen(self) -> None:
        forgotten = self._forgets and self.connections > 0
        headers = self.guest.headers | ({} if forgotten else {"Last-Event-ID": self.last_id})
        url = f"{self.guest.url}/v1/live?resource={self._resource}"
        async with self.guest.http.stream("GET", url, headers=headers) as answer:
            answer.raise_for_status()
            self.connections += 1
            self._changed.set()
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    fields[name] = value
                    continue
                await self._take(fields)
                fields = {}

    async def _take(self, fields: dict[str, str]) -> None:
        if fields.get("event") == "day":
            day = json.loads(fields["data"])
            self.picture.setdefault(day["date"], {}).update({slot["start"]: slot for slot in day["slots"]})
        elif "event" in fields:
            self.resets += 1
            await self._load()
        self.last_id = fields.get("id", self.last_id)
        self._changed.set()
