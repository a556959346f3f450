"""Connecting to an address that somebody else names: looked up once, and to no other place than was checked."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from app.outbound.addresses import IPAddress, Target

if TYPE_CHECKING:
    import httpx2

_MOST_ADDRESSES: Final = 4
"""Of one host; another one is tried only when no connection came about."""

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed: this machine's authorities, or those of `SSL_CERT_FILE`. Slow to read."""
    import httpx2  # whoever connects to nobody need not wait for it

    return httpx2.create_ssl_context()


@asynccontextmanager
async def answer_of(
    method: str,
    target: Target,
    addresses: Sequence[IPAddress],
    headers: Mapping[str, str],
    *,
    seconds: float,
    trust: ssl.SSLContext,
    content: bytes | None = None,
) -> AsyncIterator["httpx2.Response"]:
    """What the target answers, at one of its addresses that were checked, while the context lasts. The certificate must
    be the host's. No redirect is followed: it would lead somewhere unchecked. No proxy is used: it would look the name
    up once more. Raises what httpx2 raises.
    """
    import httpx2

    tried = addresses[:_MOST_ADDRESSES]
    async with AsyncExitStack() as opened:
        client = httpx2.AsyncClient(timeout=seconds, trust_env=False, verify=trust, follow_redirects=False)
        await opened.enter_async_context(client)
        for address in tried:
            asked = client.stream(
                method,
                target.at(address),
                content=content,
                headers={**headers, "Host": target.authority},
                extensions={"sni_hostname": target.host},
            )
            try:
                answer = await opened.enter_async_context(asked)
            except httpx2.ConnectError:
                if address is tried[-1]:
                    raise
                continue
            yield answer
            return
