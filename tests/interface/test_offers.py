"""What is free instead is looked for together, and everybody gets the answer to their own question."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.interface.house import House

from app.alternatives import Wanted
from app.assembly import Daybook
from app.commands import Actor
from app.read_models.reader import Behind
from domain.refusal import Refused
from interface.http.offers import MOST_LOOKS, MOST_TOGETHER, Found, Looks, Offers

ALICE = Actor("customer", "c-alice")
SECONDS = 60.0


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """For how many places each question to the read models was."""
    asked: list[int] = []
    query = Daybook.query

    async def counted(daybook: Daybook, function: Any, wanted: Any, **others: Any) -> Any:
        asked.append(len(wanted))
        return await query(daybook, function, wanted, **others)

    monkeypatch.setattr(Daybook, "query", counted)
    return iter([asked])


def place(resource: str, hour: int = 10) -> Wanted:
    start = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=7)
    return Wanted(resource, start, start + timedelta(minutes=30), 1)


def looked_for(house: House, places: list[Wanted]) -> list[Found | BaseException]:
    async def look() -> list[Found | BaseException]:
        looks = Looks(house.daybook)
        async with asyncio.timeout(SECONDS):
            return await asyncio.gather(*(looks.look(each) for each in places), return_exceptions=True)

    house.daybook.runner.wait_for(house.daybook.log.head().position, SECONDS)
    return asyncio.run(look())


def resources_of(found: Found | BaseException) -> set[str]:
    assert isinstance(found, list), found
    assert len(found) == 5
    return {each["resource"] for each in found}


def test_many_places_are_one_question_and_each_gets_its_own_answer(
    house: House, questions: Iterator[list[int]]
) -> None:
    rooms = [f"room-{number}" for number in range(8)]
    for room in rooms:
        house.register(room)
    places = [place(room, hour) for hour in range(10, 19) for room in rooms]

    found = looked_for(house, places)

    assert [resources_of(each) for each in found] == [{each.resource} for each in places]
    for each, alternatives in zip(places, found, strict=True):
        assert isinstance(alternatives, list)
        assert datetime.fromisoformat(alternatives[0]["start"]) == each.end
    (asked,) = questions
    assert len(places) > MOST_TOGETHER
    assert asked == [MOST_TOGETHER, len(places) - MOST_TOGETHER]


def test_those_who_come_while_others_are_looked_for_are_looked_for_next(
    house: House, room: str, questions: Iterator[list[int]]
) -> None:
    async def come_one_by_one() -> list[Found]:
        looks, coming = Looks(house.daybook), []
        for hour in range(12):
            coming.append(asyncio.ensure_future(looks.look(place(room, hour))))
            await asyncio.sleep(0)
        async with asyncio.timeout(SECONDS):
            return await asyncio.gather(*coming)

    house.daybook.runner.wait_for(house.daybook.log.head().position, SECONDS)
    found = asyncio.run(come_one_by_one())

    assert [len(each) for each in found] == [5] * 12
    (asked,) = questions
    assert asked[:MOST_LOOKS] == [1] * MOST_LOOKS
    assert sum(asked) == 12
    assert len(asked) < 12


def test_a_place_that_cannot_be_looked_for_leaves_the_others_theirs(house: House) -> None:
    for room in ("good", "broken", "better"):
        house.register(room)
    house.daybook.runner.wait_for(house.daybook.log.head().position, SECONDS)
    with house.daybook.read_models.writing() as connection:
        connection.execute(text("UPDATE resources_1 SET definition = '{}' WHERE id = 'broken'"))

    good, broken, better = looked_for(house, [place("good"), place("broken"), place("better")])

    assert isinstance(broken, Exception)
    assert (resources_of(good), resources_of(better)) == ({"good"}, {"better"})


def test_who_hangs_up_takes_nobodys_answer_away(house: House, room: str) -> None:
    async def hang_up() -> Found:
        looks = Looks(house.daybook)
        one, other = (asyncio.ensure_future(looks.look(place(room))) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        async with asyncio.timeout(SECONDS):
            return await other

    house.daybook.runner.wait_for(house.daybook.log.head().position, SECONDS)
    assert resources_of(asyncio.run(hang_up())) == {room}


def test_nobody_waits_for_the_read_models_behind_somebody_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """All wait at the same time, or this never ends."""
    everybody = 3 * MOST_TOGETHER

    async def refuse_all() -> list[bytes]:
        waiting, all_wait = 0, asyncio.Event()

        async def reached(position: int, _seconds: float) -> None:
            nonlocal waiting
            waiting += 1
            if waiting == everybody:
                all_wait.set()
            await all_wait.wait()
            raise Behind(position, 0)

        monkeypatch.setattr(house.daybook.runner, "reached", reached)
        offers = Offers(house.daybook)
        async with asyncio.timeout(SECONDS):
            return await asyncio.gather(*(offers.problem_of(refused(number), ALICE) for number in range(everybody)))

    assert all(b'"alternatives":[]' in answer for answer in asyncio.run(refuse_all()))


def refused(number: int) -> Refused:
    wanted = place("room")
    start, end = wanted.start.isoformat(), wanted.end.isoformat()
    return Refused("not-available", "It is full.", resource=f"room-{number}", start=start, end=end, units=1)
