"""Erasing people over HTTP, and handing them what is kept of them."""

from datetime import timedelta

from tests.interface.house import Guest, House, next_week, problem

COUGH = {"symptom": "a cough"}


def booked(guest: Guest, house: House, room: str, hour: int = 10) -> str:
    """A booking that the read models show; its address."""
    made = guest.post("/v1/bookings", {"resource": room, "start": next_week(hour), "details": COUGH})
    assert made.status_code == 201, made.text
    house.daybook.runner.wait_for(made.json()["position"])
    return f"/v1/bookings/{made.json()['id']}"


def test_the_person_gets_all_that_is_held_and_the_administrator_nothing_sealed(
    house: House, room: str, alice: Guest, bob: Guest, ada: Guest, sam: Guest
) -> None:
    booking, path = booked(alice, house, room), f"/v1/customers/{alice.me()}/data"
    alice.send("PATCH", path.removesuffix("/data"), {"name": "Alice Liddell"})
    own = alice.get(path).json()
    assert own["profile"]["name"] == "Alice Liddell"
    assert own["account"]["subject"] == "alice"
    (kept,) = own["bookings"]
    assert kept["booking"]["details"] == COUGH
    assert booking.endswith(kept["booking"]["id"])
    assert [event["facts"]["details"] for event in kept["events"]] == [COUGH]
    of_admin = ada.get(path)
    assert of_admin.status_code == 200
    assert "cough" not in of_admin.text
    assert "Liddell" not in of_admin.text
    assert of_admin.json()["account"] == {"sealed": True}
    assert problem(bob.get(path))["code"] == "unknown-customer"
    assert problem(sam.get(path))["code"] == "forbidden"
    assert house.guest("alice", "customer", "admin").get(path).json() == own


def test_pages_of_bookings_follow_one_another(house: House, room: str, alice: Guest) -> None:
    for hour in (10, 11, 12):
        booked(alice, house, room, hour)
    path = f"/v1/customers/{alice.me()}/data"
    first = alice.get(path, limit=2).json()
    second = alice.get(path, limit=2, cursor=first["next"]).json()
    assert (len(first["bookings"]), len(second["bookings"]), second["next"]) == (2, 1, None)


def test_whoever_has_a_booking_to_come_stays(house: House, room: str, alice: Guest, ada: Guest) -> None:
    booking, path = booked(alice, house, room), f"/v1/customers/{alice.me()}"
    refused = problem(ada.delete(path))
    assert (refused["status"], refused["code"]) == (409, "active-bookings")
    assert [booking.rpartition("/")[2]] == refused["bookings"]
    assert alice.post(f"{booking}/cancel").status_code == 200
    assert ada.delete(path).status_code == 204


def test_from_then_on_everything_reads_erased(house: House, room: str, alice: Guest, ada: Guest, sam: Guest) -> None:
    booking, customer = booked(alice, house, room), alice.me()
    sam.post(f"{booking}/cancel", {"reason": "the doctor is ill"})
    assert ada.delete(f"/v1/customers/{customer}").status_code == 204
    assert ada.delete(f"/v1/customers/{customer}").status_code == 204
    shown = sam.get(booking).json()
    assert (shown["details"], shown["reason"]) == ({"erased": True}, {"erased": True})
    assert sam.get(f"/v1/customers/{customer}").json()["profile"] == {"erased": True}
    (made, _cancelled) = sam.get(f"{booking}/events").json()["items"]
    assert made["facts"]["details"] == {"erased": True}
    kept = ada.get(f"/v1/customers/{customer}/data").json()
    assert (kept["profile"], kept["account"]) == ({"erased": True}, {"erased": True})
    assert [event["topic"] for event in kept["events"]] == ["CustomerErased.1"]
    assert alice.me() != customer
    wanted = {"resource": room, "start": next_week(15), "customer": customer}
    assert problem(sam.post("/v1/bookings", wanted))["code"] == "unknown-customer"


def test_auditors_read_that_it_is_erased_and_of_others_that_it_is_sealed(
    house: House, room: str, alice: Guest, bob: Guest, ada: Guest, odile: Guest
) -> None:
    gone, kept, head = booked(alice, house, room), booked(bob, house, room, 12), house.daybook.log.head()
    assert alice.post(f"{gone}/cancel", {"reason": "ill"}).status_code == 200
    assert ada.delete(f"/v1/customers/{alice.me()}").status_code == 204
    details = {
        each["stream"].removeprefix("booking/"): each["facts"]["details"]
        for each in odile.get("/v1/events").json()["items"]
        if each["facts"].get("details")
    }
    of = {path: path.rpartition("/")[2] for path in (gone, kept)}
    assert details == {of[gone]: {"erased": True}, of[kept]: {"sealed": True}}
    for path, mark in ((gone, {"erased": True}), (kept, {"sealed": True})):
        assert odile.get(f"{path}/events").json()["items"][0]["facts"]["details"] == mark
        assert odile.get(path, as_of=f"{head.log_id}.{head.position}").json()["details"] == mark
    (held,) = ada.get(f"/v1/customers/{bob.me()}/data").json()["bookings"]
    assert held["events"][0]["facts"]["details"] == held["booking"]["details"] == {"sealed": True}


def test_a_legal_hold_keeps_a_person(house: House, alice: Guest, ada: Guest) -> None:
    path = f"/v1/customers/{alice.me()}"
    assert ada.put(f"{path}/legal-hold", {"reason": "a lawsuit"}).status_code == 204
    assert ada.put(f"{path}/legal-hold").status_code == 204
    assert problem(ada.delete(path))["code"] == "legal-hold"
    assert ada.delete(f"{path}/legal-hold").status_code == 204
    assert ada.delete(path).status_code == 204
    assert problem(ada.put(f"{path}/legal-hold"))["code"] == "unknown-customer"


def test_only_administrators_erase(alice: Guest, bob: Guest, sam: Guest, odile: Guest, ada: Guest) -> None:
    path = f"/v1/customers/{alice.me()}"
    for guest in (alice, bob, sam, odile):
        assert problem(guest.delete(path))["code"] == "forbidden"
        assert problem(guest.put(f"{path}/legal-hold"))["code"] == "forbidden"
    for nobody in (f"c-{'0' * 32}", "desk", "zoe"):
        assert problem(ada.delete(f"/v1/customers/{nobody}"))["code"] == "unknown-customer"


def test_no_trace_is_left_in_the_files_of_the_store(house: House, room: str, alice: Guest, ada: Guest) -> None:
    booked(alice, house, room)
    row = house.daybook.log.customers.get(alice.me())
    assert row is not None
    assert row.wrapped_key is not None
    files = [path for path in house.daybook.settings.data.iterdir() if path.name.startswith("log.sqlite3")]
    assert any(row.wrapped_key.encode() in path.read_bytes() for path in files)
    house.clock.shift = timedelta(0)
    booking = alice.get("/v1/bookings").json()["items"][0]["id"]
    alice.post(f"/v1/bookings/{booking}/cancel")
    assert ada.delete(f"/v1/customers/{row.customer}").status_code == 204
    house.daybook.forgetting.look()
    for path in files:
        assert row.wrapped_key.encode() not in path.read_bytes()
    listed = house.daybook.settings.data / "erasures.jsonl"
    assert row.customer in listed.read_text()
