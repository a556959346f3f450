"""What was offered and taken, whatever happened: recounted minute by minute from the raw events."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.app.read_models.venue import Venue, catch_up

from app.demand.counting import demand_for
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models import resources
from app.read_models.database import ReadModels
from app.read_models.runner import Runner
from domain.booking import OCCUPYING
from domain.refusal import Refused

VIENNA = ZoneInfo("Europe/Vienna")
BEGIN = datetime(2027, 3, 26, 6, 59, 30, tzinfo=VIENNA)
"""The clocks go forward in the second night."""
FIRST, LAST = date(2027, 3, 25), date(2027, 4, 1)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS: tuple[list[list[str]], ...] = (
    [["09:00", "12:00"]],
    [["22:00", "03:30"]],
    [["03:30", "22:00"]],
    [["08:30", "10:00"], ["10:00", "11:15"]],
    [],
)
CLOSED = {"2027-03-28": {"windows": [], "reason": "Cleaning"}}
POLICY = {"step": 15, "min_duration": 15, "max_duration": 600, "max_units": 2, "buffer_after": 15}


class Play:
    """What a venue does in some days, in an order that the seed decides."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self.venue = venue
        self.random = Random(seed)  # noqa: S311 - chance, not secrecy
        self.booked: list[str] = []
        self.blocked: list[str] = []
        venue.now = BEGIN
        self.define()

    def define(self) -> None:
        choice = self.random.choice
        hours = {day: choice(HOURS) for day in WEEK}
        terms = {"capacity": choice([1, 2, 5]), "exceptions": choice([{}, CLOSED]), "policy": POLICY}
        self.venue.define("hall", "Europe/Vienna", hours=hours, **terms)

    def happen(self) -> None:
        """One thing."""
        doing = [*[self.book] * 6, self.hold, self.confirm, self.end, self.move, self.miss, self.block, self.lift]
        what = self.random.choice(
            [*doing, *[self.pass_time] * 3, *([self.define] if self.random.random() < 0.3 else [])]
        )
        with suppress(Refused):
            what()

    def legs(self) -> list[tuple[str, str, str]]:
        start = datetime.fromisoformat("2027-03-26T00:00") + timedelta(minutes=15 * self.random.randint(0, 5 * 96))
        length = timedelta(minutes=15 * self.random.choice([1, 2, 4, 9, 40]))
        wanted = [(start, length), (start + timedelta(days=1), length)][: self.random.choice([1, 1, 2])]
        return [("hall", at.isoformat(), (at + long).isoformat()) for at, long in wanted]

    def book(self, until: datetime | None = None) -> None:
        key, units = f"b-{len(self.booked)}", self.random.choice([1, 2])
        self.venue.book(key, *self.legs(), until=until, approval=self.random.random() < 0.3, units=units)
        self.booked.append(key)

    def hold(self) -> None:
        self.book(self.venue.now + timedelta(hours=1))

    def some(self) -> str:
        active = [key for key in self.booked if self.venue.booking(key).status in OCCUPYING]
        if not active:
            raise Refused("unknown-booking", "There is none yet.")
        return self.random.choice(active)

    def confirm(self) -> None:
        self.venue.confirm(self.some())

    def end(self) -> None:
        self.venue.cancel(self.some())

    def move(self) -> None:
        self.venue.move(self.some(), *self.legs())

    def miss(self) -> None:
        booking = self.venue.booking(self.some())
        if booking.mark_no_show(self.venue.cause(), None):
            self.venue.save(booking)

    def block(self) -> None:
        key, (resource, start, end) = f"k-{len(self.blocked)}", self.legs()[0]
        self.venue.block(key, resource, start, end, self.random.choice([None, 1]))
        self.blocked.append(key)

    def lift(self) -> None:
        if self.blocked:
            self.venue.lift(self.blocked.pop(), "hall")

    def pass_time(self) -> None:
        self.venue.now += self.random.choice([timedelta(minutes=7), timedelta(hours=9)])


def minutes(start: datetime, end: datetime) -> Iterator[tuple[date, int]]:
    """The hour that each minute of an interval lies in."""
    for number in range(round((end - start).total_seconds() / 60)):
        local = datetime.fromtimestamp(start.timestamp() + 60 * number, VIENNA)
        yield local.date(), local.hour


class Recount:
    """From the raw events alone: what was offered and taken, by date and hour."""

    def __init__(self, log: EventLog) -> None:
        self.plans: list[tuple[datetime, dict[str, Any]]] = []
        self.bookings: dict[str, dict[str, Any]] = {}
        self.blocks: dict[tuple[str, str], tuple[datetime, datetime, int]] = {}
        for event in log.after(0):
            facts = json.loads(event.state)
            self.take(
                event.originator_id, event.topic.partition(".")[0], facts, datetime.fromisoformat(event.timestamp)
            )
        self.taken: dict[tuple[date, int], int] = defaultdict(int)
        self.begun: dict[tuple[date, int], list[tuple[int, bool]]] = defaultdict(list)
        for booking in self.bookings.values():
            self.count(booking)
        self.offered: dict[tuple[date, int], int] = defaultdict(int)
        for number in range(-1, (LAST - FIRST).days + 1):
            self.open(FIRST + timedelta(days=number))
        for hour, taken in self.taken.items():
            self.offered[hour] = max(self.offered[hour], taken)

    def take(self, stream: str, topic: str, facts: dict[str, Any], at: datetime) -> None:
        if topic in {"ResourceRegistered", "ResourceRevised"}:
            self.plans.append((at, facts["definition"]))
        elif topic in {"TimeBlocked", "TimeUnblocked"}:
            self.blocks.pop((stream, facts["block"]), None)
            if topic == "TimeBlocked":
                start, end = (datetime.fromisoformat(facts[name]) for name in ("start", "end"))
                self.blocks[stream, facts["block"]] = (start, end, facts["units"] or 1_000)
        elif topic.startswith("Booking"):
            booking = self.bookings.setdefault(stream, {})
            if facts.get("terms"):
                booking.update(legs=facts["terms"]["legs"], at=at)
            if facts.get("legs"):
                booking.update(legs=facts["legs"], at=at)
            booking["status"] = topic.removeprefix("Booking")

    def count(self, booking: dict[str, Any]) -> None:
        if booking["status"] in {"Held", "Cancelled"}:
            return
        for leg in booking["legs"]:
            start, end = (datetime.fromisoformat(leg[name]) for name in ("start", "end"))
            for hour in minutes(start, end):
                self.taken[hour] += leg["units"]
            lead = max((start - booking["at"]) // timedelta(minutes=1), 0)
            self.begun[start.date(), start.hour].append((lead, booking["status"] == "MarkedNoShow"))

    def open(self, day: date) -> None:
        """Windows that begin on a date, by the plan in force at its end."""
        ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), VIENNA)
        in_force = [plan for at, plan in self.plans if at < ends]
        if not in_force:
            return
        plan = in_force[-1]
        exception = plan["exceptions"].get(day.isoformat())
        for opens, closes in exception["windows"] if exception else plan["hours"].get(WEEK[day.weekday()], []):
            start = wall(day, opens)
            end = wall(day, closes)
            end = end if end > start else wall(day + timedelta(days=1), closes)
            for at in range(int(start.timestamp()) // 60, int(end.timestamp()) // 60):
                local = datetime.fromtimestamp(at * 60, VIENNA)
                away = sum(
                    units
                    for first, last, units in self.blocks.values()
                    if first.timestamp() < (at + 1) * 60 and last.timestamp() > at * 60
                )
                if FIRST <= local.date() <= LAST:
                    self.offered[local.date(), local.hour] += max(plan["capacity"] - away, 0)


def wall(day: date, clock: str) -> datetime:
    """The instant at which a place's clock shows it; `24:00` is the day's end."""
    hour, minute = map(int, clock.split(":"))
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIENNA)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_counted_is_what_the_raw_events_say(
    venue: Venue, models: ReadModels, runner: Runner, seed: int
) -> None:
    play = Play(venue, seed)
    for number in range(120):
        play.happen()
        if number % 7 == 0:
            catch_up(runner)
    catch_up(runner)
    recount = Recount(venue.log)
    assert sum(recount.taken.values()) > 500
    for rebuilt in (False, True):
        if rebuilt:
            Runner(models, venue.log, EventMapper()).rebuild()
        with models.reading() as reader:
            row = resources.get(reader, "hall")
            assert row is not None
            found = demand_for(reader, venue.log, row, FIRST, LAST, venue.now, kept_days=90).cells
        assert runner.parked() == []
        assert {key: cell.taken for key, cell in found.items() if cell.taken} == recount.taken
        assert {key: cell.offered for key, cell in found.items()} == {k: n for k, n in recount.offered.items() if n}
        begun = {
            key: (len(legs), sum(lead for lead, _ in legs), sum(missed for _, missed in legs))
            for key, legs in recount.begun.items()
        }
        assert {key: (c.bookings, c.lead, c.no_shows) for key, c in found.items() if c.bookings} == begun
