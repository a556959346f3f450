"""The signing keys of an identity provider (JWKS, RFC 7517), fetched when needed and kept."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import jwt
import structlog

ALGORITHMS: Final = frozenset({"RS256", "ES256", "EdDSA"})
_FRESH_SECONDS = 300.0  # after that, the keys are fetched again in the background
_PAUSE_SECONDS = 5.0  # between two fetches, so that made-up key ids cause no flood
_ANSWER_SECONDS = 5.0


class ProviderUnreachable(Exception):  # noqa: N818 - says what is the case, not that somebody erred
    """The keys that would verify this token cannot be had at the moment. The message is a sentence."""


def usable_keys(client: jwt.PyJWKClient) -> list[jwt.PyJWK]:
    """The keys that tokens may be signed with, asked for now. Raises what the network or the document does."""
    return [
        key
        for key in client.get_jwk_set().keys
        if key.algorithm_name in ALGORITHMS and key.public_key_use in ("sig", None)
    ]


class ProviderKeys:
    """The provider's keys by their ids. They are fetched in a thread of their own, one fetch at a time, and
    what was fetched last goes on working while the provider cannot be reached. Use it from one event loop.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=_ANSWER_SECONDS)
        self._clock = clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "provider-keys")

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of that id, None if the provider has no such key; without id, the only one it has.

        Raises ProviderUnreachable when the key is not known and cannot be asked for.
        """
        found = self._keys.get(key_id)
        if found is not None:
            if self._clock() - self._fetched_at > _FRESH_SECONDS:
                self._begin_fetch()
            return found
        fetching = self._begin_fetch()
        if fetching is not None:
            await asyncio.shield(fetching)  # others wait for the same one
        if key_id not in self._keys and self._failed:
            raise ProviderUnreachable("The identity provider's keys cannot be fetched at the moment.")
        return self._keys.get(key_id)

    def close(self) -> None:
        """Start no more fetches."""
        if self._fetching is not None:
            self._fetching.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin_fetch(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one unless the last one was just now."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._clock() - self._tried_at < _PAUSE_SECONDS:
            return None
        self._tried_at = self._clock()
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            fetched = await asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        except Exception as error:  # whatever the network or the document does, the old keys stay
            self._failed = True
            structlog.get_logger("daybook.auth").warning(
                "identity provider's keys cannot be fetched", error=type(error).__name__
            )
        else:
            self._keys, self._fetched_at, self._failed = fetched, self._clock(), False

    def _read(self) -> dict[str | None, jwt.PyJWK]:
        usable = usable_keys(self._client)
        keys: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in usable if key.key_id is not None}
        if len(usable) == 1:
            keys[None] = usable[0]
        return keys
