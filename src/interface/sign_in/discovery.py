"""What an identity provider publishes of itself (OpenID Connect Discovery 1.0)."""

import asyncio
from ssl import SSLContext
from typing import Any, Final, NamedTuple

import httpx2

from app.web_addresses import is_safe_address

ANSWER_SECONDS: Final = 5.0
"""What the provider may be silent; twice that, what one answer may take in all."""
_MOST_BYTES: Final = 256 * 1024

NO_ANSWER: Final = (httpx2.HTTPError, TimeoutError)
"""What asking the provider raises while it cannot be reached."""
NO_GOOD_ANSWER: Final = (httpx2.InvalidURL, ValueError, TypeError, OverflowError, RecursionError)
"""What hostile JSON can make of reading its answer: nesting, infinite numbers, wrong types."""


class ProviderRefused(Exception):  # noqa: N818 - what the provider did, not that somebody erred
    """The provider's answer is a refusal, or not what it should be. The message is for operators."""


class Endpoints(NamedTuple):
    """Where the provider does what. `names_itself`: its answers say which provider they come from (RFC 9207)."""

    authorization: str
    token: str
    end_session: str | None
    secret_in_body: bool
    names_itself: bool


async def discovered(issuer: str, certificates: SSLContext) -> Endpoints:
    """What the provider of that name says now. Raises ProviderRefused, one of NO_ANSWER, one of NO_GOOD_ANSWER."""
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    async with (
        asyncio.timeout(2 * ANSWER_SECONDS),
        httpx2.AsyncClient(timeout=ANSWER_SECONDS, verify=certificates) as client,
    ):
        answer = await client.get(address)
    if answer.status_code != httpx2.codes.OK or len(answer.content) > _MOST_BYTES:
        raise ProviderRefused(f"discovery was answered with HTTP status {answer.status_code}")
    said = answer.json()
    if not isinstance(said, dict) or said.get("issuer") != issuer:
        raise ProviderRefused("discovery names another issuer")
    return _endpoints(said)


def _endpoints(said: dict[str, Any]) -> Endpoints:
    """Raises ProviderRefused when an address is missing, or one that others could read or change on the way."""
    needed = [said.get("authorization_endpoint"), said.get("token_endpoint")]
    leave = said.get("end_session_endpoint")
    if not all(isinstance(each, str) and is_safe_address(each) for each in needed):
        raise ProviderRefused("discovery names no safe addresses")
    named = said.get("token_endpoint_auth_methods_supported")
    ways = named if isinstance(named, list) else ["client_secret_basic"]
    return Endpoints(
        authorization=str(needed[0]),
        token=str(needed[1]),
        end_session=leave if isinstance(leave, str) and is_safe_address(leave) else None,
        secret_in_body="client_secret_basic" not in ways and "client_secret_post" in ways,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )
