"""What is offered instead of a place that somebody else has."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from app.alternatives import MOST, Wanted, alternatives
from app.assembly import Daybook
from app.commands import Actor
from app.log.trouble import StoreUnavailable
from app.read_models.reader import Behind
from domain.interval import MINUTE
from domain.refusal import Fact, Refused
from interface.http.problems import problem_body

MOST_REMEMBERED: Final = 256
MOST_TOGETHER: Final = 64
MOST_LOOKS: Final = 2
"""At once: while one waits for the database, another can work."""
SECONDS_FOR_READ_MODELS: Final = 5.0
"""A refusal with something to take instead is worth some waiting, on a machine that can hardly keep up."""

Found = list[dict[str, Any]]


class Offers:
    """Answers those who are refused a place with what is free instead, looked for once for all who are refused the
    same place at the same moment of the log.

    A hot slot refuses thousands; the answer is the same for all of them until something is stored, or a second has
    passed (holds run out). For one event loop.
    """

    def __init__(self, daybook: Daybook) -> None:
        self._daybook = daybook
        self._looks = Looks(daybook)
        self._answers: OrderedDict[tuple[Any, ...], asyncio.Task[bytes]] = OrderedDict()

    async def problem_of(self, refused: Refused, actor: Actor) -> bytes:
        """The problem document of a `not-available`, with what is free instead; with nothing, rather than no answer,
        when the read models cannot say.
        """
        position, now = self._daybook.commands.decided_up_to, self._daybook.clock.now()
        wanted = _places(refused, by_staff=actor.is_desk)
        of_series = str(refused.facts.get("conflicts"))
        key = (wanted, refused.detail, of_series, position, int(now.timestamp()))
        answer = self._answers.get(key)
        if answer is None:
            answer = asyncio.ensure_future(self._answer(refused, wanted, position))
            self._answers[key] = answer
            if len(self._answers) > MOST_REMEMBERED:
                self._answers.popitem(last=False)
        elif answer.done():
            return answer.result()
        return await asyncio.shield(answer)  # one client that hangs up must not take the others' answer away

    async def _answer(self, refused: Refused, wanted: tuple[Wanted, ...], position: int) -> bytes:
        try:
            await self._daybook.runner.reached(position, SECONDS_FOR_READ_MODELS)
            found = await self._instead_of(wanted)
        except (Behind, StoreUnavailable):
            found = []
        return problem_body(refused.code, refused.detail, {**refused.facts, "alternatives": found})

    async def _instead_of(self, wanted: tuple[Wanted, ...]) -> Found:
        """What is free instead of one place; instead of several, the nearest. Raises Behind, StoreUnavailable."""
        if len(wanted) == 1:
            return await self._looks.look(wanted[0])
        found = await asyncio.gather(*map(self._looks.look, wanted))
        every = [(place, each) for place, those in zip(wanted, found, strict=True) for each in those]
        return [each for _, each in sorted(every, key=lambda pair: _how_far(*pair))[:MOST]]


class Looks:
    """Looks for what is free instead of places: those who come while others are looked for are looked for together
    next, which costs little more than one. For one event loop.
    """

    def __init__(self, daybook: Daybook) -> None:
        self._daybook = daybook
        self._wanted: dict[Wanted, asyncio.Future[Found]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def look(self, wanted: Wanted) -> Found:
        """What is free instead, as of now. Raises Behind, StoreUnavailable."""
        found = self._wanted.get(wanted)
        if found is None:
            found = self._wanted[wanted] = asyncio.get_running_loop().create_future()
            if len(self._under_way) < MOST_LOOKS:
                look = asyncio.ensure_future(self._look_for_all())
                self._under_way.add(look)
                look.add_done_callback(self._under_way.discard)
        return await asyncio.shield(found)

    async def _look_for_all(self) -> None:
        while self._wanted:
            together = list(islice(self._wanted, MOST_TOGETHER))
            waiting = [self._wanted.pop(each) for each in together]
            try:
                for place, found in zip(waiting, await self._found(together), strict=True):
                    if isinstance(found, Exception):
                        place.set_exception(found)
                    else:
                        place.set_result(found)
            finally:  # this process ends
                for place in waiting:
                    place.cancel()

    async def _found(self, together: list[Wanted]) -> list[Found | Exception]:
        """What is free instead of each, or why that cannot be said."""
        try:
            return list(await self._daybook.query(alternatives, together, now=self._daybook.clock.now()))
        except (Behind, StoreUnavailable) as trouble:
            return [trouble] * len(together)
        except Exception as error:  # one place's fault must not take the others with it
            if len(together) == 1:
                return [error]
        return [(await self._found([each]))[0] for each in together]


def _places(refused: Refused, *, by_staff: bool) -> tuple[Wanted, ...]:
    """The places that were refused. Of an automatic booking those that were looked at, at the end of their windows."""
    facts = refused.facts
    units, looked_at = int(str(facts["units"])), facts.get("looked_at")
    if not isinstance(looked_at, list):
        start, end = (datetime.fromisoformat(str(facts[name])) for name in ("start", "end"))
        return (Wanted(str(facts["resource"]), start, end, units, by_staff),)
    return tuple(_last_of(each, units, by_staff=by_staff) for each in looked_at if isinstance(each, dict))


def _last_of(place: dict[str, Fact], units: int, *, by_staff: bool) -> Wanted:
    end = datetime.fromisoformat(str(place["end"]))
    start = end - int(str(place["minutes"])) * MINUTE
    return Wanted(str(place["resource"]), start, end, units, by_staff)


def _how_far(wanted: Wanted, found: dict[str, Any]) -> tuple[bool, timedelta]:
    """Later ones first, and of both the nearest."""
    start = datetime.fromisoformat(found["start"])
    return start < wanted.start, abs(start - wanted.start)
