"""Lost races, told to the desk while it looks: they are not in the log, but noted beside it a second behind."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Final, NamedTuple

import structlog

from app.clock import Clock
from app.lasting_trouble import LastingTrouble
from app.live.listener import Listener
from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.lost_races import LostRace, lost_races
from app.log.trouble import StoreUnavailable

LOOK_SECONDS: Final = 1.0
_REST: Final = 10
"""A look is followed by as many times as long without one: where very much is refused, the desk hears of it later."""

Write = Callable[[Sequence[LostRace]], bytes]
_Interval = tuple[str, str, str]

log = structlog.get_logger()


class _Hearing(NamedTuple):
    """A listener, and the resources whose lost races they are told of."""

    listener: Listener
    resources: frozenset[str]


class LostRaces:
    """Looks at what is noted beside the log, by whichever process, while anybody of the desk listens, and only then.
    For one event loop.
    """

    def __init__(self, event_log: EventLog, threads: Executor, clock: Clock, write: Write) -> None:
        """`write` makes of lost races the bytes that listeners are told."""
        self._log = event_log
        self._threads = threads
        self._clock = clock
        self._write = write
        self._hearing: list[_Hearing] = []
        self._looking: asyncio.Task[None] | None = None
        self._trouble = LastingTrouble(
            lambda **facts: log.warning("lost races are not told", **facts),
            lambda **facts: log.info("lost races are told again", **facts),
        )

    @property
    def is_looking(self) -> bool:
        """Whether anybody is told."""
        return self._looking is not None

    @contextmanager
    def told_to(self, listener: Listener, resources: frozenset[str]) -> Iterator[None]:
        """While it lasts, a listener is told of the races that are lost on these resources from now on."""
        if not resources:
            yield
            return
        hearing = _Hearing(listener, resources)
        self._hearing.append(hearing)
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look_on(timestamp_text(self._clock())))
        try:
            yield
        finally:
            self._hearing.remove(hearing)
            if not self._hearing and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look_on(self, begun: str) -> None:
        known: dict[_Interval, LostRace] = {}
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looked = monotonic()
            try:
                found = await self._look()
                self._tell(race for race in found if race.last_at >= begun and _is_news(race, known.get(race[:3])))
                known = {race[:3]: race for race in found}
                self._trouble.is_over()
            except StoreUnavailable as trouble:
                self._trouble.happened(kind=type(trouble).__name__)
            except Exception:  # whoever listens goes on to hear of all else
                log.exception("lost races are not told")
            await asyncio.sleep(_REST * (monotonic() - looked))

    async def _look(self) -> list[LostRace]:
        resources = sorted({resource for hearing in self._hearing for resource in hearing.resources})
        look = partial(lost_races, self._log, resources, self._clock())
        return await asyncio.get_running_loop().run_in_executor(self._threads, look)

    def _tell(self, races: Iterable[LostRace]) -> None:
        news = list(races)
        for listener, resources in self._hearing:
            mine = [race for race in news if race.resource in resources]
            if mine:
                listener.tell(self._write(mine))


def _is_news(race: LostRace, before: LostRace | None) -> bool:
    """Whether somebody else lost since the last look; what only has become older is no news."""
    return before is None or race.last_at > before.last_at or race.times > before.times
