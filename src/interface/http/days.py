"""Resource-days, for the desk and auditors: how one stands, and what happened on it."""

from datetime import date, datetime
from typing import Any, Final, cast

from litestar import get
from litestar.response.base import ASGIResponse

from app.commands import Actor
from app.details import Vault
from app.read_models import days
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from domain.block import BlockSource
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay
from interface.http.addresses import date_in, resource_in
from interface.http.answers import DayAnswer, DayBlockAnswer, DayPlanAnswer, EventList
from interface.http.blocks import block_reason
from interface.http.callers import Visitor
from interface.http.described import described
from interface.http.event_answers import EventsAsked, stream_answer
from interface.http.models import Asked
from interface.http.parked import parked_among
from interface.http.parsing import WebRequest, query_of
from interface.http.resources import visible_resource
from interface.http.service import NO_STORE, admitted, json_answer
from interface.http.versions import etag

TAGS: Final = ["days"]
SEALED: Final = {"sealed": True}


@get(
    "/v1/resources/{resource:str}/days/{date:str}",
    tags=TAGS,
    opt=described(
        answers={200: DayAnswer}, query=Asked, reads=True, may_be_parked=True, problems=("unknown-resource",)
    ),
)
async def show_day(request: WebRequest) -> ASGIResponse:
    """A resource-day as it is: its plan, claims and blocks. Version 0: nothing has happened on it."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff", "auditor")
    query_of(request, Asked)
    resource, day = resource_in(request), date_in(request)
    vault = visit.service.daybook.vault
    answer, parked = await visit.service.ask(visit, _day, vault, visit.visitor, actor, resource, day, visit.now)
    return json_answer(answer, {"ETag": etag(answer["version"]), "Cache-Control": NO_STORE, **parked})


def _day(
    reader: Reader, vault: Vault, visitor: Visitor, actor: Actor, resource: str, day: date, now: datetime
) -> tuple[DayAnswer, dict[str, str]]:
    row = covered_resource(reader, visitor, actor, resource)
    found = days.get(reader, row, day, now)
    blocks: list[DayBlockAnswer] = [
        {
            "block": each.block,
            "start": each.start.isoformat(),
            "end": each.end.isoformat(),
            "units": each.units,
            "source": cast("BlockSource", each.source),
            "reason": _reason(vault, actor, each.block, each.reason),
        }
        for each in found.blocks
    ]
    answer: DayAnswer = {
        "resource": resource,
        "date": day,
        "timezone": row.timezone,
        "version": found.version,
        "timestamp": found.timestamp,
        "plan": _plan(row, day),
        "claims": [
            {
                "booking": each.booking,
                "start": each.start.isoformat(),
                "end": each.end.isoformat(),
                "units": each.units,
                "until": each.until,
            }
            for each in found.claims
        ],
        "blocks": blocks,
    }
    return answer, parked_among(reader, [Resource.stream(resource), ResourceDay.stream(resource, day)])


def _plan(row: ResourceRow, day: date) -> DayPlanAnswer:
    resource = row.resource()
    exception = resource.plan.exceptions.get(day)
    policy: Any = resource.policy.model_dump()
    return {
        "windows": list(resource.plan.times_on(day)),
        "reason": None if exception is None else exception.reason,
        "capacity": resource.capacity,
        "policy": policy,
    }


def _reason(vault: Vault, actor: Actor, block: str, sealed: str | None) -> dict[str, Any] | None:
    if actor.role != "staff" and sealed is not None:
        return SEALED
    return block_reason(vault, block, sealed)


def covered_resource(reader: Reader, visitor: Visitor, actor: Actor, resource: str) -> ResourceRow:
    """A resource within the actor's scope. Raises Refused (`unknown-resource`, `forbidden`)."""
    row = visible_resource(reader, visitor, resource)
    if not actor.covers(row.resource()):
        raise Refused("forbidden", f"Your token does not cover {row.name}.", resource=resource)
    return row


@get(
    "/v1/resources/{resource:str}/days/{date:str}/events",
    tags=TAGS,
    opt=described(answers={200: EventList}, query=EventsAsked, reads=True, problems=("unknown-resource",)),
)
async def show_day_events(request: WebRequest) -> ASGIResponse:
    """Everything that happened on a resource-day, in order."""
    visit = await admitted(request)
    actor = visit.visitor.acting("staff", "auditor")
    asked, _ = query_of(request, EventsAsked)
    resource, day = resource_in(request), date_in(request)
    await visit.service.ask(visit, covered_resource, visit.visitor, actor, resource)
    return await stream_answer(visit, actor, ResourceDay.stream(resource, day), asked)


ROUTES: Final = [show_day, show_day_events]
