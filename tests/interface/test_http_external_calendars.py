"""External calendars over HTTP: from a real server's feed to blocks, and how the desk sees them."""

from asyncio import get_running_loop
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.app.external_calendars.calendar_server import Answer, CalendarServer, serving
from tests.interface.house import Guest, House, next_week, problem

from app.external_calendars import keeping_step, plan
from app.external_calendars.plan import KeptBlock
from interface.http import external_calendars

PATH = "/private-0c9d4be7/basic.ics"
CALENDARS = "/v1/resources/room/calendars"


@pytest.fixture
def settings_of_house(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Calendars on this machine may be followed, and are when a test says so."""
    monkeypatch.setattr(keeping_step, "SECONDS_BETWEEN_LOOKS", 3_600.0)
    return {"calendar_networks": "127.0.0.0/8"}


@pytest.fixture
def room(house: House) -> str:
    """A room that the read models know."""
    house.register("room")
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    return "room"


def feed(start: str, uid: str = "dentist") -> Answer:
    begin = datetime.fromisoformat(start)
    times = [f"{moment:%Y%m%dT%H%M%S}" for moment in (begin, begin + timedelta(hours=1))]
    lines = ("BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Root canal", f"DTSTART:{times[0]}", f"DTEND:{times[1]}")
    return Answer("\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode())


def followed(house: House) -> None:
    """Let what is due be followed now, and be seen."""
    assert house.daybook.writing is not None
    house.daybook.writing.calendars.go_round()
    house.daybook.runner.wait_for(house.daybook.log.head().position)


def added(sam: Guest, server: CalendarServer) -> str:
    answer = sam.post(CALENDARS, {"url": server.url(PATH)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["calendar"])


def test_busy_times_are_blocks_and_a_booking_among_them_stands_and_is_told(
    house: House, room: str, alice: Guest, sam: Guest
) -> None:
    start = next_week(10)
    booking = alice.post("/v1/bookings", {"resource": room, "start": start}).json()["id"]
    with serving({PATH: feed(start)}) as server:
        calendar = added(sam, server)
        followed(house)
        (item,) = sam.get(CALENDARS).json()["items"]
    assert (item["calendar"], item["blocks"], item["failures"], item["failure"]) == (calendar, 1, 0, None)
    assert item["address"] == f"http://127.0.0.1:{server.port}/..."
    (met,) = item["overlaps"]
    assert (met["booking"], met["start"]) == (booking, f"{start}:00+06:00")
    assert alice.get(f"/v1/bookings/{booking}").json()["status"] == "confirmed"
    assert problem(alice.post("/v1/bookings", {"resource": room, "start": start}))["code"] == "not-available"


def test_what_fails_is_told_in_a_sentence_without_the_address(house: House, room: str, sam: Guest) -> None:
    with serving({PATH: Answer(status=403)}) as server:
        calendar = added(sam, server)
        followed(house)
        (item,) = sam.get(CALENDARS).json()["items"]
        assert (item["failures"], item["succeeded_at"]) == (1, None)
        assert item["failure"] == "The calendar's server answered with HTTP status 403."
        server.answers[PATH] = feed(next_week(10))
        followed(house)
        assert len(server.asked) == 1, "not again so soon"
        assert sam.post(f"{CALENDARS}/{calendar}/refresh").status_code == 200
        followed(house)
    (item,) = sam.get(CALENDARS).json()["items"]
    assert (item["blocks"], item["failure"]) == (1, None)
    assert "private-0c9d4be7" not in sam.get(CALENDARS).text


def test_one_that_is_ended_gives_its_time_back_and_is_forgotten(
    house: House, room: str, alice: Guest, sam: Guest
) -> None:
    with serving({PATH: feed(next_week(10))}) as server:
        calendar = added(sam, server)
        followed(house)
        assert sam.delete(f"{CALENDARS}/{calendar}").status_code == 204
        assert sam.get(CALENDARS).json() == {"items": []}
        followed(house)
    assert alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}).status_code == 201
    assert house.daybook.log.external_calendars.get(calendar) is None
    for method, path in (("DELETE", calendar), ("POST", f"{calendar}/refresh"), ("DELETE", "x-1")):
        assert problem(sam.send(method, f"{CALENDARS}/{path}"))["code"] == "unknown-calendar"


def test_added_again_with_the_same_key_it_is_there_once(house: House, room: str, sam: Guest) -> None:
    body = {"url": "webcal://calendar.example.org/basic.ics"}
    ids = {sam.post(CALENDARS, body, {"Idempotency-Key": "once"}).json()["calendar"] for _ in range(2)}
    assert len(ids) == 1
    (item,) = sam.get(CALENDARS).json()["items"]
    assert item["address"] == "https://calendar.example.org/..."


def test_a_key_that_added_another_calendar_is_refused_and_no_address_is_told(
    house: House, room: str, sam: Guest
) -> None:
    once, body = {"Idempotency-Key": "once"}, {"url": "https://calendar.example.org/basic.ics"}
    assert sam.post(CALENDARS, body, once).status_code == 201
    answer = sam.post(CALENDARS, {"url": "https://calendar.example.org/other.ics"}, once)
    assert problem(answer)["code"] == "idempotency-key-reused"
    assert "basic.ics" not in answer.text
    assert sam.post(CALENDARS, body, once).status_code == 201
    assert len(sam.get(CALENDARS).json()["items"]) == 1


@pytest.mark.parametrize("url", ["http://calendar.example.org/", "file:///etc/passwd", "https://a:b@example.org/", ""])
def test_an_address_that_is_none_of_a_calendars_is_refused_and_not_repeated(
    house: House, room: str, sam: Guest, url: str
) -> None:
    answer = sam.post(CALENDARS, {"url": url})
    assert problem(answer)["code"] == "malformed"
    assert "example.org" not in answer.text
    assert sam.get(CALENDARS).json() == {"items": []}


def test_the_desk_sees_those_of_all_its_resources_page_by_page(house: House, room: str, sam: Guest) -> None:
    house.register("hall")
    made = {}
    for resource in ("room", "room", "hall"):
        answer = sam.post(f"/v1/resources/{resource}/calendars", {"url": "https://calendar.example.org/a.ics"})
        made[answer.json()["calendar"]] = resource
    pages = [sam.get("/v1/calendars", limit=2).json()]
    pages.append(sam.get("/v1/calendars", limit=2, cursor=pages[0]["next"]).json())
    assert pages[1]["next"] is None
    seen = {item["calendar"]: item["resource"] for page in pages for item in page["items"]}
    assert seen == made
    of_hall = house.guest("hal", "staff", resources=["hall"]).get("/v1/calendars").json()
    assert [item["resource"] for item in of_hall["items"]] == ["hall"]
    assert problem(house.guest("alice", "customer").get("/v1/calendars"))["code"] == "forbidden"
    assert problem(house.nobody.get("/v1/calendars"))["code"] == "unauthenticated"


def test_blocks_are_read_apart_from_the_event_loop(
    house: House, room: str, sam: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, loops = [], []

    def read(text: str) -> list[KeptBlock]:
        times.append(1)
        with suppress(RuntimeError):  # on a thread that has none
            loops.append(get_running_loop())
        return plan.read(text)

    monkeypatch.setattr(external_calendars, "read", read)
    assert sam.post(CALENDARS, {"url": "https://calendar.example.org/a.ics"}).json()["blocks"] == 0
    assert (len(times), loops) == (1, [])


def test_it_is_for_the_desk_alone(house: House, room: str, alice: Guest) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", f"/x-{'0' * 32}"), ("POST", f"/x-{'0' * 32}/refresh")):
        assert problem(alice.send(method, f"{CALENDARS}{path}"))["code"] == "forbidden"
        assert problem(house.nobody.send(method, f"{CALENDARS}{path}"))["code"] == "unauthenticated"
