"""Resources: what administrators define, and what everyone may look up."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from litestar import delete, get, put
from litestar.response.base import ASGIResponse
from pydantic import StringConstraints
from pydantic_core import to_json

from app.commands import Command, DefineResource, RetireResource, SetException
from app.displaced import Displaced, displaced
from app.log.trouble import StoreUnavailable
from app.outcome import Outcome
from app.read_models import resources
from app.read_models.page import Page
from app.read_models.reader import Behind, Reader
from app.read_models.resources import ResourceRow
from domain.refusal import Refused
from domain.resource import Resource
from interface.http.addresses import date_in, resource_in
from interface.http.answers import DisplacedAnswer, ResourceAnswer, ResourceList, RevisedResource
from interface.http.callers import HISTORIANS, Visitor
from interface.http.described import described
from interface.http.examples import REGISTERED
from interface.http.fields import Count, Cursor, PageSize, ResourceId
from interface.http.looking_back import AsOfAsked, LookingBack, look_back
from interface.http.models import Asked, ExceptionBody, ResourceBody
from interface.http.packing import PackedAnswer
from interface.http.parked import parked_among
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer
from interface.http.versions import etag, is_known

TAGS: Final = ["resources"]
ATTRIBUTE: Final = "attribute."


class ResourcesAsked(Asked):
    """Which resources. `q` occurs in the name, id or kind; `seats`: a party of so many fits."""

    kind: ResourceId | None = None
    q: Annotated[str, StringConstraints(max_length=200)] | None = None
    seats: Count | None = None
    limit: PageSize = 100
    cursor: Cursor | None = None


def resource_answer(resource: Resource) -> ResourceAnswer:
    """A resource as it is defined now."""
    defined: Any = resource.definition.model_dump(mode="json")
    answer: ResourceAnswer = defined
    answer["id"], answer["timezone"] = resource.key, resource.timezone
    answer["version"], answer["retired"] = resource.version, resource.retired
    defined["policy"] = resource.policy.said()
    return answer


@put(
    "/v1/resources/{resource:str}",
    tags=TAGS,
    opt=described(
        answers={200: RevisedResource, 201: RevisedResource},
        examples={201: REGISTERED},
        body=ResourceBody,
        command=True,
        if_match=True,
        problems=("if-match-required", "unknown-resource"),
    ),
)
async def define_resource(request: WebRequest) -> ASGIResponse:
    """Register a resource (201), or revise it as a whole (200, with If-Match).

    `displaced` lists the bookings that no longer fit; they stand.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    said = await body_of(request, ResourceBody)
    resource = resource_in(request)
    command = DefineResource(
        **await visit.command(actor), resource=resource, timezone=said.timezone, definition=said.definition()
    )
    return await _revised(visit, command)


_EXCEPTION: Final = "/v1/resources/{resource:str}/exceptions/{date:str}"


@put(
    _EXCEPTION,
    tags=TAGS,
    opt=described(
        answers={200: RevisedResource},
        body=ExceptionBody,
        command=True,
        if_match=True,
        problems=("unknown-resource",),
    ),
)
async def set_exception(request: WebRequest) -> ASGIResponse:
    """Replace one date's hours; no windows means closed."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    said = await body_of(request, ExceptionBody)
    resource, day = resource_in(request), date_in(request)
    command = SetException(**await visit.command(actor), resource=resource, date=day, exception=said.exception())
    return await _revised(visit, command)


@delete(
    _EXCEPTION,
    status_code=200,
    tags=TAGS,
    opt=described(answers={200: RevisedResource}, command=True, if_match=True, problems=("unknown-resource",)),
)
async def drop_exception(request: WebRequest) -> ASGIResponse:
    """Let the weekday's hours apply to the date again."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    resource, day = resource_in(request), date_in(request)
    command = SetException(**await visit.command(actor), resource=resource, date=day, exception=None)
    return await _revised(visit, command)


@delete(
    "/v1/resources/{resource:str}",
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=TAGS,
    opt=described(answers={204: None}, command=True, if_match=True, problems=("unknown-resource",)),
)
async def retire_resource(request: WebRequest) -> ASGIResponse:
    """Retire: it takes no new bookings; what is booked stands."""
    visit = await admitted(request)
    actor = visit.visitor.acting("admin")
    command = RetireResource(**await visit.command(actor), resource=resource_in(request))
    outcome = await visit.service.execute(command)
    return bare_answer(204, visit.service.after_command(outcome))


@get(
    "/v1/resources",
    tags=TAGS,
    opt=described(
        answers={200: ResourceList},
        query=ResourcesAsked,
        sign_in="optional",
        reads=True,
        problems=("bad-cursor",),
    ),
)
async def list_resources(request: WebRequest) -> ASGIResponse:
    """Resources that you may see, ordered by id; `attribute.<name>=<value>` filters by an attribute."""
    visit = await admitted(request)
    asked, attributes = query_of(request, ResourcesAsked, prefix=ATTRIBUTE)
    visible = visit.visitor.visible
    page: Page[ResourceRow] = await visit.service.ask(
        visit, resources.search, visible=visible, attributes=attributes, **asked.model_dump()
    )
    answer: ResourceList = {"items": [resource_answer(row.resource()) for row in page.items], "next": page.next}
    return PackedAnswer(to_json(answer), 200, shareable(visit.visitor))


@get(
    "/v1/resources/{resource:str}",
    tags=TAGS,
    opt=described(
        answers={200: ResourceAnswer, 304: None},
        query=AsOfAsked,
        sign_in="optional",
        reads=True,
        if_none_match=True,
        may_be_parked=True,
        problems=("unknown-resource", "unknown-version", "forbidden"),
    ),
)
async def show_resource(request: WebRequest) -> ASGIResponse:
    """One resource, also a retired one; for the desk, administrators and auditors also as it was."""
    visit = await admitted(request)
    as_of = query_of(request, AsOfAsked)[0].as_of
    if as_of is not None:
        return await _as_it_was(visit, resource_in(request), as_of)
    row, parked = await visit.service.ask(visit, _one, visit.visitor, resource_in(request))
    headers = {**shareable(visit.visitor), "ETag": etag(row.version), **parked}
    if is_known(visit.headers, row.version):
        return bare_answer(304, headers)
    return json_answer(resource_answer(row.resource()), headers)


async def _as_it_was(visit: Visit, resource: str, as_of: str) -> ASGIResponse:
    visit.visitor.acting(*HISTORIANS)

    def then(back: LookingBack) -> ResourceAnswer:
        must_be_visible(back.present.find_resource(resource), visit.visitor, resource)
        return resource_answer(back.then(as_of, Resource.stream(resource)).resource_row(resource).resource())

    answer = await look_back(visit, then)
    return json_answer(answer, {"ETag": etag(answer["version"]), "Cache-Control": NO_STORE})


def _one(reader: Reader, visitor: Visitor, resource: str) -> tuple[ResourceRow, dict[str, str]]:
    row = visible_resource(reader, visitor, resource)
    return row, parked_among(reader, [Resource.stream(resource)])


def visible_resource(reader: Reader, visitor: Visitor, resource: str) -> ResourceRow:
    """A resource, if it is there for the visitor. Raises Refused (`unknown-resource`)."""
    return must_be_visible(resources.get(reader, resource), visitor, resource)


def must_be_visible(row: ResourceRow | None, visitor: Visitor, resource: str) -> ResourceRow:
    """The resource itself. Raises Refused (`unknown-resource`) where it is not there for the visitor."""
    if row is None or not visitor.sees(row.resource()):
        raise Refused("unknown-resource", f"There is no resource {resource}.", resource=resource)
    return row


def shareable(visitor: Visitor) -> dict[str, str]:
    """Headers of what says nothing about persons: it may be kept, and is asked for again each time."""
    who = "public" if visitor.caller is None else "private"
    return {"Cache-Control": f"{who}, no-cache", "Vary": "Authorization, Cookie"}


async def _revised(visit: Visit, command: Command) -> ASGIResponse:
    outcome = await visit.service.execute(command)
    subject = outcome.subject
    assert isinstance(subject, Resource)  # noqa: S101 - what these commands are about
    fitting: list[DisplacedAnswer] | None = [] if outcome.created else await _displaced(visit, outcome, subject.key)
    answer: RevisedResource = {**resource_answer(subject), "displaced": fitting}
    headers = visit.service.after_command(outcome)
    if outcome.created:
        headers["Location"] = f"/v1/resources/{subject.key}"
    return json_answer(answer, headers, 201 if outcome.created else 200)


async def _displaced(visit: Visit, outcome: Outcome, resource: str) -> list[DisplacedAnswer] | None:
    """Bookings that no longer fit; none when the read models cannot say it in time: the revision stands."""
    daybook = visit.service.daybook
    try:
        await daybook.reached(outcome.position)
        found = await daybook.query(_no_longer_fitting, resource, outcome)
    except (Behind, StoreUnavailable):
        return None
    return found


def _no_longer_fitting(reader: Reader, resource: str, outcome: Outcome) -> list[DisplacedAnswer]:
    row = resources.get(reader, resource)
    found = displaced(reader, row, outcome.now) if row is not None else []
    return displaced_answers(found)


def displaced_answers(found: Iterable[Displaced]) -> list[DisplacedAnswer]:
    """The answers about bookings that no longer fit: nothing of whose they are."""
    return [
        {
            "booking": each.booking,
            "code": each.code,
            "start": each.start.isoformat(),
            "end": each.end.isoformat(),
        }
        for each in found
    ]


ROUTES: Final = [
    define_resource,
    set_exception,
    drop_exception,
    retire_resource,
    list_resources,
    show_resource,
]
