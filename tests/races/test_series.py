"""Series over the same times, through real processes: each as a whole or not at all, and no place twice."""

import pytest
from tests.races.guests import Door, codes, slot, statuses, together, won
from tests.races.kinds import on_every_store
from tests.races.serving import Service

pytestmark = [pytest.mark.anyio, on_every_store]


async def test_ten_series_over_the_same_days_leave_one_as_a_whole(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    psychologist = await door.register(servers[0], "psychologist")
    people = await door.crowd(servers, 10)
    wanted = {"resource": psychologist, "start": slot(), "repeat": "FREQ=DAILY;COUNT=20"}
    answers = await together(person.post("/v1/bookings", wanted) for person in people)
    assert codes(answers) == {"ok": 1, "not-available": 9}
    (series,) = [answer.json() for answer in won(answers)]
    assert len(series["bookings"]) == 20
    recount = shared_service.recount()
    assert recount.oversold == []
    assert len(recount.claimed[psychologist]) == 20


async def test_series_that_skip_share_the_days_with_single_bookings(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    psychologist = await door.register(servers[0], "psychologist")
    people = await door.crowd(servers, 6)
    asked = [
        person.post(
            "/v1/bookings",
            {
                "resource": psychologist,
                "start": slot(),
                "repeat": f"FREQ=DAILY;INTERVAL={number};COUNT=6",
                "on_conflict": "skip",
            },
        )
        for number, person in enumerate(people, 1)
    ]
    asked += [person.book(psychologist, slot()) for person in people]
    answers = await together(asked)
    booked = [each for answer in won(answers) for each in answer.json().get("bookings", [answer.json()])]
    starts = [each["legs"][0]["start"] for each in booked]
    assert len({*starts}) == len(starts)
    recount = shared_service.recount()
    assert recount.oversold == []
    assert len(recount.claimed[psychologist]) == len(starts)


async def test_the_same_key_at_every_process_makes_one_series(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=100)
    (alice,) = await door.crowd(servers, 1)
    wanted = {"resource": hospital, "start": slot(), "repeat": "FREQ=WEEKLY;COUNT=5"}
    answers = await together(
        alice.at(servers[n % len(servers)]).post("/v1/bookings", wanted, Idempotency_Key="weekly") for n in range(12)
    )
    assert statuses(answers) == {201: 12}
    first, *others = [answer.json() for answer in answers]
    assert all(other == first for other in others)
    assert len(shared_service.recount().claimed[hospital]) == 5
