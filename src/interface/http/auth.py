"""Bearer tokens (RFC 6750): who is calling, by a signed JWT (RFC 7519) with one of a few fixed algorithms."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite, nan
from typing import Any, Final, Literal, get_args

import jwt

from app.bounded_cache import BoundedCache
from app.settings import Settings
from interface.http.provider_keys import ProviderKeys

TokenRole = Literal["customer", "agent", "staff", "admin", "auditor"]
ROLES: Final[frozenset[TokenRole]] = frozenset(get_args(TokenRole))
MAX_TOKEN_BYTES: Final = 8 * 1024
_MAX_SUBJECT = 255
_LONGEST_DAYS = 36_500
_DAY = 86_400  # in seconds
_MAX_ISSUER = 1000
_NOT_YET_SECONDS = 5.0  # how far ahead the clock of whoever issues tokens may be
_TRUSTED_SECONDS = 300.0  # how long a verified token is believed without looking at its signature again
_TOKENS_IN_MEMORY = 10_000

# What PyJWT raises, and what hostile JSON can make of it: nesting, infinite numbers, wrong types.
_MALFORMED = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


class Unauthenticated(Exception):  # noqa: N818 - the API's word for it
    """The token says nothing that can be relied on. The message is a sentence for the client, and repeats
    nothing of the token.
    """


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `issuer` is '' where tokens carry none. `scope` limits staff to resource ids and
    `kind:<kind>`; None is all of them. `expires_at`: seconds since 1970, from which on the token is worth nothing.
    """

    subject: str
    issuer: str
    roles: frozenset[TokenRole]
    scope: frozenset[str] | None
    expires_at: float


class Authenticator:
    """Verifies tokens, with Daybook's own secrets (HS256) or with an identity provider's keys, never both.

    A token seen lately costs a look-up. Roles that Daybook does not know are ignored: the provider may hand
    out other applications' roles in the same claim. Use it from one event loop.
    """

    def __init__(
        self, settings: Settings, secrets: tuple[bytes, ...], *, clock: Callable[[], float] = time.time
    ) -> None:
        """`secrets` from `app.master_key.token_secrets_for`; unused with DAYBOOK_JWKS_URL."""
        self._secrets = secrets
        self._provider = ProviderKeys(settings.jwks_url) if settings.jwks_url is not None else None
        self._issuer = settings.issuer
        self._audience = settings.audience
        self._clock = clock
        self._seen: BoundedCache[bytes, tuple[Caller, float]] = BoundedCache(_TOKENS_IN_MEMORY)

    async def authenticate(self, authorization: str | None) -> Caller | None:
        """Who calls with this header; None without one. Raises Unauthenticated, ProviderUnreachable."""
        if authorization is None:
            return None
        token = _bearer(authorization)
        name = sha256(token).digest()
        seen = self._seen.get(name)
        if seen is not None and self._clock() < seen[1]:
            return seen[0]
        caller = await self._verified(token)
        self._seen.put(name, (caller, min(caller.expires_at, self._clock() + _TRUSTED_SECONDS)))
        return caller

    def close(self) -> None:
        """Stop fetching keys."""
        if self._provider is not None:
            self._provider.close()

    async def claims_by_provider(self, token: bytes, audience: str | None) -> dict[str, Any]:
        """The claims of a token that the identity provider signed, for this audience if one is given; its times are
        judged by `caller_of`. Raises Unauthenticated, ProviderUnreachable.
        """
        assert self._provider is not None  # noqa: S101 - settings without one lead nobody here
        key = await self._provider.key(_key_id(token))
        if key is None:
            raise Unauthenticated("The token is signed with a key that the identity provider does not have.")
        return self._claims(token, key, key.algorithm_name, audience)

    async def _verified(self, token: bytes) -> Caller:
        if self._provider is None:
            return self.caller_of(self._claims_by_secret(token))
        return self.caller_of(await self.claims_by_provider(token, self._audience))

    def _claims_by_secret(self, token: bytes) -> dict[str, Any]:
        for secret in self._secrets[:-1]:
            try:
                return self._claims(token, secret, "HS256", self._audience)
            except _WrongSignature:
                continue  # made before the secrets were changed
        return self._claims(token, self._secrets[-1], "HS256", self._audience)

    def _claims(self, token: bytes, key: bytes | jwt.PyJWK, algorithm: str, audience: str | None) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=audience,
                options={
                    "require": ["exp", "sub"],
                    # An audience that nobody configured is not Daybook's to judge.
                    "verify_aud": audience is not None,
                    # One clock judges all times (`_caller`); PyJWT would look at the machine's.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError:
            raise _WrongSignature("The token's signature is not right.") from None
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"The token lacks the claim '{error.claim}'.") from None
        except jwt.InvalidAudienceError:
            raise Unauthenticated("The token was made for another audience.") from None
        except jwt.InvalidIssuerError:
            raise Unauthenticated("The token comes from another issuer.") from None
        except jwt.InvalidAlgorithmError:
            raise Unauthenticated("The token is signed in a way that is not accepted here.") from None
        except _MALFORMED:
            raise Unauthenticated("The token is malformed.") from None
        return claims

    def caller_of(self, claims: dict[str, Any]) -> Caller:
        """Who verified claims say is calling, by this moment's time. Raises Unauthenticated."""
        issuer = claims.get("iss", "")
        caller = Caller(
            subject=_name("sub", claims["sub"], _MAX_SUBJECT),
            issuer=_name("iss", issuer, _MAX_ISSUER) if issuer else "",
            roles=_roles(claims),
            scope=_texts(claims, "resources"),
            expires_at=_seconds(claims, "exp"),
        )
        now = self._clock()
        if caller.expires_at <= now:
            raise Unauthenticated("The token has expired. Get a new one.")
        if any(_seconds(claims, name) > now + _NOT_YET_SECONDS for name in ("nbf", "iat") if name in claims):
            raise Unauthenticated("The token is not valid yet.")
        return caller


class _WrongSignature(Unauthenticated):
    """Perhaps another secret fits."""


def issue_token(
    secret: bytes,
    subject: str,
    roles: Iterable[TokenRole],
    days: float = 30,
    *,
    issuer: str | None = None,
    audience: str | None = None,
    resources: Iterable[str] | None = None,
    now: float | None = None,
) -> str:
    """A token signed with HS256, good for `days` from `now` (seconds since 1970). `resources`: ids and
    `kind:<kind>` that staff are limited to. Raises ValueError for what `Authenticator` would not accept.
    """
    issued_at = int(time.time() if now is None else now)
    wanted = sorted(set(roles))
    if not wanted or not ROLES.issuperset(wanted):
        raise ValueError(f"A token needs at least one role of {', '.join(sorted(ROLES))}.")
    if not 1 <= days * _DAY <= _LONGEST_DAYS * _DAY:  # so that NaN is refused, too
        raise ValueError(f"A token must be good for some time: at least a second, at most {_LONGEST_DAYS:,} days.")
    claims: dict[str, Any] = {
        "sub": subject,
        "roles": wanted,
        "iat": issued_at,
        "exp": issued_at + int(days * _DAY),
    }
    optional = {"iss": issuer, "aud": audience, "resources": sorted(resources) if resources is not None else None}
    claims.update({claim: value for claim, value in optional.items() if value is not None})
    try:
        _name("sub", subject, _MAX_SUBJECT)
    except Unauthenticated as error:
        raise ValueError(str(error)) from None
    token = jwt.encode(claims, secret, algorithm="HS256")
    if len(token) > MAX_TOKEN_BYTES:
        raise ValueError(f"The token would be longer than {MAX_TOKEN_BYTES} bytes: name fewer resources.")
    return token


def _bearer(authorization: str) -> bytes:
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("The Authorization header must read 'Bearer' and a token.")
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthenticated(f"The token is longer than {MAX_TOKEN_BYTES} bytes.")
    if not token.isascii():
        raise Unauthenticated("The token is malformed.")
    return token.encode()


def _key_id(token: bytes) -> str | None:
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except _MALFORMED:
        raise Unauthenticated("The token is malformed.") from None
    return str(key_id) if key_id is not None else None


def _name(claim: str, value: Any, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise Unauthenticated(f"The token's claim '{claim}' must be a text of 1 to {longest} printable characters.")
    return value


def _roles(claims: dict[str, Any]) -> frozenset[TokenRole]:
    granted = _texts(claims, "roles") or frozenset()
    return frozenset(role for role in ROLES if role in granted)


def _texts(claims: dict[str, Any], claim: str) -> frozenset[str] | None:
    values = claims.get(claim)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Unauthenticated(f"The token's claim '{claim}' must be a list of texts.")
    return frozenset(values)


def _seconds(claims: dict[str, Any], claim: str) -> float:
    try:
        seconds = float(claims[claim])
    except (TypeError, ValueError, OverflowError):
        seconds = nan
    if not isfinite(seconds):
        raise Unauthenticated(f"The token's claim '{claim}' must be seconds since 1970.")
    return seconds
