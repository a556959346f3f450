"""Only an ID token that is rightly signed, in time, and meant for this client and this attempt says who signed in."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.identity_provider import CLIENT, CLIENT_SECRET, KEY_ID, IdentityProvider
from tests.interface.sign_in.steps import is_refused, signed_in

LONG_AGO = 1_000_000_000
IN_YEARS = 10_000_000_000
"""Fixed seconds since 1970: names of tests must be the same in every process that runs some of them."""
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
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": "soon"},
        {"iat": IN_YEARS},
        {"nbf": IN_YEARS},
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


def test_a_token_that_ended_a_second_ago_signs_nobody_in(browser: Browser, provider: IdentityProvider) -> None:
    provider.spoilt = lambda claims: {**claims, "exp": int(time.time()) - 1}
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
