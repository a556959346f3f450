"""Kept availability is never stale: whatever happens in between, it says what is worked out anew."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from tests.app.read_models.venue import catch_up
from tests.app.scene import FIRST, HOURS, WEEK, Mischief, Question, Scene, define

from app import availability, rendered_days
from app.availability import FOREVER, Judge, Offered
from app.bounded_cache import BoundedCache
from app.read_models.changes import Changes
from app.rendered_days import Rendered, RenderedDays

QUESTIONS = [
    Question("hall", FIRST, FIRST + timedelta(days=6)),
    Question("hall", FIRST, FIRST + timedelta(days=6), by_staff=True),
    Question("hall", FIRST + timedelta(days=1), FIRST + timedelta(days=3), units=2),
    Question("hall", FIRST + timedelta(days=1), FIRST + timedelta(days=2), duration=60),
    Question("yard", FIRST, FIRST + timedelta(days=6)),
]


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
