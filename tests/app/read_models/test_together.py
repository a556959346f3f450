"""Several needs at once: what is free for each, a choice of different resources, and the next starts."""

from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.app.read_models.venue import NOW, Venue, catch_up

from app import next_starts
from app.free_resources import FreeResource, free_resources
from app.next_starts import starts_together
from app.read_models.database import ReadModels
from app.read_models.reader import Reader
from app.read_models.runner import Runner
from app.together import Eyes, Need, free_together, matched
from domain.refusal import Refused

EYES = Eyes(None, by_staff=False, now=NOW)
BEGIN = datetime(2026, 12, 2, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
DOCTOR, ROOM = Need("kind:doctor", kind="doctor"), Need("kind:room", kind="room")

WINDOWS = ([["09:00", "13:00"]], [["08:30", "12:00"]], [["22:00", "03:00"]], [["00:00", "24:00"]])


def ids(choice: list[FreeResource] | None) -> list[str] | None:
    return None if choice is None else [free.row.id for free in choice]


@given(st.lists(st.sets(st.sampled_from("abcde"), max_size=4), min_size=1, max_size=5))
def test_a_choice_is_found_where_there_is_one(options: list[set[str]]) -> None:
    every = [choice for choice in product(*options) if len({*choice}) == len(choice)]
    found = matched([sorted(each) for each in options])
    assert (found is None) == (every == [])
    assert found is None or tuple(found) in every


def test_who_could_do_both_leaves_the_other_what_it_needs(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("anna", kind="doctor", attributes={"speaks": "bengali"})
    venue.define("bela", kind="doctor")
    catch_up(runner)
    both = [DOCTOR, Need("attribute.speaks:bengali", kind="doctor", attributes={"speaks": "bengali"})]
    start = datetime.fromisoformat("2026-12-02T10:00")
    with models.reading() as reader:
        found = free_together(reader, both, start, None, EYES, 100)
        thrice = free_together(reader, [DOCTOR, DOCTOR, DOCTOR], start, None, EYES, 100)
    assert ids(found.choice) == ["bela", "anna"]
    assert [[free.row.id for free in each.free] for each in thrice.options] == [["anna", "bela"]] * 3
    assert thrice.choice is None


def test_a_choice_is_of_one_instant_whatever_the_clocks_show(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("dhaka-doctor", kind="doctor")
    venue.define("vienna-doctor", timezone="Europe/Vienna", kind="doctor")
    venue.define("vienna-room", timezone="Europe/Vienna")
    catch_up(runner)
    with models.reading() as reader:
        found = free_together(reader, [DOCTOR, ROOM], datetime.fromisoformat("2026-12-02T10:00"), None, EYES, 100)
    assert [free.row.id for free in found.options[0].free] == ["dhaka-doctor", "vienna-doctor"]
    assert ids(found.choice) == ["vienna-doctor", "vienna-room"]


def test_one_page_of_each_need_and_whether_there_is_more(venue: Venue, models: ReadModels, runner: Runner) -> None:
    for number in range(4):
        venue.define(f"room-{number}")
    catch_up(runner)
    with models.reading() as reader:
        found = free_together(reader, [ROOM, ROOM], datetime.fromisoformat("2026-12-02T10:00"), None, EYES, 3)
    assert [(len(each.free), each.more) for each in found.options] == [(3, True), (3, True)]


def test_the_next_starts_go_on_where_they_ended(
    venue: Venue, models: ReadModels, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue.define("anna", kind="doctor")
    venue.define("office")
    catch_up(runner)
    until = BEGIN + timedelta(days=3)
    with models.reading() as reader:
        whole = starts_together(reader, [DOCTOR, ROOM], BEGIN, until, None, EYES, 500)
        assert (len(whole.starts), whole.following) == (48, None)
        pages, begin = [], BEGIN
        for _ in range(10):
            page = starts_together(reader, [DOCTOR, ROOM], begin, until, None, EYES, 7)
            pages += page.starts
            if page.following is None:
                break
            begin = page.following
        assert pages == whole.starts
        monkeypatch.setattr(next_starts, "MOST_SLOTS", 10)
        tired = starts_together(reader, [DOCTOR, ROOM], BEGIN, until, None, EYES, 500)
    assert tired.following == BEGIN + timedelta(days=1)
    assert tired.starts == whole.starts[:16]


def test_what_can_never_be_met_is_not_looked_for(venue: Venue, models: ReadModels, runner: Runner) -> None:
    venue.define("anna", kind="doctor")
    catch_up(runner)
    for needs in ([DOCTOR, ROOM], [Need("id:nobody", id="nobody")], [Need("units:2", kind="doctor", units=2)]):
        with models.reading() as reader:
            assert starts_together(reader, needs, BEGIN, BEGIN + timedelta(days=9), None, EYES, 10) == ([], None)


class Plainly:
    """The same, said as plainly as can be: every quarter of an hour, every resource, every choice."""

    def __init__(self, reader: Reader, needs: list[Need], minutes: int | None) -> None:
        self._reader = reader
        self._needs = needs
        self._minutes = minutes

    def choices(self, start: datetime) -> list[tuple[str, ...]]:
        options = [self._free(need, start) for need in self._needs]
        return [choice for choice in product(*options) if len({*choice}) == len(choice)]

    def _free(self, need: Need, start: datetime) -> list[str]:
        end = None if self._minutes is None else start + timedelta(minutes=self._minutes)
        try:
            page = free_resources(
                self._reader, start=start, end=end, units=need.units, kind=need.kind, now=NOW, visible=None
            )
        except Refused:
            return []
        return [free.row.id for free in page.items if need.id in {None, free.row.id}]


@pytest.mark.parametrize("seed", range(3))
def test_starts_are_those_that_a_plain_search_finds(
    venue: Venue, models: ReadModels, runner: Runner, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - chance, not secrecy
    places = [f"{kind}-{number}" for kind in ("doctor", "room") for number in range(3)]
    for place in places:
        venue.define(
            place,
            timezone=random.choice(["Europe/Vienna", "Asia/Dhaka"]),
            kind=place[:-2],
            capacity=2,
            hours=dict.fromkeys(("wed", "thu"), random.choice(WINDOWS)),
            policy={
                "step": random.choice([15, 30]),
                "min_duration": 30,
                "max_duration": 90,
                "max_units": 2,
                "buffer_after": random.choice([0, 30]),
                "max_advance_days": random.choice([1, 30]),
            },
        )
    for number in range(25):
        start = BEGIN + random.randrange(0, 4 * 48) * QUARTER
        venue.book(f"b-{number}", (random.choice(places), start.isoformat()))
    catch_up(runner)
    needs = random.sample([DOCTOR, DOCTOR, ROOM, Need("units:2", kind="room", units=2), Need("id", id="room-1")], 3)
    minutes = random.choice([None, 30, 60])
    until = BEGIN + timedelta(days=2)
    with models.reading() as reader:
        found = starts_together(reader, needs, BEGIN, until, minutes, EYES, 500)
        plainly = Plainly(reader, needs, minutes)
        choices = {start: plainly.choices(start) for start in (BEGIN + number * QUARTER for number in range(192))}
    assert found.following is None
    assert found.starts != []
    assert [each.start for each in found.starts] == [start for start, those in choices.items() if those]
    assert all(tuple(ids(each.choice) or ()) in choices[each.start] for each in found.starts)
