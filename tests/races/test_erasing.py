"""Erased by one process, a person is erased for all of them: nobody seals for them again, nobody goes on reading."""

from collections import Counter
from typing import Any

import pytest
from tests.races.guests import Door, Guest, codes, slot, together
from tests.races.kinds import on_postgres
from tests.races.serving import SECONDS, Service

pytestmark = pytest.mark.anyio

PEOPLE = 10
COUGH = {"symptom": "a cough"}


async def booked_after_erasing(service: Service, door: Door, *altered: str) -> Counter[str]:
    """What became of bookings that the desk of another process made right after people were erased."""
    here, there = service.start_several(2, *altered)
    hall = await door.register(here, capacity=PEOPLE)
    desk, ada = door.guest(here, "sam", "staff"), door.guest(here, "ada", "admin")

    async def one(number: int) -> Any:
        customer = (await desk.post("/v1/customers", {"name": f"Person {number}"})).json()["customer"]
        wanted = {"resource": hall, "start": slot(number), "customer": customer, "details": COUGH}
        made = await desk.at(there).post("/v1/bookings", wanted)
        await desk.at(there).post(f"/v1/bookings/{made.json()['id']}/cancel")
        assert (await ada.send("DELETE", f"/v1/customers/{customer}")).status_code == 204
        return await desk.at(there).post("/v1/bookings", wanted)

    return codes(await together(one(number) for number in range(PEOPLE)))


@on_postgres
async def test_nobody_books_for_them_any_more_whichever_process_is_asked(service: Service, door: Door) -> None:
    assert await booked_after_erasing(service, door) == {"unknown-customer": PEOPLE}


@on_postgres
async def test_control_a_process_that_remembers_keys_books_for_them(service: Service, door: Door) -> None:
    assert (await booked_after_erasing(service, door, "remembered_keys"))["ok"] > 0


@on_postgres
async def test_every_process_stops_reading_their_details(service: Service, door: Door) -> None:
    here, there = service.start_several(2)
    hall = await door.register(here)
    alice, desk, ada = door.guest(here, "alice"), door.guest(here, "sam", "staff"), door.guest(here, "ada", "admin")
    made = await alice.post("/v1/bookings", {"resource": hall, "start": slot(), "details": COUGH})
    path = f"/v1/bookings/{made.json()['id']}"
    seen = (await alice.post(f"{path}/cancel")).headers["Daybook-Position"]
    for server in (here, there):
        assert await details(desk.at(server), path, seen) == COUGH
    assert (await ada.send("DELETE", f"/v1/customers/{made.json()['customer']}")).status_code == 204
    for server in (here, there):
        tries = 0
        while await details(desk.at(server), path, seen) != {"erased": True}:
            tries += 1
            assert tries < 1000 * SECONDS


async def details(guest: Guest, path: str, seen: str) -> Any:
    """What is shown of a booking's details, as of a position at least."""
    return (await guest.get(path, Daybook_Position=seen)).json()["details"]
