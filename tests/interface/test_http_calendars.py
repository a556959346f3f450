"""Calendars over HTTP, as Google, Apple and Outlook read them: one booking, a busy resource, and feeds to follow."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from icalendar import Calendar, Event
from tests.interface.house import Guest, House, next_week, problem


def entries(answer: Response) -> dict[str, Event]:
    """The entries of a calendar by their UID, each there once."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    found = [each for each in Calendar.from_ical(answer.content).walk("VEVENT") if isinstance(each, Event)]
    assert len({str(each["UID"]) for each in found}) == len(found)
    return {str(each["UID"]): each for each in found}


def facts(entry: Event) -> tuple[str, int]:
    """How it stands, and how often it changed."""
    return str(entry["STATUS"]), entry.sequence


def settled(house: House, answer: Response) -> Any:
    """What a command answered, once the read models show it."""
    assert answer.status_code < 300, answer.text
    house.daybook.runner.wait_for(int(answer.headers["daybook-position"].partition(".")[2]))
    return answer.json()


class TestOneBooking:
    """GET /v1/bookings/{booking}.ics"""

    def test_is_an_entry_that_calendars_follow_from_hold_to_cancellation(
        self, house: House, room: str, alice: Guest
    ) -> None:
        held = alice.post("/v1/holds", {"resource": room, "start": next_week(10), "party": 3}).json()
        path, uid = f"/v1/bookings/{held['id']}", f"{held['id']}@daybook"

        def now() -> Event:
            (entry,) = entries(alice.get(f"{path}.ics")).items()
            assert entry[0] == uid
            return entry[1]

        assert facts(now()) == ("TENTATIVE", 0)
        alice.post(f"{path}/confirm")
        assert facts(now()) == ("CONFIRMED", 1)
        moved = alice.post(f"{path}/reschedule", {"start": next_week(12)}).json()
        entry = now()
        assert facts(entry) == ("CONFIRMED", 2)
        assert entry.start.isoformat() == f"{next_week(6)}:00+00:00"
        assert (entry.end - entry.start).total_seconds() == 1800
        assert f"{entry.DTSTAMP:%Y-%m-%dT%H:%M:%S}" == moved["updated_at"][:19]
        assert entry.LAST_MODIFIED == entry.DTSTAMP
        assert (str(entry["SUMMARY"]), str(entry["DESCRIPTION"])) == ("Room", "Party of 3")
        alice.post(f"{path}/cancel")
        assert facts(now()) == ("CANCELLED", 3)
        assert str(now()["TRANSP"]) == "TRANSPARENT"

    def test_a_hold_that_ran_out_is_cancelled_before_anybody_wrote_it_down(
        self, house: House, room: str, alice: Guest
    ) -> None:
        held = alice.post("/v1/holds", {"resource": room, "start": next_week(10)}).json()["id"]
        house.clock.shift += timedelta(seconds=31)
        assert facts(entries(alice.get(f"/v1/bookings/{held}.ics"))[f"{held}@daybook"]) == ("CANCELLED", 1)

    def test_of_several_places_each_has_its_entry_and_one_that_is_given_back_is_cancelled(
        self, house: House, room: str, alice: Guest
    ) -> None:
        house.register("hall")
        legs = [{"resource": "hall", "start": next_week(10)}, {"resource": room, "start": next_week(12)}]
        booking = alice.post("/v1/bookings", {"legs": legs}).json()["id"]
        path = f"/v1/bookings/{booking}"
        first, second = f"{booking}@daybook", f"{booking}-2@daybook"
        found = entries(alice.get(f"{path}.ics"))
        assert {uid: str(each["SUMMARY"]) for uid, each in found.items()} == {first: "Hall", second: "Room"}
        alice.post(f"{path}/reschedule", {"legs": legs[:1]})
        found = entries(alice.get(f"{path}.ics"))
        assert {uid: facts(each) for uid, each in found.items()} == {first: ("CONFIRMED", 1), second: ("CANCELLED", 1)}
        assert found[second].start.isoformat() == f"{next_week(6)}:00+00:00"
        alice.post(f"{path}/reschedule", {"legs": [legs[0], {**legs[1], "start": next_week(14)}]})
        found = entries(alice.get(f"{path}.ics"))
        assert {uid: facts(each) for uid, each in found.items()} == {first: ("CONFIRMED", 2), second: ("CONFIRMED", 2)}
        settled(house, alice.post(f"{path}/cancel"))
        assert {facts(each) for each in entries(alice.get(f"{path}.ics")).values()} == {("CANCELLED", 3)}

    def test_is_for_whom_the_booking_is_there(
        self, house: House, room: str, alice: Guest, bob: Guest, website: Guest, sam: Guest
    ) -> None:
        path = f"/v1/bookings/{alice.post('/v1/bookings', {'resource': room, 'start': next_week()}).json()['id']}.ics"
        assert alice.get(path).status_code == sam.get(path).status_code == 200
        assert house.guest("sam", "staff", resources=["hall"]).get(path).status_code == 404
        for stranger in (bob, website):
            assert problem(stranger.get(path))["code"] == "unknown-booking"
        assert problem(house.guest("odile", "auditor").get(path))["code"] == "forbidden"
        assert problem(house.nobody.get(path))["code"] == "unauthenticated"
        assert problem(alice.get("/v1/bookings/.ics"))["code"] == "unknown-booking"
        assert problem(alice.get("/v1/bookings/{booking:str}.ics"))["code"] == "unknown-booking"
        assert problem(alice.get(path, colour="red"))["code"] == "unknown-field"

    def test_is_a_file_that_is_sent_once(self, room: str, alice: Guest) -> None:
        booking = alice.post("/v1/bookings", {"resource": room, "start": next_week()}).json()["id"]
        path = f"/v1/bookings/{booking}.ics"
        answer = alice.get(path)
        assert answer.headers["content-disposition"] == f'attachment; filename="{booking}.ics"'
        assert answer.headers["cache-control"] == "private, no-cache"
        same = alice.get(path, {"If-None-Match": answer.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        head = alice.send("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(answer.content))
        assert head.headers["etag"] == answer.headers["etag"]
        alice.post(f"/v1/bookings/{booking}/cancel")
        assert alice.get(path, {"If-None-Match": answer.headers["etag"]}).status_code == 200

    def test_says_nothing_of_what_is_sealed(self, room: str, alice: Guest, sam: Guest) -> None:
        body = {"resource": room, "start": next_week(), "details": {"symptom": "a cough"}}
        booking = alice.post("/v1/bookings", body).json()["id"]
        sam.post(f"/v1/bookings/{booking}/revoke", {"reason": "a cough"})
        for guest in (alice, sam):
            assert "cough" not in guest.get(f"/v1/bookings/{booking}.ics").text

    def test_a_place_whose_name_is_not_to_be_seen_is_called_by_its_id(self, house: House, sam: Guest) -> None:
        house.register("vault", visibility="staff", name="Where the gold is")
        alice = house.guest("alice", "customer")
        booking = sam.post("/v1/bookings", {"resource": "vault", "start": next_week(), "customer": alice.me()}).json()
        path = f"/v1/bookings/{booking['id']}.ics"
        assert [str(each["SUMMARY"]) for each in entries(alice.get(path)).values()] == ["vault"]
        assert [str(each["SUMMARY"]) for each in entries(sam.get(path)).values()] == ["Where the gold is"]


class TestAResource:
    """GET /v1/resources/{resource}/calendar.ics"""

    def test_is_busy_when_no_place_is_left_and_tells_no_more(
        self, house: House, alice: Guest, bob: Guest, sam: Guest
    ) -> None:
        house.register("hall", capacity=2)
        path = "/v1/resources/hall/calendar.ics"
        for guest, hour in ((alice, 10), (bob, 10), (alice, 12)):
            guest.post("/v1/bookings", {"resource": "hall", "start": next_week(hour)})
        block = {"start": next_week(10, 30), "end": next_week(11), "reason": "Repairs"}
        settled(house, sam.post("/v1/resources/hall/blocks", block))
        answer = house.nobody.get(path)
        ((uid, busy),) = entries(answer).items()
        assert uid == f"hall-{next_week(4).replace('-', '').replace(':', '')}-{busy.end:%Y%m%dT%H%M}@daybook"
        assert (busy.start.isoformat(), busy.end.isoformat()) == (
            f"{next_week(4)}:00+00:00",
            f"{next_week(5)}:00+00:00",
        )
        assert (str(busy["SUMMARY"]), facts(busy)) == ("Busy", ("CONFIRMED", 0))
        for said in ("Repairs", "b-", alice.me(), bob.me()):
            assert said not in answer.text
        assert answer.headers["cache-control"] == "public, no-cache"
        same = house.nobody.get(path, {"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304
        assert str(Calendar.from_ical(answer.content)["X-WR-CALNAME"]) == "Hall"

    def test_is_there_for_whoever_sees_its_availability(self, house: House, alice: Guest, sam: Guest) -> None:
        for resource, visibility in (("club", "signed-in"), ("vault", "staff")):
            settled(house, house.register(resource, visibility=visibility))
        for resource, seen in (("club", [False, True, True]), ("vault", [False, False, True])):
            answers = [guest.get(f"/v1/resources/{resource}/calendar.ics") for guest in (house.nobody, alice, sam)]
            assert [each.status_code == 200 for each in answers] == seen
            assert {problem(each)["code"] for each in answers if each.status_code != 200} == {"unknown-resource"}

    def test_a_hold_that_ran_out_is_not_busy(self, house: House, room: str, alice: Guest) -> None:
        settled(house, alice.post("/v1/holds", {"resource": room, "start": next_week()}))
        path = f"/v1/resources/{room}/calendar.ics"
        assert len(entries(alice.get(path))) == 1
        house.clock.shift += timedelta(seconds=31)
        assert entries(alice.get(path)) == {}


class TestAFeed:
    """Secret addresses: made, read, made anew, ended."""

    @pytest.fixture
    def settings_of_house(self) -> dict[str, Any]:
        return {"public_url": "https://book.example.org", "place_name": "Moon Street"}

    def test_shows_ones_bookings_to_whoever_knows_the_address(
        self, house: House, room: str, alice: Guest, bob: Guest
    ) -> None:
        booking = alice.post("/v1/bookings", {"resource": room, "start": next_week(10)}).json()["id"]
        bob.post("/v1/bookings", {"resource": room, "start": next_week(12)})
        settled(house, alice.post("/v1/holds", {"resource": room, "start": next_week(14)}))
        mine = f"/v1/customers/{alice.me()}/calendar"
        assert alice.get(mine).json() == {"made_at": None}
        with house.appending() as appended:
            made = alice.post(mine)
        assert appended.events == []
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        path = made.headers["location"]
        assert made.json()["address"] == f"https://book.example.org{path}"
        assert (
            alice.get(mine).json()
            == alice.get("/v1/customers/me/calendar").json()
            == {"made_at": made.json()["made_at"]}
        )
        answer = house.nobody.get(path)
        ((uid, entry),) = entries(answer).items()
        assert (uid, facts(entry)) == (f"{booking}@daybook", ("CONFIRMED", 0))
        assert str(entry["URL"]) == f"https://book.example.org/mine/{booking}"
        assert str(Calendar.from_ical(answer.content)["X-WR-CALNAME"]) == "Moon Street"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert house.nobody.get(path, {"If-None-Match": answer.headers["etag"]}).status_code == 304
        assert house.nobody.send("HEAD", path).headers["etag"] == answer.headers["etag"]
        settled(house, alice.post(f"/v1/bookings/{booking}/reschedule", {"start": next_week(16)}))
        settled(house, alice.post(f"/v1/bookings/{booking}/cancel"))
        changed = house.nobody.get(path, {"If-None-Match": answer.headers["etag"]})
        assert facts(entries(changed)[f"{booking}@daybook"]) == ("CANCELLED", 2)

    def test_the_secret_is_kept_nowhere(self, house: House, alice: Guest) -> None:
        secret = alice.post("/v1/customers/me/calendar").headers["location"].rpartition("/")[2].removesuffix(".ics")
        (row,) = house.daybook.log.rows("SELECT * FROM calendar_feeds")
        assert len(secret) == 43
        assert secret not in str(row)
        assert len(row[2]) == 32
        assert house.nobody.get(f"/v1/feeds/{secret}.ics").status_code == 200
        measured = house.nobody.get("/metrics").text
        assert "/v1/feeds/{feed}" in measured
        assert secret not in measured

    def test_an_address_ends_with_the_next_one_and_when_one_says_so(self, house: House, alice: Guest) -> None:
        mine = "/v1/customers/me/calendar"
        first, second = (alice.post(mine).headers["location"] for _ in range(2))
        assert problem(house.nobody.get(first))["code"] == "unknown-feed"
        assert house.nobody.get(second).status_code == 200
        assert [alice.delete(mine).status_code for _ in range(2)] == [204, 204]
        assert house.nobody.get(second).status_code == 404
        assert alice.get(mine).json() == {"made_at": None}
        for wrong in (
            second.swapcase().replace("/V1/FEEDS/", "/v1/feeds/"),
            f"/v1/feeds/{'A' * 43}.ics",
            "/v1/feeds/calendar.ics",
            second[:-4],
        ):
            assert problem(house.nobody.get(wrong))["code"] == "unknown-feed"

    def test_of_whoever_was_erased_is_gone_and_of_the_others_is_not(
        self, house: House, alice: Guest, bob: Guest, ada: Guest
    ) -> None:
        gone, there = (guest.post("/v1/customers/me/calendar").headers["location"] for guest in (alice, bob))
        me = alice.me()
        assert ada.delete(f"/v1/customers/{me}").status_code == 204
        assert problem(house.nobody.get(gone))["code"] == "unknown-feed"
        assert house.nobody.get(there).status_code == 200
        assert house.daybook.log.calendar_feeds.of_person(me) == []

    def test_is_made_by_the_person_alone(self, house: House, alice: Guest, bob: Guest, sam: Guest, ada: Guest) -> None:
        path = f"/v1/customers/{alice.me()}/calendar"
        for method in ("GET", "POST", "DELETE"):
            assert problem(bob.send(method, path))["code"] == "unknown-customer"
            for guest in (sam, ada):
                assert problem(guest.send(method, path))["code"] == "forbidden"
            assert problem(house.nobody.send(method, path))["code"] == "unauthenticated"
            assert problem(alice.send(method, "/v1/customers/zoe/calendar"))["code"] == "unknown-customer"

    def test_is_among_what_is_held_about_a_person(self, house: House, room: str, alice: Guest) -> None:
        made = alice.post("/v1/customers/me/calendar")
        answer = alice.get(f"/v1/customers/{alice.me()}/data")
        assert answer.json()["calendar_feeds"] == [{"resource": None, "made_at": made.json()["made_at"]}]
        assert made.headers["location"][10:] not in answer.text


class TestAFeedOfTheDesk:
    """/v1/resources/{resource}/calendar-feeds"""

    def test_shows_each_booking_of_the_resource_without_names(
        self, house: House, room: str, alice: Guest, sam: Guest
    ) -> None:
        house.register("hall", capacity=5, policy={"max_units": 3, "approval": True})
        alice.send("PATCH", f"/v1/customers/{alice.me()}", {"name": "Alice Liddell"})
        legs = [
            {"resource": "hall", "start": next_week(10), "units": 2},
            {"resource": room, "start": next_week(10)},
        ]
        booking = alice.post("/v1/bookings", {"legs": legs, "party": 4}).json()["id"]
        settled(house, alice.post("/v1/bookings", {"resource": room, "start": next_week(12)}))
        path = sam.post("/v1/resources/hall/calendar-feeds").headers["location"]
        answer = house.nobody.get(path)
        ((uid, entry),) = entries(answer).items()
        assert (uid, facts(entry), str(entry["SUMMARY"])) == (f"{booking}@daybook", ("TENTATIVE", 0), "Hall")
        assert str(entry["DESCRIPTION"]) == f"Booking {booking}\npending\nParty of 4\n2 places"
        for said in ("Liddell", alice.me()):
            assert said not in answer.text

    def test_is_for_staff_whose_desk_it_is_and_administrators_end_it(
        self, house: House, room: str, alice: Guest, sam: Guest, ada: Guest
    ) -> None:
        path = f"/v1/resources/{room}/calendar-feeds"
        elsewhere = house.guest("eve", "staff", resources=["hall"])
        for method in ("GET", "POST", "DELETE"):
            assert problem(elsewhere.send(method, path))["code"] == "forbidden"
            assert problem(alice.send(method, path))["code"] == "forbidden"
            assert problem(sam.send(method, "/v1/resources/nowhere/calendar-feeds"))["code"] == "unknown-resource"
        assert problem(ada.post(path))["code"] == "forbidden"
        feeds = [guest.post(path).headers["location"] for guest in (sam, house.guest("tom", "staff"))]
        assert [each["customer"] for each in sam.get(path).json()["items"]] == [sam.me()]
        assert len(ada.get(path).json()["items"]) == 2
        assert sam.delete(path).status_code == 204
        assert [house.nobody.get(feed).status_code for feed in feeds] == [404, 200]
        assert ada.delete(path).status_code == 204
        assert house.nobody.get(feeds[1]).status_code == 404
        assert ada.get(path).json() == {"items": []}
