"""Events with refusals in line, as answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from app.commands import Actor
from app.details import Vault
from app.log.event_log import EventLog
from app.log.in_line import Entry, Line, Reached
from app.log.notes import Refusal
from app.read_models.page import BadCursor, cursor_to, key_of
from interface.http.answers import EventAnswer, LineList, RefusalAnswer
from interface.http.event_answers import erased_of, event_answer
from interface.http.fields import Cursor

Order = Literal["oldest", "newest"]

RefusalsInLine = Annotated[
    Literal["true", "false"],
    Field(description="With what was refused, in line by time. `next` is then a `cursor`."),
]
LineCursor = Annotated[
    Cursor | None,
    Field(description="What `next` of the page before said, of a list with refusals, or of the newest first."),
]


def reached(cursor: str | None, log_id: str, order: Order, start: int) -> Reached:
    """Where a page begins. Raises BadCursor."""
    if cursor is None:
        return Reached(start)
    given, event, first_at, key = key_of(cursor, log_id, str, int, str, str)
    if given != order:
        raise BadCursor(f"This cursor leads on from the {given} one. Please begin again without one.")
    return Reached(event, (first_at, key))


def line_answer(line: Line, log: EventLog, order: Order, vault: Vault, actor: Actor) -> LineList:
    """A page, and the cursor of what follows."""
    following = line.reached
    is_sealed = actor.role == "auditor"
    events = [each for each in line.entries if is_sealed and not isinstance(each, Refusal)]
    erased = erased_of(log, events)
    return {
        "items": [entry_answer(each, vault, actor, erased) for each in line.entries],
        "next": None if following is None else cursor_to(log.log_id, order, following.event, *following.refusal),
    }


def entry_answer(entry: Entry, vault: Vault, actor: Actor, erased: frozenset[str]) -> EventAnswer | RefusalAnswer:
    """An event, or a refusal."""
    if isinstance(entry, Refusal):
        return refusal_answer(entry)
    return event_answer(entry, vault, actor, erased=erased)


def refusal_answer(row: Refusal) -> RefusalAnswer:
    """A refusal."""
    return {
        "kind": "refusal",
        "first_at": datetime.fromisoformat(row.first_at),
        "last_at": datetime.fromisoformat(row.last_at),
        "times": row.times,
        "by": row.by,
        "command_id": row.command_id,
        "command": row.kind,
        "booking": row.booking,
        "resource": row.resource,
        "start": row.start,
        "end": row.end,
        "units": row.units,
        "customer": row.customer,
        "party": row.party,
        "minutes": row.minutes,
        "code": row.code,
        "position": row.position,
    }
