"""The bookings' read model answers what customers, agents, the desk and the sweeper ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.app.read_models.venue import LATER, NOW, Venue, catch_up

from app.read_models import bookings
from app.read_models.database import ReadModels
from app.read_models.page import BadCursor, cursor_to
from app.read_models.runner import Runner


def found(models: ReadModels, **asked: Any) -> list[str]:
    with models.reading() as reader:
        return [row.id for row in bookings.search(reader, **{"now": NOW, **asked}).items]


def test_a_booking_reads_as_its_aggregate_stands(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon")
    venue.define("sun")
    booked = venue.book("b-1", ("moon", "2026-12-02T10:00"), ("sun", "2026-12-02T11:00"), party=3, details="1.k.n.c")
    catch_up(runner)
    with models.reading() as reader:
        row = bookings.get(reader, "b-1")
    assert row is not None
    assert row.legs == booked.legs
    assert row.legs[0].start.isoformat() == "2026-12-02T10:00:00+06:00"
    assert (row.status, row.party, row.details, row.made_by) == ("confirmed", 3, "1.k.n.c", "customer:c-alice")
    assert (row.version, row.position, row.created_at) == (1, 3, NOW)
    again = row.booking()
    assert vars(again) == {**vars(booked), "_created_on": NOW}


def test_what_happens_later_changes_the_row_and_keeps_its_beginning(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"), until=NOW + timedelta(seconds=30), details="sealed")
    catch_up(runner)
    venue.now = NOW + timedelta(seconds=5)
    venue.confirm("b-1")
    catch_up(runner)
    venue.now = LATER
    venue.move("b-1", ("moon", "2026-12-03T11:00"))
    venue.cancel("b-1", "sealed reason")
    catch_up(runner)
    with models.reading() as reader:
        row = bookings.get(reader, "b-1")
    assert row is not None
    assert (row.status, row.details, row.reason, row.version) == ("cancelled", "sealed", "sealed reason", 4)
    assert (row.created_at, row.updated_at, row.expires_at) == (NOW, LATER, None)
    assert row.legs[0].start.isoformat() == "2026-12-03T11:00:00+06:00"
    assert found(models, resource="moon", start=datetime(2026, 12, 3, tzinfo=UTC)) == ["b-1"]
    assert found(models, resource="moon", end=datetime(2026, 12, 3, tzinfo=UTC)) == []


def test_nobody_is_there_for_an_unknown_id(models: ReadModels, runner: Runner) -> None:
    with models.reading() as reader:
        assert bookings.get(reader, "b-none") is None


def test_lists_are_ordered_by_start_and_filtered_by_whom_they_concern(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.define("sun")
    venue.book("b-late", ("moon", "2026-12-05T10:00"))
    venue.book("b-bob", ("sun", "2026-12-04T10:00"), customer="c-bob", by="agent:website")
    venue.book("b-early", ("sun", "2026-12-03T10:00"))
    catch_up(runner)
    assert found(models) == ["b-early", "b-bob", "b-late"]
    assert found(models, customer="c-alice") == ["b-early", "b-late"]
    assert found(models, made_by="agent:website") == ["b-bob"]
    assert found(models, resource="sun") == ["b-early", "b-bob"]


def test_from_and_to_find_legs_that_overlap_them_and_not_those_that_touch(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.define("sun")
    venue.book("b-1", ("moon", "2026-12-02T10:00"), ("sun", "2026-12-09T10:00"))
    catch_up(runner)
    ten, half_past_ten = datetime(2026, 12, 2, 4, tzinfo=UTC), datetime(2026, 12, 2, 4, 30, tzinfo=UTC)
    assert found(models, start=ten, end=half_past_ten) == ["b-1"]
    assert found(models, end=ten) == []
    assert found(models, start=half_past_ten, end=half_past_ten + timedelta(days=1)) == []
    assert found(models, start=half_past_ten) == ["b-1"]  # its second leg
    assert found(models, resource="moon", start=half_past_ten) == []


def test_a_hold_past_its_time_reads_as_expired_though_nothing_was_written(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"), until=NOW + timedelta(seconds=30))
    catch_up(runner)
    at_its_end = NOW + timedelta(seconds=30)
    assert found(models, status="held") == ["b-1"]
    assert found(models, status="expired") == []
    assert found(models, status="held", now=at_its_end) == []
    assert found(models, status="expired", now=at_its_end) == ["b-1"]
    with models.reading() as reader:
        row = bookings.get(reader, "b-1")
        assert row is not None
        assert (row.status_at(NOW), row.status_at(at_its_end)) == ("held", "expired")
        assert bookings.lapsed(reader, NOW) == []
        assert bookings.lapsed(reader, at_its_end) == ["b-1"]


def test_the_sweeper_finds_what_is_still_pending_at_its_start(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("ground")
    venue.book("b-1", ("ground", "2026-12-02T10:00"), approval=True)
    venue.book("b-2", ("ground", "2026-12-02T12:00"), approval=True)
    venue.book("b-3", ("ground", "2026-12-02T09:00"))
    catch_up(runner)
    start = datetime(2026, 12, 2, 4, tzinfo=UTC)
    with models.reading() as reader:
        assert bookings.lapsed(reader, start - timedelta(seconds=1)) == []
        assert bookings.lapsed(reader, start) == ["b-1"]
        assert bookings.lapsed(reader, start + timedelta(hours=2), limit=1) == ["b-1"]


def test_changed_after_finds_what_has_an_event_beyond_a_position(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"))
    venue.book("b-2", ("moon", "2026-12-02T11:00"))
    before = venue.log.head().position
    venue.cancel("b-1")
    catch_up(runner)
    assert found(models, changed_after=before) == ["b-1"]
    assert found(models, changed_after=venue.log.head().position) == []


def test_staff_see_what_lies_wholly_in_their_scope(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon", kind="hospital")
    venue.define("sun", kind="hospital")
    venue.define("court", kind="sports-ground")
    venue.book("b-moon", ("moon", "2026-12-02T10:00"))
    venue.book("b-both", ("sun", "2026-12-02T11:00"), ("court", "2026-12-02T12:00"))
    venue.book("b-court", ("court", "2026-12-02T13:00"))
    catch_up(runner)
    assert found(models, scope=frozenset({"kind:hospital"})) == ["b-moon"]
    assert found(models, scope=frozenset({"kind:hospital", "court"})) == ["b-moon", "b-both", "b-court"]
    assert found(models, scope=frozenset()) == []


@pytest.mark.parametrize("asked", [{"status": "held"}, {"changed_after": 1}])
def test_few_bookings_picked_out_first_come_in_the_same_order_and_pages(
    venue: Venue, models: ReadModels, runner: Runner, asked: dict[str, Any]
) -> None:
    venue.define("moon")
    for day in (7, 3, 5, 4):
        venue.book(f"b-{day}", ("moon", f"2026-12-0{day}T10:00"), until=LATER)
    catch_up(runner)
    seen, cursor = [], None
    while True:
        with models.reading() as reader:
            page = bookings.search(reader, now=NOW, limit=1, cursor=cursor, **asked)
        seen += [row.id for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["b-3", "b-4", "b-5", "b-7"]


def test_a_cursor_goes_on_where_the_page_ended_though_others_book_meanwhile(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon", capacity=10)
    for number in range(5):
        venue.book(f"b-{number}", ("moon", "2026-12-02T10:00"))
    catch_up(runner)
    with models.reading() as reader:
        first = bookings.search(reader, now=NOW, limit=2)
    venue.book("b-00", ("moon", "2026-12-02T09:30"))
    catch_up(runner)
    with models.reading() as reader:
        second = bookings.search(reader, now=NOW, limit=2, cursor=first.next)
        third = bookings.search(reader, now=NOW, limit=2, cursor=second.next)
    pages = [[row.id for row in page.items] for page in (first, second, third)]
    assert pages == [["b-0", "b-1"], ["b-2", "b-3"], ["b-4"]]
    assert third.next is None


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "WzEsMl0", "é", "eyJhIjoxfQ", "[" * 5000])
def test_a_cursor_that_nobody_gave_out_is_refused(
    models: ReadModels, runner: Runner, cursor: str, venue: Venue
) -> None:
    with models.reading() as reader:
        if cursor:
            with pytest.raises(BadCursor):
                bookings.search(reader, now=NOW, cursor=cursor)


def test_a_cursor_of_another_log_is_refused(venue: Venue, models: ReadModels, runner: Runner) -> None:
    with models.reading() as reader, pytest.raises(BadCursor, match="another log"):
        bookings.search(reader, now=NOW, cursor=cursor_to("f" * 32, 17, "b-1"))
    with models.reading() as reader, pytest.raises(BadCursor):
        bookings.search(reader, now=NOW, cursor=cursor_to(reader.log_id, 2**70, "b-1"))
