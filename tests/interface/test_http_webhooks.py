"""Webhooks over HTTP: administrators make them, look after them, and nobody else sees them."""

import json
from collections.abc import Iterator
from threading import Event
from time import monotonic
from typing import Any

import pytest
from httpx import Response
from tests.app.outbound.receiver import Receiver
from tests.interface.house import Guest, House, next_week
from tests.interface.house import problem as document_in

from app.log.webhooks import AttemptRow
from app.telling.signing import signed_headers

HOOKS = "https://hooks.example.org/daybook"


@pytest.fixture
def settings_of_house() -> dict[str, Any]:
    return {"outbound_networks": "127.0.0.1"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def problem(answer: Response) -> tuple[int, str]:
    """The status and the code of a problem."""
    return answer.status_code, document_in(answer)["code"]


def made(ada: Guest, **body: Any) -> Any:
    """A new webhook, as it was answered."""
    answer = ada.post("/v1/webhooks", {"url": HOOKS, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_what_happens_is_told_and_signed_with_the_secret_that_the_answer_said(
    house: House, room: str, ada: Guest, alice: Guest, receiver: Receiver
) -> None:
    webhook = made(ada, url=receiver.url)
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(10), "details": {"patient": "A. B."}})

    came = receiver.next()

    said = json.loads(came.body)
    assert (said["type"], said["data"]["booking"]) == ("booking.confirmed", booking.json()["id"])
    assert said["data"]["customer"] == alice.me()
    assert "A. B." not in came.body.decode()
    at = house.clock().fromtimestamp(int(came.headers["webhook-timestamp"]), house.clock().tzinfo)
    assert (
        signed_headers(came.headers["webhook-id"], at, came.body, [webhook["secret"]]).items() <= came.headers.items()
    )


def test_its_attempts_are_listed_and_it_can_be_told_again(
    house: House, room: str, ada: Guest, alice: Guest, receiver: Receiver
) -> None:
    path = f"/v1/webhooks/{made(ada, url=receiver.url)['id']}"
    alice.post("/v1/bookings", {"resource": room, "start": next_week(10)})
    first = receiver.next()
    deadline, pause = monotonic() + 30, Event()
    while not (attempts := ada.get(f"{path}/attempts").json()["items"]) and monotonic() < deadline:
        pause.wait(0.02)
    house.daybook.writing.telling.stop()  # type: ignore[union-attr] # this house writes

    replayed = ada.post(f"{path}/replay", {"after": "0"})

    (attempt,) = attempts
    assert (attempt["number"], attempt["status"], attempt["trouble"]) == (1, 204, None)
    assert attempt["message"] == first.headers["webhook-id"]
    assert replayed.json()["position"].endswith(".0")
    assert ada.get(f"{path}/attempts", before=1).json() == {"items": [], "next": None}


def test_only_administrators_see_webhooks(sam: Guest, alice: Guest, website: Guest, odile: Guest, ada: Guest) -> None:
    path = f"/v1/webhooks/{made(ada)['id']}"
    for guest in (sam, alice, website, odile):
        for method, where, body in (
            ("POST", "/v1/webhooks", {"url": HOOKS}),
            ("GET", "/v1/webhooks", None),
            ("GET", path, None),
            ("PATCH", path, {"enabled": False}),
            ("DELETE", path, None),
            ("POST", f"{path}/rotate", None),
            ("POST", f"{path}/replay", {"after": "0"}),
            ("GET", f"{path}/attempts", None),
        ):
            assert problem(guest.send(method, where, body)) == (403, "forbidden")


def test_a_secret_is_said_once_and_another_one_after_a_rotation(ada: Guest) -> None:
    webhook = made(ada)
    path = f"/v1/webhooks/{webhook['id']}"

    shown, listed = ada.get(path).json(), ada.get("/v1/webhooks").json()["items"]
    rotated = ada.post(f"{path}/rotate").json()

    assert listed == [shown] == [{name: value for name, value in webhook.items() if name != "secret"}]
    assert rotated["secret"] != webhook["secret"]
    assert rotated["version"] == 2


def test_it_is_changed_disabled_and_deleted(ada: Guest) -> None:
    path = f"/v1/webhooks/{made(ada, types=['booking.moved', 'booking.held'])['id']}"
    assert ada.get(path).json()["types"] == ["booking.held", "booking.moved"]

    changed = ada.send("PATCH", path, {"url": f"{HOOKS}/2", "types": ["booking.cancelled"]}, {"If-Match": '"1"'})
    stale = ada.send("PATCH", path, {"enabled": False}, {"If-Match": '"1"'})
    disabled = ada.send("PATCH", path, {"enabled": False}).json()
    enabled = ada.send("PATCH", path, {"enabled": True}).json()

    assert (changed.json()["url"], changed.json()["types"]) == (f"{HOOKS}/2", ["booking.cancelled"])
    assert changed.headers["etag"] == '"2"'
    assert problem(stale) == (412, "stale-version")
    assert (disabled["enabled"], disabled["disabled_reason"], enabled["enabled"]) == (False, "by-hand", True)
    assert ada.delete(path).status_code == 204
    assert problem(ada.delete(path)) == problem(ada.get(path)) == (404, "unknown-webhook")
    assert problem(ada.post(f"{path}/replay", {"after": "0"})) == (404, "unknown-webhook")
    assert problem(ada.get("/v1/webhooks/h-1")) == (404, "unknown-webhook")


def test_what_is_no_address_is_refused_with_the_reason(ada: Guest) -> None:
    answer = ada.post("/v1/webhooks", {"url": "ftp://hooks.example.org/"})

    assert problem(answer) == (400, "malformed")
    assert answer.json()["errors"] == [{"pointer": "/url", "detail": "An address begins with https:// and a host"}]


def test_a_position_that_the_log_does_not_have_is_refused(ada: Guest) -> None:
    path = f"/v1/webhooks/{made(ada)['id']}"

    for after in ("99999", "another.1"):
        assert problem(ada.post(f"{path}/replay", {"after": after}))[1] == "unknown-position"
        assert problem(ada.post("/v1/webhooks", {"url": HOOKS, "after": after}))[1] == "unknown-position"


def test_there_are_only_so_many(ada: Guest) -> None:
    for _ in range(20):
        made(ada)

    assert problem(ada.post("/v1/webhooks", {"url": HOOKS})) == (409, "too-many-webhooks")


def test_one_that_cannot_be_opened_is_listed_without_its_address_and_can_be_deleted(house: House, ada: Guest) -> None:
    webhook = made(ada)["id"]
    house.daybook.log.write("UPDATE webhooks SET sealed = '1.k.n.c' WHERE webhook = ? RETURNING 1", [webhook])

    assert [each["url"] for each in ada.get("/v1/webhooks").json()["items"]] == [None]
    for refused in (
        ada.send("PATCH", f"/v1/webhooks/{webhook}", {"url": HOOKS}),
        ada.post(f"/v1/webhooks/{webhook}/rotate"),
    ):
        assert problem(refused) == (409, "unreadable-webhook")
    changed = ada.send("PATCH", f"/v1/webhooks/{webhook}", {"types": ["booking.moved"], "enabled": False})
    assert (changed.json()["types"], changed.json()["enabled"]) == (["booking.moved"], False)
    attempt = AttemptRow(webhook, 0, "", "", 1, "2026-12-01T04:00:00.000000Z", 0, None, "It cannot be read.")
    house.daybook.log.webhooks.note(attempt)
    (listed,) = ada.get(f"/v1/webhooks/{webhook}/attempts").json()["items"]
    assert (listed["message"], listed["type"], listed["trouble"]) == (None, None, "It cannot be read.")
    assert ada.delete(f"/v1/webhooks/{webhook}").status_code == 204
