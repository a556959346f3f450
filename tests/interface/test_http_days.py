"""Blocks, resource-days and the log over HTTP, for the desk and auditors."""

from typing import Any

from tests.interface.house import Guest, House, next_week, problem


def at_head(house: House) -> dict[str, str]:
    return {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}


def blocked(sam: Guest, **more: Any) -> dict[str, Any]:
    body = {"start": next_week(10), "end": next_week(12), **more}
    answer = sam.post("/v1/resources/room/blocks", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_desk_takes_time_away_and_gives_it_back(house: House, room: str, sam: Guest, alice: Guest) -> None:
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(11)}).json()["id"]
    with house.appending() as appended:
        block = blocked(sam, reason="new paint")
    assert block["overlaps"] == [booking]
    assert (block["units"], block["source"], block["reason"]) == (None, "desk", {"text": "new paint"})
    assert block["start"] == f"{next_week(10)}:00+06:00"
    assert appended.topics == ["BlockPlaced.1", "TimeBlocked.1"]
    assert all("paint" not in event.state.decode() for event in appended.events)
    assert problem(alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}))["code"] == "not-available"
    with house.appending() as appended:
        path = f"/v1/resources/room/blocks/{block['block']}"
        assert [sam.delete(path).status_code for _ in range(2)] == [204, 204]
    assert appended.topics == ["BlockLifted.1", "TimeUnblocked.1"]
    assert alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}).status_code == 201


def test_a_repeated_block_is_placed_once_and_answered_alike(house: House, room: str, sam: Guest, alice: Guest) -> None:
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(11)}).json()["id"]
    body, key = {"start": next_week(10), "end": next_week(12), "reason": "paint"}, {"Idempotency-Key": "paint"}
    first = sam.post("/v1/resources/room/blocks", body, key)
    with house.appending() as appended:
        second = sam.post("/v1/resources/room/blocks", body, key)
    assert first.json() == second.json()
    assert second.json()["overlaps"] == [booking]
    assert second.headers["idempotency-replayed"] == "true"
    assert appended.topics == []


def test_blocks_that_cannot_be(house: House, room: str, sam: Guest, alice: Guest) -> None:
    house.register("pitch", kind="sports-ground")
    path, good = "/v1/resources/room/blocks", {"start": next_week(10), "end": next_week(12)}
    keeper = house.guest("kim", "staff", resources=["pitch"])
    assert problem(sam.post(path, {**good, "end": next_week(9)}))["code"] == "bad-duration"
    assert problem(sam.post(path, {"start": next_week(9)}))["errors"][0]["pointer"] == "/end"
    assert problem(sam.post(path, {**good, "source": "calendar"}))["code"] == "unknown-field"
    assert problem(keeper.post(path, good))["code"] == "forbidden"
    assert problem(alice.post(path, good))["code"] == "forbidden"
    assert problem(sam.post("/v1/resources/nowhere/blocks", good))["code"] == "unknown-resource"
    block = blocked(sam)["block"]
    for name in (f"/v1/resources/pitch/blocks/{block}", f"{path}/k-{'0' * 32}", f"{path}/x"):
        assert problem(sam.delete(name))["code"] == "unknown-block"


def test_a_day_as_it_is(house: House, room: str, sam: Guest, odile: Guest, alice: Guest) -> None:
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(9), "details": {"for": "yoga"}}).json()
    block = blocked(sam, reason="new paint")
    day = next_week()[:10]
    answer = sam.get(f"/v1/resources/room/days/{day}", at_head(house))
    found = answer.json()
    assert answer.headers["etag"] == '"3"'
    assert (found["resource"], found["date"], found["timezone"], found["version"]) == ("room", day, "Asia/Dhaka", 3)
    assert found["plan"]["windows"] == [["00:00", "24:00"]]
    assert [(each["booking"], each["units"], each["until"]) for each in found["claims"]] == [(booking["id"], 1, None)]
    assert [(each["block"], each["reason"]) for each in found["blocks"]] == [(block["block"], {"text": "new paint"})]
    audited = odile.get(f"/v1/resources/room/days/{day}").json()
    assert audited["blocks"][0]["reason"] == {"sealed": True}
    assert audited["claims"] == found["claims"]
    assert "yoga" not in answer.text


def test_a_day_never_touched_is_at_version_0(house: House, room: str, odile: Guest) -> None:
    found = odile.get("/v1/resources/room/days/2026-12-24", at_head(house)).json()
    assert (found["version"], found["timestamp"], found["claims"], found["blocks"]) == (0, None, [], [])


def test_days_are_for_the_desk_and_auditors(house: House, room: str, alice: Guest, ada: Guest) -> None:
    keeper = house.guest("kim", "staff", resources=["kind:sports-ground"])
    position = at_head(house)
    for path in ("/v1/resources/room/days/2026-12-24", "/v1/resources/room/days/2026-12-24/events"):
        for guest in (alice, ada, keeper):
            assert problem(guest.get(path, position))["code"] == "forbidden"
        assert problem(house.nobody.get(path))["code"] == "unauthenticated"
        assert (
            problem(house.guest("odile", "auditor").get(path.replace("room", "nowhere")))["code"] == "unknown-resource"
        )
        assert problem(keeper.get(path.replace("2026-12-24", "2026-13-24")))["code"] == "malformed"


def test_the_events_of_a_day(house: House, room: str, sam: Guest, odile: Guest, alice: Guest) -> None:
    alice.post("/v1/bookings", {"resource": room, "start": next_week(9)})
    blocked(sam, reason="new paint")
    path = f"/v1/resources/room/days/{next_week()[:10]}/events"
    found = sam.get(path, at_head(house)).json()
    assert [each["topic"] for each in found["items"]] == ["DayOpened.1", "TimeClaimed.1", "TimeBlocked.1"]
    assert found["items"][2]["facts"]["reason"] == {"text": "new paint"}
    assert odile.get(path).json()["items"][2]["facts"]["reason"] == {"sealed": True}
    first = odile.get(path, limit=2).json()
    assert [each["version"] for each in odile.get(path, after=first["next"]).json()["items"]] == [3]


def test_the_history_of_a_booking(house: House, room: str, alice: Guest, sam: Guest, odile: Guest) -> None:
    wish = {"resource": room, "start": next_week(9), "details": {"for": "yoga"}}
    booking = alice.post("/v1/bookings", wish, {"Idempotency-Key": "yoga"}).json()["id"]
    alice.post(f"/v1/bookings/{booking}/cancel", {"reason": "ill"})
    path = f"/v1/bookings/{booking}/events"
    mine = alice.get(path, at_head(house)).json()["items"]
    assert [each["topic"] for each in mine] == ["BookingConfirmed.1", "BookingCancelled.1"]
    assert mine[0]["facts"]["details"] == {"for": "yoga"}
    assert mine[1]["facts"]["reason"] == {"text": "ill"}
    assert "fingerprint" not in mine[0]["facts"]
    assert mine[0]["by"] == f"customer:{alice.me()}"
    assert sam.get(path).json()["items"] == mine
    audited = odile.get(path)
    assert [each["facts"].get("reason") for each in audited.json()["items"]] == [None, {"sealed": True}]
    assert audited.json()["items"][0]["facts"]["details"] == {"sealed": True}
    assert problem(odile.get(f"/v1/bookings/b-{'0' * 32}/events"))["code"] == "unknown-booking"


def test_why_time_was_released_is_no_secret(house: House, room: str, sam: Guest, odile: Guest, alice: Guest) -> None:
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(9)}).json()["id"]
    alice.post(f"/v1/bookings/{booking}/cancel", {"reason": "ill"})
    path = f"/v1/resources/room/days/{next_week()[:10]}/events"
    for guest in (sam, odile):
        assert guest.get(path, at_head(house)).json()["items"][-1]["facts"] == {
            "booking": booking,
            "reason": "cancelled",
        }
    assert odile.get("/v1/events?after=5").json()["items"][0]["facts"]["reason"] == "cancelled"


def test_the_log_is_searched_by_actor_resource_booking_command_and_time(
    house: House, room: str, odile: Guest, sam: Guest, alice: Guest
) -> None:
    house.register("pitch")
    booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(9)}).json()["id"]
    between = house.clock()
    blocked(sam)
    alice.post(f"/v1/bookings/{booking}/cancel")

    def topics(**asked: Any) -> list[str]:
        answer = odile.get("/v1/events", **asked)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Daybook-Position"].endswith(".5" if "to" in asked else ".9")
        assert answer.json()["next"] is None
        return [event["topic"].removesuffix(".1") for event in answer.json()["items"]]

    made = ["BookingConfirmed", "DayOpened", "TimeClaimed"]
    given_up = ["BookingCancelled", "TimeReleased"]
    assert topics(by=f"staff:{sam.me()}") == ["BlockPlaced", "TimeBlocked"]
    assert topics(by=f"customer:{alice.me()}") == made + given_up
    assert topics(resource="pitch") == ["ResourceRegistered"]
    assert topics(resource=room) == ["ResourceRegistered", *made[1:], "TimeBlocked", "TimeReleased"]
    assert topics(booking=booking) == ["BookingConfirmed", "BookingCancelled"]
    assert topics(booking=booking, after=3) == ["BookingCancelled"]
    command = odile.get("/v1/events?after=4").json()["items"][0]["command_id"]
    assert topics(command=command) == made
    assert topics(**{"from": between.isoformat(), "by": f"customer:{alice.me()}"}) == given_up
    assert topics(to=between.isoformat(), resource=room) == ["ResourceRegistered", *made[1:]]
    for wrong in ("from=2026-11-01T10:00", "to=yesterday", "command=7", "booking=7", "resource=UPPER", "colour=red"):
        assert odile.get(f"/v1/events?{wrong}").status_code == 400


def test_the_whole_log_is_for_auditors(house: House, room: str, odile: Guest, sam: Guest, alice: Guest) -> None:
    alice.post("/v1/bookings", {"resource": room, "start": next_week(9), "details": {"for": "yoga"}})
    first = odile.get("/v1/events", limit=3).json()
    assert [each["position"] for each in first["items"]] == [1, 2, 3]
    rest = odile.get("/v1/events", after=first["next"]).json()
    assert ([each["position"] for each in rest["items"]], rest["next"]) == ([4], None)
    assert odile.get("/v1/events?after=3").json() == rest
    assert first["items"][1]["facts"]["details"] == {"sealed": True}
    for guest in (sam, alice, house.guest("ada", "admin")):
        assert problem(guest.get("/v1/events"))["code"] == "forbidden"
    assert problem(odile.get("/v1/events?after=99"))["code"] == "unknown-position"
    assert problem(odile.get("/v1/events?after=later"))["code"] == "malformed"
