"""Whatever is booked, held, blocked and lapsed: an automatic booking takes what a naive search of every slot takes."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.app.conftest import STAFF, House

from app.commands import Actor, BookAny, PlaceBlock
from app.identity import random_command_id
from app.log.sqlite import open_sqlite
from app.outcome import Outcome
from domain.booking import Booking
from domain.interval import Interval
from domain.policies import Request, must_be_bookable
from domain.refusal import Refused
from domain.resource import Resource

SATURDAY = datetime(2027, 3, 27, tzinfo=UTC)
"""Vienna's clocks go forward in the night after it, and the week ends with the next day."""
KEYS = ("elm", "oak", "yew")
HOURS: tuple[Any, ...] = ((("09:00", "12:00"), ("12:00", "14:00")), (("22:00", "03:30"),), (("03:30", "24:00"),), ())
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

which = st.integers(0, 2)
near = st.integers(6, 10).map(lambda number: SATURDAY + timedelta(hours=number))
quarter = near | st.integers(-8, 3 * 96).map(lambda number: SATURDAY + timedelta(minutes=15 * number))
places = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(["UTC", "Europe/Vienna", "Asia/Dhaka"]),
        "hours": st.fixed_dictionaries({day: st.sampled_from(HOURS) for day in WEEK}),
        "capacity": st.integers(1, 3),
        "seats": st.sampled_from([None, 2, 4]),
        "policy": st.fixed_dictionaries(
            {
                "step": st.sampled_from([30, 60]),
                "min_duration": st.just(60),
                "max_duration": st.just(60),
                "buffer_before": st.sampled_from([0, 0, 20, 90]),
                "buffer_after": st.sampled_from([0, 0, 30]),
                "min_notice": st.sampled_from([0, 0, 300]),
                "max_advance_days": st.sampled_from([1, 365]),
                "daily_limit": st.sampled_from([None, None, 1]),
            }
        ),
    }
)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["book", "hold"]), which, quarter, which),
        st.tuples(st.just("block"), which, quarter, st.sampled_from([20, 300])),
        st.tuples(st.just("wait"), st.integers(1, 40)),
        st.tuples(
            st.just("any"), quarter, st.sampled_from([1, 2, 3, 60]), st.sampled_from(["first", "fair", "fit"]),
            st.permutations(KEYS), st.integers(1, 3), which,
        ),
    ),
    min_size=10,
    max_size=30,
)  # fmt: skip


class Claimed(NamedTuple):
    """A claim or a block as the log has it. `until`: when it lapses."""

    resource: str
    booking: str | None
    customer: str | None
    start: datetime
    end: datetime
    units: int
    until: datetime | None
    counted: date | None


def claims_in(house: House) -> list[Claimed]:
    """What stands, by the raw log: nothing is given up in this story, so all that was ever claimed."""
    found: list[Claimed] = []
    for event in house.log.after(0):
        facts, parts = json.loads(event.state), event.originator_id.split("/")
        start, end = (datetime.fromisoformat(facts[name]) if name in facts else SATURDAY for name in ("start", "end"))
        if event.topic == "TimeClaimed.1":
            until = None if facts["until"] is None else datetime.fromisoformat(facts["until"])
            counted = date.fromisoformat(parts[2]) if facts["counted"] else None
            found.append(
                Claimed(parts[1], facts["booking"], facts["customer"], start, end, facts["units"], until, counted)
            )
        elif event.topic == "TimeBlocked.1":
            found.append(Claimed(parts[1], None, None, start, end, 1_000, None, None))
    return [each for each in found if each.until is None or each.until > house.time]


class Naive:
    """Looks at every slot of every candidate, minute by minute."""

    def __init__(self, house: House, command: BookAny) -> None:
        self.house, self.command = house, command
        self.standing = claims_in(house)

    def choice(self) -> tuple[str, datetime] | None:
        found = {key: starts[0] for key in self.command.candidates if (starts := sorted(self.starts(key)))}
        if not found:
            return None
        order, seats = list(self.command.candidates).index, self.seats
        if self.command.choose == "first":
            key = min(found, key=lambda each: (found[each], order(each)))
        elif self.command.choose == "fit":
            key = min(found, key=lambda each: (seats(each), found[each], each))
        else:
            weeks = {each: start.isocalendar()[:2] for each, start in found.items()}
            now = [each for each in found if weeks[each] == min(weeks.values())]
            key = min(now, key=lambda each: (self.minutes(each, weeks[each]), each))
        return str(key), found[key]

    def starts(self, key: Any) -> Iterator[datetime]:
        resource = self.resource(key)
        assert self.command.between is not None
        begin, end = (each.astimezone(resource.plan.zone) for each in self.command.between)
        day = begin.date() - timedelta(days=1)
        while day <= end.date():
            for slot in resource.plan.slots_on(day, 60):
                if slot.start >= begin and slot.end <= end and self.is_allowed(resource, slot):
                    yield slot.start
            day += timedelta(days=1)

    def is_allowed(self, resource: Resource, slot: Interval) -> bool:
        try:
            must_be_bookable(Request(resource, slot, 1, self.command.party, self.house.time, by_staff=False))
        except Refused:
            return False
        policy, of_mine = resource.policy, {
            each.booking
            for each in self.standing
            if (each.resource, each.customer, each.counted) == (resource.key, self.command.customer, slot.start.date())
        }  # fmt: skip
        if policy.daily_limit is not None and len(of_mine) >= policy.daily_limit:
            return False
        minute = slot.start - timedelta(minutes=policy.buffer_before)
        while minute < slot.end + timedelta(minutes=policy.buffer_after):
            there = [each for each in self.standing if each.resource == resource.key]
            if sum(each.units for each in there if each.start <= minute < each.end) + 1 > resource.capacity:
                return False
            minute += timedelta(minutes=5)
        return True

    def minutes(self, key: Any, week: tuple[int, int]) -> int:
        """Each minute of each claim that lies in the week by the place's clock."""
        zone, found = self.resource(key).plan.zone, 0
        for each in self.standing:
            minute = each.start
            while each.resource == key and each.booking is not None and minute < each.end:
                found += 5 * (minute.astimezone(zone).isocalendar()[:2] == week)
                minute += timedelta(minutes=5)
        return found

    def seats(self, key: Any) -> float:
        seats = self.resource(key).definition.seats
        return float("inf") if seats is None else seats

    def resource(self, key: str) -> Resource:
        kept = self.house.writer.memory.get(Resource.stream(key))
        assert kept is not None
        assert isinstance(kept.aggregate, Resource)
        return kept.aggregate


def play(house: House, people: list[Actor], step: tuple[Any, ...]) -> None:
    given_id: dict[str, Any] = {"command_id": random_command_id()}
    verb, *told = step
    if verb == "wait":
        house.pass_time(seconds=told[0])
    elif verb == "block":
        where, start, minutes = told
        end = start + timedelta(minutes=minutes)
        house.run(PlaceBlock(actor=STAFF, resource=KEYS[where], start=start, end=end, **given_id))
    elif verb in {"book", "hold"}:
        where, start, who = told
        house.run(house.booking(people[who], start, resource=KEYS[where], hold=verb == "hold"))
    else:
        start, hours, choose, keys, party, who = told
        between, person = (start, start + timedelta(hours=hours)), people[who]
        command = BookAny(
            actor=person, customer=person.person, candidates=tuple(keys), between=between, choose=choose, party=party,
            **given_id,
        )  # fmt: skip
        expected = Naive(house, command).choice()
        answer = house.ask(command).result(30)
        assert isinstance(answer, Outcome | Refused)
        assert (place_of(answer) if isinstance(answer, Outcome) else None) == expected, answer


def place_of(outcome: Outcome) -> tuple[str, datetime]:
    """The resource and the start."""
    assert isinstance(outcome.subject, Booking)
    (leg,) = outcome.subject.legs
    return leg.resource, leg.start


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(places, places, places), steps)
def test_the_choice_is_that_of_a_naive_search(of_each: tuple[Any, ...], told: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(open_sqlite(Path(folder), serving=True)) as log:
        house = House(log, SATURDAY - timedelta(hours=1))
        try:
            for key, place in zip(KEYS, of_each, strict=True):
                house.register(key, kind="room", **place)
            people = [house.person(name) for name in ("alice", "bob", "carol")]
            for step in told:
                with suppress(Refused):
                    play(house, people, step)
            assert house.oversold() == []
        finally:
            house.stop()
