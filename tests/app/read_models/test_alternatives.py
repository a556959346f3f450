"""What is offered to somebody who was too late, and which resources are free for an interval."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.app.read_models.venue import NOW, Venue, catch_up

from app import alternatives as alternatives_module
from app.alternatives import Wanted, alternatives
from app.free_resources import free_resources
from app.read_models.database import ReadModels
from app.read_models.page import BadCursor
from app.read_models.runner import Runner
from domain.refusal import Refused

WEDNESDAY = date(2026, 12, 2)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wall(text: str) -> datetime:
    """Wall-clock time, of whichever resource."""
    return datetime.fromisoformat(text)


def offered(models: ReadModels, resource: str, start: str, end: str, units: int = 1) -> list[str]:
    with models.reading() as reader:
        wanted = Wanted(resource, datetime.fromisoformat(start), datetime.fromisoformat(end), units)
        return [each["start"] for each in alternatives(reader, [wanted], now=NOW)[0]]


def test_alternatives_are_the_next_free_starts_then_earlier_ones_of_that_date(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("psych", hours={"wed": [["09:00", "13:00"]]}, policy={"step": 60, "max_advance_days": 8})
    venue.book("b-1", ("psych", "2026-12-02T11:00"))
    venue.book("b-2", ("psych", "2026-12-09T11:00"))
    catch_up(runner)
    assert offered(models, "psych", "2026-12-02T11:00+06:00", "2026-12-02T12:00+06:00") == [
        "2026-12-02T12:00:00+06:00",
        "2026-12-09T09:00:00+06:00",
        "2026-12-09T10:00:00+06:00",
        "2026-12-09T12:00:00+06:00",
        "2026-12-02T10:00:00+06:00",
    ]


def test_an_alternative_says_what_could_be_taken(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define(
        "moon", capacity=4, hours={"wed": [["09:00", "10:00"]]}, policy={"max_units": 3, "max_advance_days": 1}
    )
    venue.book("b-1", ("moon", "2026-12-02T09:30"))
    catch_up(runner)
    with models.reading() as reader:
        wanted = Wanted("moon", datetime(2026, 12, 2, 3, tzinfo=UTC), datetime(2026, 12, 2, 3, 30, tzinfo=UTC), 3)
        found = alternatives(reader, [wanted], now=NOW)
    assert found[0] == [
        {
            "resource": "moon",
            "start": "2026-12-02T09:30:00+06:00",
            "end": "2026-12-02T10:00:00+06:00",
            "available": 3,
        }
    ]


def test_many_looked_for_together_get_what_each_gets_alone(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("court-1", hours={day: [["09:00", "11:00"]] for day in EVERY_DAY}, policy={"step": 30})
    venue.define("court-2", hours={"wed": [["22:00", "02:00"]]}, policy={"step": 60})
    venue.define("court-3", timezone="Europe/Vienna", hours={"wed": [["09:00", "10:00"]]})
    venue.book("b-1", ("court-1", "2026-12-02T10:00"))
    venue.book("b-2", ("court-2", "2026-12-02T23:00"))
    catch_up(runner)
    wanted = [
        Wanted("court-1", wall("2026-12-02T10:00+06:00"), wall("2026-12-02T10:30+06:00"), 1),
        Wanted("court-2", wall("2026-12-02T23:00+06:00"), wall("2026-12-03T00:00+06:00"), 1),
        Wanted("court-2", wall("2026-12-03T01:00+06:00"), wall("2026-12-03T02:00+06:00"), 1),
        Wanted("nowhere", wall("2026-12-02T10:00+06:00"), wall("2026-12-02T10:30+06:00"), 1),
        Wanted("court-3", wall("2026-12-02T09:00+01:00"), wall("2026-12-02T09:30+01:00"), 1, by_staff=True),
    ]
    with models.reading() as reader:
        together = alternatives(reader, wanted, now=NOW)
        assert together == [alternatives(reader, [each], now=NOW)[0] for each in wanted]
    assert [[each["start"] for each in found] for found in together] == [
        [
            "2026-12-02T10:30:00+06:00",
            "2026-12-03T09:00:00+06:00",
            "2026-12-03T09:30:00+06:00",
            "2026-12-03T10:00:00+06:00",
            "2026-12-03T10:30:00+06:00",
        ],
        [
            "2026-12-03T00:00:00+06:00",
            "2026-12-03T01:00:00+06:00",
            "2026-12-09T22:00:00+06:00",
            "2026-12-09T23:00:00+06:00",
            "2026-12-02T22:00:00+06:00",
        ],
        [
            "2026-12-09T22:00:00+06:00",
            "2026-12-09T23:00:00+06:00",
            "2026-12-10T00:00:00+06:00",
            "2026-12-10T01:00:00+06:00",
            "2026-12-03T00:00:00+06:00",
        ],
        [],
        ["2026-12-02T09:30:00+01:00", "2026-12-09T09:00:00+01:00", "2026-12-09T09:30:00+01:00"],
    ]


def test_courts_with_the_same_hours_and_other_buffers_zones_or_exceptions_offer_their_own(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    hours = {"wed": [["09:00", "11:00"]]}
    venue.define("plain", hours=hours)
    venue.define("buffered", hours=hours, policy={"buffer_before": 10 * 60})
    venue.define("elsewhere", hours=hours, timezone="Europe/Vienna")
    venue.define("closed", hours=hours, exceptions={"2026-12-02": {"windows": [], "reason": "Holiday"}})
    venue.book("b-1", ("buffered", "2026-12-02T10:00"))
    venue.block("k-1", "buffered", "2026-12-01T23:30", "2026-12-02T00:00")
    catch_up(runner)

    def first(resource: str) -> list[str]:
        return offered(models, resource, "2026-12-02T09:00+06:00", "2026-12-02T09:30+06:00")[:1]

    assert first("plain") == ["2026-12-02T09:30:00+06:00"]
    assert first("elsewhere") == ["2026-12-02T09:00:00+01:00"]
    assert first("closed") == ["2026-12-09T09:00:00+06:00"]
    assert first("buffered") == ["2026-12-09T09:00:00+06:00"], "blocked through its buffer, from the date before"


def test_nothing_is_offered_where_nothing_can_be_had(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon")
    venue.define("gone")
    venue.retire("gone")
    catch_up(runner)
    assert alternatives_module.MOST == 5
    assert offered(models, "gone", "2026-12-02T11:00+06:00", "2026-12-02T11:30+06:00") == []
    assert offered(models, "nowhere", "2026-12-02T11:00+06:00", "2026-12-02T11:30+06:00") == []
    assert offered(models, "moon", "9999-12-30T11:00+06:00", "9999-12-30T11:30+06:00") == []


def test_resources_that_are_free_for_all_of_an_interval(venue: Venue, models: ReadModels, runner: Runner) -> None:
    policy = {"step": 15, "min_duration": 15, "max_duration": 240}
    for room, seats in (("a", 4), ("b", 8), ("c", 12), ("d", None)):
        venue.define(room, seats=seats, attributes={"projector": room != "d"}, policy=policy)
    venue.define("secret", visibility="staff", policy=policy)
    venue.define("shut", policy=policy, hours={"thu": [["09:00", "17:00"]]})
    venue.define("old", policy=policy)
    venue.retire("old")
    venue.book("b-1", ("b", "2026-12-02T10:45", "2026-12-02T11:15"))
    venue.block("k-1", "c", "2026-12-02T11:00", "2026-12-02T12:00")
    catch_up(runner)

    def free(**asked: Any) -> list[str]:
        wanted = {"start": wall("2026-12-02T10:00"), "end": wall("2026-12-02T11:00"), "now": NOW}
        with models.reading() as reader:
            found = free_resources(reader, **{"visible": {"public"}, **wanted, **asked})
        return [each.row.id for each in found.items]

    assert free() == ["a", "c", "d"]
    assert free(end=wall("2026-12-02T11:15")) == ["a", "d"]
    assert free(visible=None) == ["a", "c", "d", "secret"]
    assert free(party=6) == ["c", "d"]
    assert free(seats=6, attributes={"projector": "true"}) == ["c"]
    assert free(end=None, start=datetime(2026, 12, 2, 4, tzinfo=UTC)) == ["a", "b", "c", "d"]
    assert free(start=wall("2026-12-02T10:05")) == []
    assert free(start=NOW - timedelta(days=1), end=None) == []
    with models.reading() as reader:
        page = free_resources(reader, start=wall("2026-12-02T10:00"), end=None, now=NOW, visible=None, limit=2)
        rest = free_resources(
            reader, start=wall("2026-12-02T10:00"), end=None, now=NOW, visible=None, limit=2, cursor=page.next
        )
        with pytest.raises(BadCursor):
            free_resources(reader, start=NOW, end=None, now=NOW, visible=None, cursor="x")
        for start, end in (
            ("2026-12-02T11:00", "2026-12-02T10:00"),
            ("2026-12-02T11:00", "2026-12-02T11:00"),
            ("2026-12-02T11:00+06:00", "2026-12-02T06:00+01:00"),
        ):
            with pytest.raises(Refused, match="does not end after it starts"):
                free_resources(reader, start=wall(start), end=wall(end), now=NOW, visible=None)
        with pytest.raises(Refused):
            free_resources(reader, start=wall("9999-12-31T00:00"), end=None, now=NOW, visible=None)
    assert [each.row.id for each in page.items + rest.items] == ["a", "b", "c", "d"]
    assert page.items[0].start.isoformat() == "2026-12-02T10:00:00+06:00"


def test_a_wall_clock_time_is_each_resources_own(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("dhaka")
    venue.define("vienna", timezone="Europe/Vienna")
    catch_up(runner)
    with models.reading() as reader:
        page = free_resources(reader, start=wall("2026-12-02T16:00"), end=None, now=NOW, visible=None)
    assert [each.start.isoformat() for each in page.items] == [
        "2026-12-02T16:00:00+06:00",
        "2026-12-02T16:00:00+01:00",
    ]
