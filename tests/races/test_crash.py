"""Processes that are killed, stopped and paused, at any moment: what was answered stays, and others take over."""

import asyncio
from typing import NamedTuple

import httpx
import pytest
from tests.races.guests import Door, Guest, codes, slot, together
from tests.races.kinds import mostly_on_postgres, mostly_on_sqlite
from tests.races.serving import Server, Service, until

pytestmark = pytest.mark.anyio

on_postgres = pytest.mark.parametrize("store", ["postgres"], indirect=True)
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


class Answered(NamedTuple):
    """A booking that somebody was told of."""

    person: Guest
    booking: str
    position: str


async def book_until_it_dies(person: Guest, resource: str, first: int, told: list[Answered]) -> None:
    """Book one slot after the other until nobody answers any more."""
    number = first
    while True:
        try:
            answer = await person.book(resource, slot(number))
        except httpx.TransportError:
            return
        assert answer.status_code == 201, answer.text
        told.append(Answered(person, answer.json()["id"], answer.headers["Daybook-Position"]))
        number += 1


async def enough(told: list[Answered], number: int) -> None:
    """Return as soon as so many were told."""
    while len(told) < number:  # noqa: ASYNC110 - right after the answer, not when an event is noticed
        await asyncio.sleep(0)


async def crash_again_and_again(service: Service, door: Door, times: int) -> None:
    """Kill the server right after an answer, so many times, and look each time whether all is there."""
    told: list[Answered] = []
    server = service.start()
    hospital = await door.register(server, capacity=8)
    people = await door.crowd([server], 8)
    for crash in range(times):
        before = len(told)

        async def kill_after_an_answer(victim: Server, number: int) -> None:
            await enough(told, number)
            victim.process.kill()

        await together(
            [
                *(book_until_it_dies(person.at(server), hospital, before, told) for person in people),
                kill_after_an_answer(server, before + 20 + 3 * crash),
            ]
        )
        server.ended()
        server = service.start()
        assert {each.booking for each in told} <= set(service.booked())
        found = await together(
            each.person.at(server).get(f"/v1/bookings/{each.booking}", Daybook_Position=each.position)
            for each in told[before:]
        )
        assert [answer.json()["status"] for answer in found] == ["confirmed"] * len(found)
    assert service.recount().oversold == []
    assert len(told) >= 20 * times


@mostly_on_sqlite
async def test_what_was_answered_before_a_kill_is_there_after_it(service: Service, door: Door) -> None:
    await crash_again_and_again(service, door, 1)


@pytest.mark.slow
async def test_what_was_answered_before_fifteen_kills_is_there_after_them(service: Service, door: Door) -> None:
    await crash_again_and_again(service, door, 15)


@mostly_on_postgres
async def test_a_termination_answers_what_it_stores_and_stores_what_it_answers(service: Service, door: Door) -> None:
    server = service.start()
    hospital = await door.register(server, capacity=100)
    people = await door.crowd([server], 40)
    told: list[Answered] = []

    async def terminate() -> int:
        await enough(told, 60)
        return await asyncio.to_thread(server.terminate)

    *_, status = await together([*(book_until_it_dies(person, hospital, 0, told) for person in people), terminate()])
    assert status == 0
    assert sorted(service.booked()) == sorted(each.booking for each in told)
    assert "Traceback" not in server.said


@on_sqlite
async def test_a_second_process_on_the_folder_is_refused_in_a_sentence_and_harms_nobody(
    service: Service, door: Door
) -> None:
    first = service.start()
    hospital = await door.register(first, capacity=100)
    (alice,) = await door.crowd([first], 1)
    second = Server(service.environment)
    service.servers.append(second)
    assert second.ended() == 1
    assert f"daybook: Another Daybook (process {first.pid})" in second.said
    assert "DAYBOOK_DATA" in second.said
    assert "Traceback" not in second.said
    assert (await alice.book(hospital, slot())).status_code == 201
    first.kill()
    third = service.start()
    assert (await alice.at(third).book(hospital, slot())).status_code == 201


class TestLease:
    """One process projects and sweeps for all; another takes over when it is gone."""

    MINE = '"projecting and sweeping"'

    def holder(self, service: Service) -> Server:
        return next(server for server in service.servers if server.is_running and self.MINE in server.said)

    async def see_through(self, door: Door, service: Service, other: Server) -> None:
        """A booking by the other process can be read with its position, and a hold that lapses is written down."""
        resource = await door.register(other, capacity=5, policy={"hold_seconds": 5})
        (alice,) = await door.crowd([other], 1)
        held = await alice.post("/v1/holds", {"resource": resource, "start": slot()})
        booked = await alice.book(resource, slot())
        path = f"/v1/bookings/{booked.json()['id']}"
        position = booked.headers["Daybook-Position"]
        deadline = asyncio.get_running_loop().time() + 30
        while codes([found := await alice.get(path, Daybook_Position=position)]) == {"behind": 1}:
            assert asyncio.get_running_loop().time() < deadline
        assert found.json() == booked.json()
        stream = f"booking/{held.json()['id']}"
        until(lambda: (stream, "BookingExpired.1") in {row[1:3] for row in service.rows()}, "the hold is swept up", 30)

    @pytest.mark.slow
    @on_postgres
    async def test_is_taken_over_when_its_holder_is_killed(self, service: Service, door: Door) -> None:
        service.start_several(2)
        victim = self.holder(service)
        victim.kill()
        (other,) = [server for server in service.servers if server is not victim]
        other.says(self.MINE)
        await self.see_through(door, service, other)

    @pytest.mark.slow
    @on_postgres
    async def test_is_taken_over_when_its_holder_is_paused_who_then_finds_that_it_lost_it(
        self, service: Service, door: Door
    ) -> None:
        service.start_several(2)
        paused = self.holder(service)
        (other,) = [server for server in service.servers if server is not paused]
        paused.pause()
        other.says(self.MINE)
        await self.see_through(door, service, other)
        paused.resume()
        paused.says("another process projects and sweeps")
        hospital = await door.register(paused, capacity=20)
        people = await door.crowd([paused, other], 20)
        booked = await together(person.book(hospital, slot()) for person in people)
        assert codes(booked) == {"ok": 20}
        last = max(booked, key=lambda answer: int(answer.headers["Daybook-Position"].partition(".")[2]))
        desks = [door.guest(server, "sam", "staff") for server in (paused, other)]
        lists = await together(
            desk.get(f"/v1/bookings?resource={hospital}", Daybook_Position=last.headers["Daybook-Position"])
            for desk in desks
        )
        assert [len(each.json()["items"]) for each in lists] == [20, 20]
        assert lists[0].json() == lists[1].json()
        for server in (paused, other):
            ready = await door.stranger(server).get("/health/ready")
            assert ready.status_code == 200, ready.text
        assert service.recount().oversold == []
