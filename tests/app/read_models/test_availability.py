"""What availability answers for a resource's dates."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import from_json
from tests.app.read_models.venue import NOW, Venue, catch_up

from app.read_models import resources
from app.read_models.database import ReadModels
from app.read_models.runner import Runner
from app.rendered_days import RenderedDays
from domain.refusal import Refused

WEDNESDAY = date(2026, 12, 2)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wall(text: str) -> datetime:
    """Wall-clock time, of whichever resource."""
    return datetime.fromisoformat(text)


def days_of(
    models: ReadModels, resource: str, first: date = WEDNESDAY, last: date | None = None, **asked: Any
) -> list[dict[str, Any]]:
    with models.reading() as reader:
        row = resources.get(reader, resource)
        assert row is not None
        rendered = RenderedDays().render(reader, row, first, last or first, **{"now": NOW, **asked})
    days: list[dict[str, Any]] = from_json(rendered.body(0))["days"]
    return days


def statuses(day: dict[str, Any]) -> dict[str, str]:
    return {slot["start"][11:16]: slot["status"] for slot in day["slots"]}


def test_a_day_never_touched_has_its_slots_and_version_0(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon", capacity=20, hours={"wed": [["09:00", "10:00"]]})
    catch_up(runner)
    assert days_of(models, "moon", WEDNESDAY, date(2026, 12, 3)) == [
        {
            "date": "2026-12-02",
            "version": 0,
            "status": "open",
            "slots": [
                {
                    "start": "2026-12-02T09:00:00+06:00",
                    "end": "2026-12-02T09:30:00+06:00",
                    "capacity": 20,
                    "booked": 0,
                    "available": 20,
                    "status": "available",
                },
                {
                    "start": "2026-12-02T09:30:00+06:00",
                    "end": "2026-12-02T10:00:00+06:00",
                    "capacity": 20,
                    "booked": 0,
                    "available": 20,
                    "status": "available",
                },
            ],
        },
        {"date": "2026-12-03", "version": 0, "status": "closed", "reason": None, "slots": []},
    ]


def test_what_is_taken_is_counted_until_a_slot_is_full(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon", capacity=2, policy={"max_units": 2})
    venue.book("b-1", ("moon", "2026-12-02T10:00"))
    venue.book("b-2", ("moon", "2026-12-02T11:00"), units=2)
    catch_up(runner)
    (day,) = days_of(models, "moon")
    taken = {slot["start"][11:16]: (slot["booked"], slot["available"], slot["status"]) for slot in day["slots"]}
    assert taken["09:30"] == (0, 2, "available")
    assert taken["10:00"] == (1, 1, "available")
    assert taken["11:00"] == (2, 0, "full")
    assert day["version"] == 3
    assert statuses(days_of(models, "moon", units=2)[0])["10:00"] == "full"


def test_a_hold_occupies_until_its_time_and_not_a_moment_longer(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.book("b-1", ("moon", "2026-12-02T10:00"), until=NOW + timedelta(seconds=30))
    catch_up(runner)
    assert statuses(days_of(models, "moon")[0])["10:00"] == "full"
    at_its_end = NOW + timedelta(seconds=30)
    assert statuses(days_of(models, "moon", now=at_its_end)[0])["10:00"] == "available"


def test_a_block_that_leaves_nothing_is_told_from_a_full_house(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon", capacity=2)
    venue.block("k-1", "moon", "2026-12-02T10:00", "2026-12-02T11:00")
    venue.block("k-2", "moon", "2026-12-02T12:00", "2026-12-02T12:30", units=1)
    venue.block("k-3", "moon", "2026-12-02T14:00", "2026-12-02T15:00")
    venue.book("b-1", ("moon", "2026-12-02T12:00"))
    venue.lift("k-3", "moon")
    catch_up(runner)
    (day,) = days_of(models, "moon")
    slots = {slot["start"][11:16]: (slot["booked"], slot["available"], slot["status"]) for slot in day["slots"]}
    assert slots["10:00"] == slots["10:30"] == (0, 0, "blocked")
    assert slots["11:00"] == (0, 2, "available")
    assert slots["12:00"] == (1, 0, "full")
    assert slots["14:00"] == (0, 2, "available")


def test_more_taken_than_a_lowered_capacity_is_never_below_nothing(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon", capacity=3)
    for number in range(3):
        venue.book(f"b-{number}", ("moon", "2026-12-02T10:00"))
    venue.define("moon", capacity=1)
    catch_up(runner)
    slot = next(slot for slot in days_of(models, "moon")[0]["slots"] if "T10:00" in slot["start"])
    assert (slot["capacity"], slot["booked"], slot["available"], slot["status"]) == (1, 3, 0, "full")


def test_buffers_keep_neighbours_apart_on_both_sides_and_across_midnight(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    policy = {"step": 30, "buffer_before": 30, "buffer_after": 60}
    venue.define("hall", hours={day: [["00:00", "24:00"]] for day in EVERY_DAY}, policy=policy)
    venue.book("b-1", ("hall", "2026-12-02T12:00"))
    venue.book("b-2", ("hall", "2026-12-03T00:00"))
    catch_up(runner)
    (day,) = days_of(models, "hall")
    shut = [start for start, status in statuses(day).items() if status == "full"]
    # Neighbours stand after + before apart: 90 minutes between the end of one and the start of the next.
    assert shut == ["10:30", "11:00", "11:30", "12:00", "12:30", "13:00", "13:30", "22:30", "23:00", "23:30"]
    booked = {slot["start"][11:16]: slot["booked"] for slot in day["slots"]}
    assert (booked["11:00"], booked["11:30"], booked["13:00"], booked["13:30"]) == (0, 1, 1, 0)


def test_slots_of_a_window_past_midnight_stand_under_the_date_it_begins_on(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("court", hours={"wed": [["22:00", "02:00"]]}, policy={"step": 60})
    venue.book("b-1", ("court", "2026-12-03T01:00"))
    catch_up(runner)
    wednesday, thursday = days_of(models, "court", WEDNESDAY, date(2026, 12, 3))
    assert [(slot["start"], slot["status"]) for slot in wednesday["slots"]] == [
        ("2026-12-02T22:00:00+06:00", "available"),
        ("2026-12-02T23:00:00+06:00", "available"),
        ("2026-12-03T00:00:00+06:00", "available"),
        ("2026-12-03T01:00:00+06:00", "full"),
    ]
    assert (thursday["status"], thursday["slots"], thursday["version"]) == ("open", [], 2)


def test_past_too_soon_and_too_far_ahead_are_told_apart_and_bind_customers(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    policy = {"step": 60, "min_notice": 120, "max_advance_days": 1}
    venue.define("psych", timezone="Europe/London", policy=policy)
    catch_up(runner)
    now = datetime(2026, 12, 2, 10, tzinfo=UTC)  # and in London
    wednesday, thursday, friday = days_of(models, "psych", WEDNESDAY, date(2026, 12, 4), now=now)
    seen = statuses(wednesday)
    assert (seen["09:00"], seen["10:00"], seen["11:00"], seen["12:00"]) == (
        "past",
        "unbookable",
        "unbookable",
        "available",
    )
    assert set(statuses(thursday).values()) == {"available"}
    assert set(statuses(friday).values()) == {"unbookable"}
    staff = days_of(models, "psych", WEDNESDAY, date(2026, 12, 4), now=now, by_staff=True)
    assert statuses(staff[0])["09:00"] == "past"
    assert statuses(staff[0])["10:00"] == "available"
    assert set(statuses(staff[2]).values()) == {"available"}


def test_closed_dates_say_why(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon", exceptions={"2026-12-02": {"windows": [], "reason": "Staff outing"}})
    catch_up(runner)
    (day,) = days_of(models, "moon")
    assert (day["status"], day["reason"], day["slots"]) == ("closed", "Staff outing", [])


def test_days_of_23_and_25_hours_have_the_slots_that_people_expect(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    whole = {day: [["00:00", "24:00"]] for day in EVERY_DAY}
    venue.define("vienna", timezone="Europe/Vienna", hours=whole, policy={"step": 60})
    catch_up(runner)
    spring, autumn = date(2027, 3, 28), date(2027, 10, 31)
    (short,), (long,) = (days_of(models, "vienna", day, by_staff=True) for day in (spring, autumn))
    assert (len(short["slots"]), len(long["slots"])) == (23, 25)
    assert [slot["start"][11:] for slot in long["slots"]][2:4] == ["02:00:00+02:00", "02:00:00+01:00"]


def test_a_longer_duration_asks_for_all_of_it_to_be_free(venue: Venue, models: ReadModels, runner: Runner) -> None:
    policy = {"step": 30, "min_duration": 30, "max_duration": 120}
    venue.define("room", hours={"wed": [["09:00", "12:00"]]}, policy=policy)
    venue.book("b-1", ("room", "2026-12-02T10:30"))
    catch_up(runner)
    assert statuses(days_of(models, "room", duration=90)[0]) == {
        "09:00": "available",
        "09:30": "full",
        "10:00": "full",
        "10:30": "full",
    }


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"first": date(2026, 12, 2), "last": date(2026, 12, 1)}, "malformed"),
        ({"first": date(2026, 12, 2), "last": date(2027, 3, 4)}, "malformed"),
        ({"first": date(9999, 12, 31), "last": date(9999, 12, 31)}, "malformed"),
        ({"first": date(1, 1, 1), "last": date(1, 1, 1)}, "malformed"),
        ({"duration": 45}, "bad-duration"),
        ({"duration": 10**30}, "bad-duration"),
        ({"duration": -5}, "bad-duration"),
        ({"units": 0}, "malformed"),
        ({"units": 2}, "too-many-units"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    venue: Venue, models: ReadModels, runner: Runner, asked: dict[str, Any], code: str
) -> None:
    venue.define("moon", capacity=20)
    catch_up(runner)
    with pytest.raises(Refused) as refused:
        days_of(models, "moon", **asked)
    assert refused.value.code == code


def test_92_dates_can_be_asked_for_but_not_more_than_10_000_slots(
    venue: Venue, models: ReadModels, runner: Runner
) -> None:
    venue.define("moon")
    venue.define("busy", hours={day: [["00:00", "24:00"]] for day in EVERY_DAY}, policy={"step": 5})
    catch_up(runner)
    last = WEDNESDAY + timedelta(days=91)
    assert len(days_of(models, "moon", WEDNESDAY, last)) == 92
    with pytest.raises(Refused, match="10,000 slots"):
        days_of(models, "busy", WEDNESDAY, last)


def test_a_retired_resource_offers_nothing(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("moon")
    venue.retire("moon")
    catch_up(runner)
    with pytest.raises(Refused) as refused:
        days_of(models, "moon")
    assert refused.value.code == "unknown-resource"
