"""Serving by several processes that share a port and a PostgreSQL, started and watched by this one."""

import asyncio
import multiprocessing
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import structlog
import typer

from app.settings import Settings, load_settings
from interface import announcement, logs, shared_metrics
from interface.announcement import Say
from interface.failures import EXPECTED, WorkersFailed
from interface.listening import must_be_free, take_port
from interface.metrics_address import metrics_address
from interface.serve import serve
from interface.shared_metrics import of_all_workers, shared_folder
from interface.signals import STOPPING, leave_on_signals

RESTART_SECONDS = 1.0

# A forked child would inherit threads' locks in whatever state they are.
_PROCESSES = multiprocessing.get_context("spawn")

log = structlog.get_logger()


class Wanted(NamedTuple):
    """What every worker is to do."""

    host: str
    port: int
    with_demo: bool
    metrics: Path | None = None  # the folder that they share, if there are to be any


def serve_with_workers(settings: Settings, wanted: Wanted, count: int, say: Say) -> None:
    """Serve by `count` processes until SIGTERM or SIGINT. Raises CannotListen, WorkersFailed."""
    must_be_free(wanted.host, wanted.port)
    # Bound, but not listening: keeps the port ours (port 0: makes it one and the same for all).
    placeholder = take_port(wanted.host, wanted.port, shared=True)
    with placeholder, _metrics(settings, say) as folder:
        wanted = wanted._replace(port=placeholder.getsockname()[1], metrics=folder)
        asyncio.run(_supervise(wanted, count, placeholder, say))


@contextmanager
def _metrics(settings: Settings, say: Say) -> Iterator[Path | None]:
    """Where the workers leave their metrics, which are told from here if they have an address of their own."""
    if not settings.metrics:
        yield None
        return
    with shared_folder() as folder, metrics_address(settings, of_all_workers(folder).collect, say):
        yield folder


async def _supervise(wanted: Wanted, count: int, placeholder: socket.socket, say: Say) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop.set)
    # The first one alone makes what has to be made once, and says once what keeps all from serving.
    workers = [_Worker(0, wanted, speaks=True)]
    try:
        if await workers[0].listens():
            workers += [_Worker(number, wanted) for number in range(1, count)]
        for worker in workers:
            if not await worker.listens() and not stop.is_set():
                raise WorkersFailed(f"Worker {worker.number} could not start; it said above why.")
        if not stop.is_set():
            announcement.of_address(placeholder.getsockname(), say, count)
        await _keep_up(workers, wanted, stop)
    finally:
        await _end(workers)


async def _keep_up(workers: list["_Worker"], wanted: Wanted, stop: asyncio.Event) -> None:
    """Replace workers that end by themselves, until we are asked to stop."""
    asked = asyncio.ensure_future(stop.wait())
    while not stop.is_set():
        awaited: set[asyncio.Future[Any]] = {asked, *(worker.ended for worker in workers)}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        for place, worker in enumerate(workers):
            if worker.ended.done() and not stop.is_set():
                log.error("worker ended by itself", worker=worker.number, status=worker.ended.result())
                await asyncio.wait({asked}, timeout=RESTART_SECONDS)
                workers[place] = _Worker(worker.number, wanted)


async def _end(workers: Sequence["_Worker"]) -> None:
    for worker in workers:
        worker.process.terminate()
    await asyncio.gather(*(worker.ended for worker in workers))


class _Worker:
    """One process, and what we hear of it."""

    def __init__(self, number: int, wanted: Wanted, *, speaks: bool = False) -> None:
        """`speaks`: whether it sets the demo up and tells people about the start; one that takes its place does not."""
        loop = asyncio.get_running_loop()
        self.number = number
        self._metrics = wanted.metrics
        self.ended: asyncio.Future[int | None] = loop.create_future()
        self._said: asyncio.Future[bool] = loop.create_future()
        self._ear, mouth = _PROCESSES.Pipe(duplex=False)
        self.process = _PROCESSES.Process(target=work, args=(wanted, number, mouth, speaks), name=f"daybook-{number}")
        self.process.start()
        mouth.close()  # ours; when the worker's closes, too, we hear the end of it
        loop.add_reader(self._ear.fileno(), self._hear)
        loop.add_reader(self.process.sentinel, self._bury)

    async def listens(self) -> bool:
        """Whether it takes requests, once that is known."""
        return await asyncio.shield(self._said)

    def _hear(self) -> None:
        asyncio.get_running_loop().remove_reader(self._ear.fileno())
        try:
            self._said.set_result(bool(self._ear.recv()))
        except EOFError:
            self._said.set_result(False)
        self._ear.close()

    def _bury(self) -> None:
        asyncio.get_running_loop().remove_reader(self.process.sentinel)
        self.process.join()
        if self._metrics is not None:
            shared_metrics.leave(self._metrics, self.number)
        self.ended.set_result(self.process.exitcode)


def work(wanted: Wanted, number: int, mouth: Connection, speaks: bool) -> None:
    """What a worker does. It ends when its supervisor does, however that ends."""
    leave_on_signals()
    parent = multiprocessing.parent_process()
    try:
        settings = load_settings()
        logs.set_up(settings.log_level)
        if wanted.metrics is not None:
            shared_metrics.join(wanted.metrics, number)
        serve(
            settings,
            take_port(wanted.host, wanted.port, shared=True),
            with_demo=wanted.with_demo and speaks,
            say=typer.echo if speaks else log.info,
            opened=partial(announcement.of_store, say=typer.echo) if speaks else (lambda *_: None),
            listening=lambda: mouth.send(True),
            parent=parent.sentinel if parent is not None else None,
            shared_metrics=wanted.metrics,
        )
    except EXPECTED as trouble:
        announcement.of_trouble(trouble)
        sys.exit(1)
    finally:
        if wanted.metrics is not None and parent is not None and not parent.is_alive():
            shutil.rmtree(wanted.metrics, ignore_errors=True)  # the supervisor can no longer do it
