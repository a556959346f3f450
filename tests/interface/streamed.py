"""A client of the live stream, one level below the network: it sees what the application sends, and when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from pydantic_core import from_json
from tests.interface.house import Guest, House

SECONDS = 30.0


class Event(NamedTuple):
    """One of the stream's."""

    kind: str
    id: str
    data: Any


class Stream:
    """One open request. `takes` is cleared for a client that reads nothing."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.last_id = ""
        self.retry = 0
        self.has_ended = False
        self.takes = asyncio.Event()
        self.takes.set()
        self._gone = asyncio.Event()
        self._changed = asyncio.Event()
        self._unread = ""
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message["body"].decode()
            self._unread += message["body"].decode()
            self.has_ended = not message.get("more_body", False)
        self._changed.set()

    def hang_up(self) -> None:
        self._gone.set()

    async def event(self) -> Event:
        """The next event; what only moves the last id is taken in on the way."""
        while True:
            block = await self._block()
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            self.last_id = fields.get("id", self.last_id)
            self.retry = int(fields.get("retry", self.retry))
            if "data" in fields:
                return Event(fields["event"], fields["id"], from_json(fields["data"]))

    async def opened(self) -> None:
        """Return when the client knows where it stands, or was refused."""
        async with asyncio.timeout(SECONDS):
            while not self.status:
                await self.more()
        while self.status == 200 and not self.last_id:
            block = await self._block()
            self.last_id = block.partition("id: ")[2].partition("\n")[0]

    async def ended(self) -> None:
        """Return when nothing more comes."""
        async with asyncio.timeout(SECONDS):
            while not self.has_ended:
                await self.more()

    async def _block(self) -> str:
        async with asyncio.timeout(SECONDS):
            while "\n\n" not in self._unread:
                assert not self.has_ended, self.text
                await self.more()
        block, _, self._unread = self._unread.partition("\n\n")
        return block

    async def more(self) -> None:
        """Return when something more has come."""
        self._changed.clear()
        await self._changed.wait()


@asynccontextmanager
async def streaming(
    house: House, guest: Guest, query: str, headers: dict[str, str] | None = None
) -> AsyncIterator[tuple[Stream, "asyncio.Task[None]"]]:
    """Ask for a stream, knowing what was done before. At the end the client hangs up, and that must end the request."""
    stream, head = Stream(), house.daybook.log.head()
    sent = {**guest.headers, "Daybook-Position": f"{head.log_id}.{head.position}", **(headers or {})}
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/live",
        "raw_path": b"/v1/live",
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("192.0.2.7", 50_000),
        "server": ("testserver", 80),
        "state": {},
        "extensions": {},
    }
    request: asyncio.Task[None] = asyncio.ensure_future(house.client.app(scope, stream.receive, stream.send))
    try:
        yield stream, request
    finally:
        stream.hang_up()
        await asyncio.wait_for(request, SECONDS)


@asynccontextmanager
async def listening(
    house: House, guest: Guest, query: str, headers: dict[str, str] | None = None
) -> AsyncIterator[Stream]:
    """A stream that is open."""
    async with streaming(house, guest, query, headers) as (stream, _):
        await stream.opened()
        assert stream.status == 200, stream.text
        yield stream


async def book(guest: Guest, resource: str, start: str, **more: Any) -> dict[str, Any]:
    """Book beside the stream's loop; the answer."""
    answer = await asyncio.to_thread(guest.post, "/v1/bookings", {"resource": resource, "start": start, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
