"""What is free at once, over HTTP."""

from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem


@pytest.fixture
def clinic(house: House) -> House:
    """Two doctors, a room for four, and a projector."""
    house.register("anna", kind="doctor")
    house.register("bela", kind="doctor")
    house.register("office", kind="room", seats=4, attributes={"floor": 2})
    house.register("projector", kind="equipment", visibility="signed-in")
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    return house


def asked(guest: Guest, *needs: str, **more: Any) -> dict[str, Any]:
    answer = guest.get("/v1/availability", need=list(needs), **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def chosen(choice: list[dict[str, Any]] | None) -> list[str] | None:
    return None if choice is None else [each["resource"] for each in choice]


def test_a_doctor_a_room_and_a_projector_at_ten_and_all_booked_at_once(clinic: House, alice: Guest) -> None:
    start = next_week(10)
    needs = ("kind:doctor", "kind:room;seats:4;attribute.floor:2", "id:projector")
    found = asked(alice, *needs, start=start)
    assert [each["need"] for each in found["needs"]] == list(needs)
    assert [[free["resource"] for free in each["items"]] for each in found["needs"]] == [
        ["anna", "bela"],
        ["office"],
        ["projector"],
    ]
    assert chosen(found["choice"]) == ["anna", "office", "projector"]
    legs = [{"resource": each["resource"], "start": each["start"]} for each in found["choice"]]
    booked = alice.post("/v1/bookings", {"legs": legs})
    assert booked.status_code == 201, booked.text
    position = {"Daybook-Position": booked.headers["daybook-position"]}
    later = alice.get("/v1/availability", position, need=list(needs), start=start).json()
    assert later["choice"] is None
    assert [each["resource"] for each in later["needs"][0]["items"]] == ["bela"]


def test_two_of_a_kind_are_two(clinic: House) -> None:
    start = next_week(10)
    assert chosen(asked(clinic.nobody, "kind:doctor", "kind:doctor", start=start)["choice"]) == ["anna", "bela"]
    assert asked(clinic.nobody, "kind:room", "kind:room", start=start)["choice"] is None


def test_what_one_may_not_see_is_not_there(clinic: House, alice: Guest) -> None:
    assert asked(clinic.nobody, "id:projector", start=next_week(10))["needs"][0]["items"] == []
    assert chosen(asked(alice, "id:projector", start=next_week(10))["choice"]) == ["projector"]


def test_the_next_starts_are_those_at_which_both_are_free(clinic: House, alice: Guest) -> None:
    day = next_week()[:10]
    for hour in (10, 11):
        alice.post("/v1/bookings", {"resource": "office", "start": next_week(hour)})
    position = {"Daybook-Position": f"{clinic.daybook.log.log_id}.{clinic.daybook.log.head().position}"}
    window = {"from": f"{day}T10:00:00+06:00", "to": f"{day}T12:00:00+06:00"}
    found = alice.get("/v1/availability", position, need=["kind:doctor", "kind:room"], **window).json()
    assert [each["start"][11:16] for each in found["starts"]] == ["10:30", "11:30"]
    assert [chosen(each["choice"]) for each in found["starts"]] == [["anna", "office"]] * 2
    assert found["next"] is None
    first = alice.get("/v1/availability", position, need=["kind:doctor", "kind:room"], **window, limit=1).json()
    assert (len(first["starts"]), first["next"][11:16]) == (1, "11:30")
    too_long = asked(alice, "kind:doctor", "kind:room", **window, duration="45")
    assert too_long["starts"] == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "start"),
    ({"need": "kind:doctor"}, "start"),
    ({"start": "2026-12-01T10:00", "duration": "30"}, "duration"),
    ({"need": "kind:doctor", "start": "2026-12-01T10:00", "kind": "room"}, "kind"),
    ({"need": "kind:doctor", "start": "2026-12-01T10:00", "attribute.floor": "2"}, "attribute.floor"),
    ({"need": "kind:doctor", "start": "2026-12-01T10:00", "to": "2026-12-02T10:00"}, "to"),
    ({"need": "kind:doctor", "from": "2026-12-01T10:00", "to": "2026-12-02T10:00"}, "from"),
    ({"need": "kind:doctor", "from": "2026-12-02T10:00Z", "to": "2026-12-01T10:00Z"}, "to"),
    ({"need": "kind:doctor", "from": "2026-12-01T10:00Z", "to": "2027-12-01T10:00Z"}, "to"),
    ({"need": "doctor", "start": "2026-12-01T10:00"}, "need"),
    ({"need": "kind:", "start": "2026-12-01T10:00"}, "need"),
    ({"need": "colour:red", "start": "2026-12-01T10:00"}, "need"),
    ({"need": "kind:a;kind:b", "start": "2026-12-01T10:00"}, "need"),
    ({"need": "units:0", "start": "2026-12-01T10:00"}, "need"),
    ({"need": "id:../x", "start": "2026-12-01T10:00"}, "need"),
    ({"need": ["kind:doctor"] * 6, "start": "2026-12-01T10:00"}, "need"),
]


def test_what_does_not_go_together_is_refused_with_its_place(house: House) -> None:
    for query, pointer in WRONG:
        found = problem(house.nobody.get("/v1/availability", **query))
        assert (found["status"], found["code"], found["errors"][0]["pointer"]) == (400, "malformed", pointer), query
