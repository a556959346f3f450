"""The page's session is a cookie that opens the API to the page itself, and to nobody else."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interface.house import ALWAYS, next_week, problem
from tests.interface.sign_in.browser import Browser
from tests.interface.sign_in.front_door import FrontDoor, front_door

from app.master_key import token_secrets_for
from app.master_keys import MasterKeys
from interface.http.auth import issue_token
from interface.sign_in.cookies import SESSION
from interface.sign_in.seals import Seals, secrets_for

MEETING = {"name": "Meeting room", "kind": "room", "timezone": "Asia/Dhaka", "hours": ALWAYS, "capacity": 100}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with front_door(tmp_path_factory.mktemp("door") / "data", with_demo=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def room(door: FrontDoor) -> str:
    """A room that holds many."""
    assert door.guest("ada").call("PUT", "/v1/resources/room", MEETING).status_code == 201
    return "room"


@pytest.fixture
def alice(door: FrontDoor, room: str) -> Browser:
    """A customer of the demo, who can book the room."""
    return door.guest("alice")


def wish() -> dict[str, str]:
    return {"resource": "room", "start": next_week()}


def test_whoever_is_signed_in_is_the_bearer_of_the_same_persons_token(door: FrontDoor, alice: Browser) -> None:
    token = issue_token(token_secrets_for(door.daybook.settings)[0], "alice", ["customer"])
    by_cookie = alice.call("GET", "/v1/me").json()
    by_token = door.browser().call("GET", "/v1/me", Authorization=f"Bearer {token}").json()

    del by_cookie["expires_at"], by_token["expires_at"]
    assert by_cookie == by_token
    booked = alice.call("POST", "/v1/bookings", wish())
    assert booked.status_code == 201
    seen = {"Authorization": f"Bearer {token}", "Daybook-Position": booked.headers["daybook-position"]}
    listed = door.browser().call("GET", "/v1/bookings", **seen).json()
    assert booked.json()["id"] in [each["id"] for each in listed["items"]]


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://localhost:8000"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
def test_a_change_that_the_page_did_not_send_is_refused(
    door: FrontDoor, alice: Browser, foreign: dict[str, str]
) -> None:
    head = door.daybook.log.head().position
    for method, path in (("POST", "/v1/bookings"), ("PATCH", "/v1/customers/c-1"), ("DELETE", "/v1/resources/room")):
        answer = alice.call(method, path, wish(), **foreign)
        assert (problem(answer)["status"], problem(answer)["code"]) == (403, "forbidden")
    assert door.daybook.log.head().position == head


def test_a_browser_that_does_not_say_where_from_is_judged_by_the_origin(alice: Browser) -> None:
    assert alice.call("POST", "/v1/bookings", wish(), Sec_Fetch_Site="").status_code == 201
    assert alice.call("GET", "/v1/me", Sec_Fetch_Site="").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_question_that_another_site_causes_is_nobodys(alice: Browser, site: str) -> None:
    assert problem(alice.call("GET", "/v1/me", Sec_Fetch_Site=site))["code"] == "unauthenticated"
    assert alice.call("GET", "/v1/resources", Sec_Fetch_Site=site).status_code == 200
    assert alice.call("GET", "/v1/me").status_code == 200


def test_a_name_that_is_pointed_at_this_machine_opens_nothing(alice: Browser) -> None:
    """DNS rebinding: to the browser it is all one origin, and Host tells."""
    rebound = {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}
    assert alice.call("POST", "/v1/bookings", wish(), **rebound).status_code == 403
    assert alice.call("GET", "/v1/me", **rebound).status_code == 401
    assert alice.submit("/sign-in", {"person": "ada"}, **rebound).status_code == 403


def test_a_bearer_token_needs_no_origin_and_the_cookie_beside_it_says_nothing(door: FrontDoor, alice: Browser) -> None:
    bob = f"Bearer {issue_token(token_secrets_for(door.daybook.settings)[0], 'bob', ['customer'])}"
    elsewhere = {"Origin": "https://club.example", "Sec_Fetch_Site": "cross-site"}

    assert alice.call("GET", "/v1/me", Authorization=bob).json()["subject"] == "bob"
    booked = alice.call("POST", "/v1/bookings", wish(), Authorization=bob, **elsewhere)
    assert booked.status_code == 201
    assert alice.call("GET", f"/v1/bookings/{booked.json()['id']}").status_code == 404
    refused = alice.call("GET", "/v1/me", Authorization="Bearer nonsense")
    assert (refused.status_code, refused.headers.get("set-cookie")) == (401, None)


def test_what_one_persons_page_asks_is_not_done_for_whoever_has_signed_in_since(
    door: FrontDoor, alice: Browser
) -> None:
    (page,) = re.findall(r'data-person="(\w+)"', alice.open("/").text)
    assert alice.call("GET", "/v1/me", Daybook_Person=page).status_code == 200
    bob, head = door.guest("bob"), door.daybook.log.head().position

    for method, path in (("POST", "/v1/bookings"), ("GET", "/v1/me"), ("GET", "/v1/live?resource=room")):
        answer = bob.call(method, path, wish() if method == "POST" else None, Daybook_Person=page)
        assert (problem(answer)["code"], answer.json()["reason"]) == ("unauthenticated", "somebody-else")
        assert "Somebody else has signed in" in answer.json()["detail"]
        assert "set-cookie" not in answer.headers, "whoever has signed in stays so"
    assert door.daybook.log.head().position == head
    assert bob.call("GET", "/v1/me").status_code == 200
    assert door.guest("alice").call("GET", "/v1/me", Daybook_Person=page).status_code == 200, "she has signed in anew"
    token = issue_token(token_secrets_for(door.daybook.settings)[0], "bob", ["customer"])
    by_token = door.browser().call("GET", "/v1/me", Authorization=f"Bearer {token}", Daybook_Person=page)
    assert by_token.status_code == 200, "whoever sends a token says what is meant"


def altered(cookie: str) -> Iterator[str]:
    """Cookies that nobody sealed."""
    version, key, nonce, sealed = cookie.split(".")
    flipped = bytearray(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    flipped[3] ^= 1
    yield ".".join((version, key, nonce, base64.urlsafe_b64encode(bytes(flipped)).rstrip(b"=").decode()))
    yield ".".join((version, key, nonce[::-1], sealed))
    yield ".".join((version, "0" * 16, nonce, sealed))
    yield ".".join(("2", key, nonce, sealed))
    yield from (cookie[:-1], cookie + "A", cookie + ".", "", ".", "...", "1...", f"1.{key}..", "a" * 4000, '"', "=")


def test_a_cookie_that_was_changed_is_worth_nothing_and_is_taken_away(door: FrontDoor, alice: Browser) -> None:
    for worthless in altered(alice.cookies[SESSION]):
        browser = door.browser()
        browser.cookies[SESSION] = worthless
        answer = browser.call("GET", "/v1/resources")
        assert problem(answer)["code"] == "unauthenticated", worthless
        assert browser.cookies == {}
        assert browser.call("GET", "/v1/resources").status_code == 200


def test_a_worthless_cookie_does_not_close_the_page(door: FrontDoor) -> None:
    browser = door.browser()
    browser.cookies[SESSION] = "1.made.up.text"
    page = browser.open("/mine")
    assert page.status_code == 200
    assert "Sign in" in page.text


def test_two_cookies_of_the_name_are_worth_nothing(alice: Browser) -> None:
    """No browser sends two, whoever tries to get one in beside ours."""
    alice.cookies[f"a=b; {SESSION}"] = alice.cookies[SESSION]
    assert alice.call("GET", "/v1/me").status_code == 401


def session(**changed: Any) -> dict[str, Any]:
    mine = {"subject": "alice", "issuer": "", "roles": ["customer"], "resources": None, "name": "Alice"}
    return {**mine, "ends": int(time.time()) + 60, **changed}


def test_a_session_ends_when_it_says_so_wherever_the_cookie_is_kept(door: FrontDoor) -> None:
    browser = door.browser()
    browser.cookies[SESSION] = door.seals().seal("session", session())
    assert browser.call("GET", "/v1/me").status_code == 200
    browser.cookies[SESSION] = door.seals().seal("session", session(ends=int(time.time()) - 1))
    assert problem(browser.call("GET", "/v1/me"))["detail"] == "Your session has ended. Please sign in again."
    assert browser.cookies == {}


def test_what_was_sealed_for_something_else_is_no_session(door: FrontDoor) -> None:
    """Not a sign-in under way, not a session of people who signed in otherwise, not one of another store."""
    settings, master = door.daybook.settings, MasterKeys([b"k" * 32])
    others = [
        door.seals().seal("sign-in", session()),
        door.seals("https://id.example\nclient").seal("session", session()),
        Seals(lambda: secrets_for(settings, master), door.daybook.log.secret, "demo").seal("session", session()),
    ]
    for other in others:
        browser = door.browser()
        browser.cookies[SESSION] = other
        assert browser.call("GET", "/v1/me").status_code == 401


def test_signing_in_gives_a_new_cookie_whatever_was_there_before(door: FrontDoor) -> None:
    """Nobody can prepare a session for somebody else (session fixation)."""
    prepared = door.guest("bob")
    before = prepared.cookies[SESSION]
    prepared.submit("/sign-in", {"person": "alice"})
    assert prepared.cookies[SESSION] != before
    assert prepared.call("GET", "/v1/me").json()["subject"] == "alice"
    other = door.browser()
    other.cookies[SESSION] = before
    assert other.call("GET", "/v1/me").json()["subject"] == "bob"


def test_the_cookie_tells_nothing_to_whoever_sees_it(alice: Browser) -> None:
    sealed = alice.cookies[SESSION]
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in sealed.split(".")[2:]]
    assert not any(b"alice" in part.lower() or b"customer" in part for part in [sealed.encode(), *parts])


class TestRateLimit:
    @pytest.fixture
    def door(self, tmp_path: Path) -> Iterator[FrontDoor]:
        with front_door(tmp_path / "data", with_demo=True, rate_limit=2) as opened:
            yield opened

    def test_sessions_and_documents_count_for_the_person_and_guesses_for_the_address(self, door: FrontDoor) -> None:
        alice, stranger = door.guest("alice"), door.browser()
        assert 429 in [alice.call("GET", "/v1/me").status_code for _ in range(20)]  # two of them come back each second
        assert 429 in [alice.open("/").status_code for _ in range(4)]
        stranger.cookies[SESSION] = "guess"
        assert 429 in [stranger.open("/").status_code for _ in range(20)]


class TestOtherOrigins:
    @pytest.fixture
    def door(self, tmp_path: Path) -> Iterator[FrontDoor]:
        with front_door(tmp_path / "data", with_demo=True, cors_origins="https://club.example,*") as opened:
            yield opened

    def test_an_origin_that_may_call_the_api_may_not_do_so_by_the_session(self, door: FrontDoor) -> None:
        ada = door.guest("ada")
        club = {"Origin": "https://club.example", "Sec_Fetch_Site": "cross-site"}
        answers = [
            ada.call("GET", "/v1/me", **club),
            ada.call("PUT", "/v1/resources/room", MEETING, **club),
            ada.call("OPTIONS", "/v1/me", Access_Control_Request_Method="GET", **club),
        ]
        assert [answer.status_code for answer in answers] == [401, 403, 204]
        assert not any("access-control-allow-credentials" in answer.headers for answer in answers)
