"""What would have been, over HTTP: worked out beside the service, for those whose desk it is."""

from asyncio import Semaphore
from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem

from app.whatif import apart
from interface.http import whatif

DAY = next_week()[:10]
PATH = f"/v1/resources/room/what-if?from={DAY}&to={DAY}"


def noted(house: House) -> None:
    """All refusals so far are written down."""
    writing = house.daybook.writing
    assert writing is not None
    writing.refusing.flush()


def book(guest: Guest, hour: int) -> Any:
    return guest.post("/v1/bookings", {"resource": "room", "start": next_week(hour)})


def test_who_was_turned_away_would_have_been_served(
    house: House, room: str, alice: Guest, bob: Guest, sam: Guest
) -> None:
    made = book(alice, 10).json()
    assert book(bob, 10).status_code == 409
    noted(house)
    with house.appending() as appended:
        answer = sam.post(PATH, {"set": {"capacity": 2}})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert appended.topics == []
    found = answer.json()
    assert (found["resource"], found["from"], found["to"], found["set"]) == (room, DAY, DAY, ["capacity=2"])
    assert (found["bookings"], found["bookings_lost"], found["turned_away"], found["would_be_served"]) == (1, 0, 1, 1)
    assert found["utilisation"] == {"offered_minutes": 1440, "taken_minutes": 30, "share": round(30 / 1440, 4)}
    assert found["utilisation_then"]["taken_minutes"] == 60
    assert (found["requests_replayed"], found["unlike"]) == (4, 0)
    assert bob.me() not in answer.text
    closed = sam.post(PATH, {"set": {f"exceptions.{DAY}": "closed"}}).json()
    assert closed["lost"] == [{"booking": made["id"], "start": closed["lost"][0]["start"], "code": "closed"}]


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"capacity": 0}, "capacity is 1 to"),
        ({"capacity": "many"}, "capacity is a whole number"),
        ({"colour": "red"}, "Nothing is called 'colour'"),
        ({"policy.max_units": 9}, "max_units"),
        ({"hours.mon": None}, "hours.mon is written like"),
    ],
)
def test_what_cannot_be_imagined_is_said(room: str, sam: Guest, said: dict[str, Any], part: str) -> None:
    found = problem(sam.post(PATH, {"set": said}))
    assert (found["code"], found["errors"][0]["pointer"]) == ("malformed", "/set")
    assert part in found["detail"]


@pytest.mark.parametrize("body", [{}, {"set": []}, {"set": {"capacity": 1.5}}, {"set": {}, "more": 1}])
def test_a_body_that_is_none_is_refused(room: str, sam: Guest, body: Any) -> None:
    assert problem(sam.post(PATH, body))["code"] in {"malformed", "unknown-field"}


def test_dates_that_run_back_are_refused(room: str, sam: Guest) -> None:
    found = problem(sam.post("/v1/resources/room/what-if?from=2026-12-02&to=2026-12-01", {"set": {}}))
    assert "is before" in found["detail"]


def test_it_is_for_those_whose_desk_it_is(house: House, room: str, alice: Guest, ada: Guest, sam: Guest) -> None:
    elsewhere = house.guest("eve", "staff", resources=["hall"])
    assert problem(alice.post(PATH, {"set": {}}))["code"] == "forbidden"
    assert problem(elsewhere.post(PATH, {"set": {}}))["code"] == "forbidden"
    assert problem(sam.post(PATH.replace("room", "nowhere"), {"set": {}}))["code"] == "unknown-resource"
    assert ada.post(PATH, {"set": {}}).status_code == 200


def test_one_is_worked_out_at_a_time(room: str, sam: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(whatif, "_ONE_AT_A_TIME", Semaphore(0))
        answer = sam.post(PATH, {"set": {}})
    assert problem(answer)["code"] == "busy"
    assert answer.headers["retry-after"] == "5"
    assert sam.post(PATH, {"set": {}}).status_code == 200


def test_what_takes_too_long_is_ended_and_said(room: str, sam: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart.imagine_apart, "__defaults__", (0.01,))
    found = problem(sam.post(PATH, {"set": {}}))
    assert found["code"] == "busy"
    assert "fewer dates" in found["detail"]
