"""Looking through the whole log: every filter finds what a look at all events finds, in bounded stretches."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from tests.app.read_models.venue import Venue
from tests.app.scene import BEGIN

from app.log import searching
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.records import RecordedEvent
from app.log.searching import Wanted, search


@pytest.fixture
def busy(log: EventLog) -> EventLog:
    """Forty bookings of two rooms, whose names begin alike, by three actors, one a minute."""
    venue, random = Venue(log), Random(7)  # noqa: S311 - chance, not secrecy
    venue.now = BEGIN
    for resource in ("room", "room-2"):
        venue.define(resource, "UTC", hours={"mon": [["00:00", "24:00"]]}, capacity=40)
    for number in range(40):
        by = random.choice(["customer:c-alice", "customer:c-bob", "staff:c-sam"])
        venue.book(f"b-{number}", (random.choice(["room", "room-2"]), "2027-03-29T10:00"), by=by)
        venue.now += timedelta(minutes=1)
    return log


def positions(log: EventLog, wanted: Wanted, limit: int, after: int = 0) -> tuple[list[int], int]:
    """All positions found, page by page, and the number of pages."""
    found: list[int] = []
    for pages in range(1, 1000):
        page = search(log, wanted, after, limit)
        assert len(page.events) <= limit
        found += [event.id for event in page.events]
        assert all(after < event.id <= page.seen for event in page.events)
        if not page.more:
            return found, pages
        assert page.seen > after
        after = page.seen
    raise AssertionError("there is no end")


def middle(minutes: int) -> str:
    return timestamp_text(BEGIN + timedelta(minutes=minutes))


@pytest.mark.parametrize("stretch", [7, 50_000])
@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [
        (Wanted(), lambda _: True),
        (Wanted(by="staff:c-sam"), lambda event: event.by == "staff:c-sam"),
        (Wanted(by="staff:c-nobody"), lambda event: event.by == "staff:c-nobody"),
        (
            Wanted(resource="room"),
            lambda event: event.originator_id.split("/")[1] == "room",
        ),
        (Wanted(booking="b-7"), lambda event: event.originator_id == "booking/b-7"),
        (Wanted(command=f"{9:032x}"), lambda event: event.command_id == f"{9:032x}"),
        (
            Wanted(since=BEGIN + timedelta(minutes=5), until=BEGIN + timedelta(minutes=9)),
            lambda event: middle(5) <= event.timestamp < middle(9),
        ),
        (Wanted(until=BEGIN), lambda _: False),
        (
            Wanted(by="staff:c-sam", resource="room-2", since=BEGIN + timedelta(minutes=3)),
            lambda event: (
                event.by == "staff:c-sam"
                and event.originator_id.split("/")[1] == "room-2"
                and event.timestamp >= middle(3)
            ),
        ),
    ],
    ids=["all", "actor", "nobody", "resource", "booking", "command", "times", "before", "several"],
)
def test_a_filter_finds_what_a_look_at_all_finds(
    busy: EventLog,
    monkeypatch: pytest.MonkeyPatch,
    stretch: int,
    wanted: Wanted,
    is_it: Callable[[RecordedEvent], bool],
) -> None:
    monkeypatch.setattr(searching, "STRETCH", stretch)
    expected = [event.id for event in busy.after(0) if is_it(event)]
    for limit in (3, 500):
        assert positions(busy, wanted, limit)[0] == expected
    assert positions(busy, wanted, 10, after=40)[0] == [each for each in expected if each > 40]


def test_a_request_looks_at_a_bounded_stretch(busy: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "STRETCH", 10)
    found = search(busy, Wanted(by="staff:c-nobody"), 20, 100)
    assert found == ([], 30, True)
    head = busy.head().position
    assert search(busy, Wanted(by="staff:c-nobody"), head, 100) == ([], head, False)
    assert positions(busy, Wanted(booking="b-39"), 100)[1] == 1
