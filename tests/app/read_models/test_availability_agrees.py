"""What availability promises is what the rules and the resource-days decide, slot by slot."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json
from tests.app.read_models.venue import Venue, catch_up

from app.log.mapper import EventMapper
from app.log.sqlite import open_sqlite
from app.read_models import database, resources
from app.read_models.runner import Runner
from app.rendered_days import RenderedDays
from domain.claim import Claim, Wanted
from domain.event import Cause
from domain.leg import WantedLeg, interval_of, place
from domain.policies import Request, must_be_bookable
from domain.refusal import Refused
from domain.resource_day import ResourceDay

FIRST, LAST = date(2027, 3, 26), date(2027, 3, 29)  # in Vienna, the clocks go forward in between
HOURS = st.sampled_from([[["09:00", "12:00"]], [["22:00", "03:00"]], [["00:00", "24:00"]], [["08:30", "10:00"]]])
MINUTES = st.integers(0, 5 * 24 * 60)


class Taking(NamedTuple):
    """A try to take time: minutes from the first date's midnight, length, units; seconds that a hold lasts."""

    start: int
    length: int
    units: int
    held_for: int | None


class Shutting(NamedTuple):
    """A block: seconds from the first date's midnight, length in seconds, units."""

    start: int
    length: int
    units: int | None


SCENES = st.fixed_dictionaries(
    {
        "hours": HOURS,
        "capacity": st.integers(1, 4),
        "policy": st.fixed_dictionaries(
            {
                "step": st.sampled_from([15, 30, 60]),
                "min_duration": st.sampled_from([15, 30, 60]),
                "buffer_before": st.sampled_from([0, 0, 5, 45, 600]),
                "buffer_after": st.sampled_from([0, 0, 10, 30, 1440]),
                "min_notice": st.sampled_from([0, 0, 90]),
                "max_advance_days": st.sampled_from([0, 1, 365]),
            }
        ),
    }
)
TAKINGS = st.lists(
    st.builds(
        Taking, MINUTES, st.sampled_from([15, 30, 60, 90]), st.integers(1, 3), st.sampled_from([None, None, 5, 60])
    ),
    max_size=12,
)
SHUTTINGS = st.lists(
    st.builds(
        Shutting,
        st.integers(0, 4 * 86400),
        st.integers(1, 2 * 86400),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(
    scene=SCENES,
    takings=TAKINGS,
    shuttings=SHUTTINGS,
    later=st.fixed_dictionaries({"capacity": st.integers(1, 4)}),
    units=st.integers(1, 2),
    since=st.sampled_from([-600, 0, 30, 13 * 3600 + 7]),
    by_staff=st.booleans(),
)
def test_a_slot_is_available_exactly_when_its_claims_would_be_accepted(
    tmp_path_factory: pytest.TempPathFactory,
    scene: dict[str, Any],
    takings: list[Taking],
    shuttings: list[Shutting],
    later: dict[str, Any],
    units: int,
    since: int,
    by_staff: bool,
) -> None:
    folder = tmp_path_factory.mktemp("agrees")
    log, models = open_sqlite(folder / "log", serving=True), database.open_sqlite(folder / "models")
    try:
        venue = Venue(log)
        midnight = datetime.fromisoformat("2027-03-25T23:00:00+00:00")
        venue.now = midnight + timedelta(hours=9)
        define(venue, scene)
        for number, taking in enumerate(takings):
            with suppress(Refused):
                take(venue, f"b-{number}", midnight, taking)
        for number, shutting in enumerate(shuttings):
            start = midnight + timedelta(seconds=shutting.start)
            end = start + timedelta(seconds=shutting.length)
            venue.block(f"k-{number}", "hall", naive(start), naive(end), shutting.units)
        define(venue, {**scene, **later})
        units = min(units, later["capacity"])
        now = venue.now + timedelta(seconds=since)
        runner = Runner(models, log, EventMapper())
        runner.prepare()
        catch_up(runner)
        with models.reading() as reader:
            row = resources.get(reader, "hall")
            assert row is not None
            rendered = RenderedDays().render(reader, row, FIRST, LAST, units=units, now=now, by_staff=by_staff)
        days = from_json(rendered.body(0))["days"]
        shown = [slot for day in days for slot in day["slots"]]
        assert [judged(venue, slot, units, now, by_staff) for slot in shown] == [
            (slot["booked"], slot["available"], slot["status"] == "available") for slot in shown
        ]
    finally:
        models.close()
        log.close()


def judged(venue: Venue, slot: dict[str, Any], units: int, now: datetime, by_staff: bool) -> tuple[int, int, bool]:
    """What the rules and the days themselves say of a slot: booked, available, whether it could be booked."""
    resource = venue.resource("hall")
    wanted = WantedLeg("hall", datetime.fromisoformat(slot["start"]), datetime.fromisoformat(slot["end"]), units)
    interval = interval_of(wanted, resource)
    leg, parts, _ = place(wanted, interval, resource)
    cause = Cause("customer:c-carol", "f" * 32, now)
    accepted, available, booked = True, resource.capacity, 0
    try:
        must_be_bookable(Request(resource, interval, units, 1, now, by_staff))
    except Refused:
        accepted = False
    for on, part in parts:
        day = venue.take(ResourceDay, ResourceDay.stream("hall", on))
        day.catch_up(cause, resource)
        available = min(available, day.left(part.start, part.end, day.capacity))
        booked = max(booked, day.peak_claimed(interval.start, interval.end))
        claim = Claim("b-new", 0, "c-carol", part.start, part.end, units, None, counted=True)
        try:
            day.change(cause, resource, claim=[Wanted(claim, leg.start, leg.end)])
        except Refused:
            accepted = False
    return booked, max(available, 0), accepted


def define(venue: Venue, scene: dict[str, Any]) -> None:
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), scene["hours"])
    policy = {**scene["policy"], "max_units": min(3, scene["capacity"])}
    venue.define("hall", "Europe/Vienna", hours=hours, capacity=scene["capacity"], policy=policy)


def take(venue: Venue, key: str, midnight: datetime, taking: Taking) -> None:
    """Take time at any minute, on the grid or not: days guard capacity, whatever the plan says."""
    start = midnight + timedelta(minutes=taking.start)
    end = start + timedelta(minutes=taking.length)
    until = None if taking.held_for is None else venue.now + timedelta(seconds=taking.held_for)
    leg = ("hall", start.isoformat(), end.isoformat())
    venue.book(key, leg, units=taking.units, until=until)


def naive(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Europe/Vienna")).replace(tzinfo=None).isoformat()
