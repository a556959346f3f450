"""Posting to an address that somebody else names: to no other place than was checked, and within a time."""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.outbound.addresses import AddressRefused, Networks, Target, checked, target_of
from app.outbound.connecting import LookUp, answer_of, trusted
from app.outbound.looking_up import look_up

POST_SECONDS: Final = 20.0
"""What one post may take in all, the look-up of the host included."""


class Posted(NamedTuple):
    """What was answered: the HTTP status, and its `Retry-After`."""

    status: int
    retry_after: str | None = None


class NotPosted(Exception):  # noqa: N818 - what happened, in a sentence
    """Nobody answered, as far as is known. The message names no address: there may be a secret in it."""


def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    allowed: Networks,
    *,
    seconds: float = POST_SECONDS,
    find: LookUp = look_up,
) -> Posted:
    """Post to an address. Of the answer's body nothing is read, and no redirect is followed.

    Raises AddressRefused (nothing was sent), NotPosted.
    """
    target = target_of(url)
    try:
        return asyncio.run(_posted(target, content, headers, allowed, seconds, find))
    except AddressRefused:
        raise
    except TimeoutError as error:
        raise NotPosted(f"No answer came within {seconds:g} seconds.") from error
    except Exception as error:  # whatever the network does
        raise NotPosted(f"The address could not be reached ({type(error).__name__}).") from error


async def _posted(
    target: Target, content: bytes, headers: Mapping[str, str], allowed: Networks, seconds: float, find: LookUp
) -> Posted:
    async with asyncio.timeout(seconds):  # an answer that comes byte by byte never runs into the client's own limit
        addresses = checked(target, await find(target.host, target.port), allowed)
        async with answer_of(
            "POST", target, addresses, headers, seconds=seconds, trust=trusted(), content=content
        ) as answer:
            return Posted(int(answer.status_code), answer.headers.get("Retry-After"))
