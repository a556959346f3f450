"""The desk hears of races that are lost, while it listens; nobody else does."""

import asyncio

import pytest
from tests.interface.house import Guest, House, next_week
from tests.interface.streamed import book, listening

from app.live import lost_races as looking
from interface.http.service import service_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """What asynchronous tests run on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking every second would make these tests slow."""
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.02)


async def lose(guest: Guest, house: House, resource: str) -> None:
    """Want what somebody else has; it is noted at once."""
    answer = await asyncio.to_thread(guest.post, "/v1/bookings", {"resource": resource, "start": next_week()})
    assert answer.status_code == 409
    assert house.daybook.writing is not None
    await asyncio.to_thread(house.daybook.writing.refusing.flush)


async def test_staff_who_ask_for_bookings_are_told_how_often_a_time_was_refused(
    house: House, room: str, alice: Guest, bob: Guest, sam: Guest
) -> None:
    made = await book(alice, room, next_week())
    async with listening(house, sam, f"resource={room}&bookings=true") as stream:
        for times in (1, 2):
            await lose(bob, house, room)
            while f'"last_minute":{times}' not in stream.text:
                await stream.more()
        refused = stream.text.rpartition("event: refused\n")[2].partition("\n\n")[0]
        assert "id:" not in refused
    leg = made["legs"][0]
    told = f'{{"resource":"room","start":"{leg["start"]}","end":"{leg["end"]}","last_minute":2}}'
    assert refused == f"data: {told}"
    for secret in (bob.me(), "bob", "by"):
        assert secret not in refused
    assert not service_of(house.client.app.state).lost_races.is_looking


@pytest.mark.parametrize("who", ["customer", "agent", "staff elsewhere", "staff who ask for no bookings", "nobody"])
async def test_nobody_else_is_told_or_makes_anybody_look(house: House, room: str, who: str) -> None:
    guests = {
        "customer": house.guest("carol", "customer"),
        "agent": house.guest("website", "agent"),
        "staff elsewhere": house.guest("saul", "staff", resources=["yard", "kind:pitch"]),
        "staff who ask for no bookings": house.guest("sam", "staff"),
        "nobody": house.nobody,
    }
    asked = "false" if "no" in who else "true"
    async with listening(house, guests[who], f"resource={room}&bookings={asked}"):
        assert not service_of(house.client.app.state).lost_races.is_looking
