"""What is decided is decided on the complete log: rules that change meanwhile hold from their place in the log on."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from tests.races.guests import ALWAYS, Door, codes, is_ready, reached, slot, together, troubles, won
from tests.races.kinds import mostly_on_postgres, on_every_store
from tests.races.serving import Server, Service

pytestmark = pytest.mark.anyio

SLOTS = 40


async def retire(door: Door, server: Server, resource: str) -> httpx.Response:
    return await door.guest(server, "ada", "admin").send("DELETE", f"/v1/resources/{resource}", If_Match='"1"')


async def lower(door: Door, server: Server, resource: str, capacity: int) -> httpx.Response:
    """Revise a resource that was registered by `Door.register` to a smaller capacity."""
    body = {"name": resource.title(), "kind": "hospital", "timezone": "UTC", "hours": ALWAYS, "capacity": capacity}
    return await door.guest(server, "ada", "admin").send("PUT", f"/v1/resources/{resource}", body, If_Match='"1"')


def place_of(service: Service, topic: str, resource: str) -> int:
    """The position of the only event of a topic in a resource's stream."""
    (place,) = [row.position for row in service.rows() if (row.topic, row.stream) == (topic, f"resource/{resource}")]
    return place


@pytest.mark.slow
@on_every_store
async def test_while_fifty_book_a_retirement_and_a_smaller_capacity_hold_at_once(
    shared_service: Service, door: Door
) -> None:
    servers = shared_service.servers
    hall = await door.register(servers[0], capacity=8)
    pool = await door.register(servers[-1], capacity=8)
    people = await door.crowd(servers, 50)
    in_the_middle, answered = asyncio.Event(), 0

    async def book_all(number: int) -> list[httpx.Response]:
        nonlocal answered
        answers = []
        for turn in range(10):
            start = slot((number * 7 + turn * 11) % SLOTS)
            for resource in (hall, pool):
                answers.append(await people[number].at(servers[(number + turn) % len(servers)]).book(resource, start))
                answered += 1
                if answered > 60:
                    in_the_middle.set()
        return answers

    async def change(at: Server) -> Sequence[httpx.Response]:
        await in_the_middle.wait()
        return await together([retire(door, at, pool), lower(door, servers[0], hall, 4)])

    *booked, changed = await together([*(book_all(number) for number in range(50)), change(servers[-1])])
    assert all(answer.is_success for answer in changed), [answer.text for answer in changed]
    recount = shared_service.recount()
    assert recount.oversold == []
    assert recount.after_retirement == []
    all_answers = [answer for answers in booked for answer in answers]
    assert set(codes(all_answers)) == {"ok", "not-available", "unknown-resource"}
    sold = [claim for resource in (hall, pool) for claim in recount.claimed[resource]]
    assert len(sold) == len(won(all_answers))
    assert min(recount.claimed[pool]) < place_of(shared_service, "ResourceRetired.1", pool), "the race was one"
    revised = place_of(shared_service, "ResourceRevised.1", hall)
    assert min(recount.claimed[hall]) < revised < max(recount.claimed[hall]), "the race was one"


@on_every_store
async def test_the_daily_limit_holds_though_all_are_asked_at_once(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=50, policy={"daily_limit": 2})
    people = await door.crowd(servers, 4)
    answers = await together(
        person.at(server).book(hospital, slot(number)) for number in range(8) for person in people for server in servers
    )
    assert codes(answers) == {"ok": 2 * len(people), "daily-limit": (8 * len(servers) - 2) * len(people)}
    recount = shared_service.recount()
    assert recount.beyond_limit == []
    assert len(recount.claimed[hospital]) == 2 * len(people)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
async def test_the_control_with_an_unconditional_append_sees_every_rule_broken(service: Service, door: Door) -> None:
    servers = service.start_several(2, "unconditional_append")
    pool = await door.register(servers[0], capacity=5)
    hall = await door.register(servers[0], capacity=5)
    court = await door.register(servers[0], capacity=50, policy={"daily_limit": 1})
    people = await door.crowd(servers, 6)
    for resource in (pool, hall, court):  # the other process has them in memory then
        for number, server in enumerate(servers, 1):
            early = people[number].at(server)
            assert (await early.book(resource, slot(number))).status_code == 201
    changed = [await retire(door, servers[0], pool), await lower(door, servers[0], hall, 1)]
    assert all(answer.is_success for answer in changed)
    late = [person.at(servers[1]).book(resource, slot()) for resource in (pool, hall) for person in people[:2]]
    assert codes([await each for each in late]) == {"ok": 4}
    assert codes([await people[0].at(server).book(court, slot()) for server in servers]) == {"ok": 2}
    recount = service.recount()
    assert len(recount.after_retirement) == 2
    assert len([claim for claim in recount.oversold if hall in claim]) == 1
    assert len(recount.beyond_limit) == 1


@pytest.mark.slow
@mostly_on_postgres
@pytest.mark.parametrize("which", ["clock_ahead", "clock_behind"])
async def test_a_process_whose_clock_is_an_hour_off_is_not_ready_and_writes_nothing(
    service: Service, door: Door, which: str
) -> None:
    wrong = service.start(which)
    others = service.start_several(2) if service.store.place else []
    hospital = await door.register(wrong, capacity=100)
    people = await door.crowd([wrong, *others], 12)
    assert await troubles(door, wrong) == []
    before = len(service.rows())
    wrong.switch(on=True)
    answers = await together(person.book(hospital, slot()) for person in people)
    by_wrong = [answer for answer in answers if str(answer.url).startswith(wrong.url)]
    assert codes(by_wrong) == {"store-unavailable": len(by_wrong)}
    assert {answer.status_code for answer in by_wrong} == {503}
    assert all("Retry-After" in answer.headers for answer in by_wrong)
    assert len(won(answers)) == len(people) - len(by_wrong)
    said = await reached(lambda: troubles(door, wrong))
    assert any("clock is " in trouble for trouble in said)
    assert [await troubles(door, server) for server in others] == [[]] * len(others)
    assert (await people[0].get(f"/v1/resources/{hospital}")).status_code == 200, "questions are still answered"
    if not others:
        assert len(service.rows()) == before
    wrong.switch(on=False)
    again = await together(person.book(hospital, slot(1)) for person in people)
    assert codes(again) == {"ok": len(people)}
    await reached(lambda: is_ready(door, wrong))
    times = [str(time) for (time,) in service.store.ask("SELECT timestamp FROM events ORDER BY position")]
    assert times == sorted(times)
    recorded = service.store.ask("SELECT timestamp, recorded_at FROM events")
    assert all(str(time)[:13] <= str(at)[:13] for time, at in recorded), "no event is of an hour to come"
