"""Whoever sends the position of a command's answer with a question sees what the command did, wherever it is asked."""

import random

import httpx
import pytest
from tests.races.guests import Door, Guest, codes, slot, together
from tests.races.kinds import mostly_on_sqlite, on_every_store
from tests.races.serving import Service

pytestmark = pytest.mark.anyio

READERS = 10
ROUNDS = 50


def position(answer: httpx.Response) -> str:
    """What the answer's header says."""
    return answer.headers["Daybook-Position"]


@pytest.mark.slow
@on_every_store
async def test_five_hundred_times_a_question_with_the_position_is_never_stale(
    shared_service: Service, door: Door
) -> None:
    """Ten people book and cancel 50 times each, and ask every time, mostly another process."""
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=READERS)
    people = await door.crowd(servers, READERS)

    async def ask(person: Guest, number: int) -> int:
        chance = random.Random(number)  # noqa: S311 - which process is asked, the same at every run
        booking, seen = "", 0
        for turn in range(ROUNDS):
            here, there = (person.at(chance.choice(servers)) for _ in range(2))
            if turn % 2 == 0:
                made = await here.book(hospital, slot(number * ROUNDS + turn))
                booking, wanted = made.json()["id"], "confirmed"
            else:
                made, wanted = await here.post(f"/v1/bookings/{booking}/cancel"), "cancelled"
            found = await there.get(f"/v1/bookings/{booking}", Daybook_Position=position(made))
            assert (found.status_code, found.json().get("status")) == (200, wanted)
            assert found.json()["version"] == made.json()["version"]
            seen += 1
        return seen

    assert sum(await together(ask(person, number) for number, person in enumerate(people))) == 500
    assert shared_service.recount().oversold == []


@on_every_store
async def test_lists_and_availability_are_as_new_as_the_position_says(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=100)
    (alice,) = await door.crowd(servers, 1)
    day = slot()[:10]
    for number in range(1, 13):
        there = alice.at(servers[number % len(servers)])
        made = await alice.book(hospital, slot())
        listed = await there.get(f"/v1/bookings?resource={hospital}", Daybook_Position=position(made))
        free = await there.get(
            f"/v1/resources/{hospital}/availability?from={day}&to={day}", Daybook_Position=position(made)
        )
        assert len(listed.json()["items"]) == number
        (noon,) = [each for each in free.json()["days"][0]["slots"] if each["start"][:16] == slot()[:16]]
        assert (noon["booked"], noon["available"]) == (number, 100 - number)


@on_every_store
async def test_the_position_of_another_log_or_beyond_the_end_is_unknown(shared_service: Service, door: Door) -> None:
    server = shared_service.servers[-1]
    hospital = await door.register(server, capacity=100)
    (alice,) = await door.crowd([server], 1)
    log_id, _, number = position(await alice.book(hospital, slot())).partition(".")
    beyond = f"{log_id}.{int(number) + 1_000_000}"
    another = f"{'0' * len(log_id)}.{number}"
    for unknown in (beyond, another):
        assert codes([await alice.get("/v1/bookings", Daybook_Position=unknown)]) == {"unknown-position": 1}


@mostly_on_sqlite
async def test_a_question_waits_two_seconds_at_most_and_is_then_told_behind(service: Service, door: Door) -> None:
    server = service.start("no_projector")
    hospital = await door.register(server, capacity=100)
    (alice,) = await door.crowd([server], 1)
    ended = server.said.count("projector process ended")
    server.says("projector process works")
    server.switch(on=True)
    server.says("projector process ended", ended + 1)
    made = [await alice.book(hospital, slot()) for _ in range(2)][-1]  # one batch more may have been under way
    path = f"/v1/bookings/{made.json()['id']}"
    late = await alice.get(path, Daybook_Position=position(made))
    assert codes([late]) == {"behind": 1}
    assert late.status_code == 503
    assert int(late.headers["Retry-After"]) >= 1
    assert 1.5 < late.elapsed.total_seconds() < 5
    assert (await alice.get("/v1/bookings")).status_code == 200, "without a position it answers what it has"
    server.switch(on=False)
    found = await alice.get(path, Daybook_Position=position(made))
    if found.status_code == 503:  # the lease has to come back first
        found = await alice.get(path, Daybook_Position=position(made))
    assert found.json() == made.json()
