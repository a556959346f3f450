"""Damage that no start can see, met while serving: told as such, and never answered from."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.conftest import Store
from tests.faults.forked import chance_of
from tests.races.guests import Door, Guest, codes, is_ready, reached, slot, statuses, together, troubles
from tests.races.serving import Service

pytestmark = pytest.mark.anyio
PAGE = 4096
TABLE_LEAF = 0x0D


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Nobody serves it yet."""
    made = Service(Store(tmp_path / "data", None))
    yield made
    made.stop()


def garble_pages(file: Path, text: str) -> int:
    """Noise over all pages of tables in which a text stands; how many there were."""
    content, chance, found = bytearray(file.read_bytes()), chance_of(6), 0
    for first in range(PAGE, len(content), PAGE):
        if content[first] == TABLE_LEAF and text.encode() in content[first : first + PAGE]:
            content[first : first + PAGE] = chance.randbytes(PAGE)
            found += 1
    file.write_bytes(content)
    return found


async def booked_and_stopped(service: Service, door: Door) -> tuple[str, Guest, list[httpx.Response]]:
    """A hospital, a guest, and a hundred bookings of theirs; nobody serves it any more."""
    server = service.start()
    hospital = await door.register(server, capacity=500)
    (alice,) = await door.crowd([server], 1)
    booked = await together(alice.book(hospital, slot(number % 40)) for number in range(100))
    assert statuses(booked) == {201: 100}
    # A start looks at the last append, which may be half of these: so it is another one, alone.
    assert (await alice.book(hospital, slot(40))).status_code == 201
    assert server.terminate() == 0
    return hospital, alice, booked


async def test_a_damaged_page_of_the_log_is_told_and_nothing_is_written_to_the_file_any_more(
    service: Service, door: Door
) -> None:
    hospital, alice, booked = await booked_and_stopped(service, door)
    in_order = sorted(booked, key=lambda answer: int(answer.json()["position"]))
    damaged = in_order[50].json()["id"]
    assert service.store.folder is not None
    assert garble_pages(service.store.folder / "log.sqlite3", damaged)
    server = service.start()
    alice = alice.at(server)
    assert await is_ready(door, server)
    met = [
        await alice.post(f"/v1/bookings/{damaged}/cancel"),
        await alice.get(f"/v1/bookings/{damaged}/events"),
        await alice.book(hospital, slot(41)),
    ]
    assert codes(met) == {"store-unavailable": 3}
    assert statuses([await alice.get("/v1/bookings"), await alice.get(f"/v1/resources/{hospital}")]) == {200: 2}
    said = await reached(lambda: troubles(door, server))
    assert "The event log is damaged: stop Daybook, move its files away, and run `daybook restore`." in said
    assert "The event log's file is damaged (database disk image is malformed)" in server.said
    assert "Traceback" not in server.said
    assert server.terminate() == 0


@pytest.mark.slow
async def test_damaged_pages_of_the_read_models_are_built_anew_while_serving(service: Service, door: Door) -> None:
    hospital, alice, booked = await booked_and_stopped(service, door)
    assert service.store.folder is not None
    assert garble_pages(service.store.folder / "read-models.sqlite3", booked[50].json()["id"])
    server = service.start()
    alice = alice.at(server)
    answers: list[httpx.Response] = []

    async def all_are_read() -> bool:
        answers.extend(await together(alice.get(f"/v1/bookings/{each.json()['id']}") for each in booked))
        return all(answer.is_success for answer in answers[-100:])

    await reached(all_are_read)
    assert [answer.json() for answer in answers[-100:]] == [each.json() for each in booked]
    assert set(codes(answers)) <= {"ok", "store-unavailable", "behind"}
    assert codes(answers)["store-unavailable"] > 0, "it was met"
    assert "read models are damaged, so they are built anew" in server.said
    after = await alice.book(hospital, slot(41))
    path, position = f"/v1/bookings/{after.json()['id']}", after.headers["Daybook-Position"]
    assert (await alice.get(path, Daybook_Position=position)).json() == after.json()
    await reached(lambda: is_ready(door, server))
