"""What is offered instead of a place that somebody else has."""

import asyncio
from collections import OrderedDict
from datetime import datetime
from typing import Any, Final

from app.alternatives import alternatives
from app.assembly import Daybook
from app.commands import Actor
from app.log.trouble import StoreUnavailable
from app.read_models.reader import Behind
from domain.refusal import Refused
from interface.http.problems import problem_body

MOST_REMEMBERED: Final = 256
SECONDS_FOR_READ_MODELS: Final = 5.0
"""A refusal with something to take instead is worth some waiting, on a machine that can hardly keep up."""


class Offers:
    """Answers those who are refused a place with what is free instead, looked for once for all who are refused the
    same place at the same moment of the log.

    A hot slot refuses thousands; the answer is the same for all of them until something is stored, or a second has
    passed (holds run out). For one event loop.
    """

    def __init__(self, daybook: Daybook) -> None:
        self._daybook = daybook
        self._answers: OrderedDict[tuple[Any, ...], asyncio.Task[bytes]] = OrderedDict()

    async def problem_of(self, refused: Refused, actor: Actor) -> bytes:
        """The problem document of a `not-available`, with what is free instead; with nothing, rather than no answer,
        when the read models cannot say.
        """
        facts, position, now = refused.facts, self._daybook.commands.decided_up_to, self._daybook.clock.now()
        wanted = (facts["resource"], facts["start"], facts["end"], facts["units"])
        key = (*wanted, refused.detail, actor.is_desk, position, int(now.timestamp()))
        answer = self._answers.get(key)
        if answer is None:
            answer = asyncio.ensure_future(self._answer(refused, position, now, by_staff=actor.is_desk))
            self._answers[key] = answer
            if len(self._answers) > MOST_REMEMBERED:
                self._answers.popitem(last=False)
        elif answer.done():
            return answer.result()
        return await asyncio.shield(answer)  # one client that hangs up must not take the others' answer away

    async def _answer(self, refused: Refused, position: int, now: datetime, *, by_staff: bool) -> bytes:
        found = await self._search(refused, position, now, by_staff=by_staff)
        return problem_body(refused.code, refused.detail, {**refused.facts, "alternatives": found})

    async def _search(self, refused: Refused, position: int, now: datetime, *, by_staff: bool) -> list[dict[str, Any]]:
        facts = refused.facts
        try:
            await self._daybook.runner.reached(position, SECONDS_FOR_READ_MODELS)
            return await self._daybook.query(
                alternatives,
                str(facts["resource"]),
                datetime.fromisoformat(str(facts["start"])),
                datetime.fromisoformat(str(facts["end"])),
                int(str(facts["units"])),
                now=now,
                by_staff=by_staff,
            )
        except (Refused, Behind, StoreUnavailable):
            return []
