"""Time travel over HTTP: days, bookings, resources and availability as they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem

DAY = next_week()[:10]
PATH = f"/v1/resources/room/days/{DAY}"


def at_head(house: House) -> dict[str, str]:
    return {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}


def booked(guest: Guest, hour: int, **more: Any) -> dict[str, Any]:
    answer = guest.post("/v1/bookings", {"resource": "room", "start": next_week(hour), **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_day_is_seen_as_it_was_by_version_time_and_position(
    house: House, room: str, sam: Guest, odile: Guest, alice: Guest
) -> None:
    first = booked(alice, 9)
    before = sam.get(PATH, at_head(house))
    house.clock.shift += timedelta(seconds=1)
    between = house.clock()
    house.clock.shift += timedelta(seconds=1)
    sam.post("/v1/resources/room/blocks", {"start": next_week(12), "end": next_week(13), "reason": "new paint"})
    alice.post(f"/v1/bookings/{first['id']}/cancel")
    house.guest("ada", "admin").put("/v1/resources/room", {"name": "Hall", "kind": "room"}, {"If-Match": '"1"'})
    for as_of in ("2", between.isoformat(), before.headers["Daybook-Position"], f"{between:%Y-%m-%dT%H:%M:%S.%fZ}"):
        for guest in (sam, odile):
            answer = guest.get(PATH, as_of=as_of)
            assert answer.json() == before.json(), as_of
            assert answer.headers["Daybook-Position"] == before.headers["Daybook-Position"]
            assert answer.headers["etag"] == '"2"'
    blocked = sam.get(PATH, as_of="3").json()
    assert [each["reason"] for each in blocked["blocks"]] == [{"text": "new paint"}]
    assert len(blocked["claims"]) == 1
    assert odile.get(PATH, as_of="3").json()["blocks"][0]["reason"] == {"sealed": True}
    now = sam.get(PATH, as_of="4").json()
    assert (now["claims"], now["plan"]["windows"]) == ([], [["00:00", "24:00"]])
    assert odile.get(PATH, as_of="0").json()["claims"] == []
    assert odile.get(f"/v1/resources/room/days/{next_week()[:4]}-01-01", as_of="0").json()["version"] == 0


def test_a_booking_is_seen_as_it_was(house: House, room: str, sam: Guest, odile: Guest, alice: Guest) -> None:
    made = booked(alice, 9, details={"for": "yoga"})
    path = f"/v1/bookings/{made['id']}"
    alice.post(f"{path}/reschedule", {"start": next_week(11)})
    alice.post(f"{path}/cancel", {"reason": "ill"})
    first = alice.get(path, as_of="1")
    assert first.json() == {**made, "actions": []}
    assert first.headers["etag"] == '"1"'
    second = alice.get(path, as_of="2").json()
    assert (second["status"], second["legs"][0]["start"]) == ("confirmed", f"{next_week(11)}:00+06:00")
    last = sam.get(path, as_of="3").json()
    assert (last["status"], last["reason"], last["details"]) == ("cancelled", {"text": "ill"}, {"for": "yoga"})
    audited = odile.get(path, as_of="3").json()
    assert audited == {**last, "details": {"sealed": True}, "reason": {"sealed": True}}
    assert odile.get(path, as_of="1").json()["reason"] is None


def test_a_hold_that_had_run_out_reads_as_expired_then(house: House, room: str, alice: Guest) -> None:
    held = alice.post("/v1/holds", {"resource": "room", "start": next_week(9)}).json()
    house.clock.shift += timedelta(seconds=50)
    path, end = f"/v1/bookings/{held['id']}", datetime.fromisoformat(held["expires_at"])
    tick = timedelta(microseconds=1)
    found = [alice.get(path, as_of=f"{moment.astimezone(UTC):%FT%T.%fZ}").json() for moment in (end - tick, end)]
    assert [each["status"] for each in found] == ["held", "expired"]


def test_availability_is_what_a_customer_was_shown(house: House, room: str, sam: Guest, alice: Guest) -> None:
    path = f"/v1/resources/room/availability?from={DAY}&to={DAY}"
    booked(alice, 9)
    shown = alice.get(path, at_head(house)).json()
    booked(alice, 10)
    house.guest("ada", "admin").delete("/v1/resources/room")
    position = f"{house.daybook.log.log_id}.{shown['position']}"
    for guest in (sam, house.guest("odile", "auditor"), house.guest("ada", "admin")):
        answer = guest.get(f"{path}&as_of={position}")
        assert answer.json() == shown
        assert answer.headers["Cache-Control"] == "no-store"
    assert problem(sam.get(f"{path}&as_of={house.daybook.log.log_id}.{shown['position'] + 3}"))["retired"] is True
    assert "no versions of its own" in problem(sam.get(f"{path}&as_of=2"))["detail"]


def test_a_resource_as_it_was_defined(house: House, room: str, ada: Guest, odile: Guest) -> None:
    first = ada.get("/v1/resources/room", at_head(house)).json()
    ada.put("/v1/resources/room", {"name": "Hall", "kind": "room"}, {"If-Match": '"1"'})
    assert odile.get("/v1/resources/room", as_of="1").json() == first
    assert odile.get("/v1/resources/room", as_of="2").json()["name"] == "Hall"


def test_only_those_see_the_past_who_may_see_the_present(
    house: House, room: str, alice: Guest, bob: Guest, website: Guest, ada: Guest
) -> None:
    made = booked(alice, 9)
    keeper = house.guest("kim", "staff", resources=["pitch"])
    booking = f"/v1/bookings/{made['id']}"
    for guest in (bob, website, keeper):
        for as_of in ("1", "99", "2020-01-01T00:00:00Z"):
            assert problem(guest.get(booking, as_of=as_of))["code"] == "unknown-booking"
    assert problem(ada.get(booking, as_of="1"))["code"] == "forbidden"
    for guest in (keeper, alice, ada):
        assert problem(guest.get(PATH, as_of="1"))["code"] == "forbidden"
    for path in (f"/v1/resources/room/availability?from={DAY}&to={DAY}&as_of=1", "/v1/resources/room?as_of=1"):
        assert problem(alice.get(path))["code"] == "forbidden"
        assert problem(house.nobody.get(path))["code"] == "unauthenticated"


def test_the_desk_sees_of_a_moved_booking_only_what_its_scope_covered(house: House, room: str, alice: Guest) -> None:
    house.register("pitch")
    made = booked(alice, 9)
    alice.post(f"/v1/bookings/{made['id']}/reschedule", {"legs": [{"resource": "pitch", "start": next_week(9)}]})
    keeper = house.guest("kim", "staff", resources=["pitch"])
    path = f"/v1/bookings/{made['id']}"
    assert keeper.get(path, as_of="2").status_code == 200
    assert problem(keeper.get(path, as_of="1"))["code"] == "unknown-booking"


@pytest.mark.parametrize(
    ("as_of", "code", "says"),
    [
        ("yesterday", "malformed", "is a version such as 14"),
        ("", "malformed", "at least 1 character"),
        ("-1", "malformed", "is a version such as 14"),
        ("2026-02-30T10:00:00Z", "malformed", "is a version such as 14"),
        ("2026-11-01T10:00", "malformed", "needs its offset"),
        ("2100-01-01T00:00:00Z", "malformed", "lies in the future"),
        ("3", "unknown-version", "the newest is 2"),
        ("{log}.99", "unknown-position", "not in this log"),
        ("0123456789abcdef.1", "unknown-position", "not in this log"),
        ("{log}.0", "unknown-resource", "There was no resource room yet"),
        ("2020-01-01T00:00:00Z", "unknown-resource", "There was no resource room yet"),
    ],
)
def test_a_past_that_cannot_be_is_refused(
    house: House, room: str, odile: Guest, alice: Guest, as_of: str, code: str, says: str
) -> None:
    booked(alice, 9)
    found = problem(odile.get(PATH, as_of=as_of.format(log=house.daybook.log.log_id)))
    assert (found["code"], says in str(found)) == (code, True), found


def test_a_booking_was_not_there_before_it_was_made(house: House, room: str, alice: Guest, odile: Guest) -> None:
    made = booked(alice, 9)
    path, log_id = f"/v1/bookings/{made['id']}", house.daybook.log.log_id
    for guest in (alice, odile):
        assert problem(guest.get(path, as_of=f"{log_id}.1"))["code"] == "unknown-booking"
        assert problem(guest.get(path, as_of="0"))["code"] == "unknown-version"
        assert problem(guest.get(path, as_of="2"))["current_version"] == 1
    assert problem(odile.get(f"/v1/bookings/b-{'0' * 32}", as_of="1"))["code"] == "unknown-booking"
