"""Defining, changing, retiring and finding resources over HTTP."""

from typing import Any

import pytest
from tests.interface.house import ALWAYS, Guest, House, next_week, problem

HALL = {"name": "Hall", "kind": "room", "timezone": "Asia/Dhaka", "hours": ALWAYS, "capacity": 2}


def at_head(house: House) -> dict[str, str]:
    return {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}


def test_an_administrator_registers_a_resource(house: House, ada: Guest) -> None:
    with house.appending() as appended:
        answer = ada.put("/v1/resources/hall", HALL)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/v1/resources/hall"
    assert answer.headers["etag"] == '"1"'
    assert appended.topics == ["ResourceRegistered.1"]
    made = answer.json()
    assert (made["id"], made["version"], made["retired"], made["displaced"]) == ("hall", 1, False, [])
    assert made["policy"]["min_duration"] == made["policy"]["max_duration"] == 30
    shown = ada.get("/v1/resources/hall", at_head(house)).json()
    assert {**shown, "displaced": []} == made


def test_revising_needs_the_version_that_one_saw(house: House, ada: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    wider = {**HALL, "capacity": 3}
    with house.appending() as appended:
        blind = problem(ada.put("/v1/resources/hall", wider))
        stale = problem(ada.put("/v1/resources/hall", wider, {"If-Match": '"2"'}))
        revised = ada.put("/v1/resources/hall", wider, {"If-Match": '"1"'})
    assert (blind["status"], blind["code"]) == (428, "if-match-required")
    assert (stale["status"], stale["code"], stale["current_version"]) == (412, "stale-version", 1)
    assert (revised.status_code, revised.json()["capacity"], revised.headers["etag"]) == (200, 3, '"2"')
    assert appended.topics == ["ResourceRevised.1"]


def test_a_revision_tells_which_bookings_no_longer_fit(house: House, ada: Guest, alice: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    booking = alice.post("/v1/bookings", {"resource": "hall", "start": next_week(10)}).json()
    closed = ada.put("/v1/resources/hall", {**HALL, "hours": {}}, {"If-Match": '"1"'}).json()
    [leg] = booking["legs"]
    time = {"start": leg["start"], "end": leg["end"]}
    assert closed["displaced"] == [{"booking": booking["id"], "code": "closed", **time}]


def test_an_exception_replaces_one_dates_hours(house: House, ada: Guest, alice: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    day = next_week()[:10]
    path = f"/v1/resources/hall/exceptions/{day}"
    with house.appending() as appended:
        shut = ada.put(path, {"windows": [], "reason": "Christmas"}, {"If-Match": '"1"'})
        refused = problem(alice.post("/v1/bookings", {"resource": "hall", "start": next_week(10)}))
        opened = ada.delete(path)
    assert shut.json()["exceptions"] == {day: {"windows": [], "reason": "Christmas"}}
    assert (refused["code"], refused["reason"]) == ("closed", "Christmas")
    assert (opened.status_code, opened.json()["exceptions"]) == (200, {})
    assert appended.topics == ["ResourceRevised.1", "ResourceRevised.1"]
    assert problem(ada.put(path, {}, {"If-Match": '"1"'}))["code"] == "stale-version"
    assert problem(ada.put("/v1/resources/hall/exceptions/2026-02-30", {}))["code"] == "malformed"
    assert problem(ada.put(f"/v1/resources/nowhere/exceptions/{day}", {}))["code"] == "unknown-resource"


def test_a_retired_resource_takes_no_bookings_but_can_be_looked_up(house: House, ada: Guest, alice: Guest) -> None:
    ada.put("/v1/resources/hall", HALL)
    booking = alice.post("/v1/bookings", {"resource": "hall", "start": next_week(10)}).json()["id"]
    with house.appending() as appended:
        assert problem(ada.send("DELETE", "/v1/resources/hall", headers={"If-Match": '"9"'}))["status"] == 412
        retired = ada.delete("/v1/resources/hall")
        assert ada.delete("/v1/resources/hall").status_code == 204
    assert (retired.status_code, retired.content) == (204, b"")
    assert appended.topics == ["ResourceRetired.1"]
    refused = problem(alice.post("/v1/bookings", {"resource": "hall", "start": next_week(11)}))
    assert (refused["status"], refused["code"]) == (404, "unknown-resource")
    assert alice.get("/v1/resources/hall", at_head(house)).json()["retired"] is True
    assert alice.get("/v1/resources").json()["items"] == []
    assert alice.get(f"/v1/bookings/{booking}").json()["status"] == "confirmed"
    assert problem(ada.put("/v1/resources/hall", HALL, {"If-Match": '"2"'}))["code"] == "unknown-resource"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_administrators_define(house: House, room: str, alice: Guest, sam: Guest, method: str) -> None:
    body = HALL if method == "PUT" else None
    with house.appending() as appended:
        for guest in (alice, sam, house.guest("odile", "auditor")):
            assert problem(guest.send(method, "/v1/resources/room", body))["code"] == "forbidden"
        assert problem(house.nobody.send(method, "/v1/resources/room", body))["code"] == "unauthenticated"
    assert appended.topics == []


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"timezone": "Mars/Phobos"}, "/timezone"),
        ({"timezone": None}, "/timezone"),
        ({"capacity": 0}, "/capacity"),
        ({"capacity": "2"}, "/capacity"),
        ({"capacity": 10**30}, "/capacity"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "/hours/mon"),
        ({"hours": {"monday": []}}, "/hours/monday"),
        ({"hours": {"mon": [["9", "12:00"]]}}, "/hours/mon/0/0"),
        ({"policy": {"step": 4}}, "/policy/step"),
        ({"policy": {"max_units": 3}}, "/policy/max_units"),
        ({"policy": {"min_duration": 60, "max_duration": 30}}, "/policy/max_duration"),
        ({"exceptions": {"9999-01-01": {}}}, "/exceptions/9999-01-01"),
        ({"attributes": {"a": 1e300}}, "/attributes"),
        ({"name": ""}, "/name"),
        ({"name": "Hall\r\n"}, "/name"),
        ({"name": "Hall\x07"}, "/name"),
        ({"name": "Hall\u202e"}, "/name"),
        ({"kind": "Sports Ground"}, "/kind"),
        ({"visibility": "secret"}, "/visibility"),
    ],
)
def test_a_definition_that_cannot_be_says_where(
    house: House, ada: Guest, changed: dict[str, Any], pointer: str
) -> None:
    with house.appending() as appended:
        found = problem(ada.put("/v1/resources/hall", {**HALL, **changed}))
    assert found["code"] == "malformed"
    assert pointer in [error["pointer"] for error in found["errors"]]
    assert appended.topics == []


def test_an_id_that_cannot_be_is_an_unknown_resource(ada: Guest) -> None:
    for name in ("Hall", "-hall", "h" * 64, "%00", "h_all"):
        assert problem(ada.put(f"/v1/resources/{name}", HALL))["code"] == "unknown-resource"
        assert problem(ada.get(f"/v1/resources/{name}"))["code"] == "unknown-resource"


def test_visibility_decides_who_sees_a_resource(house: House, alice: Guest, sam: Guest, odile: Guest) -> None:
    house.register("open")
    house.register("members", visibility="signed-in")
    house.register("store", visibility="staff")
    position = at_head(house)

    def seen(guest: Guest) -> list[str]:
        return [each["id"] for each in guest.get("/v1/resources", position).json()["items"]]

    assert seen(house.nobody) == ["open"]
    assert seen(alice) == ["members", "open"]
    assert seen(sam) == seen(odile) == ["members", "open", "store"]
    assert problem(house.nobody.get("/v1/resources/members"))["code"] == "unknown-resource"
    assert problem(alice.get("/v1/resources/store"))["code"] == "unknown-resource"
    assert (
        problem(alice.post("/v1/bookings", {"resource": "store", "start": next_week()}))["code"] == "unknown-resource"
    )


def test_resources_are_searched_and_paged(house: House, alice: Guest) -> None:
    house.register("attic", seats=4, attributes={"floor": 3, "projector": True})
    house.register("cellar", kind="store", attributes={"floor": -1})
    house.register("parlour", seats=12, attributes={"floor": 0, "colour": "red"})
    position = at_head(house)

    def ids(query: str) -> list[str]:
        return [each["id"] for each in alice.get(f"/v1/resources?{query}", position).json()["items"]]

    assert ids("kind=store") == ["cellar"]
    assert ids("q=ATT") == ["attic"]
    assert ids("seats=5") == ["cellar", "parlour"]
    assert ids("attribute.floor=3&attribute.projector=true") == ["attic"]
    assert ids("attribute.colour=red") == ["parlour"]
    first = alice.get("/v1/resources?limit=2", position).json()
    assert [each["id"] for each in first["items"]] == ["attic", "cellar"]
    rest = alice.get("/v1/resources", cursor=first["next"], limit=2).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (["parlour"], None)


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("limit=0", "malformed", "limit"),
        ("limit=501", "malformed", "limit"),
        ("limit=1e2", "malformed", "limit"),
        ("limit=", "malformed", "limit"),
        ("seats=-1", "malformed", "seats"),
        ("kind=a&kind=b", "malformed", "kind"),
        ("colour=red", "unknown-field", "colour"),
        ("q=%00", "malformed", "q"),
        ("q=%ff", "malformed", "query"),
    ],
)
def test_queries_are_strict(alice: Guest, query: str, code: str, pointer: str) -> None:
    found = problem(alice.get(f"/v1/resources?{query}"))
    assert (found["code"], found["errors"][0]["pointer"]) == (code, pointer)


def test_a_resource_may_be_kept_but_is_asked_for_again(house: House, room: str, alice: Guest) -> None:
    public = house.nobody.get("/v1/resources/room", at_head(house))
    assert (public.headers["cache-control"], public.headers["vary"]) == ("public, no-cache", "Authorization, Cookie")
    mine = alice.get("/v1/resources/room")
    assert mine.headers["cache-control"] == "private, no-cache"
    again = alice.get("/v1/resources/room", {"If-None-Match": mine.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
