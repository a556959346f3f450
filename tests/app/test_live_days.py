"""Who hears of every change has the picture that availability shows."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import from_json, to_json
from tests.app.read_models.venue import catch_up
from tests.app.scene import FIRST, Mischief, Question, Scene, define

from app.live.changed_days import ChangedDay
from app.live.news import News, news_between
from app.live.rounds import Round
from app.log.mapper import EventMapper
from app.read_models.facts import Facts

LISTENED = frozenset({"hall", "yard"})
LAST = FIRST + timedelta(days=12)
TOLD_BY_TIME = {"past", "unbookable"}
ALL_DAY: dict[str, Any] = {"hours": {day: [["00:00", "24:00"]] for day in ("thu", "fri", "sat", "sun")}}

Slots = dict[tuple[str, date], dict[str, Any]]


def slots_of(days: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {day["date"]: {slot["start"]: slot for slot in day["slots"]} for day in days}


def availability(scene: Scene, resource: str, *, by_staff: bool = False) -> dict[str, dict[str, Any]]:
    """What is shown now, by date and start; dates from today on."""
    today = scene.clock.shows.astimezone(scene.venue.resource(resource).plan.zone).date()
    asked = scene.anew(Question(resource, min(max(FIRST - timedelta(days=2), today), LAST), LAST, by_staff=by_staff))
    assert isinstance(asked, dict)
    return slots_of(from_json(asked["body"].replace(b'"position":,', b'"position":0,'))["days"])


def told(
    scene: Scene, before: int, *, by_staff: bool = False, resources: frozenset[str] = LISTENED
) -> tuple[News, list[ChangedDay]]:
    """What happened since a position, up to what the read models show."""
    with scene.models.reading() as reader:
        news = news_between(scene.log, Facts(EventMapper()), before, reader.position, resources)
        happened = Round(reader, news, scene.clock.shows)
        return news, [day for each in sorted(news.touched) for day in happened.days(each, by_staff=by_staff)]


def starts(days: Iterable[ChangedDay]) -> list[str]:
    return [slot["start"][:16] for day in days for slot in day.slots]


class Client:
    """Has a picture of what is free, and keeps it up by what it is told."""

    def __init__(self, scene: Scene, *, by_staff: bool) -> None:
        self.by_staff = by_staff
        self.picture = {key: availability(scene, key, by_staff=by_staff) for key in LISTENED}
        self.position = scene.log.head().position
        self.told = 0

    def hear(self, scene: Scene) -> None:
        news, days = told(scene, self.position, by_staff=self.by_staff)
        for resource in news.revised:
            self.picture[resource] = availability(scene, resource, by_staff=self.by_staff)
        for day in from_json(to_json([day._asdict() for day in days])):
            self.picture[day["resource"]].setdefault(day["date"], {}).update(slots_of([day])[day["date"]])
            self.told += len(day["slots"])
        self.position = news.position

    def differs(self, scene: Scene) -> str | None:
        """What the picture has otherwise than availability; what only time changes is everybody's own to know."""
        for resource in sorted(LISTENED):
            for day, slots in availability(scene, resource, by_staff=self.by_staff).items():
                for start, slot in slots.items():
                    mine = self.picture[resource][day].get(start)
                    if mine is None or _told_apart(mine, slot):
                        return f"{resource} {start}: {mine} instead of {slot}"
        return None


def _told_apart(mine: dict[str, Any], shown: dict[str, Any]) -> bool:
    if TOLD_BY_TIME & {mine["status"], shown["status"]}:
        return any(mine[name] != shown[name] for name in ("capacity", "booked", "available"))
    return mine != shown


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_whatever_happens_the_picture_is_right(scene: Scene, seed: int) -> None:
    mischief = Mischief(scene, seed)
    for resource in sorted(LISTENED):
        define(scene, mischief.random, resource)
    mischief.runner_works()
    clients = [Client(scene, by_staff=by_staff) for by_staff in (False, True)]
    for _ in range(100):
        mischief.happen()
        mischief.sweep()
        if mischief.random.random() < 0.6:
            continue  # so that a round has much to tell
        mischief.runner_works()
        for client in clients:
            client.hear(scene)
            assert client.differs(scene) is None, mischief.done
    assert min(client.told for client in clients) > 10


def room(scene: Scene, **changed: Any) -> None:
    """A room with half hours, from a Thursday to a Sunday."""
    scene.venue.define("hall", "Europe/Vienna", **{**ALL_DAY, "policy": {"step": 30}, **changed})
    catch_up(scene.runner)


def since(scene: Scene) -> int:
    return scene.log.head().position


def test_only_slots_that_changed_are_told(scene: Scene) -> None:
    room(scene, capacity=2, policy={"step": 30, "buffer_after": 15})
    before = since(scene)
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"))
    catch_up(scene.runner)
    _, days = told(scene, before)
    # Half past nine: its own buffer reaches beyond ten. Half past ten: b-1's does.
    assert starts(days) == ["2027-03-27T09:30", "2027-03-27T10:00", "2027-03-27T10:30"]
    assert [(day.resource, day.date, day.version) for day in days] == [("hall", date(2027, 3, 27), 2)]
    assert [slot["available"] for slot in days[0].slots] == [1, 1, 1]


def test_a_hold_that_ran_out_is_told_once_that_is_written_down(scene: Scene) -> None:
    """Before and after, availability shows the same at that time: but who listens has seen it taken."""
    room(scene)
    mischief = Mischief(scene, 0)
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"), until=scene.clock.shows + timedelta(seconds=30))
    mischief.booked.append("b-1")
    catch_up(scene.runner)
    held = since(scene)
    scene.clock.shows += timedelta(seconds=31)
    mischief.sweep()
    catch_up(scene.runner)
    _, days = told(scene, held)
    assert [(slot["start"][:16], slot["status"]) for slot in days[0].slots] == [("2027-03-27T10:00", "available")]


def test_a_slot_that_changed_and_changed_back_is_told(scene: Scene) -> None:
    """Whoever was cut off in between, or loaded it in between, has it as it was then."""
    room(scene)
    before = since(scene)
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"))
    scene.venue.cancel("b-1")
    scene.venue.block("k-1", "hall", "2027-03-28T12:00", "2027-03-28T12:30")
    scene.venue.lift("k-1", "hall")
    catch_up(scene.runner)
    _, days = told(scene, before)
    assert starts(days) == ["2027-03-27T10:00", "2027-03-28T12:00"]
    assert {slot["status"] for day in days for slot in day.slots} == {"available"}


def test_what_is_given_back_is_what_was_taken_under_the_rules_of_then(scene: Scene) -> None:
    room(scene, policy={"step": 30, "buffer_before": 60})
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"))
    room(scene)
    before = since(scene)
    scene.venue.cancel("b-1")
    catch_up(scene.runner)
    assert starts(told(scene, before)[1]) == ["2027-03-27T09:00", "2027-03-27T09:30", "2027-03-27T10:00"]


def test_a_night_is_told_under_the_date_on_which_it_begins(scene: Scene) -> None:
    room(scene, hours={"fri": [["22:00", "03:00"]]})
    before = since(scene)
    scene.venue.book("b-1", ("hall", "2027-03-27T01:00"))
    catch_up(scene.runner)
    (day,) = told(scene, before)[1]
    assert (day.date, starts([day])) == (date(2027, 3, 26), ["2027-03-27T01:00"])


def test_a_move_tells_both_times_and_whose_booking_it_is(scene: Scene) -> None:
    room(scene)
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"))
    before = since(scene)
    scene.venue.move("b-1", ("hall", "2027-03-28T18:00"))
    catch_up(scene.runner)
    news, days = told(scene, before)
    assert starts(days) == ["2027-03-27T10:00", "2027-03-28T18:00"]
    assert {key: set(on) for key, on in news.bookings.items()} == {"b-1": {"hall"}}


def test_dates_that_are_over_are_not_told(scene: Scene) -> None:
    room(scene)
    before = since(scene)
    scene.venue.book("b-1", ("hall", "2027-03-26T10:00"))
    scene.venue.book("b-2", ("hall", "2027-03-27T10:00"))
    catch_up(scene.runner)
    scene.clock.shows += timedelta(days=2)
    assert starts(told(scene, before)[1]) == ["2027-03-27T10:00"]


def test_a_night_that_is_not_over_is_told_although_it_began_yesterday(scene: Scene) -> None:
    room(scene, hours={"fri": [["22:00", "03:00"]]})
    before = since(scene)
    scene.venue.book("b-1", ("hall", "2027-03-27T02:30"))
    catch_up(scene.runner)
    scene.clock.shows = datetime(2027, 3, 27, 1, 59, tzinfo=UTC)  # 02:59 in Vienna
    assert starts(told(scene, before)[1]) == ["2027-03-27T02:30"]
    scene.clock.shows += timedelta(minutes=1)
    assert starts(told(scene, before)[1]) == []


def test_nothing_is_told_of_what_nobody_listens_to(scene: Scene) -> None:
    room(scene)
    before = since(scene)
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"))
    catch_up(scene.runner)
    news, days = told(scene, before, resources=frozenset({"yard"}))
    assert (news.touched, days) == ({}, [])
    scene.venue.retire("hall")
    scene.venue.cancel("b-1")
    catch_up(scene.runner)
    news, days = told(scene, before)
    assert news.revised == {"hall"}
    assert days == [], "what is retired has no slots"
