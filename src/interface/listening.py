"""The socket that a server listens on: taken before anything else starts, opened when everything is ready."""

import errno
import os
import resource
import socket
import sys
from time import monotonic, sleep
from typing import Any

from interface.failures import AddressInUse, CannotListen

Address = tuple[Any, ...]
"""What `socket.getsockname` answers: host, port, and more for IPv6."""

SECONDS_OF_PATIENCE = 1.0
"""The processes of a service that was killed take a moment to be gone."""

_EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - to tell it, not to listen there
BACKLOG = 4096
"""Connections that may wait to be accepted; the kernel may allow fewer."""

UNTAKEN_MILLISECONDS = 30_000
"""After so long the kernel gives up a connection whose other end takes nothing of what was sent: a client that has
vanished, or that reads no more. Only it can: the server has no way to drop connections.
"""


def take_port(host: str, port: int, shared: bool = False) -> socket.socket:
    """A socket bound to the address, not listening yet; port 0 takes any free one. Raises CannotListen.

    `shared`: other processes of ours take the same port, and the kernel spreads connections over them. It would let
    a stranger of the same user share it, too, so the first one looks whether the port is free (`must_be_free`).
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise CannotListen(f"{host} is no address of this machine. Choose one with --host.") from None
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.setblocking(False)
        if sys.platform == "linux":  # connections take it over from the socket that they come in at
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MILLISECONDS)
        if shared:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(taken, address)
    except OSError as error:
        taken.close()
        raise _cannot(error, host, port) from None
    return taken


def _bind(taken: socket.socket, address: Address) -> None:
    until = monotonic() + SECONDS_OF_PATIENCE
    while True:
        try:
            return taken.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or monotonic() > until:
                raise
        sleep(0.02)


def must_be_free(host: str, port: int) -> None:
    """Raises CannotListen when anybody listens there."""
    with take_port(host, port) as probe:
        open_port(probe)


def must_be_two(host: str, port: int, metrics_host: str, metrics_port: int | None) -> None:
    """Raises CannotListen when the service and its metrics are to listen at one address."""
    if not port or port != metrics_port:
        return
    ours, theirs = _numbers_of(host), _numbers_of(metrics_host)
    if ours & theirs or (ours | theirs) & _EVERY_ADDRESS:
        raise CannotListen(
            f"Port {port} cannot be the service's and that of its metrics. Choose another with --port, or with "
            "DAYBOOK_METRICS_PORT."
        )


def _numbers_of(host: str) -> set[str]:
    """The addresses that a name stands for; none where it stands for nothing, which is told elsewhere."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return set()
    return {str(address[0]) for *_, address in found}


def open_port(taken: socket.socket) -> None:
    """Listen. Raises CannotListen when another program began to since the port was taken."""
    try:
        taken.listen(BACKLOG)
    except OSError as error:
        host, port = taken.getsockname()[:2]
        raise _cannot(error, host, port) from None


def url_of(address: Address) -> str:
    """Where people reach it, such as `http://127.0.0.1:8000`."""
    host, port = address[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def allow_many_connections() -> None:
    """Raise this process's limit of open files to what the system allows it: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 10_240 if sys.platform == "darwin" else 1_048_576
    wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cannot(error: OSError, host: str, port: int) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(
            f"Port {port} of {host} is in use by another program. Stop it, or choose another port: "
            f"`daybook serve --port {port + 1 if port < 65535 else port - 1}`, or `make run PORT=...`."
        )
    if error.errno == errno.EACCES:
        return CannotListen(f"This user may not listen on port {port}. Choose one above 1023 with --port.")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CannotListen(f"Cannot listen on port {port} of {host} ({reason}). Choose another with --host and --port.")
