"""Lost races are told to the desk, whichever process noted them, and nobody looks while nobody listens."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.conftest import Store

from app.live import lost_races as looking
from app.live.listener import Listener
from app.live.lost_races import LostRaces
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.lost_races import MOST, LostRace, lost_races
from app.log.notes import Refusal
from app.log.trouble import StoreUnavailable

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    """What asynchronous tests run on."""
    return "asyncio"


def refusal(number: int, last: datetime, **changed: object) -> Refusal:
    """Somebody wanted the hall from ten to eleven, and others had it."""
    at = timestamp_text(last)
    row = Refusal(
        id=f"{at[:16]}-{number:024}",
        first_at=at,
        last_at=at,
        times=1,
        by=f"customer:c-{number}",
        command_id=f"{number:032}",
        kind="Book",
        booking=None,
        resource="hall",
        start="2026-12-01T10:00:00+01:00",
        end="2026-12-01T11:00:00+01:00",
        units=1,
        code="not-available",
        position=7,
    )
    return row._replace(**changed)  # type: ignore[arg-type] # any of its fields


def test_races_of_a_minute_are_summed_up_by_interval_the_latest_first(log: EventLog) -> None:
    later = {"start": "2026-12-01T11:00:00+01:00", "end": "2026-12-01T12:00:00+01:00"}
    log.refusals.add(
        [
            refusal(1, NOON - timedelta(seconds=61)),
            refusal(2, NOON - timedelta(seconds=59), times=3),
            refusal(3, NOON - timedelta(seconds=2)),
            refusal(4, NOON - timedelta(seconds=1), **later),
            refusal(5, NOON, code="outside-hours"),
            refusal(6, NOON, resource="yard"),
            refusal(7, NOON, start=None, end=None),
        ]
    )
    found = [(race.start[11:16], race.times) for race in lost_races(log, ["hall", "shed"], NOON)]
    assert found == [("11:00", 1), ("10:00", 4)]


@pytest.mark.parametrize(("now", "times"), [(50, 60), (60, 60), (75, 45), (100, 20), (119, 1)])
def test_of_what_one_caller_repeats_only_the_last_minute_counts(log: EventLog, now: int, times: int) -> None:
    first, last = timestamp_text(NOON), timestamp_text(NOON + timedelta(seconds=59))
    log.refusals.add([refusal(1, NOON, first_at=first, last_at=last, times=60)])
    assert [race.times for race in lost_races(log, ["hall"], NOON + timedelta(seconds=now))] == [times]


def test_of_very_many_the_latest_are_there(log: EventLog) -> None:
    start = datetime(2026, 12, 1, tzinfo=UTC)
    rows = [
        refusal(number, NOON - timedelta(milliseconds=number), start=(start + timedelta(minutes=number)).isoformat())
        for number in range(MOST + 1)
    ]
    log.refusals.add(rows)
    found = lost_races(log, ["hall"], NOON)
    assert [race.start for race in found] == [row.start for row in rows[:MOST]]


def written(races: Sequence[LostRace]) -> bytes:
    return " ".join(f"{race.resource} {race.start[11:16]} {race.times}" for race in races).encode()


async def test_what_another_process_noted_is_told_once_to_those_whose_desk_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.01)
    ours, theirs = store.open(), store.open()
    with ThreadPoolExecutor(1) as threads:
        races, desk, other = LostRaces(theirs, threads, lambda: NOON, written), Listener(0), Listener(0)
        ours.refusals.add([refusal(1, NOON - timedelta(seconds=20))])
        with races.told_to(desk, frozenset({"hall"})), races.told_to(other, frozenset({"yard"})):
            ours.refusals.add([refusal(2, NOON)])
            assert await desk.next(30) == b"hall 10:00 2"
            ours.refusals.add([refusal(3, NOON, times=4)])
            assert await desk.next(30) == b"hall 10:00 6"
            ours.refusals.add([refusal(4, NOON, resource="yard")])
            assert await other.next(30) == b"yard 10:00 1"
            assert await desk.next(0.05) is None


async def test_nobody_looks_while_nobody_of_the_desk_listens(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0)
    with ThreadPoolExecutor(1) as threads:
        before = asyncio.all_tasks()
        races, listener = LostRaces(log, threads, lambda: NOON, written), Listener(0)
        with races.told_to(listener, frozenset()):
            assert not races.is_looking
        with races.told_to(listener, frozenset({"hall"})):
            with races.told_to(Listener(0), frozenset({"yard"})):
                await asyncio.sleep(0)
            (look,) = asyncio.all_tasks() - before
        assert not races.is_looking
        await asyncio.wait({look})
        assert asyncio.all_tasks() == before


async def test_a_store_that_is_away_is_looked_at_again(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOK_SECONDS", 0.01)
    answers = iter([StoreUnavailable("It is away."), ValueError("A mistake.")])

    def rows(sql: str, parameters: Sequence[object] = ()) -> Sequence[object]:
        trouble = next(answers, None)
        if trouble is not None:
            raise trouble
        return answer(sql, parameters)

    with ThreadPoolExecutor(1) as threads:
        races, desk, answer = LostRaces(log, threads, lambda: NOON, written), Listener(0), log.rows
        monkeypatch.setattr(log, "rows", rows)
        with races.told_to(desk, frozenset({"hall"})):
            log.refusals.add([refusal(1, NOON)])
            assert await desk.next(30) == b"hall 10:00 1"
