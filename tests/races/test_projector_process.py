"""The projector's own process may die, stand still, or lose the process that started it: nobody notices for long."""

import os
import signal
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped] # it ships no types
import pytest
from tests.races.guests import Door, Guest, slot
from tests.races.kinds import mostly_on_postgres, mostly_on_sqlite
from tests.races.serving import MASTER_KEY, SECRET, Server, Service

pytestmark = pytest.mark.anyio


def projector_of(server: Server, times: int = 1) -> int:
    """The number of its projector's process, once that works, for the so-manieth time."""
    return int(server.says(r'"projector": (\d+), "event": "projector process works"', times)[1])


@pytest.fixture
def server(service: Service) -> Iterator[Server]:
    started = service.start()
    yield started
    if started.is_running:
        assert started.terminate() == 0
        assert "Traceback" not in started.said


async def sees_what_it_books(person: Guest, hospital: str) -> None:
    """Every question with the position of an answer is answered with it."""
    for number in range(5):
        made = await person.book(hospital, slot(number))
        found = await person.get(f"/v1/bookings/{made.json()['id']}", Daybook_Position=made.headers["Daybook-Position"])
        assert (found.status_code, found.json()) == (200, made.json())


@pytest.mark.slow
@mostly_on_postgres
async def test_a_projector_that_dies_is_replaced_and_its_work_done_meanwhile(server: Server, door: Door) -> None:
    hospital = await door.register(server, capacity=100)
    (alice,) = await door.crowd([server], 1)
    first = projector_of(server)
    await sees_what_it_books(alice, hospital)
    os.kill(first, signal.SIGKILL)
    await sees_what_it_books(alice, hospital)
    assert projector_of(server, times=2) != first
    await sees_what_it_books(alice, hospital)


@pytest.mark.slow
@mostly_on_sqlite
async def test_a_projector_that_stands_still_is_replaced(server: Server, door: Door) -> None:
    hospital = await door.register(server, capacity=100)
    (alice,) = await door.crowd([server], 1)
    first = projector_of(server)
    os.kill(first, signal.SIGSTOP)
    server.says("it was silent")
    await sees_what_it_books(alice, hospital)
    assert projector_of(server, times=2) != first
    await sees_what_it_books(alice, hospital)


async def test_a_projector_has_none_of_the_keys(server: Server) -> None:
    projector = psutil.Process(projector_of(server))  # the only one that is a program of its own
    assert "PATH" in projector.environ()
    assert not [name for name in projector.environ() if name.startswith("DAYBOOK_")]
    assert not {SECRET, MASTER_KEY} & set(projector.environ().values())


@mostly_on_postgres
async def test_a_projector_ends_with_the_process_that_serves_however_that_ends(server: Server) -> None:
    projector_of(server)
    server.kill()
    assert server.is_forgotten, "the projector has closed what it could say something on"


@mostly_on_sqlite
async def test_a_projector_is_ended_in_good_order(server: Server) -> None:
    projector_of(server)
    assert server.terminate() == 0
    assert '"status": 0, "event": "projector process ended"' in server.said
    assert server.is_forgotten
