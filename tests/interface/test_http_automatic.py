"""Automatic booking over HTTP: any of several places, the answer, and the events behind it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem
from tests.interface.test_http_refusals import refusals


def morning() -> list[str]:
    """A window of a day soon to come."""
    return [next_week(9), next_week(11)]


def of_any(guest: Guest, any_of: Any, path: str = "/v1/bookings", **more: Any) -> dict[str, Any]:
    answer = guest.post(path, {"any_of": any_of, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def place_of(booking: dict[str, Any]) -> tuple[str, str]:
    (leg,) = booking["legs"]
    return leg["resource"], leg["start"][:16]


@pytest.fixture
def rooms(house: House) -> list[str]:
    """Rooms of two sizes."""
    for room, seats in (("elm-4", 4), ("elm-8", 8)):
        house.register(room, seats=seats, attributes={"floor": 2, "projector": seats > 4}, policy={"max_duration": 60})
    return ["elm-8", "elm-4"]


def test_the_first_of_a_list_that_has_room(house: House, rooms: list[str], alice: Guest) -> None:
    with house.appending() as appended:
        answer = alice.post("/v1/bookings", {"any_of": rooms, "start": next_week(9), "details": {"for": "yoga"}})
    booking = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/bookings/{booking['id']}"
    assert place_of(booking) == ("elm-8", next_week(9))
    assert (booking["status"], booking["details"]) == ("confirmed", {"for": "yoga"})
    assert appended.topics == ["BookingConfirmed.1", "DayOpened.1", "TimeClaimed.1"]
    assert {event.originator_id.split("/")[1] for event in appended.events} == {booking["id"], "elm-8"}
    assert place_of(of_any(alice, rooms, start=next_week(9))) == ("elm-4", next_week(9))


def test_the_next_free_slot_of_a_kind_in_a_window(house: House, alice: Guest) -> None:
    house.register("lena-weber", kind="psychologist")
    house.register("nadia-rahman", kind="psychologist")
    got = [place_of(of_any(alice, {"kind": "psychologist"}, between=morning(), duration=30)) for _ in range(8)]
    starts = [next_week(hour, minute) for hour in (9, 10) for minute in (0, 30)]
    assert got == [(who, start) for start in starts for who in ("lena-weber", "nadia-rahman")]


def test_the_smallest_room_with_what_is_needed(rooms: list[str], alice: Guest) -> None:
    wish = {"start": next_week(9), "choose": "fit"}
    assert place_of(of_any(alice, rooms, **wish, party=3))[0] == "elm-4"
    with_projector = {"kind": "room", "attributes": {"projector": True, "floor": 2}}
    assert place_of(of_any(alice, with_projector, **wish))[0] == "elm-8"
    assert problem(alice.post("/v1/bookings", {"any_of": {"kind": "room", "seats": 9}, **wish}))["status"] == 404


def test_whoever_has_less_to_do_that_week(rooms: list[str], alice: Guest) -> None:
    then = datetime.fromisoformat(next_week(10))
    busy = f"{then + timedelta(days=1 if then.weekday() == 0 else -1):%Y-%m-%dT%H:%M}"
    assert alice.post("/v1/bookings", {"resource": "elm-4", "start": busy}).status_code == 201
    fair: dict[str, Any] = {"between": morning(), "choose": "fair"}
    assert [place_of(of_any(alice, {"kind": "room"}, **fair))[0] for _ in range(3)] == ["elm-8", "elm-4", "elm-8"]


def test_a_length_is_a_duration_or_an_end(rooms: list[str], alice: Guest) -> None:
    by_end = of_any(alice, rooms, start=next_week(9), end=next_week(10))
    by_duration = of_any(alice, rooms, start=next_week(9), duration=60)
    assert [booking["legs"][0]["end"][:16] for booking in (by_end, by_duration)] == [next_week(10)] * 2


def test_a_hold_is_confirmed(house: House, rooms: list[str], alice: Guest) -> None:
    with house.appending() as appended:
        hold = of_any(alice, rooms, "/v1/holds", between=morning())
        answer = alice.post(f"/v1/bookings/{hold['id']}/confirm")
    assert (hold["status"], place_of(hold)) == ("held", ("elm-8", next_week(9)))
    assert answer.json()["status"] == "confirmed"
    assert appended.topics == [
        "BookingHeld.1", "DayOpened.1", "TimeClaimed.1", "BookingConfirmed.1", "ClaimKept.1",
    ]  # fmt: skip


def test_a_repeat_with_the_same_key_gets_the_same_place(house: House, rooms: list[str], alice: Guest) -> None:
    wish, key = {"any_of": rooms, "between": morning()}, {"Idempotency-Key": "any-room"}
    first = alice.post("/v1/bookings", wish, key)
    with house.appending() as appended:
        again = alice.post("/v1/bookings", wish, key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert appended.topics == []
    assert problem(alice.post("/v1/bookings", {**wish, "party": 2}, key))["code"] == "idempotency-key-reused"


def test_all_taken_is_refused_with_how_many_were_tried_and_what_is_free(
    house: House, rooms: list[str], alice: Guest, bob: Guest
) -> None:
    wish = {"any_of": [*rooms, "nowhere"], "start": next_week(9)}
    for _ in rooms:
        alice.post("/v1/bookings", wish)
    with house.appending() as appended:
        found = problem(bob.post("/v1/bookings", wish))
    assert (found["code"], found["tried"], appended.topics) == ("not-available", 2, [])
    assert [each["resource"] for each in found["looked_at"]] == rooms
    offered = [(each["resource"], each["start"][:16]) for each in found["alternatives"]]
    half_past, ten = next_week(9, 30), next_week(10)
    assert offered == [
        ("elm-8", half_past),
        ("elm-4", half_past),
        ("elm-8", ten),
        ("elm-4", ten),
        ("elm-8", next_week(10, 30)),
    ]
    first = found["alternatives"][0]
    taken = bob.post("/v1/bookings", {"resource": first["resource"], "start": first["start"], "end": first["end"]})
    assert taken.status_code == 201


def test_alternatives_of_a_window_lie_behind_it(house: House, rooms: list[str], alice: Guest, sam: Guest) -> None:
    for room in rooms:
        sam.post(f"/v1/resources/{room}/blocks", {"start": morning()[0], "end": morning()[1]})
    found = problem(alice.post("/v1/bookings", {"any_of": rooms, "between": morning(), "duration": 30}))
    assert {each["start"][:16] for each in found["alternatives"][:2]} == {next_week(11)}
    assert "None of the 2 that were tried is free between 09:00" in found["detail"]


def test_auditors_and_the_desk_see_that_it_was_refused(
    house: House, rooms: list[str], alice: Guest, sam: Guest, odile: Guest
) -> None:
    sam.post("/v1/resources/elm-8/blocks", {"start": morning()[0], "end": morning()[1]})
    problem(alice.post("/v1/bookings", {"any_of": ["elm-8"], "between": morning(), "duration": 30}))
    problem(alice.post("/v1/bookings", {"any_of": {"kind": "hall"}, "between": morning()}))
    taken, unknown = sorted(refusals(house, odile), key=lambda each: str(each["code"]))
    assert (taken["command"], taken["code"], taken["resource"]) == ("BookAnyBetween", "not-available", "elm-8")
    assert (taken["start"][:16], taken["end"][:16]) == tuple(morning())
    assert (unknown["code"], unknown["resource"], unknown["start"]) == ("unknown-resource", None, f"{morning()[0]}:00")
    assert refusals(house, house.guest("kim", "staff", resources=["elm-8"]), resource="elm-8") == [taken]


@pytest.mark.parametrize(
    ("said", "pointer", "detail"),
    [
        ({"any_of": ["room"]}, "", "with any_of say either start or between"),
        (
            {"any_of": ["room"], "start": next_week(9), "between": morning()},
            "",
            "with any_of say either start or between",
        ),
        (
            {"any_of": ["room"], "resource": "room", "start": next_week(9)},
            "",
            "say either resource, or legs, or any_of",
        ),
        ({"any_of": ["room"], "between": morning(), "end": next_week(9)}, "", "say end only with start"),
        (
            {"resource": "room", "start": next_week(9), "choose": "fit"},
            "",
            "between, duration and choose go with any_of",
        ),
        ({"any_of": [], "between": morning()}, "/any_of", "at least 1 item"),
        ({"any_of": ["Room 1"], "between": morning()}, "/any_of/0", "match pattern"),
        ({"any_of": ["room"] * 101, "between": morning()}, "/any_of", "at most 100 items"),
        ({"any_of": {"seats": 4}, "between": morning()}, "/any_of/kind", "required"),
        ({"any_of": {"kind": "room", "floor": 2}, "between": morning()}, "/any_of/floor", "is not known here"),
        ({"any_of": ["room"], "between": morning()[:1]}, "/between", "at least 2 items"),
        ({"any_of": ["room"], "between": morning(), "choose": "best"}, "/choose", "'first', 'fair' or 'fit'"),
        ({"any_of": ["room"], "between": morning()[::-1]}, "/between", "ends after it begins"),
    ],
    ids=lambda said: said if isinstance(said, str) else "",
)
def test_what_cannot_be_meant(room: str, alice: Guest, said: dict[str, Any], pointer: str, detail: str) -> None:
    (error,) = problem(alice.post("/v1/bookings", said))["errors"]
    assert error["pointer"] == pointer
    assert detail in error["detail"]


def test_an_agent_books_for_its_customers_by_their_rules(house: House, website: Guest, sam: Guest) -> None:
    house.register("late", policy={"min_notice": 60 * 24 * 30})
    house.register("open")
    customer = website.post("/v1/customers", {"name": "Noor"}).json()["customer"]
    wish: dict[str, Any] = {"start": next_week(9), "customer": customer}
    assert place_of(of_any(website, ["late", "open"], **wish))[0] == "open"
    assert place_of(of_any(sam, ["late", "open"], **wish))[0] == "late"
    assert problem(website.post("/v1/bookings", {"any_of": ["late"], **wish}))["code"] == "too-soon"
