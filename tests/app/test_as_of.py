"""Time travel: what is replayed up to a position is what was shown when the log ended there."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json
from tests.app.read_models.venue import Venue
from tests.app.scene import BEGIN, FIRST, Mischief, Question, Scene, define, scene_in

from app.as_of import AsOf, Moment, moment_at, moment_of_time, moment_of_version
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models import bookings, days, resources
from app.read_models.booking_rows import BookingRow
from app.read_models.days import DayRow
from domain.booking import Booking
from domain.refusal import Refused
from domain.resource_day import ResourceDay

QUESTIONS = [
    Question("hall", FIRST, FIRST + timedelta(days=6)),
    Question("hall", FIRST, FIRST + timedelta(days=3), units=2, by_staff=True),
    Question("yard", FIRST + timedelta(days=1), FIRST + timedelta(days=4), duration=60),
]
DATES = [FIRST + timedelta(days=number) for number in range(8)]
WHAT_HAPPENS = (
    *("book", "hold", "confirm", "cancel", "move", "block", "lift", "revise", "pass_time", "reach_an_edge", "sweep"),
)


class Shown(NamedTuple):
    """All that the read models showed at one moment."""

    moment: Moment
    availability: list[Any]
    days: list[DayRow]
    bookings: list[BookingRow | None]
    definitions: list[str]


def shown(scene: Scene, keys: list[str]) -> Shown:
    """What is shown now, of the read models at the log's head."""
    now = scene.clock.shows
    with scene.models.reading() as reader:
        rows = [row for key in ("hall", "yard") if (row := resources.get(reader, key)) is not None]
        return Shown(
            Moment(reader.position, now),
            [answer["body"] if isinstance(answer := scene.anew(each), dict) else answer for each in QUESTIONS],
            [days.get(reader, row, day, now) for row in rows for day in DATES],
            [bookings.get(reader, key) for key in keys],
            [row.definition for row in rows],
        )


def replayed(log: EventLog, moment: Moment, keys: list[str]) -> Shown:
    """The same, from the log alone."""
    then = AsOf(log, EventMapper(), moment)
    rows = [then.resource_row(key) for key in ("hall", "yard")]
    return Shown(
        moment,
        [availability(then, each) for each in QUESTIONS],
        [then.day(row.id, day) for row in rows for day in DATES],
        [booking_row(then, key) for key in keys],
        [row.definition for row in rows],
    )


def availability(then: AsOf, asked: Question) -> Any:
    try:
        found = then.availability(
            asked.resource, asked.first, asked.last, duration=asked.duration, units=asked.units, by_staff=asked.by_staff
        )
    except Refused as refused:
        return refused.code
    row = then.resource_row(asked.resource)
    head = b'{"resource":%b,"timezone":%b,"position":' % (to_json(row.id), to_json(row.timezone))
    return head + b',"days":[%b]}' % b",".join(map(to_json, found))


def booking_row(then: AsOf, key: str) -> BookingRow | None:
    found, position = then.booking(key)
    if not found.exists:
        return None
    return BookingRow(
        key,
        found.status,
        found.customer,
        found.party,
        found.details,
        found.reason,
        found.made_by,
        found.expires_at,
        found.version,
        position,
        found.created_on.astimezone(UTC),
        found.modified_on.astimezone(UTC),
        found.legs,
    )


def travel(scene: Scene, mischief: Mischief, steps: Iterator[None]) -> None:
    """Let things happen, and remember what was shown after each; then look back from the end."""
    for resource in ("hall", "yard"):
        define(scene, mischief.random, resource)
    remembered: list[tuple[Shown, list[str]]] = []
    for _ in steps:
        mischief.runner_works()
        keys = [*mischief.booked, "b-never"]
        remembered.append((shown(scene, keys), keys))
    for was, keys in remembered:
        assert replayed(scene.log, was.moment, keys) == was, mischief.done


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_the_past_is_what_was_shown_then(scene: Scene, seed: int) -> None:
    mischief = Mischief(scene, seed)

    def steps() -> Iterator[None]:
        for number in range(40):
            mischief.happen()
            if number % 2:
                yield

    travel(scene, mischief, steps())


@settings(max_examples=10, deadline=None)
@given(happens=st.lists(st.sampled_from(WHAT_HAPPENS), max_size=20), seed=st.integers(0, 1_000))
def test_every_position_can_be_looked_back_at(
    tmp_path_factory: pytest.TempPathFactory, happens: list[str], seed: int
) -> None:
    with scene_in(tmp_path_factory.mktemp("past") / "data") as scene:
        mischief = Mischief(scene, seed)

        def steps() -> Iterator[None]:
            for what in happens:
                scene.venue.now = max(scene.venue.now, scene.clock.shows)
                with suppress(Refused):
                    getattr(mischief, what)()
                yield

        travel(scene, mischief, steps())


# Finding the moment.


@pytest.fixture
def venue(log: EventLog) -> Venue:
    """A room with three bookings, made at ten, and two minutes and then four minutes later; positions 2 to 8."""
    found = Venue(log)
    found.now = BEGIN
    found.define("room", "UTC", hours={"mon": [["00:00", "24:00"]]}, capacity=3)
    for number in range(3):
        found.book(f"b-{number}", ("room", "2027-03-29T10:00"))
        found.now += timedelta(minutes=2)
    return found


def test_a_time_means_the_last_position_not_later_than_it(log: EventLog, venue: Venue) -> None:
    head, tick = log.head().position, timedelta(microseconds=1)
    assert head == 8

    def position_at(moment: datetime) -> int:
        return moment_of_time(log, moment, head).position

    assert position_at(BEGIN - tick) == 0
    assert [position_at(BEGIN), position_at(BEGIN + timedelta(minutes=2) - tick)] == [4, 4]
    assert [position_at(BEGIN + timedelta(minutes=2)), position_at(BEGIN + timedelta(minutes=3))] == [6, 6]
    assert position_at(BEGIN + timedelta(days=1)) == 8
    assert moment_of_time(log, BEGIN + timedelta(minutes=3), head).now == BEGIN + timedelta(minutes=3)


def test_a_version_lasts_from_its_event_on(log: EventLog, venue: Venue) -> None:
    stream = ResourceDay.stream("room", date(2027, 3, 29))
    assert moment_of_version(log, stream, 1) == (3, BEGIN)
    assert moment_of_version(log, stream, 3) == (6, BEGIN + timedelta(minutes=2))
    assert moment_of_version(log, stream, 0) == (2, BEGIN)
    assert moment_of_version(log, stream, 5) is None
    assert moment_of_version(log, Booking.stream("b-9"), 1) is None


def test_a_hold_that_had_run_out_reads_as_expired_then(log: EventLog) -> None:
    venue = Venue(log)
    venue.now = BEGIN
    venue.define("room", "UTC", hours={"mon": [["00:00", "24:00"]]})
    venue.book("b-1", ("room", "2027-03-29T10:00"), until=BEGIN + timedelta(seconds=30))
    position = log.head().position
    for seconds, status, claims in ((29, "held", 1), (30, "expired", 0)):
        moment = Moment(position, BEGIN + timedelta(seconds=seconds))
        then = AsOf(log, EventMapper(), moment)
        assert then.booking("b-1").aggregate.status_at(moment.now) == status
        assert len(then.day("room", date(2027, 3, 29)).claims) == claims
        monday = then.availability("room", date(2027, 3, 29), date(2027, 3, 29))[0]
        assert sum(slot["booked"] for slot in monday["slots"]) == claims


def test_before_a_resource_was_there_nothing_is_known_of_it(log: EventLog, venue: Venue) -> None:
    then = AsOf(log, EventMapper(), moment_at(log, 0))
    with pytest.raises(Refused, match="There was no resource room yet at position 0"):
        then.day("room", date(2027, 3, 29))
    with pytest.raises(Refused, match="There was no resource room"):
        then.availability("room", date(2027, 3, 29), date(2027, 3, 29))
    assert not then.booking("b-0").aggregate.exists


def test_a_long_stream_is_replayed_page_by_page(log: EventLog, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.as_of.PAGE", 2)
    then = AsOf(log, EventMapper(), moment_at(log, 7))
    assert then.day("room", date(2027, 3, 29)).version == 3
    assert [claim.booking for claim in then.day("room", date(2027, 3, 29)).claims] == ["b-0", "b-1"]
