"""Streams that the read models cannot apply: the queries concerned say so, and nobody reads more than that."""

from pathlib import Path

import pytest
from tests.interface.house import Guest, House, next_week, problem

from app.log.instants import timestamp_text
from app.log.records import LoggedEvent
from app.process import process_name

DATE = next_week()[:10]
DAY = f"/v1/resources/room/days/{DATE}"
SLOTS = f"/v1/resources/room/availability?from={DATE}&to={DATE}"


def park(house: House, stream: str) -> None:
    """Append an event that this Daybook does not know, behind its back, and wait until it was met."""
    versions = [event.originator_version for event in house.daybook.log.stream(stream)]
    unknown = LoggedEvent(
        originator_id=stream,
        originator_version=max(versions) + 1,
        topic="RoomFlooded.1",
        state=b"{}",
        timestamp=timestamp_text(house.clock()),
        by="system:tests",
        command_id="0" * 32,
    )
    house.daybook.log.insert_events([unknown])
    house.daybook.runner.wait_for(house.daybook.log.head().position)


@pytest.fixture
def booking(room: str, alice: Guest) -> str:
    answer = alice.post("/v1/bookings", {"resource": room, "start": next_week()})
    assert answer.status_code == 201
    return str(answer.json()["id"])


def test_nothing_is_said_while_nothing_is_parked(booking: str, alice: Guest, sam: Guest) -> None:
    for path in (f"/v1/bookings/{booking}", DAY, SLOTS, "/v1/resources/room"):
        assert "daybook-parked" not in sam.get(path).headers


def test_a_parked_booking_is_answered_as_it_was(house: House, booking: str, alice: Guest, bob: Guest) -> None:
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    before = alice.get(f"/v1/bookings/{booking}")
    park(house, f"booking/{booking}")
    after = alice.get(f"/v1/bookings/{booking}")
    assert (after.status_code, after.json()) == (200, before.json())
    assert after.headers["daybook-parked"] == "bookings"
    assert problem(bob.get(f"/v1/bookings/{booking}"))["code"] == "unknown-booking"
    for path in (DAY, SLOTS, "/v1/resources/room"):
        assert "daybook-parked" not in house.guest("sam", "staff").get(path).headers


def test_a_parked_day_is_answered_as_it_was(house: House, booking: str, sam: Guest) -> None:
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    before = sam.get(DAY).json()
    park(house, f"day/room/{DATE}")
    day, slots = sam.get(DAY), house.nobody.get(SLOTS)
    assert (day.json(), day.headers["daybook-parked"]) == (before, "days")
    assert (slots.status_code, slots.headers["daybook-parked"]) == (200, "days")
    assert {slot["status"] for slot in slots.json()["days"][0]["slots"]} == {"available", "full"}
    elsewhere = house.nobody.get("/v1/resources/room/availability?from=2027-12-01&to=2027-12-02")
    assert "daybook-parked" not in elsewhere.headers


def test_a_parked_resource_is_answered_as_it_was(house: House, booking: str, sam: Guest) -> None:
    park(house, "resource/room")
    for path in ("/v1/resources/room", DAY, SLOTS):
        answer = sam.get(path)
        assert (answer.status_code, answer.headers["daybook-parked"]) == (200, "resources")


def test_both_are_named_when_both_are_parked(house: House, booking: str, sam: Guest) -> None:
    park(house, "resource/room")
    park(house, f"day/room/{DATE}")
    assert sam.get(SLOTS).headers["daybook-parked"] == "days, resources"


def test_the_demand_names_all_that_it_is_made_of(house: House, booking: str, sam: Guest) -> None:
    demand = f"/v1/demand?resource=room&from={DATE}&to={DATE}"
    assert "daybook-parked" not in sam.get(demand).headers
    park(house, f"booking/{booking}")
    park(house, "resource/room")
    named = sam.get(demand).headers["daybook-parked"].split(", ")
    assert {"bookings", "demand", "resources"} <= set(named)
    assert named == sorted(named)


def test_readiness_counts_parked_streams_and_names_none(house: House, booking: str) -> None:
    park(house, f"booking/{booking}")
    page = house.nobody.get("/health/ready")
    assert problem(page)["code"] == "not-ready"
    assert any("parked" in trouble and "bookings" in trouble for trouble in page.json()["troubles"])
    for secret in (booking, "RoomFlooded", "UnknownTopic", str(house.daybook.settings.data)):
        assert secret not in page.text


def test_metrics_are_told_also_while_the_read_models_cannot_be_read(house: House, booking: str) -> None:
    assert f'daybook_parked_streams{{process="{process_name()}"}} 0.0' in house.nobody.get("/metrics").text
    house.daybook.runner.stop()
    with house.daybook.read_models.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE parked RENAME TO lost")
    page = house.nobody.get("/metrics")
    assert page.status_code == 200
    assert f'daybook_parked_streams{{process="{process_name()}"}} NaN' in page.text
    assert f'daybook_projection_lag_events{{process="{process_name()}"}} NaN' in page.text
    assert 'daybook_commands_total{kind="Book",outcome="done"} 1.0' in page.text
    ready = house.nobody.get("/health/ready")
    assert problem(ready)["code"] == "not-ready"
    assert str(Path(house.daybook.settings.data)) not in ready.text
