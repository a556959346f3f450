"""Series over HTTP: booked by a rule, read, given up in part; the answer, and the events behind it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.interface.house import Guest, House, next_week, problem

A_KEY = {"Idempotency-Key": "every-week"}


def days_from(start: str, *days: int) -> list[str]:
    """The same wall-clock time so many days later."""
    return [(datetime.fromisoformat(start) + timedelta(days=day)).isoformat() for day in days]


def series_of(guest: Guest, start: str, repeat: str, resource: str = "room", **more: Any) -> dict[str, Any]:
    answer = guest.post("/v1/bookings", {"resource": resource, "start": start, "repeat": repeat, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def starts(series: dict[str, Any]) -> list[str]:
    """When its bookings start, on the wall clock."""
    return [booking["legs"][0]["start"][:19] for booking in series["bookings"]]


def now(house: House) -> dict[str, str]:
    return {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}


def test_a_customer_books_three_weeks_at_once(house: House, room: str, alice: Guest) -> None:
    start = next_week(10)
    with house.appending() as appended:
        answer = alice.post(
            "/v1/bookings",
            {"resource": room, "start": start, "repeat": "freq=weekly;count=3", "details": {"for": "yoga"}},
        )
    assert answer.status_code == 201, answer.text
    series = answer.json()
    assert answer.headers["location"] == f"/v1/series/{series['id']}"
    assert series["repeat"] == "FREQ=WEEKLY;COUNT=3"
    assert (series["customer"], series["timezone"], series["skipped"]) == (alice.me(), "Asia/Dhaka", [])
    assert starts(series) == days_from(start, 0, 7, 14)
    assert {booking["series"] for booking in series["bookings"]} == {series["id"]}
    assert all(booking["details"] == {"for": "yoga"} for booking in series["bookings"])
    each = ["BookingConfirmed.1", "BookingPlacedInSeries.1", "DayOpened.1", "TimeClaimed.1"]
    assert appended.topics == ["SeriesBooked.1", *each, *each, *each]
    assert len({event.command_id for event in appended.events}) == 1
    assert all("yoga" not in event.state.decode() for event in appended.events)


def test_what_was_answered_can_be_read_at_once_as_a_series_and_one_by_one(
    house: House, room: str, alice: Guest, bob: Guest
) -> None:
    series = series_of(alice, next_week(10), "FREQ=DAILY;COUNT=3", details={"for": "yoga"})
    alone = alice.post("/v1/bookings", {"resource": room, "start": next_week(12)}).json()
    assert alone["series"] is None
    assert alice.get(f"/v1/series/{series['id']}", now(house)).json() == series
    assert alice.get("/v1/bookings", now(house), series=series["id"]).json()["items"] == series["bookings"]
    for booking in series["bookings"]:
        assert alice.get(f"/v1/bookings/{booking['id']}", now(house)).json() == booking
        past = alice.get(f"/v1/bookings/{booking['id']}", as_of=booking["version"]).json()
        assert past["series"] == series["id"]
    assert bob.get("/v1/bookings", now(house), series=series["id"]).json()["items"] == []


def test_all_dates_are_booked_or_none(house: House, room: str, alice: Guest, bob: Guest) -> None:
    start = next_week(10)
    bob.post("/v1/bookings", {"resource": room, "start": days_from(start, 7)[0]})
    with house.appending() as appended:
        found = problem(alice.post("/v1/bookings", {"resource": room, "start": start, "repeat": "FREQ=WEEKLY;COUNT=3"}))
    assert appended.topics == []
    assert found["code"] == "not-available"
    assert found["detail"].startswith("1 of the 3 dates of the series cannot be booked, so nothing was. The first one:")
    (conflict,) = found["conflicts"]
    assert (conflict["number"], conflict["start"]) == (2, days_from(start, 7)[0])
    assert conflict["code"] == "not-available"
    assert found["occurrences"] == 3
    assert found["alternatives"][0]["start"].startswith(days_from(next_week(10, 30), 7)[0])


def test_refusals_that_begin_the_same_name_each_its_own_dates(room: str, alice: Guest, bob: Guest) -> None:
    start = next_week(10)
    for taken in days_from(start, 0, 7, 28):
        bob.post("/v1/bookings", {"resource": room, "start": taken})
    asked = [f"FREQ=WEEKLY;INTERVAL={weeks};COUNT=3" for weeks in (1, 2)]
    refused = [
        problem(alice.post("/v1/bookings", {"resource": room, "start": start, "repeat": each})) for each in asked
    ]
    assert refused[0]["detail"] == refused[1]["detail"]
    assert [[each["number"] for each in found["conflicts"]] for found in refused] == [[1, 2], [1, 3]]


def test_dates_that_cannot_be_booked_are_left_out_if_so_wished(house: House, room: str, alice: Guest) -> None:
    start = next_week(10)
    alice.post("/v1/bookings", {"resource": room, "start": days_from(start, 7)[0]})
    series = series_of(alice, start, "FREQ=WEEKLY;COUNT=3", on_conflict="skip")
    assert starts(series) == days_from(start, 0, 14)
    (skipped,) = series["skipped"]
    assert (skipped["number"], skipped["start"], skipped["code"]) == (2, days_from(start, 7)[0], "not-available")
    assert "fully booked" in skipped["detail"]
    assert alice.get(f"/v1/series/{series['id']}", now(house)).json() == series


def test_a_series_of_which_nothing_can_be_booked_is_refused(house: House, room: str, alice: Guest) -> None:
    series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=3")
    asked = {"resource": room, "start": next_week(10), "repeat": "FREQ=WEEKLY;COUNT=3", "on_conflict": "skip"}
    with house.appending() as appended:
        found = problem(alice.post("/v1/bookings", asked))
    assert found["detail"].startswith("None of the 3 dates of the series can be booked. The first one:")
    assert [each["number"] for each in found["conflicts"]] == [1, 2, 3]
    assert appended.topics == []


def test_the_horizon_counts_for_each_date(house: House, alice: Guest, sam: Guest) -> None:
    house.register("room", policy={"max_advance_days": 10})
    start = next_week(10)
    series = series_of(alice, start, "FREQ=WEEKLY;COUNT=2", on_conflict="skip")
    assert starts(series) == [f"{start}:00"]
    assert [each["code"] for each in series["skipped"]] == ["too-far-ahead"]
    at_the_desk = series_of(sam, next_week(11), "FREQ=WEEKLY;COUNT=2", customer=alice.me())
    assert len(at_the_desk["bookings"]) == 2


def test_doctor_room_and_projector_repeat_together(house: House, alice: Guest) -> None:
    for resource in ("doctor", "office", "projector"):
        house.register(resource)
    legs = [{"resource": resource, "start": next_week(10)} for resource in ("doctor", "office", "projector")]
    with house.appending() as appended:
        answer = alice.post("/v1/bookings", {"legs": legs, "repeat": "FREQ=WEEKLY;COUNT=4"})
    assert answer.status_code == 201, answer.text
    assert appended.topics.count("TimeClaimed.1") == 12
    for booking, start in zip(answer.json()["bookings"], days_from(next_week(10), 0, 7, 14, 21), strict=True):
        assert [(leg["resource"], leg["start"][:19]) for leg in booking["legs"]] == [
            ("doctor", start),
            ("office", start),
            ("projector", start),
        ]


def test_one_leg_that_is_taken_leaves_nothing_of_that_date(house: House, alice: Guest, bob: Guest) -> None:
    house.register("doctor")
    house.register("office")
    bob.post("/v1/bookings", {"resource": "office", "start": days_from(next_week(10), 7)[0]})
    legs = [{"resource": resource, "start": next_week(10)} for resource in ("doctor", "office")]
    answer = alice.post("/v1/bookings", {"legs": legs, "repeat": "FREQ=WEEKLY;COUNT=3", "on_conflict": "skip"})
    assert [each["number"] for each in answer.json()["skipped"]] == [2]
    doctor = bob.post("/v1/bookings", {"resource": "doctor", "start": days_from(next_week(10), 7)[0]})
    assert doctor.status_code == 201, doctor.text


def test_a_start_with_its_offset_repeats_on_the_wall_clock_of_its_place(house: House, room: str, alice: Guest) -> None:
    late = datetime.fromisoformat(next_week(20)).replace(tzinfo=UTC)
    local = (late + timedelta(hours=6)).replace(tzinfo=None)
    weekday = local.strftime("%a")[:2].upper()
    series = series_of(alice, late.isoformat().replace("+00:00", "Z"), f"FREQ=WEEKLY;BYDAY={weekday};COUNT=2")
    assert starts(series) == days_from(local.isoformat(), 0, 7)
    assert series["start"] == local.isoformat()


def test_until_in_utc_ends_at_that_instant(house: House, room: str, alice: Guest) -> None:
    start = datetime.fromisoformat(next_week(3))  # in Dhaka; 21:00 UTC of the day before
    until = (start + timedelta(days=3) - timedelta(hours=6)).strftime("%Y%m%dT%H%M%SZ")
    just_before = (start + timedelta(days=3, minutes=-1) - timedelta(hours=6)).strftime("%Y%m%dT%H%M%SZ")
    assert len(series_of(alice, start.isoformat(), f"FREQ=DAILY;UNTIL={until}")["bookings"]) == 4
    earlier = (start + timedelta(minutes=30)).isoformat()
    assert len(series_of(alice, earlier, f"FREQ=DAILY;UNTIL={just_before}")["bookings"]) == 3


def test_a_strange_rule_is_refused_with_its_place(house: House, room: str, alice: Guest) -> None:
    with house.appending() as appended:
        for rule in (
            "FREQ=HOURLY;COUNT=3",
            "FREQ=DAILY",
            "every tuesday",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        ):
            found = problem(alice.post("/v1/bookings", {"resource": room, "start": next_week(10), "repeat": rule}))
            assert (found["status"], found["code"]) == (400, "malformed")
            assert found["errors"][0]["pointer"] in {"/repeat", "/start"}
    assert appended.topics == []


def test_a_start_that_the_rule_does_not_fall_on_is_refused(room: str, alice: Guest) -> None:
    start = date.fromisoformat(next_week()[:10])
    other = (start + timedelta(days=1)).strftime("%a")[:2].upper()
    asked = {"resource": room, "start": next_week(10), "repeat": f"FREQ=WEEKLY;BYDAY={other};COUNT=3"}
    found = problem(alice.post("/v1/bookings", asked))
    assert found["errors"][0]["pointer"] == "/start"
    assert f"{start:%A}" in found["detail"]


def test_a_series_cannot_be_held_and_conflicts_are_of_series_alone(room: str, alice: Guest) -> None:
    asked = {"resource": room, "start": next_week(10), "repeat": "FREQ=DAILY;COUNT=2"}
    found = problem(alice.post("/v1/holds", asked))
    assert (found["code"], "cannot be held" in found["detail"]) == ("malformed", True)
    alone = problem(alice.post("/v1/bookings", {"resource": room, "start": next_week(10), "on_conflict": "skip"}))
    assert (alone["code"], "goes with repeat" in alone["detail"]) == ("malformed", True)


def test_an_unknown_resource_is_told_once(alice: Guest) -> None:
    asked = {"resource": "nowhere", "start": next_week(10), "repeat": "FREQ=DAILY;COUNT=2"}
    assert problem(alice.post("/v1/bookings", asked))["detail"] == "There is no resource nowhere."
    with_offset = {**asked, "start": f"{next_week(10)}:00+06:00"}
    assert problem(alice.post("/v1/bookings", with_offset))["code"] == "unknown-resource"


class TestRepeats:
    def test_a_repeat_is_answered_with_the_same_series_as_it_stands(
        self, house: House, room: str, alice: Guest
    ) -> None:
        asked = {
            "resource": room,
            "start": next_week(10),
            "repeat": "FREQ=WEEKLY;COUNT=3",
            "on_conflict": "skip",
            "details": {"for": "yoga"},
        }
        alice.post("/v1/bookings", {"resource": room, "start": days_from(next_week(10), 7)[0]})
        first = alice.post("/v1/bookings", asked, A_KEY)
        with house.appending() as appended:
            again = alice.post("/v1/bookings", asked, A_KEY)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.json()) == (201, first.json())
        assert appended.topics == []
        last = first.json()["bookings"][-1]["id"]
        alice.post(f"/v1/bookings/{last}/cancel")
        assert [each["status"] for each in alice.post("/v1/bookings", asked, A_KEY).json()["bookings"]] == [
            "confirmed",
            "cancelled",
        ]
        other = problem(alice.post("/v1/bookings", {**asked, "party": 2}, A_KEY))
        assert other["code"] == "idempotency-key-reused"

    def test_a_repeated_cancelling_is_done_once(self, house: House, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=3")
        path = f"/v1/series/{series['id']}/cancel"
        first = alice.post(path, {"reason": "moved away"}, A_KEY)
        with house.appending() as appended:
            again = alice.post(path, {"reason": "moved away"}, A_KEY)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json() == first.json()
        assert appended.topics == []

    def test_a_wish_that_was_true_is_noted_so_that_its_repeat_is_known(
        self, house: House, room: str, alice: Guest
    ) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
        path = f"/v1/series/{series['id']}/cancel"
        alice.post(path)
        with house.appending() as appended:
            assert alice.post(path, headers=A_KEY).status_code == 200
            again = alice.post(path, headers=A_KEY)
        assert again.headers["idempotency-replayed"] == "true"
        assert appended.topics == ["SeriesUnchanged.1"]


class TestCancelling:
    def test_all_that_is_to_come(self, house: House, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=3")
        with house.appending() as appended:
            answer = alice.post(f"/v1/series/{series['id']}/cancel", {"reason": "moved away"})
        assert answer.status_code == 200, answer.text
        assert [each["status"] for each in answer.json()["bookings"]] == ["cancelled"] * 3
        assert [each["reason"] for each in answer.json()["bookings"]] == [{"text": "moved away"}] * 3
        assert answer.json()["not_cancelled"] == []
        released = ["BookingCancelled.1", "TimeReleased.1"]
        assert appended.topics == ["SeriesCancelled.1", *released, *released, *released]
        told = {**answer.json()}
        del told["not_cancelled"]
        assert alice.get(f"/v1/series/{series['id']}", now(house)).json() == told

    def test_from_one_of_them_on(self, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=3")
        second = series["bookings"][1]["id"]
        answer = alice.post(f"/v1/series/{series['id']}/cancel", {"from": second})
        assert [each["status"] for each in answer.json()["bookings"]] == ["confirmed", "cancelled", "cancelled"]

    def test_from_a_time_on_by_the_wall_clock_or_as_an_instant(self, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=3")
        path = f"/v1/series/{series['id']}/cancel"
        third, second = days_from(next_week(10), 14, 7)
        last = alice.post(path, {"from": third})
        assert [each["status"] for each in last.json()["bookings"]] == ["confirmed", "confirmed", "cancelled"]
        rest = alice.post(path, {"from": f"{second}+06:00"})
        assert [each["status"] for each in rest.json()["bookings"]] == ["confirmed", "cancelled", "cancelled"]

    def test_one_by_the_usual_way_and_each_lives_its_own_life(self, house: House, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=3")
        first, second, third = (each["id"] for each in series["bookings"])
        alice.post(f"/v1/bookings/{second}/cancel")
        moved = alice.post(f"/v1/bookings/{third}/reschedule", {"start": next_week(15)})
        assert moved.json()["series"] == series["id"]
        found = alice.get(f"/v1/series/{series['id']}", now(house)).json()
        assert [(each["id"], each["status"]) for each in found["bookings"]] == [
            (first, "confirmed"),
            (third, "confirmed"),
            (second, "cancelled"),
        ]
        assert found["version"] == 1

    def test_what_it_is_too_late_for_stands_and_is_named(self, house: House, alice: Guest, sam: Guest) -> None:
        house.register("room", policy={"cancel_notice": 8 * 1440})
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
        path = f"/v1/series/{series['id']}/cancel"
        answer = alice.post(path)
        assert [each["status"] for each in answer.json()["bookings"]] == ["confirmed", "cancelled"]
        (standing,) = answer.json()["not_cancelled"]
        assert (standing["booking"], standing["code"]) == (series["bookings"][0]["id"], "too-late-to-change")
        with house.appending() as appended:
            refused = problem(alice.post(path))
        assert refused["code"] == "too-late-to-change"
        assert [each["booking"] for each in refused["not_cancelled"]] == [series["bookings"][0]["id"]]
        assert appended.topics == []
        assert [each["status"] for each in sam.post(path).json()["bookings"]] == ["cancelled", "cancelled"]

    def test_a_booking_of_another_series_is_no_place_to_begin(self, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
        other = series_of(alice, next_week(12), "FREQ=WEEKLY;COUNT=2")
        asked = {"from": other["bookings"][0]["id"]}
        assert problem(alice.post(f"/v1/series/{series['id']}/cancel", asked))["code"] == "unknown-booking"
        strange = problem(alice.post(f"/v1/series/{series['id']}/cancel", {"from": "tomorrow"}))
        assert (strange["code"], strange["errors"][0]["pointer"]) == ("malformed", "/from")

    def test_an_older_version_is_told_so(self, room: str, alice: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
        path = f"/v1/series/{series['id']}/cancel"
        assert alice.post(path, {"from": series["bookings"][1]["id"]}, {"If-Match": '"1"'}).status_code == 200
        assert problem(alice.post(path, headers={"If-Match": '"1"'}))["code"] == "stale-version"


class TestWhose:
    def test_an_agent_books_for_a_customer_and_sees_its_own(self, house: House, room: str, website: Guest) -> None:
        customer = website.post("/v1/customers", {"name": "Ada"}).json()["customer"]
        series = series_of(website, next_week(10), "FREQ=WEEKLY;COUNT=2", customer=customer)
        assert series["customer"] == customer
        assert website.get(f"/v1/series/{series['id']}", now(house)).json() == series
        other = house.guest("other-website", "agent")
        assert problem(other.get(f"/v1/series/{series['id']}", now(house)))["code"] == "unknown-series"
        assert problem(other.post(f"/v1/series/{series['id']}/cancel"))["code"] == "unknown-series"

    def test_nobody_else_sees_it_or_touches_it(self, house: House, room: str, alice: Guest, bob: Guest) -> None:
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
        for answer in (
            bob.get(f"/v1/series/{series['id']}", now(house)),
            bob.post(f"/v1/series/{series['id']}/cancel"),
            bob.get(f"/v1/series/s-{'0' * 32}", now(house)),
            bob.post(f"/v1/series/s-{'0' * 32}/cancel"),
            bob.get("/v1/series/the-first"),
        ):
            assert (answer.status_code, problem(answer)["code"]) == (404, "unknown-series")
        assert house.nobody.get(f"/v1/series/{series['id']}").status_code == 401

    def test_the_desk_sees_what_its_scope_covers(self, house: House, room: str, alice: Guest) -> None:
        house.register("studio")
        series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
        at_room = house.guest("rita", "staff", resources=["room"])
        at_studio = house.guest("stan", "staff", resources=["studio"])
        assert len(at_room.get(f"/v1/series/{series['id']}", now(house)).json()["bookings"]) == 2
        assert problem(at_studio.get(f"/v1/series/{series['id']}", now(house)))["code"] == "unknown-series"
        assert problem(at_studio.post(f"/v1/series/{series['id']}/cancel"))["code"] == "unknown-series"
        moved = series["bookings"][1]["id"]
        alice.post(f"/v1/bookings/{moved}/reschedule", {"start": next_week(10), "resource": "studio"})
        assert len(at_room.get(f"/v1/series/{series['id']}", now(house)).json()["bookings"]) == 1
        alone = at_studio.post(f"/v1/series/{series['id']}/cancel").json()
        assert [(each["id"], each["status"]) for each in alone["bookings"]] == [(moved, "cancelled")]


def test_all_that_is_held_of_a_person_has_their_series(house: House, room: str, alice: Guest, ada: Guest) -> None:
    series = series_of(alice, next_week(10), "FREQ=WEEKLY;COUNT=2")
    data = alice.get(f"/v1/customers/{alice.me()}/data", now(house)).json()
    assert [(each["topic"], each["stream"]) for each in data["series"]] == [
        ("SeriesBooked.1", f"series/{series['id']}")
    ]
    alice.post(f"/v1/series/{series['id']}/cancel")
    me = alice.me()
    assert ada.delete(f"/v1/customers/{me}").status_code == 204
    kept = ada.get(f"/v1/customers/{me}/data", now(house)).json()
    assert [each["topic"] for each in kept["series"]] == ["SeriesBooked.1", "SeriesCancelled.1"]


def test_a_refused_series_is_noted_with_what_it_asked_for(house: House, room: str, alice: Guest) -> None:
    second = days_from(next_week(10), 7)[0]
    alice.post("/v1/bookings", {"resource": room, "start": second})
    alice.post("/v1/bookings", {"resource": room, "start": next_week(10), "repeat": "FREQ=WEEKLY;COUNT=3"})
    assert house.daybook.writing is not None
    house.daybook.writing.refusing.flush()
    (noted,) = alice.get("/v1/refusals").json()["items"]
    assert (noted["command"], noted["code"], noted["resource"]) == ("BookSeries", "not-available", room)
    assert noted["start"] == f"{second}+06:00"
