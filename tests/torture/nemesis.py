"""The nemesis: does to processes, store, connections, disk and clocks what a bad year does, in minutes.

Everything comes from the seed; every act is written into the history.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic, time

from tests.torture.history import History
from tests.torture.house import House, Room
from tests.torture.members import Kind, limit_all_files, of_kind, send
from tests.torture.wires import Wire

WITHIN_TOLERANCE = 0.4
BEYOND_TOLERANCE = (-3600.0, -7.0, 5.0, 86_400.0)
"""Seconds that a clock is off by; the service's tolerance is one."""

Act = Callable[["Nemesis"], Awaitable[None]]


SECONDS_BETWEEN_ACTS = (0.1, 1.0)
PATIENCE = 180.0
"""Seconds beyond its time that a run may take on a slow machine until enough wishes came true."""


class Nemesis:
    """Acts at random moments, one act at a time: for so many seconds, and until so many operations ended ok.

    Between two acts some wishes come true (`between`: how many): on a slow machine nothing else would ever happen.
    To see what is free is none.
    """

    def __init__(
        self, house: House, history: History, seed: int, *, seconds: float, wishes: int, between: tuple[int, int]
    ) -> None:
        self.house = house
        self.history = history
        self.chance = random.Random(f"{seed} nemesis")  # noqa: S311 - no secret
        self._end = monotonic() + seconds
        self._wishes = wishes
        self._between = between

    async def live(self, acts: Sequence[Act]) -> None:
        """All kinds of act come before one comes again. The last one is finished."""
        coming: list[Act] = []
        while not self._is_over():
            coming = coming or self.chance.sample(acts, len(acts))
            await asyncio.sleep(self.chance.uniform(*SECONDS_BETWEEN_ACTS))
            wanted = self._came_true + self.chance.randint(*self._between)
            while self._came_true < wanted and not self._is_over():  # noqa: ASYNC110 - a count, which wakes nobody
                await asyncio.sleep(0.05)
            if coming and not self._is_over():
                await coming.pop()(self)

    @property
    def _came_true(self) -> int:
        return self.history.of_result("ok") - self.history.results["availability", "ok"]

    def _is_over(self) -> bool:
        late = monotonic() - self._end
        return late >= 0 and (self._came_true >= self._wishes or late > PATIENCE)

    @property
    def room(self) -> Room:
        """Whose turn it is."""
        return self.chance.choice(self.house.rooms)

    async def kill(self) -> None:
        """`kill -9` of a service, of all its processes or of the one over them, in the middle of whatever it does;
        another takes its place.
        """
        room = self.room
        everything = self.chance.random() < 0.5
        await room.kill(everything=everything)
        self.history.act("kill", room=room.number, everything=everything)
        await room.start()

    async def kill_writer(self) -> None:
        """`kill -9` of the process that writes: the service replaces it."""
        await self._kill_one("writer")

    async def kill_door(self) -> None:
        """`kill -9` of the process that answers requests: the service replaces it."""
        await self._kill_one("door")

    async def kill_projector(self) -> None:
        """`kill -9` of the process that keeps the read models up: the service replaces it."""
        await self._kill_one("projector")

    async def _kill_one(self, kind: Kind) -> None:
        room = self.room
        victim = of_kind(room.serving, kind)
        if victim is not None:  # it is just being replaced, or another service has the lease
            send(victim, signal.SIGKILL)
            self.history.act(f"kill of a {kind}", room=room.number)

    async def pause(self) -> None:
        """A service stands still, sometimes for longer than its lease of five seconds, and goes on."""
        server, seconds = self.room.serving, self._seconds_of_pause()
        server.pause()
        self.history.act("pause", seconds=seconds)
        await asyncio.sleep(seconds)
        server.resume()

    async def pause_one(self) -> None:
        """One process of a service stands still, while the others go on."""
        kinds: list[Kind] = ["writer", "door", "projector"]
        kind, seconds = self.chance.choice(kinds), self._seconds_of_pause()
        victim = of_kind(self.room.serving, kind)
        if victim is not None:
            send(victim, signal.SIGSTOP)
            self.history.act(f"pause of a {kind}", seconds=seconds)
            await asyncio.sleep(seconds)
            send(victim, signal.SIGCONT)

    def _seconds_of_pause(self) -> float:
        return self.chance.choice((0.3, 0.8, 1.5, 6.5))

    async def cut_connections(self) -> None:
        """Every connection of clients with a process is cut, wherever it is in a request."""
        self.history.act("cut connections", cut=self.room.wire.cut_all())

    async def lose_answers(self) -> None:
        """Commands are carried out, and their clients hear nothing."""
        await self._lose(self.room.wire, "answers lost to clients")

    async def fill_disk(self) -> None:
        """No file of a service can grow for a while."""
        server = self.room.serving
        seconds = self.chance.uniform(0.2, 1.5)
        processes = limit_all_files(server, full=True)
        self.history.act("full disk", processes=processes, seconds=seconds)
        await asyncio.sleep(seconds)
        limit_all_files(server, full=False)

    async def shift_clock(self) -> None:
        """A process's clock jumps, within its tolerance or far beyond, and comes back after a while."""
        room = self.room
        near = self.chance.uniform(-WITHIN_TOLERANCE, WITHIN_TOLERANCE)
        seconds = self.chance.choice((near, *BEYOND_TOLERANCE))
        since = time()
        room.shift_clock(seconds)
        await asyncio.sleep(self.chance.uniform(0.3, 1.5))
        room.shift_clock(0.0)
        self.history.act("clock shift", room=room.number, seconds=seconds, since=since)

    async def restart_postgres(self) -> None:
        """PostgreSQL ends without a checkpoint and recovers from its write-ahead log."""
        assert self.house.postgres is not None
        await asyncio.to_thread(self.house.postgres.restart)
        self.history.act("PostgreSQL restart")

    async def lose_commits(self) -> None:
        """PostgreSQL commits, and the process that asked for it hears nothing."""
        assert self.house.store_wire is not None
        await self._lose(self.house.store_wire, "answers lost after COMMIT")

    async def cut_store(self) -> None:
        """Every connection to PostgreSQL is cut, wherever it is."""
        assert self.house.store_wire is not None
        self.history.act("cut from PostgreSQL", cut=self.house.store_wire.cut_all())

    async def fill_disk_of_postgres(self) -> None:
        """No file can grow that PostgreSQL's processes write."""
        postgres = self.house.postgres
        assert postgres is not None
        backends = await asyncio.to_thread(postgres.backends)
        seconds = self.chance.uniform(0.5, 2.0)
        await asyncio.to_thread(postgres.limit_files, backends, full=True)
        self.history.act("full disk of PostgreSQL", backends=len(backends), seconds=seconds)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(postgres.limit_files, backends, full=False)

    async def _lose(self, wire: Wire, name: str) -> None:
        before = wire.lost
        wire.lose_answers(self.chance.randint(1, 4))
        await asyncio.sleep(self.chance.uniform(0.2, 0.6))
        wire.lose_answers(0)
        for _ in range(wire.lost - before):
            self.history.act(name)


ON_PROCESSES: tuple[Act, ...] = (
    Nemesis.kill,
    Nemesis.kill_writer,
    Nemesis.kill_door,
    Nemesis.kill_projector,
    Nemesis.pause,
    Nemesis.pause_one,
    Nemesis.cut_connections,
    Nemesis.lose_answers,
    Nemesis.shift_clock,
)
ON_SQLITE: tuple[Act, ...] = (Nemesis.fill_disk,)
ON_POSTGRES: tuple[Act, ...] = (
    Nemesis.restart_postgres,
    Nemesis.lose_commits,
    Nemesis.cut_store,
    Nemesis.fill_disk_of_postgres,
)
