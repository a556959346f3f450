"""Availability over HTTP: the slots of one resource, and which resources are free."""

from datetime import date, timedelta

import pytest
from tests.interface.house import Guest, House, next_week, problem


def at_head(house: House) -> dict[str, str]:
    return {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}


def test_slots_show_what_is_taken(house: House, alice: Guest) -> None:
    house.register("room", capacity=2)
    alice.post("/v1/bookings", {"resource": "room", "start": next_week(10)})
    day = next_week()[:10]
    with house.appending() as appended:
        answer = house.nobody.get(f"/v1/resources/room/availability?from={day}&to={day}", at_head(house))
    assert answer.status_code == 200
    found = answer.json()
    assert (found["resource"], found["timezone"]) == ("room", "Asia/Dhaka")
    assert found["position"] == house.daybook.log.head().position
    assert [(each["date"], each["status"], each["version"]) for each in found["days"]] == [(day, "open", 2)]
    slots = {slot["start"][11:16]: slot for slot in found["days"][0]["slots"]}
    assert len(slots) == 48
    assert slots["10:00"] == {
        "start": f"{day}T10:00:00+06:00",
        "end": f"{day}T10:30:00+06:00",
        "capacity": 2,
        "booked": 1,
        "available": 1,
        "status": "available",
    }
    assert slots["10:30"]["available"] == 2
    assert appended.topics == []


def test_a_resource_never_touched_has_availability_without_a_stream(house: House, room: str) -> None:
    day = next_week()[:10]
    later = (date.fromisoformat(day) + timedelta(days=91)).isoformat()
    found = house.nobody.get(f"/v1/resources/room/availability?from={day}&to={later}", at_head(house)).json()
    assert len(found["days"]) == 92
    assert {each["version"] for each in found["days"]} == {0}


def test_the_desk_sees_slots_that_customers_cannot_book(house: House, alice: Guest, sam: Guest) -> None:
    house.register("room", policy={"min_notice": 60 * 24 * 30})
    day = next_week()[:10]
    path = f"/v1/resources/room/availability?from={day}&to={day}"
    assert {slot["status"] for slot in alice.get(path, at_head(house)).json()["days"][0]["slots"]} == {"unbookable"}
    assert {slot["status"] for slot in sam.get(path).json()["days"][0]["slots"]} == {"available"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "malformed"),
        ("from=2026-12-02&to=2026-12-01", "malformed"),
        ("from=2026-12-01&to=2027-12-01", "malformed"),
        ("from=9999-12-01&to=9999-12-01", "malformed"),
        ("from=2026-12-01&to=2026-12-32", "malformed"),
        ("from=2026-12-01&to=2026-12-01&duration=45", "bad-duration"),
        ("from=2026-12-01&to=2026-12-01&units=5", "too-many-units"),
        ("from=2026-12-01&to=2026-12-01&unit=1", "unknown-field"),
    ],
)
def test_questions_that_cannot_be_answered(house: House, room: str, query: str, code: str) -> None:
    at_position = at_head(house)
    assert problem(house.nobody.get(f"/v1/resources/room/availability?{query}", at_position))["code"] == code


def test_an_unknown_or_hidden_resource_has_no_availability(house: House, alice: Guest) -> None:
    house.register("store", visibility="staff")
    for name in ("nowhere", "store", "No-Where"):
        answer = alice.get(f"/v1/resources/{name}/availability?from=2026-12-01&to=2026-12-01", at_head(house))
        assert problem(answer)["code"] == "unknown-resource"


def test_resources_free_for_a_whole_interval(house: House, alice: Guest) -> None:
    for name in ("attic", "cellar", "parlour"):
        house.register(name, policy={"min_duration": 30, "max_duration": 120}, seats=4 if name == "attic" else 20)
    alice.post("/v1/bookings", {"resource": "cellar", "start": next_week(10, 30)})
    span = f"start={next_week(10)}&end={next_week(11)}"
    found = house.nobody.get(f"/v1/availability?{span}", at_head(house)).json()
    assert [each["resource"] for each in found["items"]] == ["attic", "parlour"]
    assert found["items"][0]["start"] == f"{next_week(10)}:00+06:00"
    assert found["items"][0]["available"] == 1
    roomy = house.nobody.get(f"/v1/availability?{span}&seats=10").json()
    assert [each["resource"] for each in roomy["items"]] == ["parlour"]
    paged = house.nobody.get(f"/v1/availability?{span}&limit=1").json()
    assert paged["next"] is not None
    assert problem(house.nobody.get("/v1/availability"))["errors"][0]["pointer"] == "start"


def test_an_answer_that_says_the_same_is_not_sent_again(house: House, alice: Guest) -> None:
    for name in ("room", "attic"):
        house.register(name)
    day = next_week()[:10]
    path = f"/v1/resources/room/availability?from={day}&to={day}"
    first = alice.get(path, at_head(house))
    seen = {"If-None-Match": first.headers["etag"]}
    alice.post("/v1/bookings", {"resource": "attic", "start": next_week()})
    again = alice.get(path, {**seen, **at_head(house)})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["daybook-position"] == at_head(house)["Daybook-Position"]
    assert again.headers["cache-control"] == first.headers["cache-control"] == "private, no-cache"
    assert again.headers["vary"] == "Authorization, Cookie"
    alice.post("/v1/bookings", {"resource": "room", "start": next_week()})
    changed = alice.get(path, {**seen, **at_head(house)})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
    assert alice.get(path, {"If-None-Match": "*"}).status_code == 304


def test_everybody_is_answered_by_their_own_rules_whoever_asked_before(
    house: House, alice: Guest, sam: Guest, odile: Guest
) -> None:
    house.register("room", policy={"min_notice": 60 * 24 * 30}, visibility="signed-in")
    house.register("store", visibility="staff")
    day = next_week()[:10]
    path = f"/v1/resources/{{}}/availability?from={day}&to={day}"
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    for _ in range(2):
        by_staff, by_alice = sam.get(path.format("room")), alice.get(path.format("room"))
        assert {slot["status"] for slot in by_staff.json()["days"][0]["slots"]} == {"available"}
        assert {slot["status"] for slot in by_alice.json()["days"][0]["slots"]} == {"unbookable"}
        assert by_alice.headers["etag"] != by_staff.headers["etag"]
        assert problem(house.nobody.get(path.format("room")))["code"] == "unknown-resource"
        assert odile.get(path.format("store")).status_code == 200
        assert problem(alice.get(path.format("store")))["code"] == "unknown-resource"


def test_a_hold_is_gone_from_a_kept_answer_when_its_time_is_over(house: House, room: str, alice: Guest) -> None:
    assert alice.post("/v1/holds", {"resource": room, "start": next_week()}).status_code == 201
    day = next_week()[:10]
    path = f"/v1/resources/room/availability?from={day}&to={day}"

    def at_ten() -> str:
        slots = alice.get(path, at_head(house)).json()["days"][0]["slots"]
        return next(str(slot["status"]) for slot in slots if slot["start"][11:16] == "10:00")

    assert [at_ten(), at_ten()] == ["full", "full"]
    house.clock.shift = timedelta(seconds=31)
    assert at_ten() == "available"
