"""What a host's name leads to. Nobody can end a look-up, so each has a thread that nobody has to wait for."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import BoundedSemaphore, Thread
from typing import Final

MOST_AT_ONCE: Final = 32
"""Look-ups under way, those that were given up among them."""

_places = BoundedSemaphore(MOST_AT_ONCE)


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses, by this machine's resolver. Whoever cancels this waits no longer. Raises OSError."""
    places = _places
    if not places.acquire(blocking=False):
        raise OSError("The resolver does not answer: too many names are being looked up.")
    found: Future[Sequence[str]] = Future()
    try:
        Thread(target=_find, args=[host, port, found, places], name="daybook-look-up", daemon=True).start()
    except RuntimeError:
        places.release()
        raise OSError("There is no room for a thread that looks a name up.") from None
    return await asyncio.wrap_future(found)


def _find(host: str, port: int, found: "Future[Sequence[str]]", places: BoundedSemaphore) -> None:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except Exception as trouble:  # whatever it is, whoever waits is to hear of it
        with suppress(Exception):  # nobody waits any more
            found.set_exception(trouble)
    else:
        with suppress(Exception):  # as above
            found.set_result(list(dict.fromkeys(str(address[0]) for *_, address in addresses)))
    finally:
        places.release()
