"""Serves a peer exactly as Daybook serves itself: `python -m peers.serving NAME DSN`, until SIGTERM."""

import asyncio
import importlib
import sys

import uvloop

from interface.door import _running, _ServerOnSocket
from interface.listening import allow_many_connections, take_port, url_of
from interface.settling import settle
from interface.signals import asked_to_stop


async def serve(name: str, dsn: str) -> None:
    """Listen on a free port and say which."""
    listener = take_port("127.0.0.1", 0)
    address = url_of(listener.getsockname())
    peer = importlib.import_module(f"peers.{name}").application(dsn)
    stop = asked_to_stop()
    async with _running(_ServerOnSocket(peer, listener), listener):
        settle()
        print(f"Listening on {address}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    allow_many_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1], sys.argv[2]))
