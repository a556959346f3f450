"""Who waits gets what is given up, however many others want it at that very moment; and how it goes without a line."""

from collections import Counter
from collections.abc import Sequence

import pytest
from tests.races.guests import Door, codes, slot, together
from tests.races.kinds import mostly_on_sqlite, on_every_store
from tests.races.serving import Server, Service

pytestmark = pytest.mark.anyio

ROUNDS = 4


async def rounds_won(servers: Sequence[Server], door: Door) -> Counter[str]:
    """By whom the place was got: rounds in which somebody waits, one gives up, and twenty come by meanwhile."""
    found: Counter[str] = Counter()
    for _ in range(ROUNDS):
        place = await door.register(servers[0], "psychologist")
        alice, bob, *others = await door.crowd(servers, 22)
        booked = (await alice.book(place, slot())).json()["id"]
        waits = await bob.post("/v1/waitlist", {"resource": place, "start": slot()})
        assert waits.status_code == 201, waits.text
        half = len(others) // 2
        answers = await together(
            [
                *(each.book(place, slot()) for each in others[:half]),
                alice.post(f"/v1/bookings/{booked}/cancel", {}),
                *(each.book(place, slot()) for each in others[half:]),
            ]
        )
        assert answers[half].status_code == 200
        won = codes([*answers[:half], *answers[half + 1 :]]).get("ok", 0)
        found["others"] += won
        position = answers[half].headers["Daybook-Position"]
        (wish,) = (await bob.get("/v1/waitlist", Daybook_Position=position)).json()["items"]
        found["whoever waited"] += wish["status"] == "offered"
        if wish["status"] == "offered":
            confirmed = await bob.post(f"/v1/bookings/{wish['booking']}/confirm", {})
            assert confirmed.json()["status"] == "confirmed"
    return found


@on_every_store
async def test_nobody_slips_in_between_a_cancellation_and_whoever_waits(shared_service: Service, door: Door) -> None:
    assert await rounds_won(shared_service.servers, door) == {"whoever waited": ROUNDS, "others": 0}
    assert shared_service.recount().oversold == []


@mostly_on_sqlite
async def test_without_the_line_the_place_goes_to_whoever_comes_by(service: Service, door: Door) -> None:
    servers = service.start_several(3 if service.store.place else 1, "nobody_is_served")
    found = await rounds_won(servers, door)
    assert found["whoever waited"] == 0
    assert found["others"] > 0
