"""With the demo one chooses on the page who one is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interface.house import problem
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor, front_door

from interface.guests import GUESTS
from interface.sign_in.cookies import SESSION
from interface.sign_in.return_path import safe_return

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "/find\r\nSet-Cookie: a=b",
    "/find/\\evil.example",
    "javascript:alert(1)",
    "/minecraft",
    "/v1/me",
    "/sign-in",
    "/sign-out",
    "/%2f/evil.example",
    "mine",
    "/find/ü",
    "/find#//evil",
    "/find/" + "a" * 1000,
    "",
]
HERE = [
    "/",
    "/mine",
    "/find/room?date=2026-12-01&units=2",
    "/desk/",
    "/places/oak-12",
    "/?kind=room",
    "/find//evil.example",
]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("door") / "data", with_demo=True) as opened:
        yield opened


@pytest.fixture
def browser(door: FrontDoor) -> Browser:
    return door.browser()


def test_the_choice_is_everybody_whose_token_the_demo_prints(browser: Browser) -> None:
    page = browser.open("/sign-in?return_to=/mine").text
    assert re.findall(r'name="person" value="(\w+)"', page) == [guest.subject for guest in GUESTS]
    assert page.count('name="return_to" value="/mine"') == len(GUESTS)


@pytest.mark.parametrize("guest", GUESTS, ids=lambda guest: guest.subject)
def test_whoever_is_chosen_is_signed_in_with_their_role(browser: Browser, guest: tuple[str, str, str]) -> None:
    _, subject, role = guest
    answer = browser.submit("/sign-in", {"person": subject, "return_to": "/mine"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine")
    me = browser.call("GET", "/v1/me").json()
    assert (me["subject"], me["roles"]) == (subject, [role])


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_sent_elsewhere(browser: Browser, where: str) -> None:
    assert safe_return(where) == "/"
    answer = browser.submit("/sign-in", {"person": "alice", "return_to": where})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("where", HERE)
def test_one_comes_back_to_where_one_was(browser: Browser, where: str) -> None:
    answer = browser.submit("/sign-in", {"person": "alice", "return_to": where})
    assert answer.headers["location"] == where


@pytest.mark.parametrize(
    "foreign",
    [{"Origin": "https://evil.example"}, {"Origin": ""}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}],
)
def test_nobody_is_signed_in_or_out_by_another_site(door: FrontDoor, foreign: dict[str, str]) -> None:
    """Login CSRF: what one then types would go to somebody else's account."""
    browser, alice = door.browser(), door.guest("alice")
    refused = browser.submit("/sign-in", {"person": "bob"}, **foreign)
    assert (refused.status_code, browser.cookies) == (403, {})
    assert "<h1>Not allowed</h1>" in refused.text
    assert alice.submit("/sign-out", {}, **foreign).status_code == 403
    assert alice.call("GET", "/v1/me").status_code == 200


def test_signing_out_takes_the_cookie_away(door: FrontDoor) -> None:
    alice = door.guest("alice")
    assert SESSION in alice.cookies
    answer = alice.submit("/sign-out")
    assert (answer.status_code, answer.headers["location"], alice.cookies) == (303, "/signed-out", {})
    assert "You are signed out." in alice.open("/signed-out").text
    assert alice.call("GET", "/v1/me").status_code == 401
    assert alice.submit("/sign-out").status_code == 303  # as often as one likes


def test_who_is_signed_in_is_not_told_otherwise(door: FrontDoor) -> None:
    assert door.guest("alice").open("/signed-out").headers["location"] == "/"


@pytest.mark.parametrize("form", [{"return_to": "/"}, {"person": "eve"}, {"person": "demo"}, {"person": ""}])
def test_nobody_else_can_be_chosen(browser: Browser, form: dict[str, str]) -> None:
    assert browser.submit("/sign-in", form).status_code == 400
    assert browser.cookies == {}


def test_a_form_is_a_form(browser: Browser) -> None:
    own = {"Origin": browser.origin, "Accept": "application/json"}
    answers = [
        browser.send("POST", "/sign-in", own, json={"person": "alice"}),
        browser.send("POST", "/sign-in", {**own, "Content-Type": "text/plain"}, content=b"person=alice"),
        browser.send("POST", "/sign-in", {**own, "Content-Type": FORM}, content=b"person=alice&person=ada"),
        browser.send("POST", "/sign-in", {**own, "Content-Type": FORM}, content=b"person=\xff"),
        browser.send("POST", "/sign-in", {**own, "Content-Type": FORM}, content=b"&".join([b"a=b"] * 100)),
        browser.send("POST", "/sign-in", {**own, "Content-Type": FORM}, content=b"person=" + b"a" * 70_000),
    ]
    assert [answer.status_code for answer in answers] == [415, 415, 400, 400, 400, 413]
    assert browser.cookies == {}


FORM = "application/x-www-form-urlencoded"


def test_the_demos_way_in_has_no_callback(browser: Browser) -> None:
    assert browser.open("/sign-in/callback?code=a&state=b").status_code == 400


class TestWithoutDemoAndProvider:
    @pytest.fixture
    def door(self, tmp_path: Path) -> Iterator[FrontDoor]:
        with front_door(tmp_path / "data", with_demo=True) as demo:
            kept = demo.guest("ada").cookies
        with front_door(tmp_path / "data") as opened:
            opened.kept = kept
            yield opened

    def test_nobody_can_sign_in_and_the_page_says_so(self, door: FrontDoor) -> None:
        browser = door.browser()
        assert "Sign in" not in browser.open("/").text
        answers = [browser.open("/sign-in"), browser.open("/signed-out"), browser.open("/sign-in/callback")]
        answers += [browser.submit("/sign-in", {"person": "ada"}), browser.submit("/sign-out")]
        for answer in answers:
            assert answer.status_code == 404
            assert "no identity provider is set up" in answer.text

    def test_a_session_of_the_demo_is_worth_nothing(self, door: FrontDoor) -> None:
        browser = door.browser()
        browser.cookies = dict(door.kept)
        assert problem(browser.call("GET", "/v1/me"))["code"] == "unauthenticated"
        assert "Ada" not in browser.open("/").text
