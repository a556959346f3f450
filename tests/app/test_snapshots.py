"""Snapshots of long days: what they hold is what a replay makes, and none is used that is not of this very log."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.app.conftest import ADMIN, STAFF, House
from tests.app.read_models.venue import Venue
from tests.app.scene import BEGIN, Mischief, define, scene_in
from tests.conftest import Store

from app.as_of import AsOf, moment_at
from app.assembly import Daybook
from app.commands import Book, Cancel, DefineResource
from app.day_snapshots import FORM, packed, unpacked, written
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.records import RecordedEvent
from app.log.renewing import renew
from app.log.trouble import StoreUnavailable
from app.memory import Memory
from app.settings import load_settings
from app.snapshotting import Snapshotting
from app.writer import Writer
from domain.claim import BlockedTime, Claim
from domain.definition import Definition
from domain.event import Event as DomainEvent
from domain.leg import WantedLeg
from domain.plan import WEEKDAYS
from domain.refusal import Refused
from domain.resource_day import DayRevised, ResourceDay
from domain.wish import Waiting, Wish

MAPPER = EventMapper()
MONDAY = date(2027, 3, 29)
HALL = ResourceDay.stream("hall", MONDAY)
WHAT_HAPPENS = ("book", "hold", "confirm", "cancel", "move", "block", "lift", "revise", "pass_time", "sweep")
HALL_TERMS = {
    "name": "Hall",
    "kind": "hall",
    "capacity": 100,
    "hours": dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),)),
}
LASTING: dict[str, Any] = {"hours": {"mon": [["00:00", "24:00"]]}, "capacity": 1_000}

FORMS = {1: "dae8cc8d", 2: "333c340e"}
"""By each form that there ever was, the digest of what a told day is written as in it, and of what its fields are."""


class Counting(EventMapper):
    """A mapper that counts the events which it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def to_event(self, stored: Any) -> DomainEvent:
        self.read += 1
        return super().to_event(stored)


def replayed(events: list[RecordedEvent], stream: str = HALL) -> ResourceDay:
    day = ResourceDay.untouched(stream)
    for recorded in events:
        MAPPER.to_event(recorded).mutate(day)
    return day


def same(one: ResourceDay, other: ResourceDay) -> bool:
    """All that they hold, to the last offset."""
    return vars(one) == vars(other) and (not one.exists or written(one) == written(other))


def days_of(log: EventLog) -> dict[str, list[RecordedEvent]]:
    return log.streams_of("day/", log.head().position)


def keep(log: EventLog, stream: str, version: int) -> None:
    """A snapshot of a stream at a version, as if it had been made then."""
    events = log.stream(stream, 0, version)
    ((end, digest),) = log.rows(
        "SELECT last_position, digest FROM appends WHERE last_position >= ? ORDER BY last_position LIMIT 1",
        [events[-1].id],
    )
    head = log.head()._replace(position=end, digest=bytes(digest))
    log.snapshots.keep(stream, version, events[-1].id, head, FORM, packed(replayed(events, stream)))


def loaded(log: EventLog, stream: str = HALL) -> ResourceDay:
    """A day as a writer has it that has just begun."""
    return made_of(log, stream)[0]


def kept(log: EventLog) -> list[tuple[str, int]]:
    return [(stream, version) for stream, version in log.rows("SELECT stream, version FROM snapshots ORDER BY 1, 2")]


def made_of(log: EventLog, stream: str) -> tuple[ResourceDay, int]:
    """A day as a writer has it that has just begun, and how many events it read for it."""
    counting = Counting()
    memory = Memory(log, counting)
    memory.begin()
    counting.read = 0
    memory.fetch([stream], log)
    found = memory.get(stream)
    assert found is not None
    assert isinstance(found.aggregate, ResourceDay)
    assert found.position == log.stream(stream)[-1].id
    return found.aggregate, counting.read


@pytest.fixture
def venue(log: EventLog) -> Venue:
    """A hall with five bookings on a Monday, each an append; the day is at version 6 then, its last event at 12."""
    found = Venue(log)
    found.now = BEGIN
    found.define("hall", "UTC", **LASTING)
    for number in range(5):
        found.book(f"b-{number}", ("hall", "2027-03-29T10:00"), until=BEGIN + timedelta(hours=1, minutes=number))
        found.now += timedelta(minutes=1)
    return found


# What it holds.


@settings(max_examples=10, deadline=None)
@given(happens=st.lists(st.sampled_from(WHAT_HAPPENS), max_size=25), seed=st.integers(0, 1_000), data=st.data())
def test_a_day_from_a_snapshot_is_the_day_from_its_first_event(
    happens: list[str], seed: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder, scene_in(Path(folder) / "data") as scene:
        mischief = Mischief(scene, seed)
        for resource in ("hall", "yard"):
            define(scene, mischief.random, resource)
        for what in happens:
            scene.venue.now = max(scene.venue.now, scene.clock.shows)
            with suppress(Refused):
                getattr(mischief, what)()
        for stream, events in days_of(scene.log).items():
            for cut in range(1, len(events) + 1):
                before = replayed(events[:cut], stream)
                day = unpacked(stream, packed(before))
                assert same(day, before), (stream, cut)
                for recorded in events[cut:]:
                    MAPPER.to_event(recorded).mutate(day)
                assert same(day, replayed(events, stream)), (stream, cut)
            version = data.draw(st.integers(1, len(events)), label=stream)
            keep(scene.log, stream, version)
            day, read = made_of(scene.log, stream)
            assert same(day, replayed(events, stream))
            assert read == len(events) - version
            for each in range(len(events) + 1):
                moment = moment_at(scene.log, events[each - 1].id if each else events[0].id - 1)
                then = AsOf(scene.log, MAPPER, moment)._replayed(ResourceDay, stream)
                assert same(then.aggregate, replayed(events[:each], stream)), (stream, each)
                assert then.position == (events[each - 1].id if each else 0)


def let_go_as_expired(venue: Venue, booking: str) -> None:
    """Its time has run out, and the sweeper came by."""
    venue.now = BEGIN + timedelta(minutes=2)
    held, cause = venue.booking(booking), venue.cause("system:sweeper")
    assert held.expire(cause)
    days = venue.days_of(held)
    for day in days:
        day.release(cause, booking, "expired")
    venue.save(held, *days)


def grow(venue: Venue, resource: str, date: date) -> None:
    """A government moved the clocks: the day begins an hour earlier and ends half an hour later."""
    day, before = venue.day(resource, date), venue.day(resource, date)
    terms = {"capacity": day.capacity, "resource_version": day.resource_version}
    day.record(DayRevised, venue.cause(), starts=day.starts - timedelta(hours=1), minutes=day.minutes + 90, **terms)
    assert day.claimed == [0] * 60 + before.claimed + [0] * 30, "what stands on it stays at its time"
    assert any(day.claimed)
    venue.save(day)


def wait_for(venue: Venue, resource: str, date: date) -> None:
    """Somebody waits for a time, somebody for any."""
    day = venue.day(resource, date)
    for number, start in enumerate((day.starts + timedelta(hours=10), None)):
        end = start and start + timedelta(hours=1)
        until = start or day.starts + timedelta(days=1)
        wish = Wish(f"w-{number}", "c-1", resource, date, start, end, 60, 1, 1, until, (date,))
        day.wait(venue.cause(f"customer:c-{number}"), wish)
    venue.save(day)


def test_who_changes_what_a_day_is_written_as_raises_the_form(log: EventLog) -> None:
    """Older snapshots are then discarded. Add the new form's digest to FORMS; never change one that is there."""
    venue = Venue(log)
    venue.now = BEGIN
    venue.define("hall", "Asia/Dhaka", **{**LASTING, "capacity": 3, "policy": {"buffer_after": 15}})
    for number, hold in enumerate((None, 30, 90, None)):
        until = None if hold is None else BEGIN + timedelta(seconds=hold)
        venue.book(f"b-{number}", ("hall", f"2027-03-29T1{number}:00"), until=until, customer=f"c-{number % 2}")
    venue.confirm("b-1")
    venue.block("k-1", "hall", "2027-03-29T12:00", "2027-03-29T13:00", 1)
    venue.block("k-2", "hall", "2027-03-29T20:00", "2027-03-30T03:00")
    venue.lift("k-1", "hall")
    venue.define("hall", "Asia/Dhaka", **{**LASTING, "capacity": 4})
    venue.move("b-3", ("hall", "2027-03-29T15:00"))
    venue.cancel("b-0")
    let_go_as_expired(venue, "b-2")
    grow(venue, "hall", MONDAY)
    wait_for(venue, "hall", MONDAY)
    fields = [
        Claim._fields,
        BlockedTime._fields,
        Waiting._fields,
        Wish._fields,
        sorted(vars(venue.day("hall", MONDAY))),
    ]
    digest = sha256(written(venue.day("hall", MONDAY)) + repr(fields).encode()).hexdigest()[:8]
    assert FORMS.get(FORM) == digest, "The state of a day is another one: raise FORM in app/day_snapshots.py."


def test_it_holds_nothing_that_the_log_does_not(log: EventLog, venue: Venue) -> None:
    venue.block("k-1", "hall", "2027-03-29T12:00", "2027-03-29T13:00")

    def texts(said: Any) -> Iterator[str]:
        for each in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
            yield from texts(each)
        if isinstance(said, str):
            yield said

    state = json.loads(written(venue.day("hall", MONDAY)))
    stored = "".join(event.state.decode() + event.timestamp for event in log.after(0))
    told = {text for text in texts({**state, "created_on": None, "modified_on": None}) if text not in stored}
    assert told == set()


# When it is made, and what it saves.


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every five events of a day; the newest stays of every twenty."""
    monkeypatch.setattr("app.day_snapshots.EVENTS_BETWEEN", 5)
    monkeypatch.setattr("app.memory.EVENTS_BETWEEN", 5)
    monkeypatch.setattr("app.log.snapshots.STRETCH", 20)


@pytest.fixture
def snapshotting(log: EventLog) -> Snapshotting:
    return Snapshotting(log.snapshots)


@pytest.fixture
def house(log: EventLog, snapshotting: Snapshotting, often: None) -> Iterator[House]:
    """A house that offers its days."""
    found = House(log)
    found.stop()
    parts = (log, found.mapper, found.vault, found.writer._clock)
    found.writer = Writer(*parts, offer_day=snapshotting.offer)
    found.writer.start()
    found.register("hall", capacity=100)
    yield found
    found.stop()


def tomorrow(house: House) -> tuple[Any, str]:
    start = house.time.replace(hour=10) + timedelta(days=1)
    return start, ResourceDay.stream("hall", start.date())


def test_a_day_is_written_down_every_so_many_events(house: House, log: EventLog, snapshotting: Snapshotting) -> None:
    alice, (start, stream) = house.person("alice"), tomorrow(house)
    versions = []
    for _ in range(50):
        house.book(alice, start, resource="hall")
        snapshotting.flush()
        versions.append(kept(log)[-1][1] if kept(log) else 0)
    assert sorted(set(versions)) == list(range(0, 55, 5))
    assert kept(log) == [(stream, 15), (stream, 35), (stream, 50)], "the newest of each stretch"
    day, read = made_of(log, stream)
    assert read == 1
    assert same(day, replayed(log.stream(stream), stream))


def test_a_long_day_that_has_none_gets_one_when_it_is_loaded(
    log: EventLog, venue: Venue, often: None, snapshotting: Snapshotting
) -> None:
    memory = Memory(log, MAPPER, offer=snapshotting.offer)
    memory.begin()
    memory.fetch([HALL], log)
    snapshotting.flush()
    assert kept(log) == [(HALL, 6)]
    assert made_of(log, HALL)[1] == 0


def test_loading_a_day_reads_the_events_since_its_newest_snapshot(log: EventLog, venue: Venue) -> None:
    for version in (2, 5, 4):
        keep(log, HALL, version)
    assert kept(log) == [(HALL, 5)]
    assert made_of(log, HALL)[1] == 1
    venue.book("b-5", ("hall", "2027-03-29T10:00"))
    assert made_of(log, HALL)[1] == 2
    assert same(loaded(log), replayed(log.stream(HALL)))


def test_a_booking_does_not_wait_for_a_snapshot_nor_fail_with_it(
    house: House, log: EventLog, snapshotting: Snapshotting, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released = Event(), Event()

    def cannot(*_: Any) -> None:
        begun.set()
        released.wait(30)
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(log.snapshots, "keep", cannot)
    alice, (start, stream) = house.person("alice"), tomorrow(house)
    with capture_logs() as lines:
        snapshotting.start()
        try:
            for _ in range(12):
                house.book(alice, start, resource="hall")
            assert begun.wait(10)
            house.book(alice, start, resource="hall")  # while the first one is still being written
            assert lines == []
        finally:
            released.set()
        for _ in range(1_000):
            if lines:
                break
            Event().wait(0.01)
        snapshotting.stop()
    assert {line["event"] for line in lines} == {"snapshots not stored"}
    assert (kept(log), len(log.stream(stream))) == ([], 14)


def hall() -> DefineResource:
    return DefineResource(
        actor=ADMIN,
        command_id=random_command_id(),
        resource="hall",
        timezone="UTC",
        definition=Definition.model_validate(HALL_TERMS),
    )


async def book_seven(daybook: Daybook, start: datetime) -> None:
    """Seven bookings on one day of a hall."""
    alice = daybook.people.person_of("test", "alice")
    for _ in range(7):
        legs = (WantedLeg("hall", start, None, 1),)
        await daybook.execute(Book(actor=STAFF, command_id=random_command_id(), customer=alice, legs=legs))


def test_a_service_makes_them_and_begins_from_them(often: None, tmp_path: Path) -> None:
    start = datetime(2099, 3, 30, 10, tzinfo=UTC)
    for number in range(2):
        daybook = Daybook.open(load_settings(data=tmp_path / "data"))
        daybook.start()
        assert daybook.writing is not None
        try:
            if not number:
                asyncio.run(daybook.execute(hall()))
            asyncio.run(book_seven(daybook, start))
            daybook.writing.snapshotting.flush()
        finally:
            daybook.stop()
    with closing(Store(tmp_path / "data", None)) as store:
        log = store.open()
        ((stream, version),) = kept(log)
        day, read = made_of(log, stream)
        assert (day.version, version, read) == (15, 15, 0)
        assert same(day, replayed(log.stream(stream), stream))


# What is not used.


def unused(log: EventLog, reason: str | None) -> None:
    """The day is loaded from its first event, and a line says why, unless there is nothing to say."""
    with capture_logs() as lines:
        day, read = made_of(log, HALL)
    events = log.stream(HALL)
    assert read == len(events)
    assert same(day, replayed(events))
    assert [line["reason"] for line in lines] == ([] if reason is None else [reason])


@pytest.mark.parametrize("column", ["state", "digest", "checksum", "version", "position", "head"])
def test_one_that_is_not_as_it_was_written_is_told_and_left_alone(
    log: EventLog, store: Store, venue: Venue, column: str
) -> None:
    keep(log, HALL, 4)
    bytes_of = {"sqlite": "x'0badbad0'", "postgres": r"'\x0badbad0'"}[store.name]
    changed = bytes_of if column in {"state", "digest", "checksum"} else f"{column} - 1"
    store.ask(f"UPDATE snapshots SET {column} = {changed}")
    unused(log, "it is not as it was written")


def test_a_bad_one_is_deleted_behind_the_answer_and_what_it_hid_is_used(
    log: EventLog, store: Store, venue: Venue, often: None, snapshotting: Snapshotting, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(log, HALL, 2)
    monkeypatch.setattr("app.log.snapshots.STRETCH", 5)
    keep(log, HALL, 5)
    store.ask("UPDATE snapshots SET position = position - 1 WHERE version = 5")
    memory = Memory(log, MAPPER, reject=snapshotting.reject)
    memory.begin()
    memory.fetch([HALL], log)
    assert kept(log) == [(HALL, 2), (HALL, 5)]
    snapshotting.flush()
    assert kept(log) == [(HALL, 2)]
    assert made_of(log, HALL)[1] == 4


def test_a_snapshot_of_a_tail_that_was_lost_is_not_stored(log: EventLog, store: Store, venue: Venue) -> None:
    events, head = log.stream(HALL), log.head()
    shortened(store, 8)
    log.snapshots.keep(HALL, 6, events[-1].id, head, FORM, packed(replayed(events)))
    assert kept(log) == []


def test_one_that_says_nothing_of_a_day_is_told_and_left_alone(log: EventLog, venue: Venue) -> None:
    last = log.stream(HALL, 0, 4)[-1].id
    log.snapshots.keep(HALL, 4, last, log.head(), FORM, b"no state at all")
    with capture_logs() as lines:
        assert same(loaded(log), replayed(log.stream(HALL)))
    assert "no state of a day" in lines[0]["reason"]


def test_one_of_another_version_than_it_says_is_told_and_left_alone(log: EventLog, venue: Venue) -> None:
    events = log.stream(HALL, 0, 4)
    log.snapshots.keep(HALL, 4, events[-1].id, log.head(), FORM, packed(replayed(events[:3])))
    unused(log, "It is of version 3.")


def test_one_of_another_form_is_not_used_and_discarded_at_the_next_start(
    log: EventLog, venue: Venue, snapshotting: Snapshotting, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(log, HALL, 4)
    snapshotting.discard_others()
    assert kept(log) == [(HALL, 4)]
    for module in ("app.day_snapshots", "app.snapshotting"):
        monkeypatch.setattr(f"{module}.FORM", FORM + 1)
    unused(log, None)
    snapshotting.discard_others()
    assert kept(log) == []


def test_a_restored_log_uses_none_of_before(log: EventLog, venue: Venue, snapshotting: Snapshotting) -> None:
    keep(log, HALL, 4)
    renew(log)
    unused(log, None)
    snapshotting.discard_others()
    assert kept(log) == []


def shortened(store: Store, last: int) -> None:
    """The log as it was at a position: what came after it is gone, as after a restore of these tables alone."""
    if store.name == "postgres":
        off = [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in ("events", "appends")]
    else:
        off = [f"DROP TRIGGER {table}_no_DELETE" for table in ("events", "appends")]
    head = (
        f"UPDATE log_head SET position = {last}, timestamp = (SELECT timestamp FROM events WHERE position = {last}), "
        f"digest = (SELECT digest FROM appends WHERE last_position = {last})"
    )
    cut = [f"DELETE FROM events WHERE position > {last}", f"DELETE FROM appends WHERE last_position > {last}"]
    for statement in (*off, *cut, head):
        store.ask(statement)


def test_one_ahead_of_its_stream_is_not_used_nor_when_the_log_is_as_long_again(
    log: EventLog, store: Store, venue: Venue, snapshotting: Snapshotting
) -> None:
    keep(log, HALL, 6)
    shortened(store, 8)
    unused(log, None)
    again = Venue(log)
    again.now = venue.now
    again._aggregates = {HALL: loaded(log), "resource/hall": venue.resource("hall")}
    for number in range(7, 9):
        again.book(f"b-{number}", ("hall", "2027-03-29T11:00"))
    assert log.head().position == 12
    unused(log, "it is of another log, or of more than this one has")
    snapshotting.discard_others()


def test_all_of_them_can_be_deleted_at_any_time(log: EventLog, store: Store, house: House) -> None:
    alice, (start, stream) = house.person("alice"), tomorrow(house)
    booked = [house.book(alice, start, resource="hall") for _ in range(7)]
    store.ask("DELETE FROM snapshots")
    house.run(Cancel(actor=alice, booking=booked[0].key, command_id=random_command_id()))
    assert same(loaded(log, stream), replayed(log.stream(stream), stream))
