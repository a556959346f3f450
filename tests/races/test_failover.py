"""A primary dies under load and its standby takes its place: what was answered is there, what was not is made once."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import httpx
import pytest
from tests.conftest import PostgresPlace, Store
from tests.races.guests import Door, Guest, codes, is_ready, reached, slot, together
from tests.races.replicas import Replicas, replicas
from tests.races.serving import Service
from tests.recount import Row

from app.log.migrate import migrate

pytestmark = pytest.mark.anyio


@pytest.fixture
def pair() -> Iterator[Replicas]:
    """A primary and a standby that follows it."""
    with replicas() as made:
        yield made


@pytest.fixture
def replicated(pair: Replicas) -> Iterator[Service]:
    """A service on both, as its URL says; nobody serves yet."""
    migrate(pair.url, "venue")
    made = Service(Store(None, PostgresPlace(pair.url, "venue")))
    yield made
    made.stop()


@dataclass
class Wish:
    """A booking that somebody asks for under a key, until it is answered."""

    guest: Guest
    resource: str
    start: str
    key: str
    answers: list[httpx.Response] = field(default_factory=list)

    async def ask(self) -> None:
        """Once; what comes of it is kept."""
        self.answers.append(await self.guest.book(self.resource, self.start, Idempotency_Key=self.key))

    @property
    def status(self) -> int:
        """The last answer: 201 booked, 409 somebody else has it, 503 not known or not stored."""
        return self.answers[-1].status_code if self.answers else 0

    @property
    def booking(self) -> dict[str, Any]:
        return dict(self.answers[-1].json())


class Claim(NamedTuple):
    resource: str
    start: datetime
    end: datetime


class Load:
    """People who book without a pause, two for each place, at the doors of several servers."""

    def __init__(self, people: Sequence[Guest], resource: str) -> None:
        self.wishes: list[Wish] = []
        self._resource = resource
        self._stopped = False
        self._slots = [count() for _ in range(2)]
        self._working = [asyncio.create_task(self._book(n, guest)) for n, guest in enumerate(people)]

    def booked(self) -> int:
        return sum(wish.status == 201 for wish in self.wishes)

    async def has_booked(self, more: int) -> None:
        """Wait until so many more were booked."""
        before = self.booked()

        async def enough() -> bool:
            return self.booked() >= before + more

        await reached(enough)

    async def stop(self) -> None:
        self._stopped = True
        await asyncio.gather(*self._working)

    async def answer_all(self) -> list[Wish]:
        """Ask again, with the same key, whoever got no answer; those who had to."""
        interrupted = [wish for wish in self.wishes if wish.status == 503]

        async def settled() -> bool:
            await together(wish.ask() for wish in interrupted if wish.status == 503)
            return all(wish.status in {201, 409} for wish in interrupted)

        await reached(settled)
        return interrupted

    async def _book(self, number: int, guest: Guest) -> None:
        slots = self._slots[number % 2]
        while not self._stopped:
            place = next(slots)
            wish = Wish(guest, self._resource, slot(place), f"wish-{number}-{place}")
            self.wishes.append(wish)
            await wish.ask()
            assert wish.status in {201, 409, 503}, wish.answers[-1].text


def claim_of(resource: str, facts: dict[str, Any]) -> Claim:
    return Claim(resource, *(datetime.fromisoformat(facts[name]) for name in ("start", "end")))


def lost(rows: Sequence[Row], answered: Sequence[dict[str, Any]]) -> list[str]:
    """What was answered and is not in the log exactly once, with just that place; a sentence each."""
    confirmed = Counter(row.stream for row in rows if row.topic == "BookingConfirmed.1")
    claims: dict[str, list[Claim]] = {}
    for row in rows:
        if row.topic == "TimeClaimed.1":
            facts = json.loads(row.state)
            claims.setdefault(facts["booking"], []).append(claim_of(row.stream.split("/")[1], facts))
    found = []
    for booking in answered:
        (leg,) = booking["legs"]
        times, stored = confirmed[f"booking/{booking['id']}"], claims.get(booking["id"])
        if times != 1 or stored != [claim_of(leg["resource"], leg)]:
            found.append(f"{booking['id']} was answered and is in the log {times} times, with {stored}")
    return found


async def all_ready(service: Service, door: Door) -> None:
    """Wait until no process has anything to complain of."""

    async def ready() -> bool:
        return all(await together(is_ready(door, server) for server in service.servers))

    await reached(ready)


async def begin(service: Service, door: Door) -> Load:
    """Two processes, and a load on both."""
    servers = service.start_several(2)
    hospital = await door.register(servers[0], kind="hospital")
    people = await door.crowd(servers, 8)
    load = Load(people, hospital)
    await load.has_booked(100)
    return load


@pytest.mark.slow
async def test_every_answered_booking_is_on_the_standby_that_takes_over(
    pair: Replicas, replicated: Service, door: Door
) -> None:
    pair.commit_on_both()
    load = await begin(replicated, door)
    await asyncio.to_thread(pair.fail_over_between_commit_and_answer)
    await load.has_booked(100)
    await load.stop()
    interrupted = await load.answer_all()
    told = {wish.key: codes(wish.answers[:1]) for wish in interrupted}
    assert sum(told.values(), Counter()).keys() == {"outcome-unknown", "store-unavailable"}
    for wish in interrupted:
        found = [answer for answer in wish.answers if answer.headers.get("Idempotency-Replayed")]
        assert not found or told[wish.key] == {"outcome-unknown": 1}, "store-unavailable promises that it is not stored"
    assert any(answer.headers.get("Idempotency-Replayed") for wish in interrupted for answer in wish.answers)
    booked = [wish.booking for wish in load.wishes if wish.status == 201]
    rows = replicated.rows()
    assert lost(rows, booked) == []
    assert sorted(replicated.booked()) == sorted(booking["id"] for booking in booked), "each wish made one booking"
    assert replicated.recount().oversold == []
    await all_ready(replicated, door)
    for wish in [wish for wish in load.wishes if wish.status == 201][-20:]:
        position = wish.answers[-1].headers["Daybook-Position"]
        read = await wish.guest.get(f"/v1/bookings/{wish.booking['id']}", Daybook_Position=position)
        assert read.json() == wish.booking


@pytest.mark.slow
async def test_with_a_standby_that_nobody_waits_for_answered_bookings_are_lost_and_the_check_sees_it(
    pair: Replicas, replicated: Service, door: Door
) -> None:
    """The control. What is lost is lost, but the service goes on by itself, and sells nothing twice on what is left."""
    load = await begin(replicated, door)
    await asyncio.to_thread(pair.cut_off_standby)
    await load.has_booked(50)
    await asyncio.to_thread(pair.fail_over)
    await load.has_booked(50)
    await load.stop()
    await load.answer_all()
    gone = lost(replicated.rows(), [wish.booking for wish in load.wishes if wish.status == 201])
    assert len(gone) > 20, "of 50 that were answered after the standby was cut off, and what was under way"
    assert replicated.recount().oversold == []
    await all_ready(replicated, door)
