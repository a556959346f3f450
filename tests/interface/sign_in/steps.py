"""The steps of signing in at a provider, as a browser goes them."""

from urllib.parse import urlencode

import httpx
from tests.interface.sign_in.browser import Browser, path_of

from interface.sign_in.cookies import ATTEMPT

PAGE = "https://book.example.org"


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
