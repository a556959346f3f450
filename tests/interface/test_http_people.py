"""People over HTTP: their profiles are theirs, sealed, and shown only to those who may see them."""

from datetime import UTC, datetime

import pytest
from tests.interface.house import Guest, House, problem

from interface.http.auth import TokenRole

NOTHING_KNOWN = dict.fromkeys(("name", "email", "phone", "language", "messages"))
ZOE = {"name": "Zoe Quill", "email": "zoe@example.org"}


def test_me_is_who_the_token_says(alice: Guest, house: House) -> None:
    answer = alice.get("/v1/me")
    me = answer.json()
    assert (me["subject"], me["roles"], me["resources"]) == ("alice", ["customer"], None)
    assert datetime.fromisoformat(me["expires_at"]) > datetime.now(UTC)
    assert me["customer"].startswith("c-")
    assert me["profile"] == NOTHING_KNOWN
    assert answer.headers["cache-control"] == "no-store"
    assert house.guest("alice", "customer").me() == me["customer"]
    assert problem(house.nobody.get("/v1/me"))["code"] == "unauthenticated"


def test_staff_make_a_person_and_change_them(house: House, sam: Guest) -> None:
    with house.appending() as appended:
        made = sam.post("/v1/customers", ZOE)
        path = made.headers["location"]
        changed = sam.send("PATCH", path, {"email": None, "language": "de"}, {"If-Match": made.headers["etag"]})
        stale = problem(sam.send("PATCH", path, {"name": "Z"}, {"If-Match": made.headers["etag"]}))
    assert made.status_code == 201
    assert made.json()["profile"] == {**NOTHING_KNOWN, "name": "Zoe Quill", "email": "zoe@example.org"}
    assert changed.json()["profile"] == {**NOTHING_KNOWN, "name": "Zoe Quill", "language": "de"}
    assert (stale["status"], stale["code"]) == (412, "stale-version")
    assert sam.get(path).json() == changed.json()
    assert sam.get(path, {"If-None-Match": changed.headers["etag"]}).status_code == 304
    assert appended.topics == []


def test_a_repeat_makes_the_same_person(sam: Guest) -> None:
    key = {"Idempotency-Key": "zoe"}
    first, second = sam.post("/v1/customers", ZOE, key), sam.post("/v1/customers", ZOE, key)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    other = problem(sam.post("/v1/customers", {"name": "Somebody"}, key))
    assert (other["status"], other["code"]) == (422, "idempotency-key-reused")
    assert sam.post("/v1/customers", ZOE).json()["customer"] != first.json()["customer"]


def test_customers_see_and_change_themselves_alone(alice: Guest, bob: Guest) -> None:
    path = f"/v1/customers/{alice.me()}"
    assert alice.send("PATCH", path, {"name": "Alice Liddell"}).status_code == 200
    assert alice.get("/v1/me").json()["profile"]["name"] == "Alice Liddell"
    assert problem(bob.get(path))["code"] == "unknown-customer"
    assert problem(bob.send("PATCH", path, {"name": "Bob"}))["code"] == "unknown-customer"
    assert problem(bob.post("/v1/customers", ZOE))["code"] == "forbidden"


def test_agents_see_the_people_whom_they_made(house: House, website: Guest, alice: Guest, sam: Guest) -> None:
    path = website.post("/v1/customers", ZOE).headers["location"]
    assert website.get(path).json()["profile"]["name"] == "Zoe Quill"
    assert sam.get(path).status_code == 200
    assert problem(website.get(f"/v1/customers/{alice.me()}"))["code"] == "unknown-customer"
    assert problem(house.guest("app", "agent").get(path))["code"] == "unknown-customer"


@pytest.mark.parametrize("role", ["agent", "staff"])
def test_whoever_works_here_changes_themselves_too(house: House, role: TokenRole) -> None:
    both = house.guest(f"{role}-who-books", role, "customer")
    path = f"/v1/customers/{both.me()}"
    assert both.send("PATCH", path, {"name": "Odette"}).status_code == 200
    assert both.get(path).json()["profile"]["name"] == "Odette"


def test_administrators_and_auditors_see_no_profiles(ada: Guest, odile: Guest, alice: Guest) -> None:
    for guest in (ada, odile):
        assert problem(guest.get(f"/v1/customers/{alice.me()}"))["code"] == "forbidden"


def test_nobody_of_that_id(sam: Guest) -> None:
    for name in (f"c-{'0' * 32}", "zoe", "desk"):
        assert problem(sam.get(f"/v1/customers/{name}"))["code"] == "unknown-customer"


def test_people_say_themselves_that_they_want_no_messages(alice: Guest) -> None:
    path = f"/v1/customers/{alice.me()}"
    assert alice.send("PATCH", path, {"messages": False}).json()["profile"]["messages"] is False

    assert alice.get("/v1/me").json()["profile"] == {**NOTHING_KNOWN, "messages": False}
    assert alice.get(f"{path}/data").json()["profile"]["messages"] is False
    assert alice.send("PATCH", path, {"messages": None}).json()["profile"] == NOTHING_KNOWN


def test_profiles_are_strict(sam: Guest) -> None:
    for body in ({"name": 5}, {"email": "nowhere"}, {"name": "a\u0000b"}, {"language": "d"}, {"messages": "no"}):
        assert problem(sam.post("/v1/customers", body))["code"] == "malformed"
    (error,) = problem(sam.post("/v1/customers", {"email": "a@b"}))["errors"]
    assert error["pointer"] == "/email"
    assert error["detail"].startswith("write one address such as ada@example.org")
    (error,) = problem(sam.send("PATCH", f"/v1/customers/{sam.me()}", {"phone": "0660 1234567"}))["errors"]
    assert error == {"pointer": "/phone", "detail": "write a number with its country, such as +43 660 1234567"}
    assert problem(sam.post("/v1/customers", {"nickname": "Z"}))["code"] == "unknown-field"


def test_staff_find_people_by_part_of_their_name(house: House, sam: Guest, alice: Guest, website: Guest) -> None:
    zoe = sam.post("/v1/customers", ZOE).json()["customer"]
    answer = sam.post("/v1/customers/search", {"name": "qUIl"})
    assert answer.status_code == 200
    assert answer.json() == {"items": [sam.get(f"/v1/customers/{zoe}").json()], "next": None}
    assert answer.headers["cache-control"] == "no-store"
    for other in (alice, website, house.guest("ada", "admin"), house.guest("odile", "auditor")):
        assert problem(other.post("/v1/customers/search", {"name": "quill"}))["code"] == "forbidden"
    for asked in ({"name": "q"}, {"name": " q "}, {}, {"name": "quill", "cursor": "zoe"}):
        assert problem(sam.post("/v1/customers/search", asked))["code"] == "malformed"
