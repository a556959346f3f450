"""What a stranger tripped over once: positions on queries, how instants are spelt, and a store that is shut."""

from typing import Any

import pytest
from tests.interface.house import ALWAYS, Guest, House, next_week, problem

from app.log.trouble import StoreUnavailable
from interface.http.auth import TokenRole


def test_a_query_says_which_position_it_shows_and_taking_it_along_is_never_stale(
    house: House, room: str, alice: Guest
) -> None:
    alice.post("/v1/bookings", {"resource": room, "start": next_week(10)})
    answer = alice.get("/v1/bookings")
    position = answer.headers["daybook-position"]
    assert position.startswith(f"{house.daybook.log.log_id}.")
    assert alice.get("/v1/bookings", {"Daybook-Position": position}).status_code == 200


@pytest.mark.parametrize("position", ["999999999", "{log}.999999999", "0123456789abcdef.1"])
def test_changes_after_a_position_that_this_log_does_not_have_are_refused(
    house: House, alice: Guest, position: str
) -> None:
    asked = position.format(log=house.daybook.log.log_id)
    answer = alice.get("/v1/bookings", changed_after=asked)
    assert problem(answer)["code"] == "unknown-position"
    assert answer.json()["errors"][0]["pointer"] == "changed_after"


def test_a_command_with_query_parameters_is_refused_and_does_nothing(house: House, room: str, alice: Guest) -> None:
    with house.appending() as appended:
        answer = alice.post("/v1/bookings?dry_run=true", {"resource": room, "start": next_week(10)})
    assert (answer.status_code, problem(answer)["code"]) == (400, "unknown-field")
    assert appended.topics == []


def test_an_instant_is_spelt_the_same_in_a_booking_and_in_the_list_of_slots(house: House, alice: Guest) -> None:
    house.register("greenwich", timezone="UTC", hours=ALWAYS)
    start = next_week(10)
    booking = alice.post("/v1/bookings", {"resource": "greenwich", "start": start}).json()
    day = start[:10]
    position = {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}
    slots = alice.get(f"/v1/resources/greenwich/availability?from={day}&to={day}", position).json()["days"][0]["slots"]
    [mine] = [slot for slot in slots if slot["booked"]]
    assert mine["start"] == booking["legs"][0]["start"]


def test_the_name_of_a_retired_staff_room_is_told_to_no_customer(house: House, ada: Guest, alice: Guest) -> None:
    house.register("ward", name="Secret Ward", visibility="staff", hours=ALWAYS)
    ada.delete("/v1/resources/ward")
    answer = alice.post("/v1/bookings", {"resource": "ward", "start": next_week(10)})
    assert answer.status_code == 404
    assert "Secret" not in answer.text


def test_strangers_get_answers_to_their_questions_while_nobody_new_can_be_written_down(
    house: House, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def shut(*given: Any) -> None:
        asked.append(given)
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(house.daybook.people, "person_of", shut)
    answers = [house.guest(f"stranger-{number}", "customer").get("/v1/resources") for number in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(asked) == 1  # the others did not wait to learn the same


_ROOM = {"name": "Room", "kind": "room", "hours": ALWAYS}


@pytest.mark.parametrize(
    ("role", "path", "body", "status"),
    [
        ("staff", "calendars", {"url": "https://calendar.example.org/x.ics"}, 201),
        ("staff", "calendar-feeds", None, 201),
        ("staff", "what-if?from={day}&to={day}", {"set": {"capacity": 2}}, 200),
        ("admin", "preview?from={day}&to={day}", _ROOM, 200),
    ],
)
def test_what_was_registered_a_moment_ago_is_there_for_commands_that_follow_at_once(
    house: House, ada: Guest, monkeypatch: pytest.MonkeyPatch, role: TokenRole, path: str, body: Any, status: int
) -> None:
    runner = house.daybook.runner
    reached = runner.reached

    async def reached_by_and_by(position: int) -> None:
        runner.start()
        await reached(position)

    runner.stop()
    monkeypatch.setattr(runner, "reached", reached_by_and_by)
    assert ada.put("/v1/resources/annex", {**_ROOM, "timezone": "Asia/Dhaka"}).status_code == 201
    path = path.format(day=next_week()[:10])

    answer = house.guest("robin", role).post(f"/v1/resources/annex/{path}", body)

    assert answer.status_code == status, answer.text


def test_what_is_not_there_is_refused_at_once_where_the_read_models_know_all(
    house: House, room: str, sam: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.daybook.runner.wait_for(house.daybook.log.head().position)
    monkeypatch.setattr(house.daybook.runner, "reached", None)

    answer = sam.post("/v1/resources/nowhere/calendar-feeds")

    assert problem(answer)["code"] == "unknown-resource"


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("customer", "GET", f"series/s-{'0' * 32}", None),
        ("customer", "GET", f"waitlist/w-{'0' * 32}", None),
        ("customer", "PATCH", "customers/{me}", {"language": "de"}),
        ("staff", "POST", "customers/search", {"name": "noor"}),
        ("admin", "POST", "webhooks", {"url": "https://hooks.example.org/x"}),
        ("admin", "PATCH", f"webhooks/h-{'0' * 32}", {"enabled": False}),
        ("admin", "POST", f"webhooks/h-{'0' * 32}/replay", {}),
    ],
)
def test_a_parameter_that_is_not_known_is_refused_wherever_it_is_sent(
    house: House, role: TokenRole, method: str, path: str, body: Any
) -> None:
    who = house.guest("robin", role)

    answer = who.send(method, f"/v1/{path.format(me=who.me())}?zzz=1", body)

    assert problem(answer)["code"] == "unknown-field"
    assert answer.json()["errors"] == [{"pointer": "zzz", "detail": "is not known here"}]


def test_whom_the_desk_booked_where_it_alone_books_is_not_offered_to_move(
    house: House, sam: Guest, alice: Guest
) -> None:
    house.register("vault", visibility="staff", hours=ALWAYS)
    asked = {"resource": "vault", "start": next_week(10), "customer": alice.me()}
    made = sam.post("/v1/bookings", asked)
    shown = alice.get(f"/v1/bookings/{made.json()['id']}", {"Daybook-Position": made.headers["daybook-position"]})
    rule = {**asked, "start": next_week(12), "repeat": "FREQ=DAILY;COUNT=2"}
    series = sam.post("/v1/bookings", rule)
    seen = alice.get(f"/v1/series/{series.json()['id']}", {"Daybook-Position": series.headers["daybook-position"]})

    assert made.json()["actions"] == ["revoke", "cancel", "reschedule"]
    assert shown.json()["actions"] == ["cancel"]
    assert [each["actions"] for each in seen.json()["bookings"]] == [["cancel"], ["cancel"]]
    moved = alice.post(f"/v1/bookings/{made.json()['id']}/reschedule", {"start": next_week(11)})
    assert problem(moved)["code"] == "unknown-resource"


@pytest.mark.parametrize("year", ["9999", "0001", "1969", "3000"])
def test_of_a_year_that_is_too_far_away_it_is_said_which_ones_there_are(room: str, alice: Guest, year: str) -> None:
    said = "a year lies between 1970 and 2999"
    at = problem(alice.post("/v1/bookings", {"resource": room, "start": f"{year}-12-31T10:00"}))
    on = problem(alice.get(f"/v1/resources/{room}/availability?from={year}-12-31&to={year}-12-31"))

    assert at["errors"] == [{"pointer": "/start", "detail": said}]
    assert {error["detail"] for error in on["errors"]} == {said}
