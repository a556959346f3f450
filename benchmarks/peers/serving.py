"""Serves a peer as a door of Daybook serves: `python -m peers.serving NAME DSN [PROCESSES]`, until SIGTERM."""

import asyncio
import importlib
import socket
import sys
from multiprocessing import get_context

import uvloop

from interface.door import _running, _ServerOnSocket
from interface.listening import allow_many_connections, take_port, url_of
from interface.settling import settle
from interface.signals import asked_to_stop


async def serve(name: str, dsn: str, listener: socket.socket, *, speaks: bool) -> None:
    """Answer requests at a socket, and say where that is."""
    address = url_of(listener.getsockname())
    peer = importlib.import_module(f"peers.{name}").application(dsn)
    stop = asked_to_stop()
    async with _running(_ServerOnSocket(peer, listener), listener):
        settle()
        if speaks:
            print(f"Listening on {address}", flush=True)
        await stop.wait()


def one_more(name: str, dsn: str, port: int) -> None:
    """A process beside the first one: the kernel spreads connections over them."""
    run(name, dsn, take_port("127.0.0.1", port, shared=True), speaks=False)


def run(name: str, dsn: str, listener: socket.socket, *, speaks: bool) -> None:
    allow_many_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(name, dsn, listener, speaks=speaks))


def main(name: str, dsn: str, processes: str = "1") -> None:
    """The first process, which ends the others."""
    listener = take_port("127.0.0.1", 0, shared=int(processes) > 1)
    port = listener.getsockname()[1]
    others = [get_context("spawn").Process(target=one_more, args=(name, dsn, port)) for _ in range(int(processes) - 1)]
    for other in others:
        other.start()
    try:
        run(name, dsn, listener, speaks=True)
    finally:
        for other in others:
            other.terminate()
            other.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
