"""Events as answers: the log's facts, with what is sealed opened only for those who may read it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from anyio import to_thread
from litestar.response.base import ASGIResponse
from pydantic import Field

from app.commands import Actor
from app.details import DESK, Vault
from app.log.records import RecordedEvent
from interface.http.answers import EventAnswer, EventList
from interface.http.fields import PageSize, Position
from interface.http.models import Asked
from interface.http.service import NO_STORE, Visit, json_answer

_SEALED: Final = ("details", "reason")


class EventsAsked(Asked):
    """Events of one stream beyond the version `after`."""

    after: Position = 0
    limit: PageSize = 100


class LogAsked(Asked):
    """Events of the whole log beyond the position `after`, as `next` or a header `Daybook-Position` named it."""

    after: Annotated[str, Field(max_length=100)] = "0"
    limit: PageSize = 100


async def stream_answer(
    visit: Visit, actor: Actor, stream: str, asked: EventsAsked, customer: str | None = None
) -> ASGIResponse:
    """Events of a stream. `customer`: whose they are, when they are about a booking."""
    daybook = visit.service.daybook

    def read() -> EventList:
        found = list(daybook.log.stream(stream, asked.after, asked.limit + 1))
        shown = found[: asked.limit]
        more = len(found) > asked.limit
        items = [event_answer(each, daybook.vault, actor, customer) for each in shown]
        return {"items": items, "next": str(shown[-1].originator_version) if more else None}

    return json_answer(await to_thread.run_sync(read), {"Cache-Control": NO_STORE})


def event_answer(recorded: RecordedEvent, vault: Vault, actor: Actor, customer: str | None = None) -> EventAnswer:
    """One event. Staff and those whom a booking concerns read what is sealed; nobody else does."""
    facts: dict[str, Any] = json.loads(recorded.state)
    facts.pop("fingerprint", None)
    may_read = actor.role in {"staff", "customer", "agent"}
    for name in _SEALED:
        if isinstance(facts.get(name), str):
            facts[name] = _opened(vault, recorded, facts, name, customer) if may_read else {"sealed": True}
    return {
        "position": recorded.id,
        "stream": recorded.originator_id,
        "version": recorded.originator_version,
        "topic": recorded.topic,
        "timestamp": datetime.fromisoformat(recorded.timestamp),
        "recorded_at": datetime.fromisoformat(recorded.recorded_at),
        "by": recorded.by,
        "command_id": recorded.command_id,
        "facts": facts,
    }


def _opened(vault: Vault, recorded: RecordedEvent, facts: dict[str, Any], name: str, customer: str | None) -> Any:
    kind, _, key = recorded.originator_id.partition("/")
    if kind == "booking" and customer is not None:
        reveal = vault.reveal if name == "details" else vault.reveal_text
        return reveal(customer, key, facts[name])
    if kind in {"block", "day"} and name == "reason":
        return vault.reveal_text(DESK, str(facts.get("block", key)), facts[name])
    return {"sealed": True}


def log_answer(events: Sequence[RecordedEvent], limit: int, vault: Vault, actor: Actor, log_id: str) -> EventList:
    """A page of the whole log."""
    shown = events[:limit]
    following = f"{log_id}.{shown[-1].id}" if len(events) > limit else None
    return {"items": [event_answer(each, vault, actor) for each in shown], "next": following}
