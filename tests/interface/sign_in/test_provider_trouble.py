"""A provider that says no, or nothing, or something odd."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from tests.interface.hand_clock import HandClock
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor, front_door
from tests.interface.sign_in.identity_provider import IdentityProvider, at_work
from tests.interface.sign_in.steps import PAGE, came_back, is_refused, sent_back, sent_to_provider, signed_in

from app.settings import Settings
from interface.http.provider_keys import ProviderUnreachable
from interface.sign_in.provider import IdentityProvider as Asking

DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("error", "said"),
    [("access_denied", "did not agree"), ("server_error", "cannot be accepted"), ("<b>alert(1)", "cannot be accepted")],
)
def test_a_refusal_of_the_provider_is_told_without_its_words(browser: Browser, error: str, said: str) -> None:
    path = sent_back(sent_to_provider(browser))
    answered = dict(parse_qsl(urlsplit(path).query))
    told = {"state": answered["state"], "iss": answered["iss"], "error": error, "error_description": "<b>alert(1)</b>"}
    answer = came_back(browser, f"/sign-in/callback?{urlencode(told)}")
    assert is_refused(answer, browser)
    assert said in answer.text


@pytest.mark.parametrize("issuer", ["https://id.evil.example", None])
def test_an_answer_of_another_provider_is_refused(
    browser: Browser, provider: IdentityProvider, issuer: str | None
) -> None:
    """Mix-up (RFC 9207): this one says that its answers name it."""
    said = dict(parse_qsl(urlsplit(sent_back(sent_to_provider(browser))).query))
    said.pop("iss")
    answer = came_back(browser, f"/sign-in/callback?{urlencode({**said, **({'iss': issuer} if issuer else {})})}")
    assert is_refused(answer, browser)
    assert provider.asked.get("/token", 0) == 0


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (400, b'{"error": "invalid_grant"}', 403),
        (401, b'{"error": "invalid_client", "error_description": "alert(1)"}', 403),
        (400, b"<html>alert(1)</html>", 403),
        (302, b"", 403),
        (200, b"<html>alert(1)</html>", 403),
        (200, b"[]", 403),
        (200, b"{}", 403),
        (200, b'{"id_token": 5}', 403),
        (200, b'{"id_token": "a.b.c", "expires_in": [1]}', 403),
        (200, b'{"id_token": "a.b.c", "expires_in": Infinity}', 403),
        (200, b'{"id_token": "a.b.c", "expires_at": "soon"}', 403),
        (200, b'{"error": ["invalid_grant"], "error_description": {}}', 403),
        (200, b"[" * 50_000, 403),
        (200, b'{"id_token": null, "access_token": "a"}', 403),
        (500, b"alert(1)", 503),
        (503, b"{}", 503),
    ],
)
def test_no_good_answer_for_the_code_signs_nobody_in(
    browser: Browser, provider: IdentityProvider, status: int, body: bytes, shown: int
) -> None:
    path = sent_back(sent_to_provider(browser))
    provider.answers["/token"] = (status, body)
    answer = came_back(browser, path)
    assert is_refused(answer, browser, shown)
    assert answer.headers.get("retry-after") == ("5" if shown == 503 else None)


class TestAProviderThatIsAway:
    """Each with a service of its own, which has not asked the provider anything yet."""

    @pytest.fixture
    def provider(self) -> Iterator[IdentityProvider]:
        with at_work() as working:
            yield working

    @pytest.fixture
    def door(self, provider: IdentityProvider, tmp_path: Path) -> Iterator[FrontDoor]:
        with front_door(tmp_path / "data", **provider.settings(PAGE)) as opened:
            yield opened

    def test_a_provider_that_is_away_is_said_and_tried_again(
        self, browser: Browser, provider: IdentityProvider
    ) -> None:
        path = sent_back(sent_to_provider(browser))
        provider.close()
        answer = came_back(browser, path)
        assert is_refused(answer, browser, 503)
        assert "cannot be reached at the moment" in answer.text

    @pytest.mark.parametrize(
        "told",
        [
            {"issuer": "https://id.evil.example"},
            {"issuer": None},
            {"authorization_endpoint": "http://id.example/authorize"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": None},
            {"token_endpoint": "http://id.example/token"},
            {"token_endpoint": ["https://id.example/token"]},
            {"token_endpoint": "https://[id.example/token"},
        ],
        ids=str,
    )
    def test_a_provider_that_names_unsafe_addresses_is_not_used(
        self, browser: Browser, provider: IdentityProvider, told: dict[str, Any]
    ) -> None:
        provider.told = told
        answer = browser.open("/sign-in")
        assert (answer.status_code, browser.cookies) == (503, {})
        assert "<h1>Sign-in unavailable</h1>" in answer.text
        assert answer.headers["retry-after"] == "5"

    @pytest.mark.parametrize(
        ("status", "body"), [(500, b"{}"), (404, b""), (200, b"<html>"), (200, b"[" * 50_000), (302, b"")]
    )
    def test_a_provider_that_does_not_tell_its_addresses_is_said_to_be_away(
        self, browser: Browser, provider: IdentityProvider, status: int, body: bytes
    ) -> None:
        provider.answers[DISCOVERY] = (status, body)
        assert browser.open("/sign-in").status_code == 503
        assert browser.open("/").status_code == 200

    def test_signing_out_works_while_the_provider_is_away(self, browser: Browser, provider: IdentityProvider) -> None:
        signed_in(browser)
        provider.close()
        browser.submit("/sign-out")
        assert "You are signed out." in browser.open("/signed-out").text


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_addresses_are_asked_for_once_an_hour_and_kept_while_it_is_away(provider: IdentityProvider) -> None:
    clock = HandClock(1000)
    asking = Asking(Settings.model_validate(provider.settings(PAGE)), clock=clock)
    first = await asking.endpoints()
    assert await asking.endpoints() is first
    assert provider.asked[DISCOVERY] == 1
    provider.answers[DISCOVERY] = (500, b"")
    clock.time += 3601
    assert await asking.endpoints() is first
    assert await asking.endpoints() is first
    assert provider.asked[DISCOVERY] == 2  # not again within five seconds
    del provider.answers[DISCOVERY]
    provider.told = {"authorization_endpoint": f"{provider.issuer}/new"}
    clock.time += 6
    assert (await asking.endpoints()).authorization.endswith("/new")


@pytest.mark.anyio
async def test_a_provider_that_was_never_reached_is_not_asked_by_everybody(provider: IdentityProvider) -> None:
    clock = HandClock(1000)
    asking = Asking(Settings.model_validate(provider.settings(PAGE)), clock=clock)
    provider.answers[DISCOVERY] = (500, b"")
    for _ in range(5):
        with pytest.raises(ProviderUnreachable):
            await asking.endpoints()
    assert provider.asked[DISCOVERY] == 1


@pytest.mark.parametrize(
    ("ways", "in_body"),
    [(["client_secret_post"], True), (["client_secret_post", "client_secret_basic"], False), (None, False), (5, False)],
)
@pytest.mark.anyio
async def test_the_secret_is_sent_where_the_provider_wants_it(
    provider: IdentityProvider, ways: list[str] | None, in_body: bool
) -> None:
    if ways is not None:
        provider.told = {"token_endpoint_auth_methods_supported": ways}
    asking = Asking(Settings.model_validate(provider.settings(PAGE)))
    assert (await asking.endpoints()).secret_in_body is in_body
