"""Signing in at an identity provider: a real one over HTTP, whose answers are not always what they should be."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.interface.browser import Browser, path_of
from tests.interface.front_door import FrontDoor, front_door
from tests.interface.identity_provider import CLIENT, CLIENT_SECRET, KEY_ID, IdentityProvider, at_work

from app.settings import Settings
from interface.http.provider_keys import ProviderUnreachable
from interface.sign_in.cookies import ATTEMPT, SESSION
from interface.sign_in.provider import IdentityProvider as Asking

PAGE = "https://book.example.org"
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[IdentityProvider]:
    with at_work() as working:
        yield working


@pytest.fixture
def provider(shared_provider: IdentityProvider) -> IdentityProvider:
    """As it should be, until the test changes that."""
    shared_provider.behave()
    return shared_provider


@pytest.fixture(scope="module")
def door(shared_provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("door") / "data", **shared_provider.settings(PAGE)) as opened:
        yield opened


@pytest.fixture
def browser(door: FrontDoor, provider: IdentityProvider) -> Browser:
    del provider  # it is to behave
    return door.browser()


def sent_to_provider(browser: Browser, return_to: str = "/mine") -> str:
    """Begin to sign in; where the browser is sent."""
    answer = browser.open(f"/sign-in?{urlencode({'return_to': return_to})}")
    assert answer.status_code == 303, answer.text
    assert ATTEMPT in browser.cookies
    return str(answer.headers["location"])


def sent_back(address: str) -> str:
    """What the provider answers with: where it sends the browser, without the page's origin."""
    answer = httpx.get(address)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{PAGE}/sign-in/callback?")
    return path_of(answer.headers["location"])


def came_back(browser: Browser, path: str) -> httpx.Response:
    """The browser follows, as if another site had sent it."""
    return browser.open(path, Sec_Fetch_Site="cross-site")


def signed_in(browser: Browser, return_to: str = "/mine") -> httpx.Response:
    """The whole way."""
    return came_back(browser, sent_back(sent_to_provider(browser, return_to)))


def is_refused(answer: httpx.Response, browser: Browser, status: int = 403) -> bool:
    """Whether nobody was signed in, with a page that says so and tells nothing that came from outside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "Sign in again" in answer.text
    assert "alert(1)" not in answer.text
    # What is under way goes on when an answer comes that belongs to something else.
    assert browser.cookies.keys() <= ({ATTEMPT} if status == 400 else set())
    return True


def test_whoever_the_provider_knows_is_signed_in(browser: Browser, provider: IdentityProvider) -> None:
    answer = signed_in(browser, "/mine?status=past")
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine?status=past")
    assert browser.cookies.keys() == {SESSION}
    me = browser.call("GET", "/v1/me").json()
    assert (me["subject"], me["roles"], me["resources"]) == ("alice-4711", ["customer"], None)
    assert "Alice Moon" in browser.open("/mine").text


def test_the_same_person_comes_by_token_and_by_page(browser: Browser, provider: IdentityProvider) -> None:
    signed_in(browser)
    claims = {"iss": provider.issuer, "exp": time.time() + 60, **provider.person}
    by_token = browser.call("GET", "/v1/me", Authorization=f"Bearer {provider.signed(claims)}").json()
    assert by_token["customer"] == browser.call("GET", "/v1/me").json()["customer"]


def test_roles_and_resources_are_those_of_the_token(browser: Browser, provider: IdentityProvider) -> None:
    provider.person = {"sub": "sam", "roles": ["staff", "superuser"], "resources": ["kind:room", "oak-12"]}
    signed_in(browser)
    me = browser.call("GET", "/v1/me").json()
    assert (me["roles"], me["resources"]) == (["staff"], ["kind:room", "oak-12"])


def test_what_the_browser_is_sent_with_is_what_the_standards_ask_for(browser: Browser) -> None:
    address = sent_to_provider(browser)
    said = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
    assert {name: said[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": f"{PAGE}/sign-in/callback",
        "scope": "openid profile",
    }
    assert said["code_challenge_method"] == "S256"
    assert all(len(said[name]) >= 43 for name in ("state", "nonce", "code_challenge"))  # 256 bits
    assert said["code_challenge"] not in browser.cookies[ATTEMPT]
    assert len({said["state"], said["nonce"], said["code_challenge"]}) == 3
    again = {name: value for name, [value] in parse_qs(urlsplit(sent_to_provider(browser)).query).items()}
    assert not {again[name] for name in ("state", "nonce", "code_challenge")} & set(said.values())


def test_no_token_and_no_secret_is_told_to_the_browser(browser: Browser) -> None:
    address = sent_to_provider(browser)
    answer = came_back(browser, sent_back(address))
    told = " ".join([address, str(answer.headers), answer.text, browser.open("/mine").text])
    assert CLIENT_SECRET not in told
    assert "eyJ" not in told


def test_whom_another_site_sends_to_sign_in_is_asked_first(browser: Browser) -> None:
    page = browser.open("/sign-in?return_to=/mine", Sec_Fetch_Site="cross-site")
    assert (page.status_code, browser.cookies) == (200, {})
    assert '<a class="button" href="/sign-in?return_to=/mine">' in page.text
    assert browser.open("/sign-in", Sec_Fetch_Site="none").status_code == 303  # typed, or a bookmark


# Answers that are not this browser's


def test_another_state_is_refused(browser: Browser, provider: IdentityProvider) -> None:
    path = sent_back(sent_to_provider(browser))
    said = dict(parse_qsl(urlsplit(path).query))
    for state in ("", "x", said["state"][:-1], said["state"] + "x", "ü"):
        other = Browser(browser._client, PAGE)
        other.cookies = dict(browser.cookies)
        assert is_refused(came_back(other, f"/sign-in/callback?{urlencode({**said, 'state': state})}"), other, 400)
    del said["state"]
    assert is_refused(came_back(browser, f"/sign-in/callback?{urlencode(said)}"), browser, 400)
    assert provider.asked.get("/token", 0) == 0


def test_an_answer_to_another_browsers_attempt_signs_nobody_in(door: FrontDoor, provider: IdentityProvider) -> None:
    """Login CSRF: somebody has another's browser come back with a code of their own."""
    attacker, victim = door.browser(), door.browser()
    path = sent_back(sent_to_provider(attacker))
    assert is_refused(came_back(victim, path), victim, 400)
    own = sent_to_provider(victim)
    assert is_refused(came_back(victim, path), victim, 400)
    assert provider.asked.get("/token", 0) == 0
    assert came_back(victim, sent_back(own)).status_code == 303


def test_a_code_of_another_attempt_is_refused(door: FrontDoor) -> None:
    """Code injection: right state, somebody else's code. PKCE tells them apart."""
    attacker, victim = door.browser(), door.browser()
    code = dict(parse_qsl(urlsplit(sent_back(sent_to_provider(attacker))).query))["code"]
    said = dict(parse_qsl(urlsplit(sent_back(sent_to_provider(victim))).query))
    assert is_refused(came_back(victim, f"/sign-in/callback?{urlencode({**said, 'code': code})}"), victim)


def test_an_answer_works_once(browser: Browser, provider: IdentityProvider) -> None:
    path = sent_back(sent_to_provider(browser))
    kept = dict(browser.cookies)
    assert came_back(browser, path).status_code == 303
    session = browser.cookies[SESSION]
    assert came_back(browser, path).status_code == 400  # the attempt is over
    assert browser.cookies == {SESSION: session}
    browser.cookies = kept  # somebody kept the cookie of the attempt
    assert is_refused(came_back(browser, path), browser)
    assert provider.asked["/token"] == 2


def test_an_attempt_ends_after_ten_minutes(door: FrontDoor, provider: IdentityProvider, browser: Browser) -> None:
    path = sent_back(sent_to_provider(browser))
    seals = door.seals(f"{provider.issuer}\n{CLIENT}")
    attempt = seals.open("sign-in", browser.cookies[ATTEMPT])
    assert attempt["ends"] <= time.time() + 600
    browser.cookies[ATTEMPT] = seals.seal("sign-in", {**attempt, "ends": int(time.time()) - 1})
    assert is_refused(came_back(browser, path), browser, 400)


def test_a_session_is_no_attempt(browser: Browser) -> None:
    path = sent_back(sent_to_provider(browser))
    signed_in(browser)
    browser.cookies[ATTEMPT] = browser.cookies[SESSION]
    assert came_back(browser, path).status_code == 400


@pytest.mark.parametrize("twice", ["code", "state", "iss"])
def test_nothing_may_be_said_twice(browser: Browser, twice: str) -> None:
    path = sent_back(sent_to_provider(browser))
    assert came_back(browser, f"{path}&{twice}=x").status_code == 400
    assert SESSION not in browser.cookies


# ID tokens that are not what they should be

OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    parts = (json.dumps({"alg": algorithm, "kid": KEY_ID}), json.dumps(claims))
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 5},
        {"aud": "another-client"},
        {"aud": []},
        {"aud": ["another-client"]},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"iss": "https://id.evil.example"},
        {"iss": None},
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": int(time.time()) + 600},
        {"nbf": int(time.time()) + 600},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\nb"},
        {"roles": "customer"},
        {"roles": []},
        {"roles": ["superuser"]},
        {"roles": None},
        {"resources": "all"},
    ],
    ids=str,
)
def test_a_token_that_says_something_wrong_signs_nobody_in(
    browser: Browser, provider: IdentityProvider, changed: dict[str, Any]
) -> None:
    provider.spoilt = lambda claims: {name: value for name, value in {**claims, **changed}.items() if value is not None}
    assert is_refused(signed_in(browser), browser)


def test_a_token_for_several_that_names_this_client_is_accepted(browser: Browser, provider: IdentityProvider) -> None:
    provider.spoilt = lambda claims: {**claims, "aud": [CLIENT, "another"], "azp": CLIENT}
    assert signed_in(browser).status_code == 303


@pytest.mark.parametrize(
    "signed",
    [
        unsigned,
        lambda claims: unsigned(claims, "None"),
        lambda claims: unsigned(claims, "ES256"),
        lambda claims: jwt.encode(claims, CLIENT_SECRET * 2, algorithm="HS256", headers={"kid": KEY_ID}),
        lambda claims: jwt.encode(claims, OTHER_KEY, algorithm="ES256", headers={"kid": KEY_ID}),
        lambda claims: jwt.encode(claims, OTHER_KEY, algorithm="ES256", headers={"kid": "made up"}),
        lambda claims: jwt.encode({**claims, "x": "a" * 9000}, OTHER_KEY, algorithm="ES256", headers={"kid": KEY_ID}),
        lambda _: "nonsense",
        lambda _: "ü.ü.ü",
        lambda _: "",
    ],
)
def test_a_token_that_is_signed_wrongly_signs_nobody_in(
    browser: Browser, provider: IdentityProvider, signed: Any
) -> None:
    provider.signed = signed
    assert is_refused(signed_in(browser), browser)


@pytest.mark.parametrize(("token", "at_most"), [(600, 600), (10**6, 8 * 3600)])
def test_a_session_ends_with_its_token(browser: Browser, provider: IdentityProvider, token: int, at_most: int) -> None:
    provider.spoilt = lambda claims: {**claims, "exp": claims["iat"] + token}
    header = signed_in(browser).headers.get_list("set-cookie")[0]
    seconds = int(header.partition("Max-Age=")[2].partition(";")[0])
    assert at_most - 300 < seconds <= at_most  # the test itself takes a moment


def test_an_account_that_fits_in_no_cookie_is_told_so(browser: Browser, provider: IdentityProvider) -> None:
    provider.person = {"sub": "sam", "roles": ["staff"], "resources": [f"room-{number:060}" for number in range(60)]}
    answer = signed_in(browser)
    assert is_refused(answer, browser)
    assert "more resources than a browser keeps" in answer.text


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "alice"}, "alice"),
        ({"email": "alice@example.org"}, "alice@example.org"),
        ({}, "alice-4711"),
        ({"name": "<b>Alice</b>"}, "&lt;b&gt;Alice&lt;/b&gt;"),
        ({"name": ["Alice"], "email": "a\nb"}, "alice-4711"),
        ({"name": "A" * 200}, "A" * 100),
    ],
)
def test_people_are_called_by_what_the_provider_calls_them(
    browser: Browser, provider: IdentityProvider, claims: dict[str, Any], name: str
) -> None:
    provider.person = {"sub": "alice-4711", "roles": ["customer"], **claims}
    signed_in(browser)
    assert f'<span class="name">{name}</span>' in browser.open("/").text


# A provider that says no, or nothing


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

    @pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (404, b""), (200, b"<html>"), (200, b"[" * 50_000), (302, b"")])
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


# What is remembered of the provider


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_addresses_are_asked_for_once_an_hour_and_kept_while_it_is_away(provider: IdentityProvider) -> None:
    clock = Clock()
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
    clock = Clock()
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


# Leaving


def test_signing_out_says_where_one_may_still_be_signed_in(browser: Browser, provider: IdentityProvider) -> None:
    signed_in(browser)
    assert browser.submit("/sign-out").headers["location"] == "/signed-out"
    assert browser.cookies == {}
    page = browser.open("/signed-out").text
    assert f'href="{provider.issuer}/leave?client_id={CLIENT}"' in page


def test_the_settings_origin_is_the_one_that_counts(browser: Browser) -> None:
    """A proxy may ask the service by any name; browsers know it by one."""
    signed_in(browser)
    assert browser.call("POST", "/v1/bookings", {}, Origin="http://127.0.0.1:8000").status_code == 403
    assert browser.call("POST", "/v1/bookings", {}).status_code == 400
    assert browser.submit("/sign-in", {"person": "ada"}).status_code == 400  # nobody is chosen here
