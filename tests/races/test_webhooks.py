"""Whatever becomes of processes, webhooks are told at least once, by the same id, and no more once it was noted."""

import json
from collections.abc import Iterator

import pytest
from tests.app.outbound.receiver import Receiver
from tests.races.guests import Door, Guest, slot
from tests.races.kinds import mostly_on_sqlite
from tests.races.serving import Server, Service, until
from tests.races.test_rebuild import ended, rebuild

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who is told."""
    made = Receiver()
    yield made
    made.close()


async def hooked(door: Door, server: Server, receiver: Receiver) -> None:
    """Let somebody be told from now on."""
    answer = await door.guest(server, "ada", "admin").post("/v1/webhooks", {"url": receiver.url})
    assert answer.status_code == 201, answer.text


async def books(person: Guest, resource: str, number: int) -> str:
    answer = await person.book(resource, slot(number))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def all_is_noted(service: Service) -> None:
    """Wait until it is noted that the last booking's event was told."""
    last = "SELECT max(position) FROM events WHERE stream LIKE 'booking/%'"
    until(lambda: service.store.ask(f"SELECT 1 FROM webhooks WHERE position >= ({last})"), "all is noted")


@mostly_on_sqlite
async def test_what_was_taken_and_not_noted_is_told_again_as_the_same_and_then_never_more(
    service: Service, door: Door, receiver: Receiver
) -> None:
    service.environment["DAYBOOK_OUTBOUND_NETWORKS"] = "127.0.0.1"
    dies = service.start_deadly("app.log.webhooks:WebhookTable.advance")
    room = await door.register(dies)
    await hooked(door, dies, receiver)
    alice = door.guest(dies, "alice")
    await books(alice, room, 0)
    first = receiver.next()
    dies.says("process ended by itself")
    dies.kill()
    while not receiver.taken.empty():  # it may have begun anew by then
        receiver.next()

    server = service.start()
    again = receiver.next()
    all_is_noted(service)
    server.kill()
    status, said = await ended(rebuild(service))
    last = service.start()
    booking = await books(alice.at(last), room, 1)

    assert (again.headers["webhook-id"], again.body) == (first.headers["webhook-id"], first.body)
    assert status == 0, said
    assert json.loads(receiver.next().body)["data"]["booking"] == booking
    assert receiver.taken.empty()


@mostly_on_sqlite
async def test_a_rebuild_beside_the_service_tells_nothing_again(
    service: Service, door: Door, receiver: Receiver
) -> None:
    service.environment["DAYBOOK_OUTBOUND_NETWORKS"] = "127.0.0.1"
    server = service.start()
    room = await door.register(server)
    await hooked(door, server, receiver)
    alice = door.guest(server, "alice")
    told = [await books(alice, room, number) for number in range(3)]
    assert [json.loads(receiver.next().body)["data"]["booking"] for _ in told] == told

    status, said = await ended(rebuild(service))
    booking = await books(alice, room, 4)

    assert status == 0, said
    assert json.loads(receiver.next().body)["data"]["booking"] == booking
    assert receiver.taken.empty()
