"""Making, holding, changing and reading bookings over HTTP: the answer, and the events behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.interface.house import ALWAYS, Guest, House, next_week, problem

A_KEY = {"Idempotency-Key": "first-wish"}


def booked(guest: Guest, start: str, resource: str = "room", **more: Any) -> dict[str, Any]:
    answer = guest.post("/v1/bookings", {"resource": resource, "start": start, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def held(guest: Guest, start: str, resource: str = "room") -> dict[str, Any]:
    answer = guest.post("/v1/holds", {"resource": resource, "start": start})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def as_seen(guest: Guest, house: House, booking: str) -> dict[str, Any]:
    position = {"Daybook-Position": f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"}
    answer = guest.get(f"/v1/bookings/{booking}", position)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_customer_books(house: House, room: str, alice: Guest) -> None:
    with house.appending() as appended:
        answer = alice.post("/v1/bookings", {"resource": room, "start": next_week(10), "details": {"for": "yoga"}})
    booking = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/v1/bookings/{booking['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["daybook-position"] == f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"
    assert booking["status"] == "confirmed"
    assert booking["customer"] == alice.me()
    assert booking["actions"] == ["cancel", "reschedule"]
    assert booking["details"] == {"for": "yoga"}
    assert booking["created_at"] == booking["updated_at"]
    assert booking["legs"] == [
        {
            "resource": "room",
            "timezone": "Asia/Dhaka",
            "start": f"{next_week(10)}:00+06:00",
            "end": f"{next_week(10, 30)}:00+06:00",
            "units": 1,
        }
    ]
    assert appended.topics == ["BookingConfirmed.1", "DayOpened.1", "TimeClaimed.1"]
    assert all("yoga" not in event.state.decode() for event in appended.events)


def test_what_was_answered_can_be_read_at_once(house: House, room: str, alice: Guest) -> None:
    booking = booked(alice, next_week(10), details={"for": "yoga"})
    assert as_seen(alice, house, booking["id"]) == booking


def test_a_taken_time_is_refused_with_what_is_free(house: House, room: str, alice: Guest, bob: Guest) -> None:
    booked(alice, next_week(10))
    with house.appending() as appended:
        found = problem(bob.post("/v1/bookings", {"resource": room, "start": next_week(10)}))
    assert found["code"] == "not-available"
    assert found["status"] == 409
    assert (found["capacity"], found["booked"], found["available"]) == (1, 1, 0)
    assert len(found["alternatives"]) == 5
    assert found["alternatives"][0]["start"] == f"{next_week(10, 30)}:00+06:00"
    assert appended.topics == []
    first = found["alternatives"][0]
    assert bob.post("/v1/bookings", {"resource": room, "start": first["start"]}).status_code == 201


def test_legs_are_taken_all_or_none(house: House, alice: Guest, bob: Guest) -> None:
    house.register("hall")
    house.register("stage")
    both = [{"resource": "hall", "start": next_week(9)}, {"resource": "stage", "start": next_week(9)}]
    made = alice.post("/v1/bookings", {"legs": both, "party": 3})
    assert made.status_code == 201
    assert [leg["resource"] for leg in made.json()["legs"]] == ["hall", "stage"]
    with house.appending() as appended:
        later = [{"resource": "hall", "start": next_week(9, 30)}, {"resource": "stage", "start": next_week(9)}]
        assert problem(bob.post("/v1/bookings", {"legs": later}))["code"] == "not-available"
    assert appended.topics == []


def test_a_repeat_with_the_same_key_books_once(house: House, room: str, alice: Guest) -> None:
    wish = {"resource": room, "start": next_week(10)}
    first = alice.post("/v1/bookings", wish, A_KEY)
    with house.appending() as appended:
        second = alice.post("/v1/bookings", wish, A_KEY)
    assert second.status_code == 201
    assert second.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert appended.topics == []


def test_a_key_with_another_body_is_refused(room: str, alice: Guest) -> None:
    alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}, A_KEY)
    found = problem(alice.post("/v1/bookings", {"resource": room, "start": next_week(11)}, A_KEY))
    assert (found["status"], found["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "schlüssel".encode()])
def test_a_key_is_visible_ascii(room: str, alice: Guest, key: Any) -> None:
    answer = alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}, {"Idempotency-Key": key})
    assert problem(answer)["errors"][0]["pointer"] == "Idempotency-Key"


def test_a_key_is_its_senders_own(room: str, alice: Guest, bob: Guest) -> None:
    assert alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}, A_KEY).status_code == 201
    other = bob.post("/v1/bookings", {"resource": room, "start": next_week(11)}, A_KEY)
    assert other.status_code == 201
    assert "idempotency-replayed" not in other.headers


def test_a_hold_is_confirmed_with_details(house: House, room: str, alice: Guest) -> None:
    with house.appending() as appended:
        hold = held(alice, next_week(10))
        answer = alice.post(f"/v1/bookings/{hold['id']}/confirm", {"details": {"for": "yoga"}})
    assert (hold["status"], hold["actions"]) == ("held", ["confirm", "cancel"])
    assert hold["expires_at"] is not None
    assert answer.status_code == 200
    booking = answer.json()
    assert (booking["status"], booking["version"], booking["expires_at"]) == ("confirmed", 2, None)
    assert booking["details"] == {"for": "yoga"}
    assert booking["created_at"] == hold["created_at"]
    assert appended.topics == [
        "BookingHeld.1",
        "DayOpened.1",
        "TimeClaimed.1",
        "BookingConfirmed.1",
        "ClaimKept.1",
    ]


def test_a_hold_past_its_time_reads_as_expired_and_is_not_confirmed(house: House, alice: Guest) -> None:
    house.register("room", policy={"hold_seconds": 1})
    hold = held(alice, next_week(10))
    house.clock.shift = timedelta(seconds=30)
    assert as_seen(alice, house, hold["id"])["status"] == "expired"
    assert problem(alice.post(f"/v1/bookings/{hold['id']}/confirm"))["code"] == "hold-expired"
    known = alice.get(f"/v1/bookings/{hold['id']}", {"If-None-Match": '"1"'})
    assert known.status_code == 200


def test_too_many_holds(house: House, room: str, alice: Guest) -> None:
    for hour in (9, 10, 11):
        held(alice, next_week(hour))
    found = problem(alice.post("/v1/holds", {"resource": room, "start": next_week(12)}))
    assert (found["code"], found["limit"]) == ("too-many-holds", 3)


def test_the_desk_approves_and_revokes(house: House, alice: Guest, sam: Guest) -> None:
    house.register("room", policy={"approval": True})
    booking = booked(alice, next_week(10))
    assert (booking["status"], booking["actions"]) == ("pending", ["cancel", "reschedule"])
    assert as_seen(sam, house, booking["id"])["actions"] == ["approve", "reject", "cancel", "reschedule"]
    with house.appending() as appended:
        approved = sam.post(f"/v1/bookings/{booking['id']}/approve", {"reason": "a pleasure"})
        again = sam.post(f"/v1/bookings/{booking['id']}/approve")
        revoked = sam.post(f"/v1/bookings/{booking['id']}/revoke", {"reason": "water damage"})
    assert approved.json()["status"] == again.json()["status"] == "confirmed"
    assert approved.json()["actions"] == ["revoke", "cancel", "reschedule"]
    assert revoked.json()["status"] == "revoked"
    assert revoked.json()["reason"] == {"text": "water damage"}
    assert revoked.json()["actions"] == []
    assert appended.topics == ["BookingConfirmed.1", "BookingRevoked.1", "TimeReleased.1"]
    assert problem(sam.post(f"/v1/bookings/{booking['id']}/approve"))["booking_status"] == "revoked"
    assert as_seen(alice, house, booking["id"])["reason"] == {"text": "water damage"}


def test_the_desk_rejects(house: House, alice: Guest, sam: Guest) -> None:
    house.register("room", policy={"approval": True})
    booking = booked(alice, next_week(10))
    with house.appending() as appended:
        rejected = sam.post(f"/v1/bookings/{booking['id']}/reject", {"reason": "private function"})
    assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected")
    assert appended.topics == ["BookingRejected.1", "TimeReleased.1"]


@pytest.mark.parametrize(
    ("verb", "status", "topic"),
    [("complete", "completed", "BookingCompleted.1"), ("no-show", "no_show", "BookingMarkedNoShow.1")],
)
def test_the_desk_says_how_it_went(house: House, alice: Guest, sam: Guest, verb: str, status: str, topic: str) -> None:
    house.clock.shift = timedelta(seconds=-58)
    start = (house.clock() + timedelta(seconds=80)).replace(second=0, microsecond=0)
    opens = f"{start:%H:%M}"
    house.register("room", timezone="UTC", hours={day: [[opens, opens]] for day in ALWAYS})
    booking = booked(alice, start.isoformat().replace("+00:00", "Z"))
    early = problem(sam.post(f"/v1/bookings/{booking['id']}/{verb}"))
    house.clock.shift = timedelta(seconds=58)
    assert as_seen(sam, house, booking["id"])["actions"] == ["revoke", "complete", "no-show", "cancel", "reschedule"]
    assert problem(alice.post(f"/v1/bookings/{booking['id']}/cancel"))["code"] == "too-late-to-change"
    with house.appending() as appended:
        answer = sam.post(f"/v1/bookings/{booking['id']}/{verb}")
    assert early["code"] == "invalid-transition"
    assert answer.json()["status"] == status
    assert appended.topics == [topic]


def test_a_booking_is_cancelled_once(house: House, room: str, alice: Guest) -> None:
    booking = booked(alice, next_week(10))
    with house.appending() as appended:
        first = alice.post(f"/v1/bookings/{booking['id']}/cancel", {"reason": "ill"})
        second = alice.post(f"/v1/bookings/{booking['id']}/cancel")
    assert first.json()["status"] == second.json()["status"] == "cancelled"
    assert appended.topics == ["BookingCancelled.1", "TimeReleased.1"]
    assert booked(alice, next_week(10))["status"] == "confirmed"


def test_a_booking_is_moved(house: House, room: str, alice: Guest) -> None:
    booking = booked(alice, next_week(10))
    with house.appending() as appended:
        answer = alice.post(f"/v1/bookings/{booking['id']}/reschedule", {"start": next_week(11)})
    assert answer.status_code == 200
    assert answer.json()["legs"][0]["start"] == f"{next_week(11)}:00+06:00"
    assert appended.topics == ["BookingRescheduled.1", "TimeReleased.1", "TimeClaimed.1"]


def test_moving_onto_a_taken_time_changes_nothing(house: House, room: str, alice: Guest, bob: Guest) -> None:
    booked(bob, next_week(11))
    booking = booked(alice, next_week(10))
    with house.appending() as appended:
        answer = alice.post(
            f"/v1/bookings/{booking['id']}/reschedule", {"legs": [{"resource": room, "start": next_week(11)}]}
        )
    assert problem(answer)["code"] == "not-available"
    assert appended.topics == []
    assert as_seen(alice, house, booking["id"]) == booking


def test_if_match_is_honoured_on_a_booking(room: str, alice: Guest) -> None:
    booking = booked(alice, next_week(10))
    path = f"/v1/bookings/{booking['id']}/cancel"
    stale = problem(alice.post(path, headers={"If-Match": '"7"'}))
    assert (stale["status"], stale["code"], stale["current_version"]) == (412, "stale-version", 1)
    assert problem(alice.post(path, headers={"If-Match": "seven"}))["code"] == "malformed"
    assert alice.post(path, headers={"If-Match": '"1"'}).status_code == 200


def test_a_known_version_of_what_has_ended_is_not_sent_again(house: House, room: str, alice: Guest) -> None:
    booking = booked(alice, next_week(10))
    alice.post(f"/v1/bookings/{booking['id']}/cancel")
    as_seen(alice, house, booking["id"])
    answer = alice.get(f"/v1/bookings/{booking['id']}", {"If-None-Match": 'W/"2", "5"'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == '"2"'
    assert alice.get(f"/v1/bookings/{booking['id']}", {"If-None-Match": '"1"'}).status_code == 200


def test_a_booking_that_goes_on_is_sent_again_since_its_actions_change(house: House, alice: Guest) -> None:
    house.clock.shift = timedelta(seconds=-58)
    start = (house.clock() + timedelta(seconds=80)).replace(second=0, microsecond=0)
    hours = {day: [[f"{start:%H:%M}", f"{start:%H:%M}"]] for day in ALWAYS}
    house.register("room", timezone="UTC", hours=hours)
    booking = booked(alice, f"{start:%Y-%m-%dT%H:%M}Z")
    assert as_seen(alice, house, booking["id"])["actions"] == ["cancel", "reschedule"]
    house.clock.shift = timedelta(seconds=58)
    known = alice.get(f"/v1/bookings/{booking['id']}", {"If-None-Match": '"1"'})
    assert (known.status_code, known.json()["actions"], known.json()["version"]) == (200, [], 1)


def test_somebody_elses_booking_is_not_there(house: House, room: str, alice: Guest, bob: Guest) -> None:
    booking = booked(alice, next_week(10))["id"]
    there = as_seen(alice, house, booking)
    assert there["id"] == booking
    for answer in (
        bob.get(f"/v1/bookings/{booking}"),
        bob.get(f"/v1/bookings/{booking}/events"),
        bob.post(f"/v1/bookings/{booking}/cancel"),
        bob.post(f"/v1/bookings/{booking}/reschedule", {"start": next_week(11)}),
        bob.get("/v1/bookings/b-0123456789abcdef0123456789abcdef"),
        bob.get("/v1/bookings/nonsense"),
        bob.post("/v1/bookings/nonsense/cancel"),
    ):
        assert problem(answer)["code"] == "unknown-booking"


def test_agents_book_for_those_they_name_and_see_only_what_they_made(
    house: House, room: str, alice: Guest, website: Guest
) -> None:
    customer = website.post("/v1/customers", {"name": "Zoe"}).json()["customer"]
    theirs = booked(website, next_week(10), customer=customer)
    other = booked(alice, next_week(11))
    assert theirs["customer"] == customer
    as_seen(website, house, theirs["id"])
    assert problem(website.get(f"/v1/bookings/{other['id']}"))["code"] == "unknown-booking"
    assert [each["id"] for each in website.get("/v1/bookings").json()["items"]] == [theirs["id"]]
    assert website.post(f"/v1/bookings/{theirs['id']}/cancel").status_code == 200
    assert problem(website.post(f"/v1/bookings/{other['id']}/cancel"))["code"] == "unknown-booking"


def test_whom_a_booking_is_for(house: House, room: str, alice: Guest, bob: Guest, sam: Guest) -> None:
    wish = {"resource": room, "start": next_week(10)}
    missing = problem(sam.post("/v1/bookings", wish))
    assert (missing["code"], missing["errors"][0]["pointer"]) == ("malformed", "/customer")
    assert problem(alice.post("/v1/bookings", {**wish, "customer": bob.me()}))["code"] == "forbidden"
    nobody = f"c-{'0' * 32}"
    assert problem(sam.post("/v1/bookings", {**wish, "customer": nobody}))["code"] == "unknown-customer"
    assert booked(sam, next_week(10), customer=bob.me())["customer"] == bob.me()


def test_staff_act_within_their_scope(house: House, alice: Guest) -> None:
    house.register("room")
    house.register("pitch", kind="sports-ground")
    keeper = house.guest("kim", "staff", resources=["kind:sports-ground"])
    inside, outside = booked(alice, next_week(10), "pitch"), booked(alice, next_week(10), "room")
    as_seen(keeper, house, inside["id"])
    assert [each["id"] for each in keeper.get("/v1/bookings").json()["items"]] == [inside["id"]]
    assert problem(keeper.get(f"/v1/bookings/{outside['id']}"))["code"] == "unknown-booking"
    assert problem(keeper.post(f"/v1/bookings/{outside['id']}/revoke"))["code"] == "unknown-booking"
    assert keeper.post(f"/v1/bookings/{inside['id']}/revoke").status_code == 200


def test_roles_that_have_no_business_with_bookings(
    house: House, room: str, alice: Guest, ada: Guest, odile: Guest
) -> None:
    booking = booked(alice, next_week(10))["id"]
    for guest in (ada, odile):
        for answer in (
            guest.get("/v1/bookings"),
            guest.get(f"/v1/bookings/{booking}"),
            guest.post("/v1/bookings", {"resource": room, "start": next_week(12)}),
            guest.post(f"/v1/bookings/{booking}/cancel"),
        ):
            assert problem(answer)["code"] == "forbidden"
    assert problem(alice.post(f"/v1/bookings/{booking}/approve"))["code"] == "forbidden"
    for answer in (house.nobody.get("/v1/bookings"), house.nobody.post("/v1/holds", {"resource": room})):
        assert problem(answer)["code"] == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_bookings_are_listed_by_start_page_by_page(house: House, room: str, alice: Guest, sam: Guest) -> None:
    made = [booked(alice, next_week(hour))["id"] for hour in (12, 9, 15)]
    as_seen(alice, house, made[-1])
    first = alice.get("/v1/bookings", limit=2).json()
    rest = alice.get("/v1/bookings", limit=2, cursor=first["next"]).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [made[1], made[0], made[2]]
    assert rest["next"] is None
    noon: dict[str, Any] = {"from": f"{next_week(12)}:00+06:00", "to": f"{next_week(13)}:00+06:00"}
    assert [each["id"] for each in sam.get("/v1/bookings", **noon, resource=room).json()["items"]] == [made[0]]
    assert sam.get("/v1/bookings", status="pending").json()["items"] == []
    assert problem(alice.get("/v1/bookings", cursor="nonsense"))["code"] == "bad-cursor"
    assert problem(alice.get(f"/v1/bookings?from={next_week(12)}"))["errors"][0]["pointer"] == "from"
    assert problem(alice.get("/v1/bookings", customer=sam.me()))["code"] == "forbidden"


def test_bookings_changed_after_a_position(house: House, room: str, alice: Guest, sam: Guest) -> None:
    booked(alice, next_week(10))
    before = f"{house.daybook.log.log_id}.{house.daybook.log.head().position}"
    later = booked(alice, next_week(11))["id"]
    as_seen(alice, house, later)
    assert [each["id"] for each in sam.get("/v1/bookings", changed_after=before).json()["items"]] == [later]


def test_a_position_of_another_log_or_beyond_the_end_is_unknown(house: House, room: str, alice: Guest) -> None:
    log = house.daybook.log
    for position in (f"{'0' * 32}.1", f"{log.log_id}.{log.head().position + 1}"):
        answer = alice.get("/v1/bookings", {"Daybook-Position": position})
        assert problem(answer)["code"] == "unknown-position"
    assert problem(alice.get("/v1/bookings", {"Daybook-Position": "soon"}))["code"] == "malformed"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"start": "1999-01-01T10:00"}, "in-the-past"),
        ({"start": next_week(10, 7)}, "off-grid"),
        ({"start": next_week(10), "end": next_week(12)}, "bad-duration"),
        ({"start": f"{datetime.now(UTC).year + 3}-01-01T10:00"}, "too-far-ahead"),
        ({"start": next_week(10), "party": 9}, "party-too-large"),
        ({"start": next_week(10), "units": 2}, "too-many-units"),
        ({"start": next_week(10), "resource": "nowhere"}, "unknown-resource"),
    ],
)
def test_each_broken_rule_has_its_own_refusal(house: House, alice: Guest, wish: dict[str, Any], code: str) -> None:
    house.register("room", seats=4)
    with house.appending() as appended:
        assert problem(alice.post("/v1/bookings", {"resource": "room", **wish}))["code"] == code
    assert appended.topics == []


def test_closed_and_outside_hours(house: House, alice: Guest) -> None:
    start = datetime.fromisoformat(next_week(10))
    day = start.strftime("%a").lower()
    house.register("room", hours={day: [["09:00", "12:00"]]})
    found = problem(alice.post("/v1/bookings", {"resource": "room", "start": next_week(13)}))
    assert (found["code"], found["hours"]) == ("outside-hours", [["09:00", "12:00"]])
    after = (start + timedelta(days=1)).isoformat()
    assert problem(alice.post("/v1/bookings", {"resource": "room", "start": after}))["code"] == "closed"


def test_wall_clock_times_that_do_not_exist_or_exist_twice(house: House, alice: Guest) -> None:
    house.register("room", timezone="Europe/Vienna", policy={"max_advance_days": 3000})
    spring = problem(alice.post("/v1/bookings", {"resource": "room", "start": "2027-03-28T02:30"}))
    assert (spring["code"], spring["next_local_time"]) == ("no-such-local-time", "2027-03-28T03:30:00+02:00")
    autumn = problem(alice.post("/v1/bookings", {"resource": "room", "start": "2027-10-31T02:30"}))
    assert autumn["code"] == "ambiguous-local-time"
    assert booked(alice, autumn["choices"][1])["legs"][0]["start"] == "2027-10-31T02:30:00+01:00"


def test_daily_limit(house: House, alice: Guest) -> None:
    house.register("room", policy={"daily_limit": 1})
    booked(alice, next_week(10))
    found = problem(alice.post("/v1/bookings", {"resource": "room", "start": next_week(11)}))
    assert (found["code"], found["limit"]) == ("daily-limit", 1)
