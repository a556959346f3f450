"""Why was I refused, and who saw my details: over HTTP."""

from typing import Any

import pytest
from tests.interface.house import Guest, House, next_week, problem


def refusals(house: House, guest: Guest, **asked: Any) -> list[dict[str, Any]]:
    """What is noted so far, as a guest sees it."""
    assert house.daybook.writing is not None
    house.daybook.writing.refusing.flush()
    answer = guest.get("/v1/refusals", **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def disclosures(house: House, guest: Guest, customer: str) -> list[tuple[str, str, str | None]]:
    house.daybook.disclosing.flush()
    answer = guest.get(f"/v1/customers/{customer}/disclosures")
    assert answer.status_code == 200, answer.text
    return [(each["by"], each["what"], each["booking"]) for each in answer.json()["items"]]


@pytest.fixture
def refused(house: House, room: str, alice: Guest, bob: Guest) -> dict[str, Any]:
    """What Bob was told: Alice was faster."""
    alice.post("/v1/bookings", {"resource": room, "start": next_week(9)})
    return problem(bob.post("/v1/bookings", {"resource": room, "start": next_week(9), "details": {"for": "yoga"}}))


def test_who_was_refused_can_look_up_why(house: House, refused: dict[str, Any], bob: Guest, alice: Guest) -> None:
    (mine,) = refusals(house, bob)
    assert (mine["by"], mine["command"], mine["code"], mine["times"]) == (
        f"customer:{bob.me()}",
        "Book",
        "not-available",
        1,
    )
    assert {name: mine[name] for name in ("resource", "start", "end", "units")} == {
        name: refused[name] for name in ("resource", "start", "end", "units")
    }
    assert mine["position"] == house.daybook.log.head().position
    assert "yoga" not in str(mine)
    assert refusals(house, alice) == []
    assert problem(alice.get("/v1/refusals", by=mine["by"]))["code"] == "forbidden"
    assert problem(house.nobody.get("/v1/refusals"))["code"] == "unauthenticated"


def test_auditors_see_all_and_the_day_as_it_was_when_it_refused(
    house: House, refused: dict[str, Any], odile: Guest
) -> None:
    (found,) = refusals(house, odile, resource="room")
    then = odile.get(
        f"/v1/resources/room/days/{next_week()[:10]}", as_of=f"{house.daybook.log.log_id}.{found['position']}"
    )
    assert [claim["start"] for claim in then.json()["claims"]] == [found["start"]]
    assert refusals(house, odile, by=found["by"], to="2020-01-01T00:00:00Z") == []
    assert refusals(house, odile, **{"from": found["first_at"]}) == [found]
    assert refusals(house, odile, resource="elsewhere") == []


def test_the_desk_sees_those_of_its_resources(house: House, refused: dict[str, Any], sam: Guest) -> None:
    keeper = house.guest("kim", "staff", resources=["room"])
    assert refusals(house, sam) == refusals(house, keeper, resource="room") != []
    assert problem(keeper.get("/v1/refusals"))["code"] == "forbidden"
    stranger = house.guest("kai", "staff", resources=["pitch"])
    assert problem(stranger.get("/v1/refusals", resource="room"))["code"] == "forbidden"


def test_refusals_come_in_pages(house: House, room: str, bob: Guest, odile: Guest) -> None:
    for minute in (1, 2, 3):
        bob.post("/v1/bookings", {"resource": room, "start": next_week(9, minute)})
    every = refusals(house, odile)
    assert len(every) == 3
    first = odile.get("/v1/refusals", limit=2).json()
    rest = odile.get("/v1/refusals", cursor=first["next"]).json()
    assert ([*first["items"], *rest["items"]], rest["next"]) == (every, None)
    assert problem(odile.get("/v1/refusals", cursor="nonsense"))["code"] == "bad-cursor"
    assert problem(odile.get("/v1/refusals", to="2026-11-01T10:00"))["code"] == "malformed"


def test_a_person_can_ask_who_saw_their_details(
    house: House, room: str, alice: Guest, bob: Guest, sam: Guest, odile: Guest
) -> None:
    made = alice.post("/v1/bookings", {"resource": room, "start": next_week(9), "details": {"for": "yoga"}}).json()
    me, desk = alice.me(), f"staff:{sam.me()}"
    house.daybook.runner.wait_for(made["position"])
    alice.get(f"/v1/bookings/{made['id']}")
    odile.get(f"/v1/bookings/{made['id']}/events")
    odile.get(f"/v1/bookings/{made['id']}", as_of="1")
    assert disclosures(house, alice, me) == []
    for look in ("", "/events", "?as_of=1"):
        sam.get(f"/v1/bookings/{made['id']}{look}")
    sam.get("/v1/bookings")
    sam.get(f"/v1/customers/{me}")
    found = [(desk, "booking", made["id"]), (desk, "profile", None)]
    assert sorted(set(disclosures(house, alice, me))) == found
    assert sorted(set(disclosures(house, odile, me))) == found
    assert sorted(set(disclosures(house, sam, me))) == found
    answer = alice.get(f"/v1/customers/{me}/disclosures").json()["items"]
    assert sum(each["times"] for each in answer) == 5
    assert problem(bob.get(f"/v1/customers/{me}/disclosures"))["code"] == "unknown-customer"
    assert problem(house.guest("ada", "admin").get(f"/v1/customers/{me}/disclosures"))["code"] == "forbidden"
    assert problem(odile.get(f"/v1/customers/c-{'0' * 32}/disclosures"))["code"] == "unknown-customer"


def test_whoever_is_found_by_name_was_shown_and_nobody_else(house: House, alice: Guest, bob: Guest, sam: Guest) -> None:
    for guest, name in ((alice, "Alice Liddell"), (bob, "Bob")):
        guest.send("PATCH", f"/v1/customers/{guest.me()}", {"name": name})
    sam.post("/v1/customers/search", {"name": "liddell"})
    assert disclosures(house, alice, alice.me()) == [(f"staff:{sam.me()}", "profile", None)]
    assert disclosures(house, bob, bob.me()) == []


def in_line(guest: Guest, path: str, **asked: Any) -> list[dict[str, Any]]:
    """Events and refusals, two on a page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    for _ in range(100):
        answer = guest.get(path, refusals="true", limit=2, **asked, **cursor)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}
    raise AssertionError("there is no end")


def later(alice: Guest, hour: int = 11) -> None:
    """A booking: once it is there, what was refused before is noted."""
    assert alice.post("/v1/bookings", {"resource": "room", "start": next_week(hour)}).status_code == 201


def test_refusals_stand_in_line_with_the_log(house: House, refused: dict[str, Any], alice: Guest, odile: Guest) -> None:
    later(alice)
    (noted,) = refusals(house, odile)
    events = odile.get("/v1/events").json()["items"]
    expected = [each for each in events if each["position"] <= noted["position"]]
    expected = [*expected, noted, *events[len(expected) :]]
    assert in_line(odile, "/v1/events") == expected
    assert in_line(odile, "/v1/events", order="newest") == expected[::-1]
    assert in_line(odile, "/v1/events", by=noted["by"]) == [noted]
    assert in_line(odile, "/v1/events", command=noted["command_id"], order="newest") == [noted]
    assert [each["kind"] for each in expected].count("refusal") == 1
    newest = odile.get("/v1/events", order="newest", limit=3)
    assert newest.json()["items"] == events[::-1][:3]
    assert newest.headers["Daybook-Position"] == f"{house.daybook.log.log_id}.{events[-1]['position']}"


def test_refusals_stand_in_line_with_a_day(
    house: House, refused: dict[str, Any], alice: Guest, bob: Guest, sam: Guest, odile: Guest
) -> None:
    bob.post("/v1/bookings", {"resource": "room", "start": "2999-01-01T09:00"})
    later(alice)
    path = f"/v1/resources/room/days/{next_week()[:10]}/events"
    noted, _ = refusals(house, odile)
    events = odile.get(path).json()["items"]
    assert in_line(odile, path) == [*events[:2], noted, *events[2:]] == in_line(sam, path)
    assert in_line(odile, path, after=1) == [events[1], noted, *events[2:]]
    assert in_line(odile, path, after=3) == []
    keeper = house.guest("kai", "staff", resources=["pitch"])
    assert problem(keeper.get(path, refusals="true"))["code"] == "forbidden"
    assert problem(bob.get(path, refusals="true"))["code"] == "forbidden"


def test_a_cursor_of_one_line_is_none_of_another(house: House, refused: dict[str, Any], odile: Guest) -> None:
    cursor = odile.get("/v1/events", order="newest", limit=1).json()["next"]
    day = f"/v1/resources/room/days/{next_week()[:10]}/events"
    assert problem(odile.get("/v1/events", cursor=cursor))["code"] == "malformed"
    assert problem(odile.get(day, cursor=cursor))["code"] == "malformed"
    for wrong in (cursor, "nonsense"):
        assert problem(odile.get("/v1/events", refusals="true", cursor=wrong))["code"] == "bad-cursor"
        assert problem(odile.get(day, refusals="true", cursor=wrong))["code"] == "bad-cursor"


def test_refusals_of_one_booking_or_one_command(house: House, room: str, alice: Guest, odile: Guest) -> None:
    made = alice.post("/v1/bookings", {"resource": room, "start": next_week(9)}).json()
    for _ in range(2):
        alice.post(f"/v1/bookings/{made['id']}/cancel")
    problem(alice.post(f"/v1/bookings/{made['id']}/confirm"))
    alice.post("/v1/bookings", {"resource": room, "start": next_week(9, 1)})
    later(alice)
    every = refusals(house, odile)
    (mine,) = refusals(house, odile, booking=made["id"])
    assert len(every) == 2
    assert (mine["command"], mine["code"]) == ("Confirm", "invalid-transition")
    assert refusals(house, odile, command=mine["command_id"]) == [mine]
    assert in_line(odile, "/v1/events", booking=made["id"])[-1] == mine
