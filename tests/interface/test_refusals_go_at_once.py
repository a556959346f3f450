"""What was refused is out of memory with its answer: thousands a second would else wait for the collector, which then
stops whoever is served by that process for as long as it takes to look through them.
"""

import asyncio
import gc
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from tests.interface.house import Guest, House, next_week

from app.commands import Command
from app.outcome import Outcome
from app.queue import Asked
from app.replies import Reply
from app.writer_here import WriterHere, _OnLoop
from domain.refusal import Refused

LAST_BATCH = 1
"""The writer knows the answers of its last batch until the next one comes."""


@pytest.fixture
def nothing_collected() -> Iterator[None]:
    """Cycles stay where they are."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def refusals_in_memory(house: House) -> int:
    """How many there are; what is to be noted is kept a second longer, unless it is noted now."""
    assert house.daybook.writing is not None
    house.daybook.writing.refusing.flush()
    return sum(type(each) is Refused for each in gc.get_objects())


def refused_ten_times(room: str, alice: Guest, bob: Guest) -> None:
    alice.post("/v1/bookings", {"resource": room, "start": next_week(9)})
    answers = [bob.post("/v1/bookings", {"resource": room, "start": next_week(9)}) for _ in range(10)]
    assert {each.status_code for each in answers} == {409}


@pytest.mark.usefixtures("nothing_collected")
def test_ten_refusals_are_gone_when_they_are_answered(house: House, room: str, alice: Guest, bob: Guest) -> None:
    refused_ten_times(room, alice, bob)
    until = monotonic() + 10
    while refusals_in_memory(house) > LAST_BATCH and monotonic() < until:
        pass  # the last answer's task is about to end, on the service's thread
    assert refusals_in_memory(house) <= LAST_BATCH


async def named_by_who_waits(self: WriterHere, command: Command) -> Outcome:
    """The control: the answer's future has a name in the frame that the refusal passes through."""
    answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    self._writer.queue.put(Asked(command, Reply(_OnLoop(asyncio.get_running_loop()), answer)))
    return await answer


def as_it_was_raised(self: Refused) -> Refused:
    """The control: a refusal keeps the frames that it was raised in, which know the batch, and so the refusal."""
    return self


@pytest.mark.usefixtures("nothing_collected")
@pytest.mark.parametrize(
    ("owner", "name", "otherwise"),
    [(WriterHere, "execute", named_by_who_waits), (Refused, "without_frames", as_it_was_raised)],
)
def test_the_controls_leave_them_to_the_collector(
    owner: type,
    name: str,
    otherwise: Callable[..., object],
    house: House,
    room: str,
    alice: Guest,
    bob: Guest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owner, name, otherwise)
    refused_ten_times(room, alice, bob)
    assert refusals_in_memory(house) >= 10
