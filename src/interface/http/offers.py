"""What is offered instead of a place that somebody else has."""

import asyncio
from collections import OrderedDict, deque
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.alternatives import Wanted, alternatives
from app.assembly import Daybook
from app.commands import Actor
from app.log.trouble import StoreUnavailable
from app.read_models.reader import Behind
from domain.refusal import Refused
from interface.http.problems import problem_body

MOST_REMEMBERED: Final = 256
MOST_TOGETHER: Final = 64
SECONDS_FOR_READ_MODELS: Final = 5.0
"""A refusal with something to take instead is worth some waiting, on a machine that can hardly keep up."""


class _Asked(NamedTuple):
    """Somebody who was refused, as of a position of the log; `body` will be the answer."""

    refused: Refused
    wanted: Wanted
    position: int
    body: "asyncio.Future[bytes]"


class Offers:
    """Answers those who are refused a place with what is free instead, looked for once for all who are refused the
    same place at the same moment of the log.

    A hot slot refuses thousands; the answer is the same for all of them until something is stored, or a second has
    passed (holds run out). Those who come while one look is under way are looked for together in the next. For one
    event loop.
    """

    def __init__(self, daybook: Daybook) -> None:
        self._daybook = daybook
        self._answers: OrderedDict[tuple[Any, ...], asyncio.Future[bytes]] = OrderedDict()
        self._asked: deque[_Asked] = deque()
        self._looking: asyncio.Task[None] | None = None

    async def problem_of(self, refused: Refused, actor: Actor) -> bytes:
        """The problem document of a `not-available`, with what is free instead; with nothing, rather than no answer,
        when the read models cannot say.
        """
        position, now = self._daybook.commands.decided_up_to, self._daybook.clock.now()
        wanted = _wanted(refused, by_staff=actor.is_desk)
        key = (wanted, refused.detail, position, int(now.timestamp()))
        body = self._answers.get(key)
        if body is None:
            body = asyncio.get_running_loop().create_future()
            self._answers[key] = body
            if len(self._answers) > MOST_REMEMBERED:
                self._answers.popitem(last=False)
            self._ask(_Asked(refused, wanted, position, body))
        elif body.done():
            return body.result()
        return await asyncio.shield(body)  # one client that hangs up must not take the others' answer away

    def _ask(self, asked: _Asked) -> None:
        self._asked.append(asked)
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        """Answer all who ask, until nobody does."""
        try:
            while self._asked:
                together = [self._asked.popleft() for _ in range(min(len(self._asked), MOST_TOGETHER))]
                try:
                    found = await self._search(together)
                except Exception as error:  # theirs to tell; who asks next is looked for all the same
                    for each in together:
                        each.body.set_exception(error)
                    continue
                for each, offered in zip(together, found, strict=True):
                    facts = {**each.refused.facts, "alternatives": offered}
                    each.body.set_result(problem_body(each.refused.code, each.refused.detail, facts))
        finally:
            self._looking = None

    async def _search(self, together: list[_Asked]) -> list[list[dict[str, Any]]]:
        try:
            await self._daybook.runner.reached(max(each.position for each in together), SECONDS_FOR_READ_MODELS)
            return await self._daybook.query(
                alternatives, [each.wanted for each in together], now=self._daybook.clock.now()
            )
        except (Behind, StoreUnavailable):
            return [[] for _ in together]


def _wanted(refused: Refused, *, by_staff: bool) -> Wanted:
    facts = refused.facts
    start, end = (datetime.fromisoformat(str(facts[name])) for name in ("start", "end"))
    return Wanted(str(facts["resource"]), start, end, int(str(facts["units"])), by_staff)
