"""Signing in at an identity provider, a real one over HTTP."""

import time
from urllib.parse import parse_qs, urlsplit

from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.identity_provider import CLIENT, CLIENT_SECRET, IdentityProvider
from tests.interface.sign_in.steps import PAGE, came_back, sent_back, sent_to_provider, signed_in

from interface.sign_in.cookies import ATTEMPT, SESSION


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
