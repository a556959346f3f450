"""Whatever becomes of processes, people are written to at least once, and no more once that was noted."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.app.messages.mailbox import Mailbox
from tests.races.guests import Door, Guest, slot, together
from tests.races.kinds import mostly_on_sqlite, on_postgres
from tests.races.serving import Server, Service, until
from tests.races.test_rebuild import ended, rebuild

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture
def writing(service: Service, mailbox: Mailbox) -> Service:
    """A service that writes to people."""
    service.environment["DAYBOOK_MESSAGE_URLS"] = mailbox.url
    return service


def all_are_noted(service: Service) -> None:
    """Wait until it is noted of every message that it was sent."""
    until(lambda: service.store.ask("SELECT 1 FROM messages_due WHERE occasion = 'booked'") == [], "all are noted")


async def known(door: Door, server: Server, name: str) -> Guest:
    """A customer with an address of that name."""
    person = door.guest(server, name)
    me = (await person.get("/v1/me")).json()["customer"]
    answer = await person.send("PATCH", f"/v1/customers/{me}", {"email": f"{name}@example.org"})
    assert answer.status_code == 200, answer.text
    return person


async def books(person: Guest, resource: str, number: int) -> Any:
    answer = await person.book(resource, slot(number))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@mostly_on_sqlite
async def test_a_message_that_was_sent_and_not_noted_is_sent_again_and_then_never_more(
    writing: Service, door: Door, mailbox: Mailbox
) -> None:
    dies = writing.start_deadly("app.log.messages:MessageTable.done")
    room = await door.register(dies)
    alice, bob = await known(door, dies, "alice"), await known(door, dies, "bob")
    await books(alice, room, 0)
    first = mailbox.next()
    dies.says("process ended by itself")
    dies.kill()
    mailbox.everything()  # it may have begun anew by then

    again = writing.start()
    assert mailbox.next() == first
    all_are_noted(writing)
    again.kill()
    last = writing.start()
    await books(bob.at(last), room, 1)

    assert mailbox.next().to == ["bob@example.org"]
    assert mailbox.everything() == []


@mostly_on_sqlite
async def test_what_was_written_down_when_a_process_died_is_sent_by_the_next(
    writing: Service, door: Door, mailbox: Mailbox
) -> None:
    dies = writing.start_deadly("app.messages.sending:Sending.send")
    room = await door.register(dies)
    await books(await known(door, dies, "alice"), room, 0)
    dies.says("process ended by itself")
    dies.kill()
    assert mailbox.everything() == []

    writing.start()

    assert mailbox.next().subject == "Your booking is confirmed"


@on_postgres
async def test_of_several_processes_one_writes_and_another_takes_over(
    writing: Service, door: Door, mailbox: Mailbox
) -> None:
    servers = writing.start_several(2)
    room = await door.register(servers[0], capacity=20)
    people = await together([known(door, servers[n % 2], f"person-{n}") for n in range(8)])

    booked = await together([books(person, room, 0) for person in people])

    assert sorted(mailbox.next().to[0] for _ in people) == [f"person-{n}@example.org" for n in range(8)]
    all_are_noted(writing)
    servers[0].kill()
    await books(people[1], room, 1)
    assert mailbox.next().to == ["person-1@example.org"]
    answer = await people[1].post(f"/v1/bookings/{booked[1]}/cancel")
    assert answer.status_code == 200, answer.text
    assert mailbox.next().subject == "Your booking is cancelled"
    assert mailbox.everything() == []


@mostly_on_sqlite
async def test_a_rebuild_of_the_read_models_tells_nobody_anything_again(
    writing: Service, door: Door, mailbox: Mailbox
) -> None:
    server = writing.start()
    room = await door.register(server)
    alice = await known(door, server, "alice")
    booking = await books(alice, room, 0)
    assert mailbox.next().subject == "Your booking is confirmed"

    status, said = await ended(rebuild(writing))

    assert status == 0, said
    assert (await alice.post(f"/v1/bookings/{booking}/cancel")).status_code == 200
    assert mailbox.next().subject == "Your booking is cancelled"
    assert mailbox.everything() == []
