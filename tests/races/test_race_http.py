"""Many clients at once for the same place, through real processes; and what the same tests see without the guard."""

import pytest
from tests.races.guests import Door, codes, lost, slot, statuses, together, won
from tests.races.kinds import mostly_on_sqlite, on_every_store
from tests.races.serving import Service

pytestmark = pytest.mark.anyio


@on_every_store
class TestRaces:
    async def test_twenty_for_one_slot_leave_one_winner_and_nineteen_with_true_alternatives(
        self, shared_service: Service, door: Door
    ) -> None:
        servers = shared_service.servers
        psychologist = await door.register(servers[0], "psychologist")
        people = await door.crowd(servers, 20)
        answers = await together(person.book(psychologist, slot()) for person in people)
        assert codes(answers) == {"ok": 1, "not-available": 19}
        assert statuses(answers) == {201: 1, 409: 19}
        offered = [problem["alternatives"] for problem in lost(answers)]
        assert all(len(alternatives) == 5 for alternatives in offered)
        starts = sorted({each["start"] for alternatives in offered for each in alternatives})
        takers = await door.crowd(servers, len(starts))
        taken = await together(taker.book(psychologist, start) for taker, start in zip(takers, starts, strict=True))
        assert codes(taken) == {"ok": len(starts)}
        recount = shared_service.recount()
        assert recount.oversold == []
        assert len(recount.claimed[psychologist]) == 1 + len(starts)

    async def test_three_for_the_last_of_fifteen_places(self, shared_service: Service, door: Door) -> None:
        servers = shared_service.servers
        hospital = await door.register(servers[0], capacity=15)
        people = await door.crowd(servers, 17)
        before = await together(person.book(hospital, slot()) for person in people[:14])
        assert codes(before) == {"ok": 14}
        answers = await together(person.book(hospital, slot()) for person in people[14:])
        assert codes(answers) == {"ok": 1, "not-available": 2}
        assert all("15 of 15" in problem["detail"] for problem in lost(answers))
        assert all((problem["booked"], problem["available"]) == (15, 0) for problem in lost(answers))
        assert shared_service.recount().oversold == []

    async def test_forty_for_fifteen_places(self, shared_service: Service, door: Door) -> None:
        servers = shared_service.servers
        hospital = await door.register(servers[0], capacity=15)
        people = await door.crowd(servers, 40)
        answers = await together(person.book(hospital, slot()) for person in people)
        assert codes(answers) == {"ok": 15, "not-available": 25}
        assert len({answer.json()["id"] for answer in won(answers)}) == 15
        recount = shared_service.recount()
        assert recount.oversold == []
        assert len(recount.claimed[hospital]) == 15

    async def test_two_hundred_for_twenty_places(self, shared_service: Service, door: Door) -> None:
        servers = shared_service.servers
        hospital = await door.register(servers[0], capacity=20)
        people = await door.crowd(servers, 200)
        answers = await together(person.book(hospital, slot()) for person in people)
        assert codes(answers) == {"ok": 20, "not-available": 180}
        recount = shared_service.recount()
        assert recount.oversold == []
        assert len(recount.claimed[hospital]) == 20


class TestControls:
    """The same races with a guard switched off: what the tests above look for is there to be seen."""

    @mostly_on_sqlite
    async def test_without_the_capacity_check_everybody_gets_a_place(self, service: Service, door: Door) -> None:
        servers = service.start_several(3 if service.store.place else 1, "everything_fits")
        psychologist = await door.register(servers[0], "psychologist")
        hospital = await door.register(servers[0], capacity=15)
        people = await door.crowd(servers, 40)
        one_slot = await together(person.book(psychologist, slot()) for person in people[:20])
        fifteen_places = await together(person.book(hospital, slot()) for person in people)
        assert codes(one_slot) == {"ok": 20}
        assert codes(fifteen_places) == {"ok": 40}
        assert len(service.recount().oversold) == 19 + 25

    @pytest.mark.parametrize("store", ["postgres"], indirect=True)
    async def test_with_an_unconditional_append_every_process_sells_the_place(
        self, service: Service, door: Door
    ) -> None:
        servers = service.start_several(3, "unconditional_append")
        psychologist = await door.register(servers[0], "psychologist")
        for number, server in enumerate(servers, 1):  # all of them have the resource in memory then
            (early,) = await door.crowd([server], 1)
            assert (await early.book(psychologist, slot(number))).status_code == 201
        assert service.recount().oversold == []
        people = await door.crowd(servers, 20)
        answers = await together(person.book(psychologist, slot()) for person in people)
        assert len(won(answers)) == 3
        assert len(service.recount().oversold) == 2
