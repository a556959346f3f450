"""A door: a process that answers requests. It reads the store itself, and hands commands to the process that writes."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import structlog
import typer
import uvloop
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from app.assembly import Daybook
from app.handover.giving import WriterThere
from app.settings import Settings
from interface.announcement import Say
from interface.failures import ServerEnded
from interface.http.app import create_app
from interface.http.metrics import Metrics
from interface.http.service import service_of
from interface.listening import BACKLOG, allow_many_connections, open_port
from interface.settling import Ready, settle
from interface.signals import asked_to_stop, leave_on_signals

GRACE_SECONDS = 10.0
"""How long requests that are under way at the end may take; then their connections are cut."""
READY_SECONDS = 30.0
SAY_SECONDS = 1.0

_LOGS_OF_SERVER = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": []}},
}

log = structlog.get_logger()


class _ServerOnSocket(Server):
    """granian, on a socket that we took ourselves and in this very process."""

    def __init__(self, application: Any, listener: socket.socket, live_streams: int = 0) -> None:
        """`live_streams`: how many of the requests under way may be such, which take no place from others."""
        super().__init__(
            application,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=BACKLOG + live_streams,
            log_level=LogLevels.error,
            log_dictconfig=_LOGS_OF_SERVER,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        # It closes the descriptor when it ends, so the descriptor becomes its own.
        self._shd: Any = SocketHolder(self._listener.detach(), False, BACKLOG)  # type: ignore[call-arg] # stub lags


def answer_requests(
    settings: Settings,
    take_listener: Callable[[], socket.socket],
    meeting: Path,
    metrics_in: Path | None,
    ready: Ready,
    *,
    speaks: bool,
    with_demo: bool,
) -> None:
    """Answer requests at the socket that `take_listener` gives, until we are asked to stop.

    `meeting` is the writer's socket, `metrics_in` the folder where all processes keep what they count, if they count;
    `speaks`: whether to tell people what keeps it waiting. `with_demo`: whether people choose who they are.

    Raises one of `failures.EXPECTED`.
    """
    allow_many_connections()
    listener = take_listener()
    metrics, writer = Metrics(metrics_in), WriterThere(meeting)
    daybook = Daybook.open_door(settings, writer, observer=metrics)
    daybook.runner.follow(writer)
    try:
        daybook.start()
        with metrics.kept_up(daybook), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            make_app = partial(create_app, daybook, metrics, with_demo=with_demo)
            runner.run(_answer(daybook, make_app, writer, listener, ready, typer.echo if speaks else log.info))
    finally:
        leave_on_signals(signal.SIG_IGN)
        daybook.stop()


async def _answer(
    daybook: Daybook,
    make_app: Callable[[], Litestar],
    writer: WriterThere,
    listener: socket.socket,
    ready: Ready,
    say: Say,
) -> None:
    stop = asked_to_stop()
    writer.begin()
    await _until_ready(daybook, stop, say)
    if stop.is_set():
        return
    app = make_app()
    server = _ServerOnSocket(app, listener, daybook.settings.live_streams)
    async with _running(server, listener) as ended:
        settle()
        ready()
        asked = asyncio.ensure_future(stop.wait())
        await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if ended.done():
            raise ServerEnded("The HTTP server stopped by itself. The log lines above say why.") from ended.exception()
        say("Stopping: nothing new is taken in, what is under way is finished.")
        service_of(app.state).live.end()
    if not ended.done():
        log.warning("requests were cut off", seconds=GRACE_SECONDS)
        await _leave(daybook)
    writer.end()


async def _leave(daybook: Daybook) -> NoReturn:
    """End this process with status 0 although requests are under way; what is queued is finished.

    The server has no way to drop connections. Cancelled, it answers 500 to whoever still sends and logs tracebacks,
    and its threads run on into the interpreter's end.
    """
    leave_on_signals(signal.SIG_IGN)
    await asyncio.to_thread(daybook.stop)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _until_ready(daybook: Daybook, stop: asyncio.Event, say: Say) -> None:
    """Wait until nothing is wrong and what is stored can be read. After a while listen all the same:
    `/health/ready` tells what is wrong.
    """
    started, said = monotonic(), ""
    head = daybook.log.head().position
    while (troubles := await asyncio.to_thread(_troubles, daybook, head)) and not stop.is_set():
        waited = monotonic() - started
        if waited > READY_SECONDS:
            log.warning("listening though not ready", troubles=troubles)
            return
        if waited > SAY_SECONDS and troubles[0] != said:
            said = troubles[0]
            say(f"Not ready yet: {said}")
        await asyncio.sleep(0.05)


def _troubles(daybook: Daybook, head: int) -> list[str]:
    behind = head - daybook.runner.position()
    return [*daybook.troubles(), *([f"The read models are {behind:,} events behind."] if behind > 0 else [])]


@asynccontextmanager
async def _running(server: _ServerOnSocket, listener: socket.socket) -> AsyncIterator["asyncio.Task[None]"]:
    """The server at work. At the end it takes no connection any more and answers the requests under way; what it
    yields is done unless some took longer than the grace.
    """
    open_port(listener)
    ended: asyncio.Task[None] = asyncio.ensure_future(server.serve())
    try:
        yield ended
    finally:
        server.stop()  # type: ignore[no-untyped-call] # granian leaves it bare
        await asyncio.wait({ended}, timeout=GRACE_SECONDS)
