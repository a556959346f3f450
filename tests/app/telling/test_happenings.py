"""What happened to a booking is worked out from the log, and told without a word about the person."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.app.read_models.venue import NOW, Venue

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.sqlite import open_sqlite
from app.telling.happenings import HAPPENING_TYPES, TOLD, UNTOLD, Happening, happening_at
from app.telling.payload import message_id, payload
from domain.booking import Booking
from domain.event import Event

SEALED = "1.k1.bm9uY2Vub25jZTE.Y2lwaGVydGV4dA"


@pytest.fixture
def venue(tmp_path: Path) -> Any:
    log = open_sqlite(tmp_path / "data", serving=False)
    made = Venue(log)
    made.define("moon-hospital")
    yield made
    log.close()


def happened(log: EventLog) -> list[Happening]:
    """All that there is to tell of a log."""
    mapper = EventMapper()
    found = (happening_at(log, mapper, recorded) for recorded in log.after(0))
    return [each for each in found if each is not None]


def told(log: EventLog) -> list[Any]:
    """The same as webhooks say it."""
    return [json.loads(payload(each)) for each in happened(log)]


def test_every_event_of_a_booking_is_told_or_known_to_be_no_news() -> None:
    of_bookings = {event for event in Event.topics.values() if event.aggregate is Booking}

    assert of_bookings == {*TOLD, *UNTOLD}
    assert sorted(TOLD.values()) == sorted(HAPPENING_TYPES)


def test_a_booking_is_told_with_ids_times_and_numbers(venue: Venue) -> None:
    venue.book("b-1", ("moon-hospital", "2026-12-02T10:00"), customer="c-ada", party=2, details=SEALED)

    (said,) = told(venue.log)

    assert said == {
        "type": "booking.confirmed",
        "timestamp": "2026-12-01T08:00:00.000000Z",
        "data": {
            "booking": "b-1",
            "status": "confirmed",
            "previous_status": None,
            "customer": "c-ada",
            "party": 2,
            "legs": [
                {
                    "resource": "moon-hospital",
                    "timezone": "Asia/Dhaka",
                    "start": "2026-12-02T10:00:00+06:00",
                    "end": "2026-12-02T10:30:00+06:00",
                    "units": 1,
                }
            ],
            "previous_legs": [],
            "expires_at": None,
            "series": None,
            "wish": None,
            "by": "customer:c-ada",
            "version": 1,
            "position": said["data"]["position"],
        },
    }
    at = venue.log.at(said["data"]["position"])
    assert at is not None
    assert at.topic == "BookingConfirmed.1"


def test_each_step_is_told_as_it_was_then(venue: Venue) -> None:
    venue.book("b-1", ("moon-hospital", "2026-12-02T10:00"), until=NOW + timedelta(seconds=30))
    venue.confirm("b-1")
    venue.move("b-1", ("moon-hospital", "2026-12-02T11:00"))
    venue.cancel("b-1", reason=SEALED)

    said = told(venue.log)

    assert [each["type"].removeprefix("booking.") for each in said] == ["held", "confirmed", "moved", "cancelled"]
    assert [each["data"]["previous_status"] for each in said] == [None, "held", "confirmed", "confirmed"]
    assert [each["data"]["version"] for each in said] == [1, 2, 3, 4]
    assert [each["data"]["expires_at"] for each in said] == ["2026-12-01T08:00:30.000000Z", None, None, None]
    starts = [[leg["start"][11:16] for leg in each["data"]["legs"]] for each in said]
    assert starts == [["10:00"], ["10:00"], ["11:00"], ["11:00"]]
    assert [leg["start"][11:16] for leg in said[2]["data"]["previous_legs"]] == ["10:00"]
    assert said[3]["data"]["previous_legs"] == []


def test_nothing_that_is_sealed_is_told(venue: Venue) -> None:
    venue.book("b-1", ("moon-hospital", "2026-12-02T10:00"), details=SEALED)
    venue.cancel("b-1", reason=SEALED)

    assert all("bm9uY2Vub25jZTE" not in json.dumps(each) for each in told(venue.log))


def test_the_same_event_is_the_same_message_for_one_receiver_and_another_for_the_next(venue: Venue) -> None:
    venue.book("b-1", ("moon-hospital", "2026-12-02T10:00"))
    venue.cancel("b-1")
    first, again = happened(venue.log), happened(venue.log)

    ids = [message_id(receiver, each) for receiver in ("h-1", "h-2") for each in first]

    assert len(set(ids)) == 4
    assert ids[:2] == [message_id("h-1", each) for each in again]
    assert [payload(each) for each in first] == [payload(each) for each in again]
