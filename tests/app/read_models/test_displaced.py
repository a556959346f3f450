"""Bookings that no longer fit a resource since it was revised."""

from datetime import date, timedelta

from tests.app.read_models.venue import NOW, Venue, catch_up

from app.displaced import displaced
from app.read_models import resources
from app.read_models.database import ReadModels
from app.read_models.runner import Runner

WEDNESDAY = date(2026, 12, 2)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def test_bookings_that_no_longer_fit_are_named_with_the_rule_they_break(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("room", seats=8, capacity=2)
    venue.book("b-past", ("room", "2026-12-01T16:30"))
    venue.book("b-early", ("room", "2026-12-02T09:00"))
    venue.book("b-odd", ("room", "2026-12-02T10:30"))
    venue.book("b-many", ("room", "2026-12-02T12:00"), party=6)
    venue.book("b-first", ("room", "2026-12-02T14:00"))
    venue.book("b-second", ("room", "2026-12-02T14:00"))
    venue.book("b-closed", ("room", "2026-12-03T14:00"))
    venue.book("b-cancelled", ("room", "2026-12-02T09:30"))
    venue.cancel("b-cancelled")
    venue.now = NOW + timedelta(hours=3)
    venue.define(
        "room",
        seats=4,
        capacity=1,
        hours={"wed": [["10:00", "17:00"]]},
        policy={"step": 60, "min_duration": 30, "max_duration": 30},
    )
    catch_up(runner)
    with models.reading() as reader:
        row = resources.get(reader, "room")
        assert row is not None
        found = displaced(reader, row, venue.now)
    assert [(each.booking, each.code, f"{each.start:%a %H:%M}-{each.end:%H:%M}") for each in found] == [
        ("b-early", "outside-hours", "Wed 09:00-09:30"),
        ("b-odd", "off-grid", "Wed 10:30-11:00"),
        ("b-many", "party-too-large", "Wed 12:00-12:30"),
        ("b-second", "not-available", "Wed 14:00-14:30"),
        ("b-closed", "closed", "Thu 14:00-14:30"),
    ]
