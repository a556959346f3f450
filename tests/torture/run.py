"""One run: a crowd and a nemesis for a while, then quiet, then the raw log and everything that was said."""

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from tests.torture.clients import Client
from tests.torture.follower import Follower
from tests.torture.history import History
from tests.torture.house import House, StoreKind, opened
from tests.torture.nemesis import ON_POSTGRES, ON_PROCESSES, ON_SQLITE, Act, Nemesis
from tests.torture.people import crowd
from tests.torture.places import PLACES
from tests.torture.shown import shown_by
from tests.torture.subscriber import Subscriber

Say = Callable[[str], None]

PROGRESS_SECONDS = 5.0
_SECONDS_TO_SETTLE = 120.0


@dataclass(frozen=True)
class Plan:
    """What to run: for so many seconds, and until so many `wishes` came true. `altered`: deliberate faults of the
    servers; `acts`: what the nemesis may do, none for all; `between`: how many wishes come true between two acts.
    """

    store: StoreKind
    seconds: float
    seed: int
    customers: int = 12
    altered: Sequence[str] = ()
    acts: Sequence[Act] | None = None
    settings: Sequence[str] = ()
    wishes: int = 0
    between: tuple[int, int] = (5, 80)

    @property
    def nemesis(self) -> Sequence[Act]:
        """What the nemesis may do."""
        if self.acts is not None:
            return self.acts
        return (*ON_PROCESSES, *(ON_SQLITE if self.store == "sqlite" else ON_POSTGRES))


async def torture(plan: Plan, folder: Path, say: Say = lambda _: None) -> History:
    """Run it. What is needed to judge it, and to judge it again, is in the folder afterwards."""
    history = History(folder)
    (folder / "plan.json").write_text(json.dumps({"store": plan.store, "seconds": plan.seconds, "seed": plan.seed}))
    try:
        async with opened(plan.store, folder, plan.altered, plan.settings) as house:
            await _under(plan, house, history, say)
            await asyncio.to_thread(house.verify)
            house.dump()
    finally:
        history.close()
    return history


async def _under(plan: Plan, house: House, history: History, say: Say) -> None:
    doors = [room.url for room in house.rooms]
    people, visitor, desk, admin = crowd(history, doors, plan.seed, plan.customers)
    followers = [
        Follower(history, doors, f"auditor-{n}", random.Random(f"{plan.seed} {n}"))  # noqa: S311 - no secret
        for n in range(2)
    ]
    everybody: list[Client] = [*people, visitor, desk, admin, *followers]
    subscriber = Subscriber(house.folder, house.environment, plan.seed, tuple(plan.altered))
    try:
        await asyncio.gather(*(each.arrive() for each in everybody))
        await admin.register()
        lives = [
            *(each.live(desk) for each in people),
            visitor.live(),
            desk.live(),
            admin.live(plan.seconds / 2),
            *(each.live() for each in followers),
            _progress(history, plan, say),
        ]
        limits: dict[str, Any] = {"seconds": plan.seconds, "wishes": plan.wishes, "between": plan.between}
        await _while(Nemesis(house, history, plan.seed, **limits).live(plan.nemesis), lives)
        say(f"{plan.store}: settling")
        await asyncio.to_thread(subscriber.read_to, await _settled(house, desk, followers))
    finally:
        subscriber.close()
        await asyncio.gather(*(each.close() for each in everybody))


async def _while(nemesis: Coroutine[Any, Any, None], lives: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Let all of them live until the nemesis has enough. Whoever fails fails the run."""
    tasks = [asyncio.create_task(life) for life in (nemesis, *lives)]
    ended, going = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in going:
        task.cancel()
    await asyncio.gather(*going, return_exceptions=True)
    for task in ended:
        task.result()


async def _progress(history: History, plan: Plan, say: Say) -> None:
    began = monotonic()
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        counts = ", ".join(f"{history.of_result(result)} {result}" for result in ("ok", "refused", "unknown"))
        acts = ", ".join(f"{count} {act}" for act, count in sorted(history.acts.items()))
        say(f"{plan.store}: {monotonic() - began:.0f} of {plan.seconds:.0f} s; {counts}; {acts}")


async def _settled(house: House, desk: Client, followers: Sequence[Follower]) -> int:
    """Every process runs again with a right clock; wait until all holds have lapsed, and look at everything. Answers
    where the log ends.
    """
    for room in house.rooms:
        room.shift_clock(0.0)
        assert room.server is not None
        assert room.server.is_running, f"it ended by itself:\n{room.server.said}"
        room.server.resume()
    deadline = monotonic() + _SECONDS_TO_SETTLE
    await asyncio.sleep(max(place.policy["hold_seconds"] for place in PLACES) + 1)
    while True:
        head = await asyncio.to_thread(house.head)
        try:
            shown = [await shown_by(house, room.url, desk, head) for room in house.rooms]
            if await asyncio.to_thread(house.head) == head:
                break
            moving = "the log still grows"
        except httpx.HTTPError as error:
            moving = repr(error)
        assert monotonic() < deadline, f"the service does not come to rest: {moving}"
        await asyncio.sleep(0.5)
    (house.folder / "shown.json").write_text(json.dumps(shown))
    await asyncio.gather(*(follower.read_to(head) for follower in followers))
    return head
