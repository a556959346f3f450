"""ID tokens (OpenID Connect Core 1.0, 3.1.3.7): who signed in at the identity provider, said to this client alone."""

from hmac import compare_digest
from typing import Any, Final, NamedTuple

from interface.http.auth import MAX_TOKEN_BYTES, Authenticator, Caller, Unauthenticated

_NAMED_BY: Final = ("name", "preferred_username", "email")
_LONGEST_NAME: Final = 100


class Identified(NamedTuple):
    """Who signed in, and what the page calls them."""

    caller: Caller
    name: str


async def identified(tokens: Authenticator, id_token: str, client_id: str, nonce: str) -> Identified:
    """Who an ID token speaks of: signed, issued and in time as every bearer token must be, for this client, and in
    answer to this very attempt. Raises Unauthenticated, ProviderUnreachable.
    """
    if len(id_token) > MAX_TOKEN_BYTES or not id_token.isascii():
        raise Unauthenticated(f"The ID token is longer than {MAX_TOKEN_BYTES} bytes, or malformed.")
    claims = await tokens.claims_by_provider(id_token.encode(), client_id)
    said = claims.get("nonce")
    if not isinstance(said, str) or not compare_digest(said.encode(), nonce.encode()):
        raise Unauthenticated("The ID token answers another attempt to sign in.")
    if claims.get("azp", client_id) != client_id or ("azp" not in claims and len(_listed(claims["aud"])) > 1):
        raise Unauthenticated("The ID token was made for another client.")
    caller = tokens.caller_of(claims)
    return Identified(caller, _name(claims) or caller.subject)


def _listed(audience: Any) -> list[Any]:
    return audience if isinstance(audience, list) else [audience]


def _name(claims: dict[str, Any]) -> str | None:
    found = (claims.get(claim) for claim in _NAMED_BY)
    return next((name[:_LONGEST_NAME] for name in found if isinstance(name, str) and name and name.isprintable()), None)
