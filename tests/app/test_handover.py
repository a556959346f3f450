"""Commands that reach the writer from another process, and what becomes of them when either process ends."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from tests.app.conftest import House

from app.clock import CheckedClock, system_clock
from app.commands import SWEEPER, BookAny, Lapse
from app.handover.frames import Frames, framed
from app.handover.giving import NOT_ANSWERING, WriterThere
from app.handover.messages import CommandFailed, State
from app.handover.taking import Taking
from app.identity import random_command_id
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy
from app.queue import Queue
from app.writer_here import NOT_RUNNING, WriterHere
from domain.booking import Booking
from domain.refusal import Refused
from domain.sought import Sought

pytestmark = pytest.mark.anyio

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
ELEVEN = datetime(2026, 12, 1, 11, tzinfo=UTC)


@pytest.fixture
def meeting() -> Iterator[Path]:
    """A socket's name, which may not be long."""
    folder = Path(mkdtemp(prefix="daybook-test-"))
    yield folder / "writer"
    (folder / "writer").unlink(missing_ok=True)
    folder.rmdir()


async def begun(house: House, meeting: Path) -> Taking:
    """The writer's end, which takes connections."""
    taking = Taking(house.writer, WriterHere(house.writer, right_clock(), lambda: True, lambda: None))
    await taking.begin(meeting)
    return taking


async def connected(house: House, meeting: Path) -> tuple[Taking, WriterThere]:
    """Both ends, and a resource to book."""
    house.register()
    taking, writer = await begun(house, meeting), WriterThere(meeting)
    writer.begin()
    await until(lambda: not writer.troubles)
    return taking, writer


@asynccontextmanager
async def joined(house: House, meeting: Path) -> AsyncIterator[tuple[Taking, WriterThere]]:
    """Both ends, ended in good order."""
    taking, writer = await connected(house, meeting)
    try:
        yield taking, writer
    finally:
        writer.end()
        await taking.end(10)


def right_clock() -> CheckedClock:
    return CheckedClock(system_clock, system_clock)


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 - another thread brings it about
            await asyncio.sleep(0.005)


def test_messages_are_whole_however_the_socket_cuts_them() -> None:
    frames, said = Frames(), [b"one", ["two", 2], b"x" * 100_000]
    stream = b"".join(framed(each) for each in said)
    heard: list[Any] = []
    for size in (1, 3, 70_000, 1, len(stream)):
        heard += frames.fed(stream[:size])
        stream = stream[size:]
    assert heard == said


def test_a_refusal_goes_through_with_its_facts() -> None:
    refused = Refused("not-available", "Full.", capacity=20, alternatives=[{"start": "10:00"}])
    (heard,) = Frames().fed(framed(refused))
    assert repr(heard) == repr(refused)


async def test_what_is_booked_over_there_is_answered_here(house: House, meeting: Path) -> None:
    async with joined(house, meeting) as (_, writer):
        command = house.booking(house.person("alice"), TEN)
        outcome = await writer.execute(command)
        with pytest.raises(Refused, match="fully booked"):
            await writer.execute(house.booking(house.person("bob"), TEN))
    assert isinstance(outcome.subject, Booking)
    assert (outcome.created, outcome.subject.status, outcome.position) == (True, "confirmed", writer.decided_up_to)
    assert outcome.changeable == (outcome.subject.start, True)


async def test_a_refusal_from_over_there_is_gone_once_it_was_told(house: House, meeting: Path) -> None:
    async with joined(house, meeting) as (_, writer):
        await writer.execute(house.booking(house.person("alice"), TEN))
        gc.collect()
        gc.disable()
        try:
            for _ in range(10):
                with pytest.raises(Refused) as told:
                    await writer.execute(house.booking(house.person("bob"), TEN))
                del told
            left = sum(type(each) is Refused for each in gc.get_objects())
        finally:
            gc.enable()
    assert left <= 2  # the writer and its connection know the last one until something else comes


async def test_a_wish_for_any_of_several_travels_with_what_is_sought(house: House, meeting: Path) -> None:
    async with joined(house, meeting) as (_, writer):
        alice = house.person("alice")
        command = BookAny(
            actor=alice,
            customer=alice.person,
            command_id=random_command_id(),
            candidates=Sought("psychologist", None, (("floor", "2"),)),
            between=(TEN, ELEVEN),
        )
        with pytest.raises(Refused, match="with these attributes"):
            await writer.execute(command)
        outcome = await writer.execute(replace(command, candidates=Sought("psychologist")))
    assert isinstance(outcome.subject, Booking)
    assert (outcome.subject.legs[0].resource, outcome.subject.start) == ("dr-lee", TEN)


async def test_one_caller_who_fills_the_queue_is_told_busy(
    house: House, meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = house.person("alice")
    async with joined(house, meeting) as (_, writer):
        monkeypatch.setattr(house.writer, "queue", Queue(most=20))  # what is put there is never taken out
        tries = [asyncio.ensure_future(writer.execute(house.booking(alice, TEN))) for _ in range(3)]
        done, waiting = await asyncio.wait(tries, timeout=10, return_when=asyncio.FIRST_EXCEPTION)
        assert {type(each.exception()) for each in done} == {Busy}
        for each in waiting:
            each.cancel()
    monkeypatch.undo()


async def test_a_fault_over_there_is_a_fault_here(house: House, meeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class UnspeakableError(Exception):
        def __reduce__(self) -> Any:
            raise TypeError("cannot be pickled")

    def fail(*_: Any) -> None:
        raise UnspeakableError

    async with joined(house, meeting) as (_, writer):
        command = house.booking(house.person("alice"), TEN)
        monkeypatch.setattr("app.batch.decide", fail)
        with pytest.raises(CommandFailed, match="UnspeakableError"):
            await writer.execute(command)


async def test_when_the_writer_ends_what_it_had_is_unknown_and_the_next_one_is_found(
    house: House, meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking, writer = await connected(house, meeting)
    with monkeypatch.context() as patched:
        patched.setattr(house.writer, "queue", Queue())  # what is put there is never taken out
        under_way = asyncio.ensure_future(writer.execute(house.booking(house.person("alice"), TEN)))
        await until(lambda: len(house.writer.queue))
        for door in list(taking._doors):
            assert door._transport is not None
            door._transport.abort()
        await taking.end(10)
        with pytest.raises(OutcomeUnknown):
            await under_way
    with pytest.raises(StoreUnavailable, match="being started"):
        await writer.execute(house.booking(house.person("alice"), ELEVEN))
    assert writer.troubles == [NOT_RUNNING]
    again = await begun(house, meeting)
    await until(lambda: not writer.troubles)
    assert (await writer.execute(house.booking(house.person("alice"), ELEVEN))).created
    writer.end()
    await again.end(10)


async def test_a_client_that_hangs_up_leaves_nothing_behind(house: House, meeting: Path) -> None:
    async with joined(house, meeting) as (_, writer):
        command = house.booking(house.person("alice"), TEN)
        hung_up = asyncio.ensure_future(writer.execute(command))
        await asyncio.sleep(0)
        hung_up.cancel()
        assert (await writer.execute(house.booking(house.person("bob"), ELEVEN))).created
        assert writer._waiting == {}


async def test_a_door_knows_of_a_trouble_by_the_time_a_command_failed_of_it(
    house: House, meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.handover.taking.SECONDS_BETWEEN_STATES", 3600)

    def full(*_: Any) -> None:
        raise StoreUnavailable("The disk is full.")

    house.register()
    taking, writer = await begun(house, meeting), WriterThere(meeting)
    writer.begin()
    await until(lambda: taking._doors and writer._connection)
    alice = house.person("alice")
    await writer.execute(house.booking(alice, TEN))
    assert not writer.troubles
    with monkeypatch.context() as patched:
        patched.setattr(house.log, "append", full)
        with pytest.raises(StoreUnavailable):
            await writer.execute(house.booking(alice, ELEVEN))
    assert writer.troubles == ["The last append failed; the log lines say why."]
    await writer.execute(house.booking(alice, ELEVEN))
    assert not writer.troubles
    writer.end()
    await taking.end(10)


async def test_a_writer_that_is_frozen_is_told_of_and_its_commands_are_unknown_after_a_while(
    meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.handover.giving.SECONDS_OF_SILENCE", 0.5)
    monkeypatch.setattr("app.handover.giving.SECONDS_OF_PATIENCE", 3.0)
    well = framed(State([], holds_lease=True, projector_failure=None, waiting=0, oldest_age=0.0))
    doors: list[asyncio.StreamWriter] = []

    async def say_once(_: asyncio.StreamReader, door: asyncio.StreamWriter) -> None:
        doors.append(door)
        if len(doors) == 1:
            door.write(well)

    async with await asyncio.start_unix_server(say_once, str(meeting)):
        writer = WriterThere(meeting)
        writer.begin()
        await until(lambda: not writer.troubles)
        under_way = asyncio.ensure_future(writer.execute(a_command()))
        await until(lambda: writer.troubles == [NOT_ANSWERING])
        assert not writer.holds_lease
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await writer.execute(a_command())
        with pytest.raises(OutcomeUnknown):
            await under_way
        await until(lambda: len(doors) > 1)
        doors[-1].write(well)
        await until(lambda: not writer.troubles)
        writer.end()
        for door in doors:
            door.close()


async def test_a_door_hears_how_far_read_models_have_come_and_says_once_that_somebody_waits(
    house: House, meeting: Path
) -> None:
    asked: list[str] = []
    heard: list[int] = []
    async with joined(house, meeting) as (taking, writer):
        taking.somebody_waits = lambda: asked.append("somebody waits")
        writer.reached = heard.append
        writer.somebody_waits()
        writer.somebody_waits()
        await until(lambda: asked)
        taking.reached(7)
        await until(lambda: heard)
        writer.somebody_waits()
        await until(lambda: len(asked) > 1)
    assert heard == [7]
    assert asked == ["somebody waits"] * 2


async def test_a_door_that_does_not_listen_is_let_go(
    house: House, meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.handover.taking.MOST_UNREAD", 100_000)
    taking = await begun(house, meeting)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(meeting))
        await until(lambda: taking._doors)

        def is_let_go() -> bool:
            for _ in range(100):
                taking.reached(10**100)
            return not taking._doors

        await until(is_let_go)
    await taking.end(10)


def a_command() -> Lapse:
    return Lapse(actor=SWEEPER, command_id=random_command_id(), booking="b-17")
