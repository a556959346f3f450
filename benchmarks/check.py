"""The same check for every contestant: what was counted is what is stored, and no place is sold twice."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from contestants import Claim, Contestant, token
from workloads import CUSTOMERS, RACE, SLOT_MINUTES, Workload, first_day

RACERS = 32
RACED_SLOTS = 40
TIMES_TOO_MANY = 3
WAIT_SECONDS = 30.0
RESOURCES_BOOKED = 200
SEEDED = 5 * RESOURCES_BOOKED
"""Five slots of each resource's first day."""


@dataclass
class Tally:
    """What clients counted: `accepted` bookings, and at most `unknown` more that nobody heard the answer of."""

    accepted: int = 0
    unknown: int = 0
    faults: list[str] = field(default_factory=list)


async def race(contestant: Contestant, workload: Workload) -> tuple[int, int]:
    """Many clients after too few places, every answer heard: how many were accepted, and how many could be."""
    per_slot = workload.capacity * TIMES_TOO_MANY
    slots = max(1, RACED_SLOTS // workload.capacity)
    first = first_day() + timedelta(minutes=workload.opens)
    length = timedelta(minutes=SLOT_MINUTES)
    starts = [
        first + (number % workload.slots) * length + timedelta(days=number // workload.slots) for number in range(slots)
    ]
    wanted = [start for start in starts for _ in range(per_slot)]
    accepted = 0

    async def racer(number: int, client: httpx.AsyncClient) -> None:
        nonlocal accepted
        headers = {"Authorization": f"Bearer {token(f'customer-{number % CUSTOMERS}', 'customer')}"}
        for start in wanted[number::RACERS]:
            said = {"resource": RACE, "start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{start + length:%Y-%m-%dT%H:%M}"}
            answer = await client.post("/v1/bookings", json=said, headers=headers)
            accepted += answer.status_code == 201
            if answer.status_code not in {201, 409}:
                raise RuntimeError(f"{contestant.name} answered {answer.status_code}: {answer.text[:300]}")

    limits = httpx.Limits(max_connections=RACERS)
    async with httpx.AsyncClient(base_url=contestant.address, timeout=WAIT_SECONDS, limits=limits) as client:
        await asyncio.gather(*(racer(number, client) for number in range(RACERS)))
    return accepted, slots * workload.capacity


async def seed(contestant: Contestant, workload: Workload) -> int:
    """Book the first slots of every resource, the same for every contestant; returns how many bookings."""
    first = first_day() + timedelta(minutes=workload.opens)

    async def book(numbers: range, client: httpx.AsyncClient) -> None:
        for number in numbers:
            start = first + timedelta(minutes=SLOT_MINUTES * (number // RESOURCES_BOOKED))
            said = {"resource": f"venue-{number % RESOURCES_BOOKED}", "start": f"{start:%Y-%m-%dT%H:%M}"}
            headers = {"Authorization": f"Bearer {token(f'customer-{number % CUSTOMERS}', 'customer')}"}
            (await client.post("/v1/bookings", json=said, headers=headers)).raise_for_status()

    limits = httpx.Limits(max_connections=RACERS)
    async with httpx.AsyncClient(base_url=contestant.address, timeout=WAIT_SECONDS, limits=limits) as client:
        await asyncio.gather(*(book(range(number, SEEDED, RACERS), client) for number in range(RACERS)))
    return SEEDED


def verdict(contestant: Contestant, workload: Workload, tally: Tally) -> list[str]:
    """What is wrong with what the contestant stored; empty when nothing is. Empty for one that stores nothing."""
    if contestant.name == "floor":
        return []
    claims = list(contestant.claims())
    stored = len({claim.booking for claim in claims})
    faults = list(tally.faults)
    if not tally.accepted <= stored <= tally.accepted + tally.unknown:
        faults.append(f"{stored} bookings stored, {tally.accepted} counted and {tally.unknown} unanswered")
    faults += oversold(claims, workload.capacity)
    return faults


def oversold(claims: Iterable[Claim], capacity: int) -> list[str]:
    """Resources on which more was sold at one moment than there is."""
    changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for claim in claims:
        changes[claim.resource] += [(claim.start, claim.units), (claim.end, -claim.units)]
    faults = []
    for resource, moments in changes.items():
        usage = most = 0
        for _, units in sorted(moments):  # at one moment what ends comes before what begins
            usage += units
            most = max(most, usage)
        if most > capacity:
            faults.append(f"{resource}: {most} sold of {capacity}")
    return faults[:5]
