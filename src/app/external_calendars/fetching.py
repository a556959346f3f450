"""Fetching a feed from somebody's server: bounded in time and size, and from no other address than was checked."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urldefrag, urljoin

from app.outbound.addresses import AddressRefused, IPAddress, Networks, Target, checked, target_of
from app.outbound.connecting import LookUp, answer_of, trusted
from app.outbound.looking_up import look_up
from app.web_addresses import is_safe_address

if TYPE_CHECKING:
    import httpx2

FETCHING_SECONDS: Final = 30.0
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_REDIRECTS: Final = 5
LONGEST_ETAG: Final = 200


class NotFetched(Exception):  # noqa: N818 - what happened, in a sentence
    """There is no feed to be read. The message is for people, and repeats nothing of the address: it is a secret."""


class Fetched(NamedTuple):
    """What came: the feed, or None where it is what it was; and the name that the server gives it, if any."""

    feed: bytes | None
    etag: str | None


class Limits(NamedTuple):
    """`allowed`: networks that may be connected to besides the public internet. `trust`: whom to believe certificates
    from; None for those whom everybody does.
    """

    allowed: Networks = ()
    seconds: float = FETCHING_SECONDS
    most_bytes: int = MOST_BYTES
    trust: ssl.SSLContext | None = None
    find: LookUp = look_up


def fetch(url: str, etag: str | None, limits: Limits) -> Fetched:
    """Fetches a feed, unless it is still the one of that `etag`. Blocks: use a thread. Raises NotFetched."""
    import httpx2  # whoever follows no calendar need not wait for it

    try:
        return asyncio.run(_followed(url, etag, limits))
    except (NotFetched, AddressRefused) as trouble:
        raise NotFetched(str(trouble)) from None  # what it came of names the address
    except TimeoutError:
        raise NotFetched(f"The calendar's server took longer than {limits.seconds:g} seconds.") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as trouble:
        raise NotFetched(f"The calendar's server could not be reached ({type(trouble).__name__}).") from None


def target_of_calendar(url: str) -> Target:
    """The parts of an address that may be a calendar's, as far as can be seen without asking anybody. Raises
    AddressRefused.
    """
    target = target_of(url)
    if not is_safe_address(url):
        raise AddressRefused("A calendar's address begins with https://.")
    return target


async def _followed(url: str, etag: str | None, limits: Limits) -> Fetched:
    # An answer that comes byte by byte never runs into a client's own limit.
    async with asyncio.timeout(limits.seconds):
        for _ in range(MOST_REDIRECTS + 1):
            target = target_of_calendar(url)
            found = await limits.find(target.host, target.port)
            addresses = checked(target, found, limits.allowed, "DAYBOOK_CALENDAR_NETWORKS")
            answered = await _asked(target, addresses, etag, limits)
            if isinstance(answered, Fetched):
                return answered
            url = urldefrag(urljoin(url, answered)).url
    raise NotFetched(f"The calendar's address leads on and on, more than {MOST_REDIRECTS} times.")


async def _asked(target: Target, addresses: Sequence[IPAddress], etag: str | None, limits: Limits) -> Fetched | str:
    """What came, or where it leads on to."""
    trust = limits.trust or trusted()
    async with answer_of("GET", target, addresses, _headers(etag), seconds=limits.seconds, trust=trust) as answer:
        if answer.status_code == 304 and etag is not None:
            return Fetched(None, etag)
        if answer.status_code in {301, 302, 303, 307, 308} and "Location" in answer.headers:
            return str(answer.headers["Location"])
        if answer.status_code != 200:
            raise NotFetched(f"The calendar's server answered with HTTP status {answer.status_code}.")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise NotFetched("The calendar's server packed its answer, though it was asked not to.")
        return Fetched(await _read(answer, limits.most_bytes), _short(answer.headers.get("ETag")))


def _headers(etag: str | None) -> dict[str, str]:
    unasked = {"If-None-Match": etag} if etag is not None else {}
    return {
        "Accept": "text/calendar",
        "Accept-Encoding": "identity",  # what is packed may be a thousand times as long
        "User-Agent": "Daybook",
        **unasked,
    }


async def _read(answer: "httpx2.Response", most: int) -> bytes:
    parts, length = list[bytes](), 0
    async for part in answer.aiter_raw():
        length += len(part)
        if length > most:
            raise NotFetched(f"The calendar is longer than {most} bytes.")
        parts.append(part)
    return b"".join(parts)


def _short(etag: str | None) -> str | None:
    return etag if etag is not None and len(etag) <= LONGEST_ETAG and etag.isascii() else None
