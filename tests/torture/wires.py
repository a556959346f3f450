"""A TCP way that can be cut: between clients and a server, or between servers and their PostgreSQL."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Address = Callable[[], tuple[str, int] | str]
"""Where connections lead now: host and port, or the path of a Unix socket."""

READY_FOR_QUERY = (b"Z\0\0\0\x05I", b"Z\0\0\0\x05T", b"Z\0\0\0\x05E")
COMMITS = (b"TimeClaimed.1", b"TimeReleased.1", b"ClaimKept.1", b"COMMIT")
"""What messages to PostgreSQL contain that commit something."""


class Wire:
    """Passes everything on until it is told to cut.

    `lose_answers(n)`: so many of the next requests that contain one of `marks` reach the other side and are answered
    there as a whole (`is_whole`), and then their connection is cut: the client hears nothing.
    """

    def __init__(self, leads_to: Address, marks: tuple[bytes, ...], is_whole: Callable[[bytes], bool]) -> None:
        self._leads_to = leads_to
        self._marks = marks
        self._is_whole = is_whole
        self._to_lose = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.lost = 0
        """Answers that were cut off."""

    async def open(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def lose_answers(self, number: int) -> None:
        """Cut so many off from now on; 0 for no more."""
        self._to_lose = number

    def cut_all(self) -> int:
        """Cut every connection that there is now; how many."""
        cut = len(self._open) // 2
        for end in self._open:
            end.transport.abort()
        return cut

    async def close(self) -> None:
        """Nothing leads through any more."""
        if self._server is not None:
            self._server.close()
        self.cut_all()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = self._leads_to()
        try:
            if isinstance(address, str):
                there, out = await asyncio.open_unix_connection(address)
            else:
                there, out = await asyncio.open_connection(*address)
        except OSError:  # the server is down: whoever came finds the door shut
            writer.transport.abort()
            return
        self._open |= {writer, out}
        passage = _Passage()
        for pump in (self._to_server(reader, out, writer, passage), self._to_client(there, writer, out, passage)):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _to_server(self, source: Reader, target: Writer, back: Writer, passage: "_Passage") -> None:
        before = b""
        with suppress(OSError):
            while data := await source.read(1 << 16):
                if self._to_lose and any(mark in before + data for mark in self._marks):
                    self._to_lose -= 1
                    passage.swallow = True
                before = data[-32:]  # a mark may lie across two pieces
                target.write(data)
                await target.drain()
        self._end(target, back)

    async def _to_client(self, source: Reader, target: Writer, back: Writer, passage: "_Passage") -> None:
        answer = b""
        with suppress(OSError):
            while data := await source.read(1 << 16):
                if not passage.swallow:
                    target.write(data)
                    await target.drain()
                    continue
                answer += data
                if self._is_whole(answer):
                    self.lost += 1
                    break
        self._end(target, back)

    def _end(self, *ends: asyncio.StreamWriter) -> None:
        for end in ends:
            self._open.discard(end)
            end.transport.abort()


class _Passage:
    """What the two directions of one connection tell each other."""

    swallow = False


def to_server(leads_to: Address) -> Wire:
    """From clients to a server; commands can lose their answers."""
    return Wire(leads_to, (b"POST /", b"PUT /", b"DELETE /"), bool)


def to_postgres(socket: str) -> Wire:
    """From servers to PostgreSQL; what commits can lose its answer."""
    return Wire(lambda: socket, COMMITS, lambda answer: answer.endswith(READY_FOR_QUERY))
