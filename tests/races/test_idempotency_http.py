"""Requests that come again: the same key makes one booking, whoever is asked and however often."""

from datetime import datetime

import pytest
from tests.races.guests import Door, codes, slot, statuses, together
from tests.races.kinds import on_every_store
from tests.races.serving import Service

pytestmark = [pytest.mark.anyio, on_every_store]

REPLAYED = "Idempotency-Replayed"


async def test_the_same_key_fifty_times_at_once_makes_one_booking_and_fifty_equal_answers(
    shared_service: Service, door: Door
) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=100)
    (alice,) = await door.crowd(servers, 1)
    wanted = {"resource": hospital, "start": slot(), "details": {"note": "knee"}}
    answers = await together(
        alice.at(servers[n % len(servers)]).post("/v1/bookings", wanted, Idempotency_Key="once") for n in range(50)
    )
    assert statuses(answers) == {201: 50}
    first, *others = [answer.json() for answer in answers]
    assert all(other == first for other in others)
    assert first["details"] == {"note": "knee"}
    assert sorted(answer.headers.get(REPLAYED, "first") for answer in answers) == ["first", *["true"] * 49]
    assert len(shared_service.recount().claimed[hospital]) == 1


async def test_another_body_under_the_key_is_refused_by_every_process(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=100)
    (alice,) = await door.crowd(servers, 1)
    assert (await alice.book(hospital, slot(), Idempotency_Key="used")).status_code == 201
    others = await together(alice.at(server).book(hospital, slot(1), Idempotency_Key="used") for server in servers)
    assert statuses(others) == {422: len(servers)}
    assert codes(others) == {"idempotency-key-reused": len(servers)}
    assert len(shared_service.recount().claimed[hospital]) == 1


async def test_two_bodies_under_one_key_at_once_make_one_booking(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=100)
    (alice,) = await door.crowd(servers, 1)
    answers = await together(
        alice.at(servers[n % len(servers)]).book(hospital, slot(n % 2), Idempotency_Key="either") for n in range(20)
    )
    assert codes(answers) == {"ok": 10, "idempotency-key-reused": 10}
    assert len({answer.json()["id"] for answer in answers if answer.is_success}) == 1
    assert len(shared_service.recount().claimed[hospital]) == 1


async def test_another_persons_same_key_is_another_key(shared_service: Service, door: Door) -> None:
    servers = shared_service.servers
    hospital = await door.register(servers[0], capacity=100)
    people = await door.crowd(servers, 10)
    answers = await together(person.book(hospital, slot(), Idempotency_Key="ours") for person in people)
    assert codes(answers) == {"ok": 10}
    assert len({answer.json()["id"] for answer in answers}) == 10
    assert not any(REPLAYED in answer.headers for answer in answers)


async def test_a_repeat_after_later_changes_undoes_nothing_and_looks_at_no_rule(
    shared_service: Service, door: Door
) -> None:
    servers = shared_service.servers
    psychologist = await door.register(servers[0], "psychologist")
    alice, bob = await door.crowd(servers, 2)
    hers = await alice.book(psychologist, slot(), Idempotency_Key="book")
    path = f"/v1/bookings/{hers.json()['id']}"
    assert (await alice.post(f"{path}/reschedule", {"start": slot(1)}, Idempotency_Key="move")).status_code == 200
    assert (await alice.post(f"{path}/reschedule", {"start": slot(2)})).status_code == 200
    assert codes([await bob.book(psychologist, start) for start in (slot(), slot(1))]) == {"ok": 2}
    for server in servers:
        again = alice.at(server)
        booked = await again.book(psychologist, slot(), Idempotency_Key="book")
        moved = await again.post(f"{path}/reschedule", {"start": slot(1)}, Idempotency_Key="move")
        for answer in (booked, moved):
            assert answer.headers[REPLAYED] == "true"
            starts = [datetime.fromisoformat(leg["start"]) for leg in answer.json()["legs"]]
            assert starts == [datetime.fromisoformat(slot(2))]
    recount = shared_service.recount()
    assert len(recount.claimed[psychologist]) == 5
    assert recount.oversold == []
