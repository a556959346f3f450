"""The resources' read model: looking one up, searching, and the day's view for the desk."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.app.read_models.venue import LATER, NOW, Venue, catch_up

from app.read_models import days, resources
from app.read_models.database import ReadModels
from app.read_models.page import BadCursor
from app.read_models.runner import Runner

WEDNESDAY = date(2026, 12, 2)


def found(models: ReadModels, **asked: Any) -> list[str]:
    with models.reading() as reader:
        return [row.id for row in resources.search(reader, **{"visible": None, **asked}).items]


def test_a_resource_reads_as_last_defined(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon", capacity=15)
    catch_up(runner)
    venue.now = LATER
    venue.define("moon", capacity=20, attributes={"floor": 3}, policy={"step": 15})
    catch_up(runner)
    with models.reading() as reader:
        row = resources.get(reader, "moon")
        assert resources.get(reader, "sun") is None
    assert row is not None
    assert (row.capacity, row.attributes, row.version, row.position) == (20, {"floor": 3}, 2, 2)
    assert (row.created_at, row.updated_at, row.retired) == (NOW, LATER, False)
    assert row.resource().definition == venue.resource("moon").definition
    assert row.resource().version == 2


def test_a_retired_resource_can_be_looked_up_but_is_not_found(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon")
    venue.define("sun")
    venue.retire("moon")
    catch_up(runner)
    with models.reading() as reader:
        row = resources.get(reader, "moon")
    assert row is not None
    assert row.retired
    assert found(models) == ["sun"]
    assert found(models, retired=True) == ["moon", "sun"]


def test_resources_are_found_by_what_people_know_of_them(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("r-1", name="Große Halle", kind="hall", seats=100, attributes={"floor": 0, "stage": True})
    venue.define("r-2", name="Seminar 2", kind="room", seats=12, attributes={"floor": 2, "wing": "north"})
    venue.define("r-3", name="Dr. Grau", kind="psychologist", visibility="signed-in")
    venue.define("r-4", name="Vault", kind="room", visibility="staff", attributes={"floor": 2.5})
    catch_up(runner)
    assert found(models, kind="room") == ["r-2", "r-4"]
    assert found(models, q="GROSSE") == ["r-1"]
    assert found(models, q="psych") == ["r-3"]
    assert found(models, seats=50) == ["r-1", "r-3", "r-4"]  # without seats, a party may be of any size
    assert found(models, attributes={"floor": "2"}) == ["r-2"]
    assert found(models, attributes={"floor": "2.50"}) == ["r-4"]
    assert found(models, attributes={"floor": "two"}) == []
    assert found(models, attributes={"stage": "true"}) == ["r-1"]
    assert found(models, attributes={"stage": "1"}) == []
    assert found(models, attributes={"wing": "north", "floor": "2"}) == ["r-2"]
    assert found(models, visible={"public"}) == ["r-1", "r-2"]
    assert found(models, visible={"public", "signed-in"}) == ["r-1", "r-2", "r-3"]
    assert found(models, scope={"kind:room", "r-1"}) == ["r-1", "r-2", "r-4"]
    assert found(models, visible=set()) == []


def test_pages_follow_each_other(venue: Venue, models: ReadModels, runner: Runner) -> None:
    for number in range(5):
        venue.define(f"r-{number}")
    catch_up(runner)
    with models.reading() as reader:
        first = resources.search(reader, visible=None, limit=3)
        second = resources.search(reader, visible=None, limit=3, cursor=first.next)
        with pytest.raises(BadCursor):
            resources.search(reader, visible=None, cursor="nonsense")
    assert [row.id for row in first.items + second.items] == [f"r-{number}" for number in range(5)]
    assert second.next is None


def test_the_desk_sees_what_lies_on_a_day(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("hall", capacity=5, hours={"wed": [["20:00", "04:00"]]}, policy={"step": 240})
    venue.book("b-1", ("hall", "2026-12-02T20:00"))
    venue.book("b-2", ("hall", "2026-12-03T00:00"), until=NOW + timedelta(seconds=30))
    venue.block("k-1", "hall", "2026-12-02T22:00", "2026-12-03T01:00", units=2)
    catch_up(runner)
    with models.reading() as reader:
        row = resources.get(reader, "hall")
        assert row is not None
        wednesday = days.get(reader, row, WEDNESDAY, NOW)
        thursday = days.get(reader, row, WEDNESDAY + timedelta(days=1), NOW)
        lapsed = days.get(reader, row, WEDNESDAY + timedelta(days=1), NOW + timedelta(seconds=30))
        untouched = days.get(reader, row, date(2027, 1, 1), NOW)
    assert [(claim.booking, claim.start.isoformat(), claim.units) for claim in wednesday.claims] == [
        ("b-1", "2026-12-02T20:00:00+06:00", 1)
    ]
    assert [(block.block, block.end.isoformat(), block.units) for block in wednesday.blocks] == [
        ("k-1", "2026-12-03T00:00:00+06:00", 2)
    ]
    assert (wednesday.version, wednesday.timestamp, wednesday.capacity) == (3, NOW, 5)
    assert [claim.booking for claim in thursday.claims] == ["b-2"]
    assert lapsed.claims == []
    assert (untouched.version, untouched.timestamp, untouched.claims) == (0, None, [])


def test_lifting_a_block_and_releasing_a_claim_leave_nothing_behind(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"), until=LATER)
    venue.block("k-1", "moon", "2026-12-02T12:00", "2026-12-02T13:00")
    catch_up(runner)
    venue.confirm("b-1")
    venue.lift("k-1", "moon")
    catch_up(runner)
    with models.reading() as reader:
        row = resources.get(reader, "moon")
        assert row is not None
        kept = days.get(reader, row, WEDNESDAY, LATER + timedelta(days=1))
    assert [claim.until for claim in kept.claims] == [None]
    assert kept.blocks == []
    venue.cancel("b-1")
    catch_up(runner)
    with models.reading() as reader:
        assert days.get(reader, row, WEDNESDAY, NOW).claims == []
