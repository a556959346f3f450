"""Whoever listens hears of everything that happens, from where they were on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest
from pydantic_core import from_json, to_json
from tests.app.scene import Mischief, Scene, define

from app.live import listener as listening
from app.live import stream as streaming
from app.live.listener import LetGo, Listener
from app.live.news import news_between
from app.live.rounds import Round
from app.live.stream import LiveStream
from app.log.trouble import StoreUnavailable
from app.read_models.waiting import Waiting
from domain.refusal import Refused

BOTH = frozenset({"hall", "yard"})

Picture = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Audience:
    """Is told the days on which slots changed: a line of JSON for each round."""

    resources: frozenset[str] = BOTH
    is_welcome: Callable[[], bool] = bool

    def told(self, happened: Round) -> bytes | None:
        touched = sorted(self.resources & happened.news.touched.keys())
        days = [day._asdict() for each in touched for day in happened.days(each, by_staff=False)]
        if self.is_welcome is not bool and not self.is_welcome():
            return None
        return to_json({"position": happened.news.position, "days": days}) + b"\n" if days else b""

    def to_start_over(self, position: int) -> bytes:
        return to_json({"position": position, "days": None}) + b"\n"


@asynccontextmanager
async def live(scene: Scene, threads: int = 2) -> AsyncIterator[LiveStream]:
    with ThreadPoolExecutor(threads) as pool:
        stream = LiveStream(scene.log, scene.models, scene.runner, pool, scene.clock)
        yield stream
        stream.end()
        await asyncio.sleep(0)


def defined(scene: Scene, seed: int = 5) -> Mischief:
    mischief = Mischief(scene, seed)
    for resource in sorted(BOTH):
        define(scene, mischief.random, resource)
    mischief.runner_works()
    return mischief


def book(mischief: Mischief, times: int = 1) -> None:
    """Something that is booked, in the end, and that the read models know."""
    for _ in range(times):
        for _ in range(50):
            with suppress(Refused):
                mischief.book()
                break
    mischief.runner_works()


def rounds_in(body: bytes) -> list[dict[str, Any]]:
    return [from_json(line) for line in body.splitlines()]


def shown(picture: Picture, body: bytes) -> int:
    """Take rounds into a client's picture; the last position of them."""
    rounds = rounds_in(body)
    for each in rounds:
        for day in each["days"]:
            slots = {slot["start"]: slot for slot in day["slots"]}
            picture.setdefault((day["resource"], day["date"]), {}).update(slots)
    return int(rounds[-1]["position"]) if rounds else 0


async def hear_up_to(listener: Listener, position: int, picture: Picture) -> int:
    heard = 0
    while heard < position:
        body = await listener.next(30)
        assert body is not None
        heard = shown(picture, body)
    return heard


def test_whoever_comes_back_has_the_same_picture_as_who_was_always_there(scene: Scene) -> None:
    async def come_and_go() -> None:
        mischief, always, now_and_then = defined(scene), Picture(), Picture()
        async with live(scene) as stream, stream.listen(Audience()) as staying:
            since = staying.since
            for _ in range(8):
                async with stream.listen(Audience()) as coming:
                    shown(now_and_then, await stream.missed(Audience(), since, coming.since))
                    book(mischief, 3)
                    since = await hear_up_to(coming, scene.log.head().position, now_and_then)
                book(mischief)
            await hear_up_to(staying, scene.log.head().position, always)
            async with stream.listen(Audience()) as coming:
                shown(now_and_then, await stream.missed(Audience(), since, coming.since))
            assert stream.listeners == 1
            assert now_and_then == always
            assert sum(map(len, always.values())) > 20

    asyncio.run(come_and_go())


def test_who_comes_during_a_round_misses_nothing_of_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def come() -> None:
        mischief, picture = defined(scene), Picture()
        reading, may_read = asyncio.Event(), Event()
        loop = asyncio.get_running_loop()

        def slowly(*args: Any) -> Any:
            loop.call_soon_threadsafe(reading.set)
            assert may_read.wait(30)
            return news_between(*args)

        monkeypatch.setattr(streaming, "news_between", slowly)
        async with live(scene) as stream, stream.listen(Audience(frozenset({"yard"}))):
            before = stream.position
            scene.venue.book("b-1", ("hall", "2027-03-26T09:00"))
            mischief.runner_works()
            await reading.wait()
            loop.call_later(0.05, may_read.set)  # the round goes on while somebody comes
            async with stream.listen(Audience()) as coming:
                shown(picture, await stream.missed(Audience(), before, coming.since))
                if coming.since < scene.log.head().position:
                    await hear_up_to(coming, scene.log.head().position, picture)
            assert ("hall", "2027-03-26") in picture

    asyncio.run(come())


def test_all_of_one_audience_get_the_same_bytes_made_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Audience] = []
    told = Audience.told

    def counted(self: Audience, happened: Round) -> bytes | None:
        made.append(self)
        return told(self, happened)

    async def listen() -> None:
        mischief = defined(scene)
        monkeypatch.setattr(Audience, "told", counted)
        async with live(scene) as stream:
            crowd = [stream.listen(Audience(frozenset({"hall", "yard"}))) for _ in range(20)]
            listeners = [await each.__aenter__() for each in crowd]
            book(mischief, 3)
            heard = [await each.next(30) for each in listeners]
            assert len({id(body) for body in heard}) == 1
            assert len(made) == stream_rounds(heard[0])
            for each in crowd:
                await each.__aexit__(None, None, None)
            assert stream.listeners == 0

    def stream_rounds(body: bytes | None) -> int:
        assert body is not None
        return len(rounds_in(body))

    asyncio.run(listen())


def test_those_who_come_back_at_once_are_told_what_they_missed_by_one_reading(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(*args: Any) -> Any:
        made.append(1)
        return news_between(*args)

    async def come_back() -> None:
        mischief = defined(scene)
        since = scene.log.head().position
        book(mischief, 3)
        async with live(scene) as stream, stream.listen(Audience()) as listener:
            monkeypatch.setattr(streaming, "news_between", counted)
            crowd = [stream.missed(Audience(), since, listener.since) for _ in range(50)]
            assert len(set(await asyncio.gather(*crowd))) == 1
            assert made == [1]

    asyncio.run(come_back())


def test_who_is_too_far_behind_starts_over(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def come_back() -> list[Any]:
        mischief = defined(scene)
        since = scene.log.head().position
        scene.venue.book("b-1", ("hall", "2027-03-26T09:00"))
        mischief.runner_works()
        monkeypatch.setattr(streaming, "MOST_BEHIND", scene.log.head().position - since)
        async with live(scene) as stream, stream.listen(Audience()) as listener:
            missed = [await stream.missed(Audience(), each, listener.since) for each in (since, since - 1)]
        return [rounds_in(body)[0]["days"] for body in missed]

    told, reset = asyncio.run(come_back())
    assert told[0]["date"] == "2027-03-26"
    assert reset is None


def test_who_would_be_told_too_much_at_once_starts_over(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen() -> bytes | None:
        mischief = defined(scene)
        monkeypatch.setattr(streaming, "MOST_TOLD", 100)
        async with live(scene) as stream, stream.listen(Audience()) as listener:
            book(mischief)
            return await listener.next(30)

    body = asyncio.run(listen())
    assert body is not None
    assert rounds_in(body)[0]["days"] is None


def test_who_cannot_keep_up_is_let_go_and_others_hear_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def overwhelm() -> None:
        slow, quick = Listener(0), Listener(0)
        monkeypatch.setattr(listening, "MOST_UNHEARD", 10)
        for number in range(5):
            for each in (slow, quick):
                each.tell(b"%d  " % number)
            assert await quick.next(1) == b"%d  " % number
        with pytest.raises(LetGo, match="slow"):
            await slow.next(1)

    asyncio.run(overwhelm())


def test_small_rounds_that_wait_are_heard_together() -> None:
    async def listen() -> None:
        listener = Listener(0)
        assert await listener.next(0.001) is None
        for body in (b"a", b"b", bytes(100_000), b"c"):
            listener.tell(body)
        assert [await listener.next(1) for _ in range(3)] == [b"ab", bytes(100_000), b"c"]

    asyncio.run(listen())


def test_at_the_end_everybody_is_let_go_and_nobody_let_in(scene: Scene) -> None:
    async def end() -> None:
        defined(scene)
        async with live(scene) as stream, stream.listen(Audience()) as listener:
            stream.end()
            with pytest.raises(LetGo, match="stopped"):
                await listener.next(30)
            with pytest.raises(LetGo, match="stopped"):
                await stream.listen(Audience()).__aenter__()
        assert stream.listeners == 0
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(end())


def test_who_may_not_listen_any_more_is_let_go_alone(scene: Scene) -> None:
    async def withdraw() -> None:
        mischief = defined(scene)
        unwelcome, welcome = Audience(is_welcome=lambda: False), Audience()
        async with live(scene) as stream, stream.listen(unwelcome) as one, stream.listen(welcome) as other:
            book(mischief)
            with pytest.raises(LetGo, match="withdrawn"):
                await one.next(30)
            assert await other.next(30)
            with pytest.raises(LetGo, match="withdrawn"):
                await stream.missed(unwelcome, 0, other.since)

    asyncio.run(withdraw())


def test_a_store_that_was_away_is_made_up_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    away = [1, 1]

    def sometimes(*args: Any) -> Any:
        if away:
            away.pop()
            raise StoreUnavailable("away")
        return news_between(*args)

    async def listen() -> None:
        mischief = defined(scene)
        monkeypatch.setattr(streaming, "news_between", sometimes)
        monkeypatch.setattr(streaming, "LOOK_SECONDS", 0.01)
        async with live(scene) as stream, stream.listen(Audience()) as listener:
            book(mischief)
            assert await hear_up_to(listener, scene.log.head().position, {}) > 0
        assert away == []

    asyncio.run(listen())


def test_a_fault_lets_everybody_go_and_the_stream_lives_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen() -> None:
        mischief, picture = defined(scene), Picture()
        async with live(scene) as stream:
            with monkeypatch.context() as broken:
                broken.setattr(streaming, "news_between", None)
                async with stream.listen(Audience()) as listener:
                    since = listener.since
                    book(mischief)
                    with pytest.raises(LetGo, match="withdrawn"):
                        await listener.next(30)
            async with stream.listen(Audience()) as listener:
                shown(picture, await stream.missed(Audience(), since, listener.since))
                if listener.since < scene.log.head().position:
                    await hear_up_to(listener, scene.log.head().position, picture)
            assert picture

    asyncio.run(listen())


def test_nobody_listening_costs_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LOOK_SECONDS", 0.01)

    async def leave() -> None:
        defined(scene)
        async with live(scene) as stream:
            async with stream.listen(Audience()):
                pass
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await asyncio.wait(others, timeout=30)
            assert all(task.done() for task in others)

    asyncio.run(leave())


def test_who_hears_of_positions_is_not_waiting_for_them() -> None:
    waiting, heard, other = Waiting(), list[int](), list[int]()
    waiting.pass_on(heard.append)
    waiting.pass_on(other.append)
    for position in (3, 3, 7, 2):
        waiting.arrived(position)
    assert heard == other == [3, 7, 2]
    assert not waiting.anybody()
