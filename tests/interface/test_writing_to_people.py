"""A whole service writes to people by a real mail server, in their language, about what happens to their bookings."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from threading import Event
from time import monotonic
from typing import Any

import pytest
from tests.app.messages.mailbox import Mail, Mailbox
from tests.interface.house import Guest, House, next_week

LEAD = timedelta(days=1)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """One for all these tests: each has its people."""
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture
def settings_of_house(mailbox: Mailbox) -> dict[str, Any]:
    return {"message_urls": mailbox.url, "place_name": "Der Mond", "reminder_minutes": LEAD // timedelta(minutes=1)}


def says(who: Guest, **profile: Any) -> None:
    answer = who.send("PATCH", f"/v1/customers/{who.me()}", profile)
    assert answer.status_code == 200, answer.text


def booked(who: Guest, room: str, start: str, **more: Any) -> str:
    answer = who.post("/v1/bookings", {"resource": room, "start": start, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def done(answer: Any) -> None:
    assert answer.status_code in {200, 201}, answer.text


def first_line(mail: Mail) -> str:
    """What it says about the booking."""
    return mail.text.splitlines()[2]


def test_people_are_written_what_happens_to_their_bookings(
    house: House, room: str, alice: Guest, bob: Guest, sam: Guest, mailbox: Mailbox
) -> None:
    house.register("office", name="Büro <1>", policy={"approval": True})
    says(alice, email="alice@example.org", language="de-AT")
    says(bob, email="bob@example.org")

    booking = booked(alice, room, next_week(10))
    mail = mailbox.next()
    assert (mail.to, mail.subject) == (["alice@example.org"], "Ihre Buchung ist bestätigt")
    assert first_line(mail).startswith("Room: ")
    assert first_line(mail).endswith(", 10:00 bis 10:30 (Asia/Dhaka)")
    assert mail.text.endswith("\n\nDer Mond")

    done(bob.post("/v1/waitlist", {"resource": room, "start": next_week(10)}))
    done(alice.post(f"/v1/bookings/{booking}/reschedule", {"start": next_week(12)}))
    moved, offered = sorted([mailbox.next(), mailbox.next()], key=lambda mail: mail.to)
    assert moved.subject == "Ihre Buchung wurde verschoben"
    assert first_line(moved).endswith(", 12:00 bis 12:30 (Asia/Dhaka)")
    assert (offered.to, offered.subject) == (["bob@example.org"], "There is room for you")
    assert "10:00 to 10:30" in offered.text

    asked = [booked(bob, "office", next_week(hour)) for hour in (10, 11)]
    assert [mailbox.next().subject for _ in asked] == ["Your booking waits for approval"] * 2
    done(sam.post(f"/v1/bookings/{asked[0]}/approve"))
    approved = mailbox.next()
    assert approved.subject == "Your booking is approved"
    assert first_line(approved).startswith("Büro <1>: ")
    done(sam.post(f"/v1/bookings/{asked[1]}/reject", {"reason": "the painters are in"}))
    rejected = mailbox.next()
    assert rejected.subject == "Your booking was not approved"
    assert "painters" not in rejected.text
    done(sam.post(f"/v1/bookings/{asked[0]}/revoke"))
    assert mailbox.next().subject == "Your booking was taken back"
    done(alice.post(f"/v1/bookings/{booking}/cancel"))
    assert mailbox.next().subject == "Ihre Buchung ist storniert"


def test_who_wants_none_is_left_alone(house: House, room: str, alice: Guest, bob: Guest, mailbox: Mailbox) -> None:
    says(alice, email="quiet@example.org", messages=False)
    says(bob, email="bob@example.org")

    booked(alice, room, next_week(10))
    booked(bob, room, next_week(11))

    assert mailbox.next().to == ["bob@example.org"]


def test_people_are_reminded_before_the_start(house: House, alice: Guest, mailbox: Mailbox) -> None:
    seconds = house.clock().second
    house.clock.shift = timedelta(seconds=30 - seconds)  # so that there is time until the minute is over
    start = (house.clock() + LEAD + timedelta(minutes=1)).astimezone(UTC).replace(second=0, microsecond=0)
    opens = {day: [[f"{start:%H:%M}", f"{start:%H:%M}"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    house.register("hall", timezone="UTC", hours=opens)
    says(alice, email="alice@example.org")
    booked(alice, "hall", f"{start:%Y-%m-%dT%H:%M}")
    assert mailbox.next().subject == "Your booking is confirmed"

    house.clock.shift += timedelta(seconds=29.9)

    mail = mailbox.next()
    assert (mail.subject, mail.to) == ("Your booking is soon", ["alice@example.org"])
    assert f"{start:%H:%M} to" in mail.text


def test_what_a_mail_server_turns_down_is_counted_and_listed_and_comes_later(
    house: House, room: str, alice: Guest, ada: Guest, mailbox: Mailbox
) -> None:
    says(alice, email="alice@example.org")
    mailbox.answers = ["451 later"]

    booking = booked(alice, room, next_week(10))
    deadline, pause = monotonic() + 30, Event()
    while 'messages_total{outcome="failed"} 1.0' not in house.nobody.get("/metrics").text and monotonic() < deadline:
        pause.wait(0.02)
    (failed,) = ada.get("/v1/messages/failed").json()["items"]
    house.clock.shift = timedelta(seconds=6)

    assert mailbox.next().subject == "Your booking is confirmed"
    assert (failed["booking"], failed["occasion"], failed["failures"]) == (booking, "booked", 1)
    assert (failed["given_up_at"], failed["next_attempt_at"] > failed["failing_since"]) == (None, True)
    assert failed["trouble"].startswith("mailto: ")
    assert not any(word in failed["trouble"] for word in ("alice", "example.org"))
    assert alice.get("/v1/messages/failed").json()["code"] == "forbidden"
