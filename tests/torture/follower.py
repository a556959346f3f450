"""A live follower: reads the log through the API, position by position, and writes down what it saw."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from tests.torture.clients import Client
from tests.torture.history import History

_SMALL_PAGE = 50


class Follower(Client):
    """An auditor who reads on from the last event seen, at one server after the other."""

    def __init__(self, history: History, doors: Sequence[str], name: str, chance: Any) -> None:
        super().__init__(history, doors, name, "auditor", chance)
        self._seen = (history.folder / f"followed-{name}.jsonl").open("w")
        self.position = 0

    async def live(self) -> None:
        """Read whatever comes."""
        while True:
            if not await self._read():
                await asyncio.sleep(self.chance.uniform(0.01, 0.2))

    async def read_to(self, head: int) -> None:
        """The rest, once nothing is written any more."""
        async with asyncio.timeout(120):
            while self.position < head:
                await self._read()

    async def close(self) -> None:
        self._seen.close()
        await super().close()

    async def _read(self) -> int:
        """How many events came."""
        path = f"/v1/events?after={self.position}&limit={self.chance.choice((1, 7, _SMALL_PAGE, 500))}"
        answer = await self._send("GET", path, None, {})
        if not isinstance(answer, httpx.Response) or not answer.is_success:
            await asyncio.sleep(0.05)
            return 0
        items = answer.json()["items"]
        for event in items:
            self._seen.write(json.dumps(event) + "\n")
            self.position = event["position"]
        return len(items)


def followed(folder: Path) -> list[Path]:
    """What all followers wrote down."""
    return sorted(folder.glob("followed-*.jsonl"))
