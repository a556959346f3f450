"""Refusals in line with events: every page by page reading finds what a look at all of both finds, in order of time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from tests.app.read_models.venue import Venue
from tests.app.scene import BEGIN

from app.log import searching
from app.log.event_log import EventLog
from app.log.in_line import Entry, Line, Reached
from app.log.instants import timestamp_text
from app.log.lines import day_line, newest_line, oldest_line
from app.log.notes import Refusal
from app.log.searching import Wanted

MONDAY = date(2027, 3, 29)


def refusal(number: int, first_at: str, **changed: Any) -> Refusal:
    """A note as it is stored."""
    given = {
        "by": "customer:c-bob",
        "command_id": f"{number:032x}",
        "kind": "Book",
        "booking": None,
        "resource": "room",
        "start": "2027-03-29T10:00",
        "end": None,
        "units": 1,
        "code": "not-available",
        "position": 1,
    }
    return Refusal(id=f"{first_at[:16]}-{number:024x}", first_at=first_at, last_at=first_at, times=1, **given | changed)


@pytest.fixture
def busy(log: EventLog) -> EventLog:
    """Thirty bookings of two rooms, one a minute, and sixty refusals: some between them, many at their very times."""
    venue, random = Venue(log), Random(11)  # noqa: S311 - chance, not secrecy
    venue.now, notes = BEGIN, list[Refusal]()
    for resource in ("room", "hall"):
        venue.define(resource, "UTC", hours={"mon": [["00:00", "24:00"]]}, capacity=40)
    for number in range(30):
        by = random.choice(["customer:c-alice", "customer:c-bob"])
        venue.book(f"b-{number}", (random.choice(["room", "hall"]), "2027-03-29T10:00"), by=by)
        for seconds in random.sample([0, 0, 0, 20, 40], 2):
            noted = timestamp_text(venue.now + timedelta(seconds=seconds))
            about: dict[str, Any] = {"resource": random.choice(["room", "hall"]), "by": by}
            if random.random() < 0.3:
                about |= {"booking": f"b-{number % 3}", "kind": "Cancel"}
            notes.append(refusal(len(notes), noted, **about))
        venue.now += timedelta(minutes=1)
    random.shuffle(notes)
    log.refusals.add(notes)
    return log


def when(entry: Entry) -> tuple[str, int, int, str]:
    """By time; of one time, events before refusals."""
    if isinstance(entry, Refusal):
        return entry.first_at, 1, 0, entry.id
    return entry.timestamp, 0, entry.id, ""


def all_of(log: EventLog) -> list[Entry]:
    return sorted([*log.after(0), *log.refusals.search({}, limit=1000)], key=when)


def read(start: Reached, turn: Callable[[Reached], Line], limit: int) -> list[Entry]:
    """Everything, page by page."""
    found: list[Entry] = []
    for _ in range(1000):
        line = turn(start)
        assert len(line.entries) <= limit
        found += line.entries
        if line.reached is None:
            return found
        assert line.reached != start
        start = line.reached
    raise AssertionError("there is no end")


def is_of(entry: Entry, **wanted: str) -> bool:
    """Whether an entry has these."""
    if isinstance(entry, Refusal):
        return all(getattr(entry, name) == value for name, value in wanted.items())
    about = {
        "by": entry.by,
        "resource": entry.originator_id.split("/")[1],
        "booking": entry.originator_id.removeprefix("booking/"),
        "command_id": entry.command_id,
    }
    return all(about[name] == value for name, value in wanted.items())


@pytest.mark.parametrize("stretch", [7, 50_000])
@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [
        (Wanted(), lambda _: True),
        (Wanted(by="customer:c-bob"), lambda entry: is_of(entry, by="customer:c-bob")),
        (Wanted(resource="hall"), lambda entry: is_of(entry, resource="hall")),
        (Wanted(booking="b-1"), lambda entry: is_of(entry, booking="b-1")),
        (Wanted(command=f"{9:032x}"), lambda entry: is_of(entry, command_id=f"{9:032x}")),
        (
            Wanted(since=BEGIN + timedelta(minutes=5), until=BEGIN + timedelta(minutes=9)),
            lambda entry: (
                timestamp_text(BEGIN + timedelta(minutes=5))
                <= when(entry)[0]
                < timestamp_text(BEGIN + timedelta(minutes=9))
            ),
        ),
    ],
    ids=["all", "actor", "resource", "booking", "command", "times"],
)
def test_pages_of_both_are_one_line_by_time_from_either_end(
    busy: EventLog, monkeypatch: pytest.MonkeyPatch, stretch: int, wanted: Wanted, is_it: Callable[[Entry], bool]
) -> None:
    monkeypatch.setattr(searching, "STRETCH", stretch)
    expected = [each for each in all_of(busy) if is_it(each)]
    assert any(isinstance(each, Refusal) for each in expected)
    beyond = busy.head().position + 1
    for limit in (3, 500):

        def forth(start: Reached, limit: int = limit) -> Line:
            return oldest_line(busy, wanted, 0, start, limit, with_refusals=True)

        def back(start: Reached, limit: int = limit) -> Line:
            return newest_line(busy, wanted, 0, start, limit, with_refusals=True)

        assert read(Reached(0), forth, limit) == expected
        assert read(Reached(beyond), back, limit) == expected[::-1]


@pytest.mark.parametrize("limit", [3, 500])
def test_without_refusals_the_newest_first_are_all_events_the_other_way_round(busy: EventLog, limit: int) -> None:
    def back(start: Reached) -> Line:
        return newest_line(busy, Wanted(), 40, start, limit, with_refusals=False)

    found = read(Reached(busy.head().position + 1), back, limit)
    assert found == busy.after(40)[::-1]


def test_beyond_a_position_come_the_refusals_from_its_time_on(busy: EventLog) -> None:
    after = busy.at(40)
    assert after is not None

    def forth(start: Reached) -> Line:
        return oldest_line(busy, Wanted(), 40, start, 10, with_refusals=True)

    expected = [
        each
        for each in all_of(busy)
        if (each.first_at >= after.timestamp if isinstance(each, Refusal) else each.id > 40)
    ]
    assert read(Reached(40), forth, 10) == expected


def test_what_is_appended_meanwhile_shifts_no_page(busy: EventLog) -> None:
    expected = all_of(busy)[::-1]
    first = newest_line(busy, Wanted(), 0, Reached(busy.head().position + 1), 10, with_refusals=True)
    assert first.reached is not None
    venue = Venue(busy)
    venue.now = BEGIN + timedelta(hours=2)
    venue.define("new", "UTC", hours={})
    busy.refusals.add([refusal(900, timestamp_text(venue.now))])
    rest = newest_line(busy, Wanted(), 0, first.reached, 500, with_refusals=True)
    assert [*first.entries, *rest.entries] == expected


@pytest.mark.parametrize("limit", [2, 500])
def test_a_days_refusals_are_those_of_time_that_lies_on_it_by_its_own_clock(log: EventLog, limit: int) -> None:
    """Dhaka is six hours ahead of UTC."""
    venue = Venue(log)
    venue.now = BEGIN
    venue.define("room", "Asia/Dhaka", hours={"mon": [["00:00", "24:00"]]}, capacity=9)
    wishes = {
        "wall clock": ("2027-03-29T10:00", None),
        "UTC, the evening before": ("2027-03-28T18:00:00+00:00", "2027-03-28T19:00:00+00:00"),
        "UTC, too early": ("2027-03-28T17:00:00+00:00", "2027-03-28T18:00:00+00:00"),
        "UTC, the day after": ("2027-03-29T18:00:00+00:00", None),
        "over midnight": ("2027-03-28T23:00:00+06:00", "2027-03-29T01:00:00+06:00"),
        "until midnight": ("2027-03-28T23:00:00+06:00", "2027-03-29T00:00:00+06:00"),
        "several days": ("2027-03-20T10:00:00+06:00", "2027-04-02T10:00:00+06:00"),
        "nothing named": (None, None),
    }
    for number, (start, end) in enumerate(wishes.values()):
        venue.book(f"b-{number}", ("room", "2027-03-29T10:00"), by="customer:c-alice")
        noted = timestamp_text(venue.now + timedelta(seconds=30))
        elsewhere = refusal(100 + number, noted, resource="hall")
        log.refusals.add([refusal(number, noted, start=start, end=end), elsewhere])
        venue.now += timedelta(minutes=1)
    names = list(wishes)

    def forth(start: Reached) -> Line:
        return day_line(log, "room", "Asia/Dhaka", MONDAY, 0, start, limit)

    found = read(Reached(0), forth, limit)
    refused = [names[int(each.command_id, 16)] for each in found if isinstance(each, Refusal)]
    assert refused == ["wall clock", "UTC, the evening before", "over midnight", "several days"]
    events = [each for each in found if not isinstance(each, Refusal)]
    assert events == log.stream(f"day/room/{MONDAY}")
    assert found == sorted(found, key=when)
    after = read(Reached(2), lambda start: day_line(log, "room", "Asia/Dhaka", MONDAY, 2, start, limit), limit)
    assert after == found[2:]


def test_refusals_are_read_from_the_newest_on(busy: EventLog) -> None:
    expected = sorted(busy.refusals.search({}, limit=1000), key=lambda row: (row.first_at, row.id), reverse=True)
    first = busy.refusals.search({}, limit=10, newest=True)
    rest = busy.refusals.search({}, after=(first[-1].first_at, first[-1].id), limit=1000, newest=True)
    assert [*first, *rest] == expected
    assert datetime.fromisoformat(first[0].first_at) > datetime.fromisoformat(rest[-1].first_at)
