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

MOST_REMEMBERED: Final = 256
SECONDS_FOR_READ_MODELS: Final = 5.0
"""A refusal with something to take instead is worth some waiting, on a machine that can hardly keep up."""

Found = list[dict[str, Any]]


class Offers:
    """Looks for alternatives once for all who are refused the same place at the same moment of the log.

    A hot slot refuses thousands; what is free instead is the same for all of them until something is stored, or a
    second has passed (holds run out). For one event loop.
    """

    def __init__(self, daybook: Daybook) -> None:
        self._daybook = daybook
        self._searches: OrderedDict[tuple[Any, ...], asyncio.Task[Found]] = OrderedDict()

    async def with_alternatives(self, refused: Refused, actor: Actor) -> Refused:
        """The refusal with what is free instead; with none, rather than no answer, when the read models cannot say."""
        facts, position, now = refused.facts, self._daybook.commands.decided_up_to, self._daybook.clock.now()
        wanted = (facts["resource"], facts["start"], facts["end"], facts["units"])
        key = (*wanted, actor.is_desk, position, int(now.timestamp()))
        search = self._searches.get(key)
        if search is None:
            search = asyncio.ensure_future(self._search(refused, position, now, by_staff=actor.is_desk))
            self._searches[key] = search
            if len(self._searches) > MOST_REMEMBERED:
                self._searches.popitem(last=False)
        found = await asyncio.shield(search)  # one client that hangs up must not take the others' answer away
        return Refused(refused.code, refused.detail, **facts, alternatives=[*found])

    async def _search(self, refused: Refused, position: int, now: datetime, *, by_staff: bool) -> Found:
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
