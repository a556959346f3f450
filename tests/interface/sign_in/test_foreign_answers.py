"""Answers to a sign-in that are not this browser's, or not of this attempt, sign nobody in."""

import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor
from tests.interface.sign_in.identity_provider import CLIENT, IdentityProvider
from tests.interface.sign_in.steps import PAGE, came_back, is_refused, sent_back, sent_to_provider, signed_in

from interface.sign_in.cookies import ATTEMPT, SESSION


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
