"""The processes of a service, told apart from outside: each may be killed, stopped or starved by itself."""

import os
import resource
import signal
from contextlib import suppress
from typing import Literal

import psutil  # type: ignore[import-untyped] # it ships no types
from tests.races.serving import Server
from tests.torture.private_postgres import SMALLEST_FILE

Kind = Literal["the one over all", "writer", "door", "projector"]


def members(server: Server) -> dict[int, Kind]:
    """The processes of a service by their numbers. One that is just being born is taken for a door."""
    found: dict[int, Kind] = {}
    with suppress(psutil.NoSuchProcess):
        found[server.pid] = "the one over all"
        for child in psutil.Process(server.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                found[child.pid] = _kind(child)
    return found


def _kind(process: psutil.Process) -> Kind:
    if "interface.projector" in process.cmdline():
        return "projector"
    sockets = (each.laddr for each in process.net_connections("unix"))
    return "writer" if any(str(address).endswith("/writer") for address in sockets) else "door"


def of_kind(server: Server, kind: Kind) -> int | None:
    """One of a kind; none when there is none now."""
    return next((number for number, each in members(server).items() if each == kind), None)


def send(process: int, number: signal.Signals) -> None:
    """A signal, unless it has ended."""
    with suppress(ProcessLookupError):
        os.kill(process, number)


def limit_files(process: int, *, full: bool) -> None:
    """Let no file of a process grow, or let them grow again. It is told with EFBIG, as of a full disk with ENOSPC."""
    with suppress(ProcessLookupError):
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (SMALLEST_FILE if full else most, most))


def limit_all_files(server: Server, *, full: bool) -> int:
    """The same for all processes of a service, and those that are born meanwhile; how many they are.

    The one over all comes first, since its children have its limits: the others are looked for when it is limited.
    """
    limit_files(server.pid, full=full)
    others = [number for number in members(server) if number != server.pid]
    for number in others:
        limit_files(number, full=full)
    return 1 + len(others)
