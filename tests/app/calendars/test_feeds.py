"""Calendar feeds on both stores: which bookings are in them, and whose they are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.app.read_models.venue import NOW, Venue, catch_up, open_models
from tests.conftest import Store

from app.calendars.busy import Busy, busy_entries, busy_times
from app.calendars.entries import Told, window
from app.calendars.feeds import entries_of_all, find_feed, make_feed, rows_of
from app.log.calendar_feeds import CalendarFeed
from app.log.customers import CustomerRow
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models import resources
from app.read_models.booking_rows import BookingRow
from app.read_models.calendar_rows import around
from app.read_models.database import ReadModels
from app.read_models.runner import Runner
from app.read_models.tables import instant_number

ALICE, BOB = (
    CustomerRow(f"c-{name}", None, "wrapped", "key-1", None, None, "2026-12-01T04:00:00.000000Z")
    for name in ("alice", "bob")
)


class Street:
    """A venue with its read models."""

    def __init__(self, store: Store, log: EventLog) -> None:
        self.venue = Venue(log)
        self.models: ReadModels = open_models(store)
        self._runner = Runner(self.models, log, EventMapper())
        self._runner.prepare()

    def rows(self, feed: CalendarFeed, now: datetime = NOW) -> list[BookingRow]:
        catch_up(self._runner)
        with self.models.reading() as reader:
            return rows_of(reader, feed, now)

    def nearest(self, most: int) -> list[str]:
        """Alice's bookings, at most so many."""
        catch_up(self._runner)
        begin, end = window(NOW)
        with self.models.reading() as reader:
            found = around(reader, now=NOW, begin=begin, end=end, most=most, customer="c-alice")
        return [row.id for row in found]

    def busy(self, resource: str, most: int = 100) -> list[Busy]:
        catch_up(self._runner)
        with self.models.reading() as reader:
            row = resources.get(reader, resource)
            assert row is not None
            times = busy_times(reader, row, NOW, most)
            assert len({each.uid for each in busy_entries(row, times)}) == len(times)
            return times

    def close(self) -> None:
        self._runner.stop()
        self.models.close()


@pytest.fixture
def street(store: Store, log: EventLog) -> Iterator[Street]:
    opened = Street(store, log)
    yield opened
    opened.close()


OWN = CalendarFeed("c-alice", "", "")


def plain(resource: str) -> str:
    return resource


def test_an_address_finds_its_feed_until_there_is_another_one(log: EventLog) -> None:
    log.customers.add(ALICE)
    first, feed = make_feed(log, "c-alice", "", NOW)
    assert feed == find_feed(log, first) == CalendarFeed("c-alice", "", "2026-12-01T08:00:00.000000Z")
    second, _ = make_feed(log, "c-alice", "", NOW)
    other, _ = make_feed(log, "c-alice", "room", NOW)
    assert len({first, second, other}) == 3
    assert find_feed(log, first) is None
    assert [each.resource for each in log.calendar_feeds.of_person("c-alice")] == ["", "room"]
    assert log.calendar_feeds.end("", "c-alice") == 1
    assert log.calendar_feeds.end("", "c-alice") == 0
    assert find_feed(log, second) is None
    assert find_feed(log, other) is not None


def test_a_resources_feeds_are_ended_for_everybody(log: EventLog) -> None:
    log.customers.add(ALICE)
    log.customers.add(BOB)
    made = [make_feed(log, person, "room", NOW)[0] for person in ("c-alice", "c-bob")]
    own, _ = make_feed(log, "c-bob", "", NOW)
    assert [each.customer for each in log.calendar_feeds.of_resource("room")] == ["c-alice", "c-bob"]
    assert log.calendar_feeds.end("room") == 2
    assert [find_feed(log, each) for each in made] == [None, None]
    assert find_feed(log, own) is not None


def test_with_a_person_their_feeds_are_erased(log: EventLog) -> None:
    log.customers.add(ALICE)
    log.customers.add(BOB)
    gone, there = (make_feed(log, person, "", NOW)[0] for person in ("c-alice", "c-bob"))
    with log.locked() as session:
        session.erase(["c-alice"])
    assert find_feed(log, gone) is None
    assert find_feed(log, there) is not None
    assert log.calendar_feeds.of_person("c-alice") == []


def test_a_feed_that_is_made_while_its_person_is_erased_leads_nowhere(log: EventLog) -> None:
    secret, _ = make_feed(log, "c-alice", "", NOW)
    assert find_feed(log, secret) is None


def test_bookings_of_a_month_ago_to_a_year_ahead_are_in_it_and_holds_are_not(street: Street) -> None:
    venue = street.venue
    venue.define("room", timezone="UTC", capacity=100)
    for booking, start in (
        ("b-long-ago", "2026-10-30T10:00"),
        ("b-last-month", "2026-11-02T10:00"),
        ("b-now", "2026-12-01T07:45"),
        ("b-next-year", "2027-12-01T10:00"),
        ("b-too-far", "2027-12-03T10:00"),
    ):
        venue.book(booking, ("room", start, (datetime.fromisoformat(start) + timedelta(minutes=30)).isoformat()))
    venue.book("b-held", ("room", "2026-12-02T10:00"), until=NOW + timedelta(seconds=30))
    venue.book("b-of-bob", ("room", "2026-12-02T10:00"), customer="c-bob")
    venue.book("b-given-up", ("room", "2026-12-02T10:00"))
    venue.cancel("b-given-up")
    wanted = ["b-last-month", "b-now", "b-given-up", "b-next-year"]
    assert [row.id for row in street.rows(OWN)] == wanted
    of_room = [row.id for row in street.rows(CalendarFeed("c-sam", "room", ""))]
    assert of_room == ["b-last-month", "b-now", "b-given-up", "b-of-bob", "b-next-year"]


def test_of_too_many_the_next_ones_are_in_it_and_then_the_last_ones(street: Street) -> None:
    street.venue.define("room", timezone="UTC", capacity=100)
    for day in (28, 29, 30):
        street.venue.book(f"b-november-{day}", ("room", f"2026-11-{day}T10:00"))
    for day in (2, 3, 4):
        street.venue.book(f"b-december-{day}", ("room", f"2026-12-0{day}T10:00"))
    ahead = [f"b-december-{day}" for day in (2, 3, 4)]
    assert street.nearest(2) == ahead[:2]
    assert street.nearest(3) == ahead
    assert street.nearest(5) == ["b-november-29", "b-november-30", *ahead]


def test_legs_that_were_given_back_are_told_as_they_were_last(street: Street, log: EventLog) -> None:
    venue = street.venue
    for resource in ("room", "hall"):
        venue.define(resource, timezone="UTC")
    venue.book("b-1", ("room", "2026-12-02T10:00"), ("hall", "2026-12-02T11:00"))
    venue.move("b-1", ("room", "2026-12-02T10:00"), ("hall", "2026-12-02T12:00"))
    venue.move("b-1", ("hall", "2026-12-02T14:00"))
    told = Told(plain, lambda booking: f"https://book.example.org/mine/{booking}")
    found = entries_of_all(log, street.rows(OWN), NOW, told)
    assert [(each.uid, each.status, each.sequence, each.summary, each.start.hour) for each in found] == [
        ("b-1@daybook", "CONFIRMED", 2, "hall", 14),
        ("b-1-2@daybook", "CANCELLED", 2, "hall", 12),
    ]
    at_desk = entries_of_all(log, street.rows(CalendarFeed("c-sam", "hall", "")), NOW, told._replace(only="room"))
    assert at_desk == []


def test_of_a_resource_that_is_full_more_than_once_the_next_times_come_first(street: Street) -> None:
    venue = street.venue
    venue.define("room", timezone="UTC")
    for number, start in enumerate(("2026-11-30T10:00", "2026-12-01T07:45", "2026-12-02T10:00", "2026-12-02T10:30")):
        venue.book(f"b-{number}", ("room", start, (datetime.fromisoformat(start) + timedelta(minutes=30)).isoformat()))
    venue.block("k-1", "room", "2026-12-03T10:00", "2026-12-03T11:00")
    starts = [at(2026, 11, 30, 10), at(2026, 12, 1, 7, 45), at(2026, 12, 2, 10), at(2026, 12, 3, 10)]
    assert [each.start for each in street.busy("room")] == starts
    assert [each.start for each in street.busy("room", 2)] == starts[1:3]
    assert [each.start for each in street.busy("room", 3)] == starts[1:]
    assert street.busy("room")[2].end == at(2026, 12, 2, 11)


def at(*moment: int) -> int:
    year, month, day, hour, minute = (*moment, 0)[:5]
    return instant_number(datetime(year, month, day, hour, minute, tzinfo=UTC))
