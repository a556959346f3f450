"""Many at once for any of several places: everybody gets another one, and nobody is refused while one is left."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.races.guests import Door, Guest, codes, lost, slot, together, won
from tests.races.kinds import mostly_on_sqlite, on_every_store
from tests.races.serving import Server, Service

pytestmark = pytest.mark.anyio

WINDOW = [slot(0), slot(6)]
"""Six slots of half an hour."""


async def two_doctors(door: Door, server: Server) -> list[str]:
    """Two psychologists with twelve slots between them in the window."""
    return [await door.register(server, "psychologist") for _ in range(2)]


def places(bookings: Sequence[Any]) -> list[tuple[str, str]]:
    """Where and when those who won are booked."""
    return [(leg["resource"], leg["start"]) for answer in bookings for leg in answer.json()["legs"]]


async def ask(people: Sequence[Guest], any_of: Any, **more: Any) -> list[Any]:
    """All of them at once, each with a key of their own."""
    wish = {"any_of": any_of, "between": WINDOW, "duration": 30, **more}
    return await together(
        person.post("/v1/bookings", wish, Idempotency_Key=f"any-{number}") for number, person in enumerate(people)
    )


@on_every_store
class TestRaces:
    @pytest.mark.parametrize("choose", ["first", "fair", "fit"])
    async def test_twenty_for_twelve_places_leave_twelve_with_different_ones_and_eight_refused(
        self, shared_service: Service, door: Door, choose: str
    ) -> None:
        servers = shared_service.servers
        doctors = await two_doctors(door, servers[0])
        people = await door.crowd(servers, 20)
        answers = await ask(people, doctors, choose=choose)
        assert codes(answers) == {"ok": 12, "not-available": 8}
        assert len(set(places(won(answers)))) == 12
        assert [problem["tried"] for problem in lost(answers)] == [2] * 8
        again = await ask(people, doctors, choose=choose)
        assert places(won(again)) == places(won(answers)), "a repeat gets the place that the first one got"
        recount = shared_service.recount()
        assert recount.oversold == []
        assert [len(recount.claimed[doctor]) for doctor in doctors] == [6, 6]

    async def test_those_who_name_one_and_those_who_take_any_share_what_there_is(
        self, shared_service: Service, door: Door
    ) -> None:
        servers = shared_service.servers
        doctors = await two_doctors(door, servers[0])
        people = await door.crowd(servers, 20)
        named = together(person.book(doctors[0], slot(number)) for number, person in enumerate(people[:6]))
        of_any, of_one = await together([ask(people[6:], doctors), named])
        got = places([*won(of_any), *won(of_one)])
        assert len(got) == len(set(got)) == 12
        assert shared_service.recount().oversold == []


@pytest.mark.slow
async def test_doors_of_one_writer_share_what_there_is(service: Service, door: Door) -> None:
    server = service.start(workers=2)
    doctors = await two_doctors(door, server)
    people = await door.crowd([server], 20)
    answers = await ask(people, {"kind": "psychologist"}, choose="fair")
    assert codes(answers) == {"ok": 12, "not-available": 8}
    assert len(set(places(won(answers)))) == 12
    recount = service.recount()
    assert recount.oversold == []
    assert [len(recount.claimed[doctor]) for doctor in doctors] == [6, 6]


class TestControls:
    """The same with a guard switched off: what the tests above look for is there to be seen."""

    @mostly_on_sqlite
    async def test_who_looks_at_days_on_which_nothing_is_taken_sells_one_place_to_all(
        self, service: Service, door: Door
    ) -> None:
        servers = service.start_several(3 if service.store.place else 1, "everything_fits", "nothing_is_taken")
        doctors = await two_doctors(door, servers[0])
        people = await door.crowd(servers, 20)
        answers = await ask(people, doctors)
        assert codes(answers) == {"ok": 20}
        assert len(set(places(won(answers)))) == 1
        assert len(service.recount().oversold) == 19

    @pytest.mark.slow
    @pytest.mark.parametrize("store", ["postgres"], indirect=True)
    async def test_with_an_unconditional_append_processes_sell_the_same_places(
        self, service: Service, door: Door
    ) -> None:
        servers = service.start_several(3, "unconditional_append")
        doctors = await two_doctors(door, servers[0])
        for number, server in enumerate(servers, 10):  # all of them have the resources in memory then
            (early,) = await door.crowd([server], 1)
            assert (await early.book(doctors[0], slot(number))).status_code == 201
        people = await door.crowd(servers, 20)
        answers = await ask(people, doctors)
        assert len(won(answers)) > 12
        assert service.recount().oversold != []
