"""Waiting in line over HTTP: for customers, their agents and the desk."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem


def waits(who: Guest, room: str, **said: Any) -> dict[str, Any]:
    answer = who.post("/v1/waitlist", {"resource": room, "start": next_week(10), **said})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def booked(who: Guest, room: str, hour: int = 10, **said: Any) -> str:
    answer = who.post("/v1/bookings", {"resource": room, "start": next_week(hour), **said})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def line(who: Guest, house: House, **asked: Any) -> list[dict[str, Any]]:
    head = {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}
    answer = who.get("/v1/waitlist", head, **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_whoever_waits_sees_their_place_and_is_offered_what_is_given_up(
    house: House, room: str, alice: Guest, bob: Guest
) -> None:
    booking = booked(alice, room)
    with house.appending() as appended:
        wish = waits(bob, room)
    assert appended.topics == ["WishMade.1", "LineJoined.1"]
    assert {name: wish[name] for name in ("status", "resource", "start", "end", "duration", "place", "booking")} == {
        "status": "waiting",
        "resource": room,
        "start": f"{next_week(10)}:00+06:00",
        "end": f"{next_week(10, 30)}:00+06:00",
        "duration": 30,
        "place": 1,
        "booking": None,
    }
    with house.appending() as appended:
        assert alice.post(f"/v1/bookings/{booking}/cancel").status_code == 200
    assert "WishServed.1" in appended.topics
    (served,) = line(bob, house)
    assert (served["status"], served["place"]) == ("offered", None)
    assert bob.get(f"/v1/waitlist/{wish['id']}").json() == served
    held = bob.get(f"/v1/bookings/{served['booking']}").json()
    assert (held["status"], held["actions"]) == ("held", ["confirm", "cancel"])
    assert bob.post(f"/v1/bookings/{held['id']}/confirm").json()["status"] == "confirmed"


def test_places_count_those_ahead_who_could_take_the_same_time(
    house: House, room: str, alice: Guest, bob: Guest, sam: Guest
) -> None:
    for hour in (10, 11):
        booked(alice, room, hour)
    carol, dave = (house.guest(name, "customer") for name in ("carol", "dave"))
    assert waits(bob, room)["place"] == 1
    assert waits(carol, room, start=next_week(11))["place"] == 1
    assert waits(dave, room)["place"] == 2
    assert [each["place"] for each in line(sam, house, resource=room)] == [1, 1, 2]
    assert [each["customer"] for each in line(dave, house)] == [dave.me()]
    assert problem(bob.get("/v1/waitlist", customer=dave.me()))["code"] == "forbidden"


def test_any_slot_of_a_date_can_be_waited_for(house: House, room: str, alice: Guest, bob: Guest, sam: Guest) -> None:
    day = date.fromisoformat(next_week(10)[:10])
    body = {"start": f"{day}T00:00", "end": f"{day + timedelta(days=1)}T00:00"}
    block = sam.post(f"/v1/resources/{room}/blocks", body).json()["block"]
    wish = bob.post("/v1/waitlist", {"resource": room, "date": str(day), "duration": 30}).json()
    assert (wish["start"], wish["duration"], wish["date"]) == (None, 30, str(day))
    assert sam.delete(f"/v1/resources/{room}/blocks/{block}").status_code == 204
    (served,) = line(bob, house)
    legs = bob.get(f"/v1/bookings/{served['booking']}").json()["legs"]
    assert legs[0]["start"][11:16] == "00:00"


def test_leaving_makes_room_for_nobody_and_can_be_repeated(house: House, room: str, alice: Guest, bob: Guest) -> None:
    booking = booked(alice, room)
    wish = waits(bob, room)["id"]
    with house.appending() as appended:
        assert [bob.delete(f"/v1/waitlist/{wish}").status_code for _ in range(2)] == [204, 204]
    assert appended.topics == ["LineLeft.1", "WishWithdrawn.1"]
    assert [each["status"] for each in line(bob, house)] == ["left"]
    assert line(bob, house, waiting="true") == []
    with house.appending() as appended:
        alice.post(f"/v1/bookings/{booking}/cancel")
    assert "WishServed.1" not in appended.topics


def test_nobody_sees_or_leaves_for_another(house: House, room: str, alice: Guest, bob: Guest, sam: Guest) -> None:
    booked(alice, room)
    wish = waits(bob, room)["id"]
    elsewhere = house.guest("ella", "staff", resources=["another-room"])
    agent = house.guest("site", "agent")
    for who in (alice, agent, elsewhere):
        assert line(who, house) == []
        for answer in (who.get(f"/v1/waitlist/{wish}"), who.delete(f"/v1/waitlist/{wish}")):
            assert problem(answer)["code"] == "unknown-wish"
    assert problem(house.guest("odile", "auditor").get("/v1/waitlist"))["code"] == "forbidden"
    assert problem(bob.get("/v1/waitlist/w-0"))["code"] == "unknown-wish"
    assert sam.delete(f"/v1/waitlist/{wish}").status_code == 204


def test_an_agent_waits_for_a_customer_and_confirms_what_is_offered(house: House, room: str, alice: Guest) -> None:
    agent = house.guest("site", "agent")
    customer = agent.post("/v1/customers", {"name": "Cleo"}).json()["customer"]
    booking = booked(alice, room)
    wish = waits(agent, room, customer=customer)
    assert wish["customer"] == customer
    alice.post(f"/v1/bookings/{booking}/cancel")
    (served,) = line(agent, house)
    assert agent.post(f"/v1/bookings/{served['booking']}/confirm").json()["status"] == "confirmed"


def test_a_repeat_with_its_key_joins_once(house: House, room: str, alice: Guest, bob: Guest) -> None:
    booked(alice, room)
    body, key = {"resource": room, "start": next_week(10)}, {"Idempotency-Key": "in-line"}
    first = bob.post("/v1/waitlist", body, key)
    with house.appending() as appended:
        second = bob.post("/v1/waitlist", body, key)
    assert (first.json(), second.status_code) == (second.json(), 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert appended.topics == []
    assert problem(bob.post("/v1/waitlist", {**body, "units": 1}, key))["code"] == "idempotency-key-reused"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"start": next_week(10)}, "still-available"),
        ({"date": next_week(10)[:10]}, "still-available"),
        ({}, "malformed"),
        ({"start": next_week(10), "date": next_week(10)[:10]}, "malformed"),
        ({"date": next_week(10)[:10], "end": next_week(11)}, "malformed"),
        ({"start": next_week(10), "duration": 60}, "malformed"),
        ({"start": next_week(10), "colour": "red"}, "unknown-field"),
        ({"start": "2026-01-01T10:00"}, "in-the-past"),
        ({"start": next_week(10), "resource": "nowhere"}, "unknown-resource"),
        ({"start": next_week(10), "customer": "c-" + "0" * 32}, "forbidden"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_waited_for_is_refused(
    house: House, room: str, bob: Guest, said: dict[str, Any], code: str
) -> None:
    with house.appending() as appended:
        assert problem(bob.post("/v1/waitlist", {"resource": room, **said}))["code"] == code
    assert appended.topics == []


def test_more_room_by_a_revision_is_offered_without_anybody_asking(
    house: House, room: str, alice: Guest, bob: Guest
) -> None:
    ada = house.guest("ada", "admin")
    booked(alice, room)
    waits(bob, room)
    defined = ada.get(f"/v1/resources/{room}")
    said = {name: value for name, value in defined.json().items() if name not in {"id", "version", "retired"}}
    revised = ada.put(f"/v1/resources/{room}", {**said, "capacity": 2}, {"If-Match": defined.headers["etag"]})
    assert revised.status_code == 200
    head = house.daybook.log.head().position
    house.daybook.runner.wait_for(head)
    assert house.daybook.writing is not None
    house.daybook.writing.sweeper.sweep()
    assert [each["status"] for each in line(bob, house)] == ["offered"]


def test_places_in_lines_for_many_days_count_whoever_is_ahead(
    house: House, alice: Guest, bob: Guest, sam: Guest
) -> None:
    days = 60 * 24
    house.register("hut", policy={"step": days, "min_duration": days, "max_duration": 20 * days})
    start = date.fromisoformat(next_week(0)[:10])

    def at(number: int) -> str:
        return f"{start + timedelta(days=number)}T00:00"

    booked = alice.post("/v1/bookings", {"resource": "hut", "start": at(0), "end": at(14)})
    assert booked.status_code == 201, booked.text
    carol = house.guest("carol", "customer")
    assert waits(bob, "hut", start=at(0), end=at(12))["place"] == 1
    assert waits(carol, "hut", start=at(9), end=at(10))["place"] == 2
    assert [each["place"] for each in line(carol, house)] == [2]
    assert [each["place"] for each in line(sam, house, resource="hut")] == [1, 2]


def test_why_a_wish_ended_is_said_in_plain_words_to_the_desk(
    house: House, room: str, alice: Guest, bob: Guest, sam: Guest
) -> None:
    booked(alice, room)
    bob.delete(f"/v1/waitlist/{waits(bob, room)['id']}")
    events = sam.get(f"/v1/resources/{room}/days/{next_week(10)[:10]}/events").json()["items"]
    (withdrawn,) = (each for each in events if each["topic"] == "WishWithdrawn.1")
    assert withdrawn["facts"]["reason"] == "left"
