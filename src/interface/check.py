"""`daybook check`: says what is wrong before anything starts, all of it at once, and changes nothing."""

import asyncio
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import jwt

from app.log.folder import holder_of
from app.preflight.everything import about_stores
from app.preflight.told import Told, noted, wrong
from app.settings import Settings
from interface.announcement import Say
from interface.failures import AddressInUse, CannotListen, Unsuitable
from interface.http.provider_keys import usable_keys
from interface.listening import must_be_free, must_be_two

ANSWER_SECONDS: Final = 5.0
"""What the identity provider may take."""


def check(settings: Settings, host: str, port: int, say: Say) -> None:
    """Say all there is to say, a line each. Raises Unsuitable when anything is wrong."""
    faults = 0
    for told in (
        *about_stores(settings),
        *_about_provider(settings),
        *_about_port(settings, host, port),
        *_about_metrics(settings, host, port),
    ):
        say(f"{'wrong' if told.is_wrong else 'note'}: {told.sentence}")
        faults += told.is_wrong
    if faults:
        raise Unsuitable("One thing is wrong, see above." if faults == 1 else f"{faults} things are wrong, see above.")
    say("Nothing is wrong.")


def _about_port(settings: Settings, host: str, port: int) -> Iterator[Told]:
    if port:
        yield from _about_address(settings, host, port, "")


def _about_metrics(settings: Settings, host: str, port: int) -> Iterator[Told]:
    if settings.metrics_port is None:
        return
    try:
        must_be_two(host, port, settings.metrics_host, settings.metrics_port)
    except CannotListen as trouble:
        yield wrong(trouble)
    else:
        named = " (That is where metrics are to be: DAYBOOK_METRICS_HOST, DAYBOOK_METRICS_PORT.)"
        yield from _about_address(settings, settings.metrics_host, settings.metrics_port, named)


def _about_address(settings: Settings, host: str, port: int, named: str) -> Iterator[Told]:
    try:
        must_be_free(host, port)
    except CannotListen as trouble:
        is_served = settings.is_embedded and holder_of(settings.data) is not None
        if is_served and isinstance(trouble, AddressInUse):
            yield noted(f"Port {port} of {host} is in use, most likely by that Daybook.{named}")
        else:
            yield wrong(f"{trouble}{named}")


def _about_provider(settings: Settings) -> Iterator[Told]:
    if settings.jwks_url is not None:
        yield from _about_keys(settings.jwks_url)
    if settings.client_id is not None:
        yield from _about_sign_in(str(settings.issuer))


def _about_keys(url: str) -> Iterator[Told]:
    answer: SimpleQueue[Told | None] = SimpleQueue()
    # A thread that may be left behind: a time limit on sockets does not end an answer that comes byte by byte.
    Thread(target=lambda: answer.put(_asked(url)), daemon=True).start()
    try:
        told = answer.get(timeout=2 * ANSWER_SECONDS)
    except Empty:
        told = wrong(f"The identity provider did not give its keys within {2 * ANSWER_SECONDS:.0f} s: {url}")
    if told is not None:
        yield told


def _about_sign_in(issuer: str) -> Iterator[Told]:
    import httpx2  # whoever has no client there need not wait for it

    from interface.sign_in.discovery import discovered

    try:
        asyncio.run(discovered(issuer, httpx2.create_ssl_context()))
    except Exception as trouble:  # whatever the network or the document does
        yield wrong(
            f"Nobody can sign in on the page: {issuer} does not say where ({type(trouble).__name__}: {trouble})."
        )


def _asked(url: str) -> Told | None:
    try:
        keys = usable_keys(jwt.PyJWKClient(url, cache_jwk_set=False, timeout=ANSWER_SECONDS))
    except Exception as trouble:  # whatever the network or the document does
        return wrong(
            f"The identity provider's keys cannot be fetched from {url} ({type(trouble).__name__}: {trouble})."
        )
    return None if keys else wrong(f"None of the keys at {url} can verify tokens: RS256, ES256 or EdDSA is needed.")
