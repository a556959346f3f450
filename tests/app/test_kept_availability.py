"""Kept availability is never stale: whatever happens in between, it says what is worked out anew."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple

import pytest
from tests.app.read_models.venue import Venue, catch_up, open_models
from tests.conftest import Store

from app import availability, rendered_days
from app.availability import FOREVER, Judge, Offered
from app.bounded_cache import BoundedCache
from app.kept_availability import KeptAvailability
from app.log.mapper import EventMapper
from app.read_models import resources
from app.read_models.changes import Changes
from app.read_models.reader import Reader
from app.read_models.runner import Runner
from app.rendered_days import Rendered, RenderedDays
from domain.booking import OCCUPYING
from domain.interval import MINUTE
from domain.refusal import Refused

BEGIN = datetime(2027, 3, 25, 20, 59, tzinfo=UTC)
"""An evening in Vienna; the clocks go forward in the third night."""
FIRST = date(2027, 3, 26)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = ([["09:00", "12:00"]], [["22:00", "03:00"]], [["00:00", "24:00"]], [["08:30", "10:00"], ["10:00", "11:15"]])


class Question(NamedTuple):
    """What somebody asks."""

    resource: str
    first: date
    last: date
    duration: int | None = None
    units: int = 1
    by_staff: bool = False


class ByHand:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.shows = BEGIN

    def __call__(self) -> datetime:
        return self.shows


class Scene:
    """Kept availability of read models that another connection keeps up, as another process would."""

    def __init__(self, store: Store) -> None:
        self.clock = ByHand()
        self.log, self.models, self._threads = store.open(), open_models(store), ThreadPoolExecutor(2)
        self._kept_up = open_models(store)
        self.runner = Runner(self._kept_up, self.log, EventMapper())
        self.runner.prepare()
        self.venue = Venue(self.log)
        self.venue.now = BEGIN
        self.kept = KeptAvailability(self.models, self.log, self._threads, self.clock)
        self.rendered = 0

    def close(self) -> None:
        self._threads.shutdown()
        self.models.close()
        self._kept_up.close()

    async def ask(self, question: Question) -> dict[str, Any] | str:
        """The answer's body without its position, the position and the digest; or the code of the refusal."""
        try:
            found = await self.kept.get(question) or await self.kept.make(question, partial(self._render, question))
        except Refused as refused:
            return refused.code
        rendered, position = found
        return {"body": rendered.head + rendered.days, "position": position, "digest": rendered.digest}

    def anew(self, question: Question) -> dict[str, Any] | str:
        """The same, worked out from nothing."""
        with self._kept_up.reading() as reader:
            try:
                rendered = render(question, reader, RenderedDays(), self.clock.shows)
            except Refused as refused:
                return refused.code
        return {"body": rendered.head + rendered.days, "position": reader.position, "digest": rendered.digest}

    def _render(self, question: Question, reader: Reader, days: RenderedDays, now: datetime) -> Rendered:
        self.rendered += 1
        return render(question, reader, days, now)


def render(question: Question, reader: Reader, days: RenderedDays, now: datetime) -> Rendered:
    row = resources.get(reader, question.resource)
    if row is None:
        raise Refused("unknown-resource", "There is none.")
    asked = {"duration": question.duration, "units": question.units, "by_staff": question.by_staff}
    return days.render(reader, row, question.first, question.last, now=now, **asked)  # type: ignore[arg-type] # mixed


@pytest.fixture
def scene(store: Store) -> Iterator[Scene]:
    made = Scene(store)
    yield made
    made.close()


QUESTIONS = [
    Question("hall", FIRST, FIRST + timedelta(days=6)),
    Question("hall", FIRST, FIRST + timedelta(days=6), by_staff=True),
    Question("hall", FIRST + timedelta(days=1), FIRST + timedelta(days=3), units=2),
    Question("hall", FIRST + timedelta(days=1), FIRST + timedelta(days=2), duration=60),
    Question("yard", FIRST, FIRST + timedelta(days=6)),
]


def define(scene: Scene, random: Random, resource: str) -> None:
    """Other hours, another capacity and policy."""
    scene.venue.define(
        resource,
        "Europe/Vienna",
        hours=dict.fromkeys(WEEK, random.choice(HOURS)),
        capacity=random.randint(2, 4),
        policy={
            "step": 15,
            "min_duration": 15,
            "max_duration": 120,
            "max_units": 2,
            "buffer_before": random.choice([0, 0, 45, 600]),
            "buffer_after": random.choice([0, 0, 30, 1440]),
            "min_notice": random.choice([0, 0, 90]),
            "max_advance_days": random.choice([1, 2, 365]),
        },
        exceptions=random.choice([{}, {"2027-03-28": {"windows": [], "reason": "Cleaning"}}]),
    )


class Mischief:
    """All that can happen, in an order that the seed decides."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene = scene
        self.random = Random(seed)  # noqa: S311 - chance, not secrecy
        self.booked: list[str] = []
        self.blocked: list[tuple[str, str]] = []
        self.done: list[str] = []

    def happen(self) -> None:
        """One thing."""
        venue, random = self.scene.venue, self.random
        venue.now = max(venue.now, self.scene.clock.shows)
        what: Callable[[], None] = random.choice(
            [
                *(self.book, self.book, self.hold, self.confirm, self.cancel, self.move, self.block, self.lift),
                *(self.revise, self.pass_time, self.pass_time, self.pass_time, self.reach_an_edge, self.reach_an_edge),
                *(self.set_clock_back, self.rebuild, lambda: None),
            ]
        )
        self.done.append(getattr(what, "__name__", "nothing"))
        with suppress(Refused):
            what()
        if random.random() < 0.8:
            self.runner_works()

    def runner_works(self) -> None:
        catch_up(self.scene.runner)

    def resource(self) -> str:
        return self.random.choice(["hall", "hall", "yard"])

    def a_time(self) -> str:
        return (
            datetime.fromisoformat("2027-03-26T00:00") + timedelta(minutes=15 * self.random.randint(0, 6 * 96))
        ).isoformat()

    def book(self, until: datetime | None = None) -> None:
        key = f"b-{len(self.booked)}"
        self.scene.venue.book(key, (self.resource(), self.a_time()), until=until)
        self.booked.append(key)

    def hold(self) -> None:
        self.book(self.scene.venue.now + timedelta(seconds=self.random.choice([1, 30, 90, 3600])))

    def some_booking(self) -> str:
        active = [key for key in self.booked if self.scene.venue.booking(key).status in OCCUPYING]
        if not active:
            raise Refused("unknown-booking", "There is none yet.")
        return self.random.choice(active)

    def confirm(self) -> None:
        self.scene.venue.confirm(self.some_booking())

    def cancel(self) -> None:
        self.scene.venue.cancel(self.some_booking())

    def move(self) -> None:
        self.scene.venue.move(self.some_booking(), (self.resource(), self.a_time()))

    def block(self) -> None:
        key, resource, start = f"k-{len(self.blocked)}", self.resource(), self.a_time()
        end = (datetime.fromisoformat(start) + timedelta(minutes=self.random.choice([7, 60, 3000]))).isoformat()
        self.scene.venue.block(key, resource, start, end, self.random.choice([None, 1]))
        self.blocked.append((key, resource))

    def lift(self) -> None:
        if self.blocked:
            self.scene.venue.lift(*self.blocked.pop())

    def revise(self) -> None:
        define(self.scene, self.random, self.resource())

    def pass_time(self) -> None:
        self.scene.clock.shows += self.random.choice(
            [timedelta(microseconds=1), timedelta(seconds=1), 15 * MINUTE, timedelta(hours=5)]
        )

    def reach_an_edge(self) -> None:
        """To a whole quarter of an hour, or a moment beside it: slots start there, and so do dates."""
        quarter = timedelta(minutes=15)
        edge = self.scene.clock.shows + quarter - (self.scene.clock.shows - BEGIN + MINUTE * 14) % quarter
        self.scene.clock.shows = edge + timedelta(microseconds=self.random.choice([-1, 0, 1]))

    def set_clock_back(self) -> None:
        self.scene.clock.shows -= timedelta(seconds=self.random.choice([1, 40]))

    def rebuild(self) -> None:
        if self.random.random() < 0.2:
            self.scene.runner.rebuild()


async def differs(scene: Scene, digests: dict[str, bytes]) -> str | None:
    """What kept availability says otherwise than it should; none while it is right."""
    for question in QUESTIONS:
        kept, anew = await scene.ask(question), scene.anew(question)
        if kept != anew:
            return f"at {scene.clock.shows} {question}: {first_difference(kept, anew)}"
        if isinstance(kept, dict) and digests.setdefault(kept["digest"], kept["body"]) != kept["body"]:
            return f"{question}: two answers have the digest {kept['digest']}"
    return None


def first_difference(kept: Any, anew: Any) -> str:
    if isinstance(kept, str) or isinstance(anew, str):
        return f"{kept} instead of {anew}"
    pairs = zip(kept["body"].split(b"{"), anew["body"].split(b"{"), strict=False)
    where = next((f"{one} instead of {other}" for one, other in pairs if one != other), "the same body")
    return f"{where}, positions {kept['position']} and {anew['position']}"


async def torment(scene: Scene, seed: int, steps: int) -> str | None:
    """Let things happen, ask after each; says what was wrong first."""
    mischief, digests = Mischief(scene, seed), dict[str, bytes]()
    for resource in ("hall", "yard"):
        define(scene, mischief.random, resource)
    mischief.runner_works()
    for _ in range(steps):
        mischief.happen()
        await asyncio.sleep(0)  # who asks comes in a later round of the loop, or names a position
        found = await differs(scene, digests)
        if found is not None:
            return f"{mischief.done}: {found}"
    return None


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_whatever_happens_a_kept_answer_is_what_would_be_worked_out_anew(scene: Scene, seed: int) -> None:
    steps = 100
    assert asyncio.run(torment(scene, seed, steps)) is None
    assert scene.rendered < steps * len(QUESTIONS) * 0.8, "nothing was ever kept"


def of_any_time(rendered: Rendered) -> Rendered:
    return rendered._replace(since=0, until=FOREVER)


@pytest.mark.parametrize("blind_to", ["what happens", "the clock", "the clock by days", "holds"])
def test_the_torment_finds_an_answer_that_is_kept_too_long(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, blind_to: str
) -> None:
    if blind_to == "what happens":
        monkeypatch.setattr(Changes, "nothing_since", lambda *_: True)
    elif blind_to == "the clock":
        made = RenderedDays.render
        monkeypatch.setattr(RenderedDays, "render", lambda *args, **asked: of_any_time(made(*args, **asked)))
    elif blind_to == "the clock by days":
        monkeypatch.setattr(Judge, "right_until", lambda *_: FOREVER)
    else:
        monkeypatch.setattr(rendered_days, "lapses", lambda *_: {})
    assert asyncio.run(torment(scene, seed=1, steps=400)) is not None


def test_a_position_that_is_reached_meanwhile_is_seen_in_the_same_round_of_the_loop(scene: Scene) -> None:
    (question, *_), mischief = QUESTIONS, Mischief(scene, seed=1)
    define(scene, mischief.random, "hall")
    mischief.runner_works()

    async def race() -> tuple[Any, Any, int]:
        for _ in range(3):
            await scene.ask(question)
            await asyncio.sleep(0)
        await scene.ask(question)  # from now on, nobody asks the database again in this round
        define(scene, mischief.random, "hall")
        mischief.runner_works()
        position = scene.log.head().position
        return await scene.kept.get(question), await scene.kept.get(question, position), position

    unaware, aware, position = asyncio.run(race())
    if scene.log.sole_process:  # there the look is shared, which is what makes this a race
        assert unaware[1] < position
    assert aware is None


def test_what_happens_elsewhere_leaves_an_answer_as_it_is(scene: Scene) -> None:
    question = QUESTIONS[0]
    for resource in ("hall", "yard"):
        scene.venue.define(resource, "Europe/Vienna", hours=dict.fromkeys(WEEK, HOURS[0]))
    catch_up(scene.runner)

    async def ask_often() -> list[int]:
        positions = []
        for number in range(5):
            answer = await scene.ask(question)
            assert isinstance(answer, dict)
            positions.append(answer["position"])
            scene.venue.book(f"b-{number}", ("yard", f"2027-03-27T{9 + number // 2:02}:{number % 2 * 30:02}"))
            catch_up(scene.runner)
            await asyncio.sleep(0)
        return positions

    positions = asyncio.run(ask_often())
    assert positions == sorted(set(positions))
    assert scene.rendered == 1


def test_many_who_ask_the_same_at_once_are_answered_by_one_rendering(scene: Scene) -> None:
    scene.venue.define("hall", "Europe/Vienna", hours=dict.fromkeys(WEEK, HOURS[0]))
    catch_up(scene.runner)

    async def ask_together() -> list[dict[str, Any] | str]:
        return await asyncio.gather(*(scene.ask(QUESTIONS[0]) for _ in range(50)))

    answers = asyncio.run(ask_together())
    assert answers == [scene.anew(QUESTIONS[0])] * 50
    assert scene.rendered == 1


def test_one_changed_day_is_the_only_one_rendered_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.venue.define("hall", "Europe/Vienna", hours=dict.fromkeys(WEEK, HOURS[0]), policy={"step": 60})
    catch_up(scene.runner)
    rendered: list[date] = []

    def shown(resource: Any, offered: Offered, *of: Any) -> dict[str, Any]:
        rendered.append(offered.day)
        return availability.shown(resource, offered, *of)

    monkeypatch.setattr(rendered_days, "shown", shown)
    asyncio.run(scene.ask(QUESTIONS[0]))
    assert rendered == [FIRST + timedelta(days=number) for number in range(7)]
    rendered.clear()
    scene.venue.book("b-1", ("hall", "2027-03-27T10:00"))
    catch_up(scene.runner)
    asyncio.run(scene.ask(QUESTIONS[0]))
    assert rendered == [date(2027, 3, 27)]


def test_what_is_kept_is_bounded_in_bytes() -> None:
    cache: BoundedCache[int, bytes] = BoundedCache(1000, len)
    for number in range(100):
        cache.put(number, bytes(90))
        cache.put(number, bytes(100))
    assert len(cache) == 10
    cache.put(0, bytes(950))
    assert len(cache) == 1
    cache.put(1, bytes(1001))
    assert len(cache) == 0
