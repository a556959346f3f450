"""Snapshots of days are held against their events: who can write the table can write a right checksum, too."""

from typing import Any

from structlog.testing import capture_logs
from tests.app.audit.conftest import TOMORROW, Business

from app.as_of import AsOf, moment_at
from app.audit.verifying import next_step
from app.day_snapshots import FORM, packed
from app.log.mapper import EventMapper
from domain.resource_day import ResourceDay

DAY = ResourceDay.stream("hall", TOMORROW.date())


def day_at(business: Business, version: int) -> tuple[ResourceDay, int]:
    """The hall's day at a version, and the position of that version's event."""
    day = ResourceDay.untouched(DAY)
    events = business.log.stream(DAY, 0, version)
    for recorded in events:
        EventMapper().to_event(recorded).mutate(day)
    return day, events[-1].id


def keep(business: Business, version: int, **more: Any) -> None:
    """A snapshot with a right checksum, of a day with something altered."""
    day, position = day_at(business, version)
    for name, value in more.items():
        setattr(day, name, value)
    business.log.snapshots.keep(DAY, day.version, position, business.log.head(), FORM, packed(day))


def test_snapshots_of_real_days_verify(business: Business) -> None:
    for version in (1, 3, len(business.log.stream(DAY))):
        keep(business, version)
        assert business.verify().findings == []


def test_one_that_was_altered_together_with_its_checksum_is_found(business: Business) -> None:
    keep(business, 3, claims={}, claimed=[0] * 1440)
    position = business.log.stream(DAY, 0, 3)[-1].id
    moment = moment_at(business.log, position)
    then = AsOf(business.log, EventMapper(), moment)._replayed(ResourceDay, DAY).aggregate
    assert then.claims == {}, "it is what an auditor would be shown"
    (found,) = business.verify().findings
    assert (found.rule, found.stream, found.position) == ("snapshot", DAY, position)
    assert "`DELETE FROM snapshots`" in next_step(found)
    business.store.ask("DELETE FROM snapshots")
    assert business.verify().is_whole


def test_one_at_another_position_or_of_a_version_that_is_not_there_is_found(business: Business) -> None:
    day, position = day_at(business, 3)
    log = business.log
    log.snapshots.keep(DAY, 3, position - 1, log.head(), FORM, packed(day))
    assert [found.expected for found in business.verify().findings] == [f"position {position}"]
    business.store.ask("DELETE FROM snapshots")
    log.snapshots.keep(DAY, 4_000, position, log.head(), FORM, packed(day))
    log.snapshots.keep("day/hall/1999-01-01", 4_000, 1, log.head(), FORM, packed(day))
    log.snapshots.keep("day/zoo/1999-01-01", 4_000, 1, log.head(), FORM, packed(day))
    assert [found.found for found in business.verify().findings] == ["version 4000"] * 3


def test_one_that_was_altered_alone_is_found_and_used_by_nobody(business: Business) -> None:
    keep(business, 3)
    business.store.ask("UPDATE snapshots SET version = 2")
    (found,) = business.verify().findings
    assert (found.rule, found.found) == ("snapshot", "it is not as it was written")
    with capture_logs() as lines:
        AsOf(business.log, EventMapper(), moment_at(business.log, business.log.head().position)).day(
            "hall", TOMORROW.date()
        )
    assert [line["event"] for line in lines] == ["snapshot not used"]


def test_one_of_later_events_and_of_another_history_are_left_alone(business: Business) -> None:
    day, _ = day_at(business, 3)
    head = business.log.head()
    business.log.snapshots.keep(DAY, 3, head.position + 1, head, FORM, packed(day))
    assert business.verify().is_whole
    business.store.ask("DELETE FROM snapshots")
    keep(business, 3)
    business.store.ask("UPDATE snapshots SET head = head - 1")
    assert business.verify().is_whole
