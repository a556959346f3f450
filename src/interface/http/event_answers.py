"""Events as answers: the log's facts, with what is sealed opened only for those who may read it."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from anyio import to_thread
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.details import DESK, Vault
from app.log.event_log import EventLog
from app.log.records import RecordedEvent, category
from domain.customer import Customer, CustomerErased
from interface.http.answers import EventAnswer, EventList
from interface.http.fields import PageSize, Position
from interface.http.models import Asked
from interface.http.service import NO_STORE, Visit, json_answer

_SEALED: Final = {
    "booking": ("details", "reason"),
    "block": ("reason",),
    "day": ("reason",),
}
"""By the kind of stream, the facts that are sealed."""
_PLAIN: Final = frozenset({"TimeReleased.1", "WishWithdrawn.1"})
"""Topics whose `reason` is one of a few words, about nobody."""


class EventsAsked(Asked):
    """Events of one stream beyond the version `after`."""

    after: Position = 0
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
        erased = erased_of(daybook.log, shown) if actor.role == "auditor" else frozenset[str]()
        items = [event_answer(each, daybook.vault, actor, customer, erased=erased) for each in shown]
        return {"items": items, "next": str(shown[-1].originator_version) if more else None}

    return json_answer(await to_thread.run_sync(read), {"Cache-Control": NO_STORE})


def erased_of(log: EventLog, events: Iterable[RecordedEvent]) -> frozenset[str]:
    """Among the streams of these events, those of bookings whose customers were erased. Three questions at most."""
    head = log.head().position
    bookings = {each.originator_id for each in events if category(each.originator_id) == "booking"}
    begun = log.streams(bookings, head) if bookings else {}
    customers = {stream: json.loads(found[0].state)["terms"]["customer"] for stream, found in begun.items()}
    told = log.streams({Customer.stream(each) for each in customers.values()}, head) if customers else {}
    gone = {stream for stream, found in told.items() if any(each.topic == CustomerErased.TOPIC for each in found)}
    return frozenset(stream for stream, customer in customers.items() if Customer.stream(customer) in gone)


def event_answer(
    recorded: RecordedEvent,
    vault: Vault,
    actor: Actor,
    customer: str | None = None,
    *,
    erased: frozenset[str] = frozenset(),
) -> EventAnswer:
    """One event. Staff and those whom a booking concerns read what is sealed; nobody else does. `erased`: streams of
    which nobody does any more.
    """
    facts: dict[str, Any] = json.loads(recorded.state)
    facts.pop("fingerprint", None)
    may_read = actor.role in {"staff", "customer", "agent"}
    sealed = () if recorded.topic in _PLAIN else _SEALED.get(category(recorded.originator_id), ())
    mark = {"erased": True} if recorded.originator_id in erased else {"sealed": True}
    for name in sealed:
        if isinstance(facts.get(name), str):
            facts[name] = _opened(vault, recorded, facts, name, customer, actor.by) if may_read else mark
    return {
        "kind": "event",
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


def _opened(
    vault: Vault, recorded: RecordedEvent, facts: dict[str, Any], name: str, customer: str | None, to: str
) -> Any:
    kind, _, key = recorded.originator_id.partition("/")
    if kind == "booking" and customer is not None:
        reveal = vault.reveal if name == "details" else vault.reveal_text
        return reveal(customer, key, facts[name], to=to)
    if kind in {"block", "day"} and name == "reason":
        return vault.reveal_text(DESK, str(facts.get("block", key)), facts[name], to=to)
    return {"sealed": True}
