"""External calendars beside the log."""

from app.log.event_log import EventLog
from app.log.external_calendars import ExternalCalendar

ROOM = ExternalCalendar("x-1", "room", "1.desk.sealed", "2026-12-01T08:00:00.000000Z", 0, "2026-12-01T08:00:00.000000Z")


def test_a_calendar_is_kept_and_adding_it_again_changes_nothing(log: EventLog) -> None:
    assert log.external_calendars.add(ROOM, 5)
    assert log.external_calendars.add(ROOM._replace(address="another"), 5)
    assert log.external_calendars.get("x-1") == ROOM
    assert log.external_calendars.of_resource("room") == [ROOM]
    assert log.external_calendars.of_resource("hall") == []


def test_a_resource_has_no_more_than_the_most(log: EventLog) -> None:
    assert log.external_calendars.add(ROOM, 1)
    assert not log.external_calendars.add(ROOM._replace(calendar="x-2"), 1)
    assert log.external_calendars.add(ROOM._replace(calendar="x-2", resource="hall"), 1)


def test_those_that_are_due_come_in_order_the_ended_ones_among_them(log: EventLog) -> None:
    for calendar, minute in (("x-1", 5), ("x-2", 3), ("x-3", 9)):
        due_at = f"2026-12-01T08:0{minute}:00.000000Z"
        log.external_calendars.add(ROOM._replace(calendar=calendar, due_at=due_at, is_ended=int(minute == 3)), 5)
    due = log.external_calendars.due("2026-12-01T08:05:00.000000Z")
    assert [each.calendar for each in due] == ["x-2", "x-1"]
    assert [each.calendar for each in log.external_calendars.of_resource("room")] == ["x-1", "x-3"]


def test_what_was_changed_by_another_meanwhile_is_not_overwritten(log: EventLog) -> None:
    log.external_calendars.add(ROOM, 5)
    saved = log.external_calendars.save(ROOM._replace(failures=2, failure="It was not there.", blocks="[1]"))
    assert saved is not None
    assert saved == log.external_calendars.get("x-1")
    assert (saved.version, log.external_calendars.failing()) == (2, 1)
    assert log.external_calendars.save(ROOM._replace(failures=0)) is None
    assert not log.external_calendars.delete(ROOM)
    assert log.external_calendars.delete(saved)
    assert log.external_calendars.get("x-1") is None
    assert log.external_calendars.save(saved) is None


def test_those_of_all_resources_come_by_id_the_ended_ones_not_among_them(log: EventLog) -> None:
    for calendar, resource in (("x-3", "room"), ("x-1", "hall"), ("x-2", "room")):
        log.external_calendars.add(ROOM._replace(calendar=calendar, resource=resource), 5)
    log.external_calendars.add(ROOM._replace(calendar="x-4", is_ended=1), 5)
    assert [each.calendar for each in log.external_calendars.after("", 2)] == ["x-1", "x-2"]
    assert [each.calendar for each in log.external_calendars.after("x-2", 2)] == ["x-3"]
