"""Blocks that follow an external calendar, from a real server to the log."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from ipaddress import ip_network
from threading import Event, Semaphore
from zoneinfo import ZoneInfo

import pytest
from tests.app.conftest import STAFF, House
from tests.app.external_calendars.calendar_server import Answer, CalendarServer, serving

from app.commands import LiftBlock
from app.details import DESK
from app.external_calendars.adding import ask_again
from app.external_calendars.busy_times import busy_times
from app.external_calendars.commanding import Commanding, NotDone
from app.external_calendars.fetching import Limits
from app.external_calendars.following import Following, Pace
from app.external_calendars.keeping_step import KeepingStep
from app.external_calendars.plan import KeptBlock, read, written
from app.identity import random_command_id
from app.log.event_log import EventLog
from app.log.external_calendars import ExternalCalendar
from app.log.instants import timestamp_text

PATH = "/secret-key.ics"
DENTIST = ("UID:dentist", "SUMMARY:Root canal", "DTSTART:20261201T090000Z", "DTEND:20261201T100000Z")
LATER = ("UID:dentist", "DTSTART:20261201T140000Z", "DTEND:20261201T150000Z")
CHOIR = ("UID:choir", "DTSTART:20261201T180000Z", "DTEND:20261201T200000Z", "RRULE:FREQ=WEEKLY")


def feed(*entries: tuple[str, ...], etag: str = "") -> Answer:
    lines = [line for entry in entries for line in ("BEGIN:VEVENT", *entry, "END:VEVENT")]
    body = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""]).encode()
    return Answer(body, headers={"ETag": etag} if etag else {})


class Followed:
    """A calendar of `dr-lee`, its server, and what follows it."""

    def __init__(self, house: House, server: CalendarServer) -> None:
        self.house, self.server, self.stopped = house, server, Event()
        self.table = house.log.external_calendars
        self.following = Following(
            house.log,
            house.vault,
            Commanding(house.writer.queue, self.stopped.is_set),
            lambda resource: ZoneInfo("UTC"),
            lambda: house.time,
            Pace(timedelta(minutes=15), 21),
            Limits([ip_network("127.0.0.0/8")], seconds=20.0),
            busy_times,  # here, and not in a process for each feed: that has its own tests
        )
        now = timestamp_text(house.time)
        address = house.vault.seal(DESK, "x-1", server.url(PATH))
        self.table.add(ExternalCalendar("x-1", "dr-lee", address, now, 0, now), 5)

    @property
    def row(self) -> ExternalCalendar:
        """As it is stored."""
        found = self.table.get("x-1")
        assert found is not None
        return found

    @property
    def blocks(self) -> list[KeptBlock]:
        """Those that it has, by time."""
        return sorted(read(self.row.blocks), key=lambda block: block.start)

    def look(self, *entries: tuple[str, ...]) -> list[str]:
        """Serve these entries and follow them; what was appended."""
        self.server.answers[PATH] = feed(*entries)
        return self.look_again()

    def look_again(self) -> list[str]:
        """Follow what is served; what was appended."""
        before = self.house.log.head().position
        self.following.follow(self.row)
        return [topic for topic in self.house.topics(before) if topic != "DayOpened"]


@pytest.fixture
def followed(house: House) -> Iterator[Followed]:
    house.register()
    with ExitStack() as stack:
        yield Followed(house, stack.enter_context(serving({})))


def test_blocks_are_placed_moved_and_removed_as_the_feed_changes(followed: Followed) -> None:
    assert followed.look(DENTIST) == ["BlockPlaced", "TimeBlocked"]
    assert followed.look(DENTIST) == []
    assert followed.look(LATER) == ["BlockPlaced", "TimeBlocked", "BlockLifted", "TimeUnblocked"]
    assert [block.start.hour for block in followed.blocks] == [14]
    assert followed.look() == ["BlockLifted", "TimeUnblocked"]
    assert followed.blocks == []
    assert {event.by for event in followed.house.log.after(0) if "Block" in event.topic} == {"system:calendar"}


def test_a_block_is_there_for_each_occurrence_of_three_weeks_and_new_ones_come_with_the_days(
    followed: Followed,
) -> None:
    followed.look(CHOIR)
    assert [f"{block.start:%m-%d}" for block in followed.blocks] == ["12-01", "12-08", "12-15"]
    followed.house.pass_time(days=2)
    assert followed.look(CHOIR) == ["BlockPlaced", "TimeBlocked"]
    assert [f"{block.start:%m-%d}" for block in followed.blocks] == ["12-08", "12-15", "12-22"]


def test_a_booking_stands_where_a_busy_time_comes_over_it(followed: Followed) -> None:
    house = followed.house
    booking = house.book(house.person("alice"), house.time + timedelta(days=1, hours=5))
    assert followed.look(DENTIST) == ["BlockPlaced", "TimeBlocked"]
    assert "BookingCancelled" not in house.topics()
    assert booking.status == "confirmed"


def test_nothing_of_what_the_feed_calls_its_entries_and_not_its_address_is_stored(followed: Followed) -> None:
    followed.look(DENTIST)
    stored = str(followed.house.log.rows("SELECT * FROM external_calendars"))
    stored += "".join(event.state.decode() for event in followed.house.log.after(0))
    assert "dentist" not in stored
    assert "Root" not in stored
    assert "secret-key" not in stored


@pytest.mark.parametrize(
    "trouble", [Answer(status=500), Answer(b"<html>Sign in</html>"), feed(("UID:odd", "DTSTART:soon"), DENTIST)]
)
def test_a_feed_that_fails_or_lies_keeps_its_blocks_and_is_asked_less_and_less_often(
    followed: Followed, trouble: Answer
) -> None:
    followed.look(CHOIR)
    blocks, well = followed.blocks, followed.row.succeeded_at
    followed.server.answers[PATH] = trouble
    pauses = []
    for _ in range(3):
        assert followed.look_again() == []
        pauses.append(followed.row.due_at)
    assert followed.blocks == blocks
    assert (followed.row.failures, followed.row.succeeded_at) == (3, well)
    assert followed.row.failure is not None
    assert "secret" not in followed.row.failure
    minutes = [timestamp_text(followed.house.time + timedelta(minutes=15 * times)) for times in (1, 2, 4)]
    assert pauses == minutes
    assert followed.look(CHOIR) == []
    well_again = followed.row
    assert (well_again.failures, well_again.failure) == (0, None)


def test_a_feed_that_has_not_changed_is_fetched_once_a_day(followed: Followed) -> None:
    followed.server.answers[PATH] = feed(CHOIR, etag='"one"')
    followed.look_again()
    assert followed.look_again() == []
    followed.house.pass_time(days=2)
    assert followed.look_again() == ["BlockPlaced", "TimeBlocked"]
    assert [asked.get("If-None-Match") for asked in followed.server.asked] == [None, '"one"', None]


def test_what_was_intended_and_broke_off_is_finished_and_nothing_is_there_twice(followed: Followed) -> None:
    followed.look(DENTIST)
    (block,) = followed.blocks
    unsure = block._replace(is_placed=False)  # as if the process had ended before it could say that it is there
    never = unsure._replace(command=random_command_id(), key="0" * 32)  # as if it had ended before asking for it
    followed.table.save(followed.row._replace(blocks=written([unsure, never])))
    assert followed.look(DENTIST) == ["BlockPlaced", "TimeBlocked", "BlockLifted", "TimeUnblocked"]
    assert followed.blocks == [block]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_time_that_comes_back_after_a_lift_that_was_not_written_down_is_blocked_again(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    lift, house = Commanding.lift, followed.house

    def interrupted(commanding: Commanding, resource: str, blocks: Sequence[KeptBlock]) -> None:
        lift(commanding, resource, blocks)
        if not is_told:
            raise NotDone("The answer took too long.", blocks)
        ask_again(house.log, "dr-lee", "x-1", house.time)  # the desk's: what is to be stored at the end comes too late

    followed.look(DENTIST)
    (before,) = followed.blocks
    with monkeypatch.context() as patched:
        patched.setattr(Commanding, "lift", interrupted)
        assert followed.look(LATER) == ["BlockPlaced", "TimeBlocked", "BlockLifted", "TimeUnblocked"]
    assert followed.look(DENTIST) == ["BlockPlaced", "TimeBlocked", "BlockLifted", "TimeUnblocked"]
    (after,) = followed.blocks
    assert (after.start, after.is_placed, after.block == before.block) == (before.start, True, False)
    assert followed.look(DENTIST) == []


def test_a_block_that_the_desk_lifted_stays_lifted_until_its_time_changes(followed: Followed) -> None:
    followed.look(DENTIST)
    (block,) = followed.blocks
    followed.house.run(LiftBlock(actor=STAFF, command_id=random_command_id(), resource="dr-lee", block=block.block))
    assert followed.look(DENTIST) == []
    assert followed.look(LATER) == ["BlockPlaced", "TimeBlocked"]


def test_a_calendar_that_has_ended_lifts_what_lies_ahead_and_is_forgotten(followed: Followed) -> None:
    followed.look(CHOIR)
    followed.house.pass_time(days=2)
    followed.table.save(followed.row._replace(is_ended=1))
    assert followed.look_again() == ["BlockLifted", "TimeUnblocked"] * 2
    assert followed.table.get("x-1") is None


def test_a_change_made_meanwhile_is_not_overwritten(followed: Followed) -> None:
    followed.server.answers[PATH] = feed(DENTIST)
    before = followed.row
    followed.table.save(before._replace(is_ended=1))
    followed.following.follow(before)
    assert followed.row.is_ended
    assert "BlockPlaced" not in followed.house.topics()


def test_the_duty_follows_what_is_due_and_nothing_else(followed: Followed) -> None:
    followed.server.answers[PATH] = feed(DENTIST)
    duty = KeepingStep(followed.table, followed.following, lambda: True, lambda: followed.house.time, followed.stopped)
    assert (duty.go_round(), duty.go_round()) == (1, 0)
    followed.house.pass_time(minutes=15)
    assert duty.go_round() == 1
    assert len(followed.server.asked) == 2


def test_whoever_is_not_on_duty_or_was_stopped_follows_nothing(followed: Followed, log: EventLog) -> None:
    duty = KeepingStep(followed.table, followed.following, lambda: False, lambda: followed.house.time, followed.stopped)
    assert duty.go_round() == 0
    assert followed.server.asked == []


def test_a_server_that_is_slow_holds_up_no_other(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answers when all others have been followed, which are more than are followed at once."""
    others, done, slow = [f"x-{number}" for number in range(2, 9)], Semaphore(0), list[bool]()
    for calendar in others:
        followed.table.add(followed.row._replace(calendar=calendar), 20)

    def follow(row: ExternalCalendar) -> bool:
        if row.calendar == "x-1":
            slow.append(all(done.acquire(timeout=5) for _ in others))
        else:
            done.release()
        return True

    monkeypatch.setattr(followed.following, "follow", follow)
    duty = KeepingStep(followed.table, followed.following, lambda: True, lambda: followed.house.time, followed.stopped)
    assert duty.go_round() == 8
    assert slow == [True]


def test_a_calendar_that_comes_while_others_are_slow_is_followed_at_once(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of one place, as many as it may have under way, answer when that of another place was followed."""
    followed.table.add(followed.row._replace(calendar="x-2"), 20)
    followed.table.add(followed.row._replace(calendar="x-3"), 20)
    quick, begun, answered = Event(), Semaphore(0), list[bool]()

    def follow(row: ExternalCalendar) -> bool:
        if row.resource == "hall":
            quick.set()
        elif not quick.is_set():
            begun.release()
            answered.append(quick.wait(10))
        return True

    monkeypatch.setattr(followed.following, "follow", follow)
    duty = KeepingStep(followed.table, followed.following, lambda: True, lambda: followed.house.time, followed.stopped)
    assert duty.look() == 3
    assert all(begun.acquire(timeout=10) for _ in range(2))
    followed.table.add(followed.row._replace(calendar="x-4", resource="hall"), 20)
    assert duty.look() == 1, "what is under way is not begun again"
    duty.go_round()
    assert answered == [True, True]
