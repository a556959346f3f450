"""The identity provider as the page's sign-in needs it: the authorization code flow with PKCE (OpenID Connect)."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import httpx2
import structlog
from authlib.integrations.httpx_client import (  # type: ignore[import-untyped] # it ships no types
    AsyncOAuth2Client,
    OAuthError,
)

from app.settings import Settings
from interface.http.provider_keys import ProviderUnreachable
from interface.sign_in.attempts import Attempt
from interface.sign_in.discovery import (
    ANSWER_SECONDS,
    NO_ANSWER,
    NO_GOOD_ANSWER,
    Endpoints,
    ProviderRefused,
    discovered,
)

CALLBACK: Final = "/sign-in/callback"
_FRESH_SECONDS: Final = 3600.0  # after that, the provider is asked again what its addresses are
_PAUSE_SECONDS: Final = 5.0  # after a failure, so that visitors do not wait one after the other for the same silence
_UNREACHABLE: Final = "The identity provider cannot be reached at the moment."

log = structlog.get_logger("daybook.sign_in")


class IdentityProvider:
    """Asks the provider of the settings. What discovery said is kept while it is fresh, and longer while the provider
    cannot be reached. Use it from one event loop.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """The settings must name a client."""
        self.issuer = str(settings.issuer)
        self.client_id = str(settings.client_id)
        self._secret = settings.client_secret.get_secret_value() if settings.client_secret is not None else None
        self._scope = settings.sign_in_scope
        self._page = str(settings.public_url)
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: Endpoints | None = None
        self._known_at = self._failed_at = float("-inf")
        self._certificates = httpx2.create_ssl_context()

    async def endpoints(self) -> Endpoints:
        """The provider's addresses. Raises ProviderUnreachable."""
        if self._known is not None and self._asking.locked():
            return self._known  # one visitor waits for newer ones, and that is enough
        async with self._asking:
            now = self._clock()
            is_old = self._known is None or now - self._known_at > _FRESH_SECONDS
            if is_old and now - self._failed_at > _PAUSE_SECONDS:
                try:
                    self._known, self._known_at = await discovered(self.issuer, self._certificates), now
                except (ProviderRefused, *NO_ANSWER, *NO_GOOD_ANSWER) as error:
                    self._failed_at = self._clock()
                    reason = str(error) if isinstance(error, ProviderRefused) else type(error).__name__
                    log.warning("identity provider's addresses cannot be had", reason=reason)
        if self._known is None:
            raise ProviderUnreachable(_UNREACHABLE)
        return self._known

    async def address_for(self, attempt: Attempt) -> str:
        """Where the browser is sent to sign in. Raises ProviderUnreachable."""
        endpoints = await self.endpoints()
        async with self._client(endpoints) as client:
            address, _ = client.create_authorization_url(
                endpoints.authorization, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
            )
        return str(address)

    async def id_token(self, code: str, verifier: str) -> str:
        """The ID token that a code is worth, once. Raises ProviderRefused, ProviderUnreachable."""
        endpoints = await self.endpoints()
        try:
            async with asyncio.timeout(2 * ANSWER_SECONDS), self._client(endpoints) as client:
                answer = await client.fetch_token(
                    endpoints.token, grant_type="authorization_code", code=code, code_verifier=verifier
                )
        except OAuthError as error:
            raise ProviderRefused(f"the code was refused: {known_error(error.error)}") from None
        except httpx2.HTTPStatusError as error:
            if error.response.status_code >= 500:
                raise ProviderUnreachable(_UNREACHABLE) from None
            raise ProviderRefused(f"the code was answered with HTTP status {error.response.status_code}") from None
        except NO_ANSWER:
            raise ProviderUnreachable(_UNREACHABLE) from None
        except NO_GOOD_ANSWER:
            raise ProviderRefused("the code was answered with something that is no token") from None
        found = answer.get("id_token")
        if not isinstance(found, str):
            raise ProviderRefused("the code was answered without an ID token")
        return found

    def _client(self, endpoints: Endpoints) -> AsyncOAuth2Client:
        how = None if self._secret is None else "client_secret_basic"
        return AsyncOAuth2Client(
            self.client_id,
            self._secret,
            token_endpoint_auth_method="client_secret_post" if how and endpoints.secret_in_body else how,
            scope=self._scope,
            redirect_uri=self._page + CALLBACK,
            code_challenge_method="S256",
            timeout=ANSWER_SECONDS,
            verify=self._certificates,
            follow_redirects=False,
        )


_ERRORS: Final = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    }
)


def known_error(code: object) -> str:
    """The code if a standard names it: whoever makes up another one does not write into our log."""
    return code if isinstance(code, str) and code in _ERRORS else "another reason"
