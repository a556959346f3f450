"""Why somebody was refused, and who was shown what is sealed for a person: notes beside the log."""

from datetime import datetime
from typing import Annotated, Any, Final

from anyio import to_thread
from litestar import get
from litestar.response.base import ASGIResponse
from pydantic import Field, StringConstraints

from app.commands import Actor
from app.log.instants import timestamp_text
from app.log.notes import Disclosure, Note, NoteTable
from app.read_models.page import cursor_to, key_of
from interface.http.addresses import BOOKING_ID, COMMAND_ID, customer_in
from interface.http.answers import DisclosureAnswer, DisclosureList, RefusalList
from interface.http.booking_queries import with_offset
from interface.http.customers import person_there_for
from interface.http.described import described
from interface.http.desk import covered_resource
from interface.http.fields import Cursor, CustomerId, Instant, PageSize, ResourceId
from interface.http.line_answers import refusal_answer
from interface.http.models import Asked
from interface.http.parsing import WebRequest, query_of
from interface.http.problems import Declined
from interface.http.service import NO_STORE, Visit, admitted, json_answer

TAGS: Final = ["notes"]


class DisclosuresAsked(Asked):
    """A page of notes, oldest first."""

    limit: PageSize = 100
    cursor: Cursor | None = None


class RefusalsAsked(DisclosuresAsked):
    """Which refusals. `from` and `to`: from when on, and until just before when, with their offset."""

    by: Annotated[str | None, Field(min_length=1, max_length=100, examples=["customer:c-5f0e2d7c"])] = None
    customer: Annotated[CustomerId | None, Field(description="For whom it was asked, by whomever.")] = None
    resource: ResourceId | None = None
    booking: Annotated[str | None, StringConstraints(pattern=BOOKING_ID)] = None
    command: Annotated[str | None, StringConstraints(pattern=COMMAND_ID)] = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None


@get(
    "/v1/refusals",
    tags=TAGS,
    opt=described(
        answers={200: RefusalList}, query=RefusalsAsked, reads=True, problems=("bad-cursor", "unknown-resource")
    ),
)
async def list_refusals(request: WebRequest) -> ASGIResponse:
    """What the rules turned down, oldest first: all of it for auditors; for staff that of a resource within their
    scope; for others what they asked for, or customers by their own `customer` what anybody asked for them. It is
    there a second after the answer. Repeats within a minute are counted together.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("auditor", "staff", "admin", "agent", "customer")
    asked, _ = query_of(request, RefusalsAsked)
    since, until = with_offset("from", asked.from_), with_offset("to", asked.to)
    await visit.service.position_named(visit)
    equal = await _seen_by(visit, actor, asked)
    table = visit.service.daybook.log.refusals
    rows, following = await _page(visit, table, asked, equal, since, until)
    answer: RefusalList = {"items": [refusal_answer(row) for row in rows], "next": following}
    return json_answer(answer, {"Cache-Control": NO_STORE})


@get(
    "/v1/customers/{customer:str}/disclosures",
    tags=TAGS,
    opt=described(answers={200: DisclosureList}, query=DisclosuresAsked, problems=("bad-cursor", "unknown-customer")),
)
async def list_disclosures(request: WebRequest) -> ASGIResponse:
    """Who else was shown the details, reasons or profile of a person, oldest first: for themselves, for the desk and
    agents who see the person, and for auditors. It is there a second after the answer.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("auditor", "staff", "agent", "customer")
    asked, _ = query_of(request, DisclosuresAsked)
    customer = customer_in(request)
    await person_there_for(visit, actor, customer)
    table = visit.service.daybook.log.disclosures
    rows, following = await _page(visit, table, asked, {"customer": customer})
    answer: DisclosureList = {"items": [disclosure_answer(row) for row in rows], "next": following}
    return json_answer(answer, {"Cache-Control": NO_STORE})


async def _seen_by(visit: Visit, actor: Actor, asked: RefusalsAsked) -> dict[str, str]:
    """The columns that narrow down what the actor asked for to what they may see. Raises Refused, Declined."""
    given = {
        "by": asked.by,
        "customer": asked.customer,
        "resource": asked.resource,
        "booking": asked.booking,
        "command_id": asked.command,
    }
    equal = {name: value for name, value in given.items() if value is not None}
    if actor.role == "auditor":
        return equal
    if actor.role == "staff":
        if asked.resource is not None:
            await visit.service.ask(visit, covered_resource, visit.visitor, actor, asked.resource)
        elif actor.scope is not None:
            raise Declined("forbidden", "Your token covers some resources only. Please name one of them.")
        return equal
    if asked.by not in {None, actor.by}:
        raise Declined("forbidden", "You see no refusals but your own.")
    is_for_them = actor.role == "customer" and asked.by is None and asked.customer == actor.person
    return equal if is_for_them else {**equal, "by": actor.by}


async def _page(
    visit: Visit,
    table: NoteTable[Note],
    asked: DisclosuresAsked,
    equal: dict[str, str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[Note], str | None]:
    """A page of notes and the cursor of what follows. Raises BadCursor, StoreUnavailable."""
    log_id = visit.service.daybook.log.log_id
    after: Any = key_of(asked.cursor, log_id, str, str) if asked.cursor else ("", "")
    first = "" if since is None else timestamp_text(since)
    last = None if until is None else timestamp_text(until)
    rows = await to_thread.run_sync(table.search, equal, first, last, tuple(after), asked.limit + 1)
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    return shown, cursor_to(log_id, shown[-1].first_at, shown[-1].id) if more else None


def disclosure_answer(row: Disclosure) -> DisclosureAnswer:
    """A disclosure."""
    return {
        "first_at": datetime.fromisoformat(row.first_at),
        "last_at": datetime.fromisoformat(row.last_at),
        "times": row.times,
        "by": row.by,
        "what": "profile" if row.booking is None else "booking",
        "booking": row.booking,
    }


ROUTES: Final = [list_refusals, list_disclosures]
