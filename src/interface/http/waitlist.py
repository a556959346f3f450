"""The line: waiting for what is taken, leaving, and reading who waits."""

from datetime import datetime
from typing import Annotated, Final, Self

from anyio import to_thread
from litestar import delete, get, post
from litestar.response.base import ASGIResponse
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.commands import Actor, JoinLine, LeaveLine
from app.identity import wish_id
from app.outcome import Outcome
from app.read_models import wishes
from app.read_models.reader import Reader
from app.read_models.runner import Behind
from app.read_models.wishes import WishRow
from domain.customer import Customer
from domain.definition import POLICY_BOUNDS
from domain.refusal import Refused
from domain.wish import unknown_wish
from interface.http.addresses import wish_in
from interface.http.callers import BOOKERS
from interface.http.described import BOOKING_RULES, described
from interface.http.fields import Cursor, CustomerId, Day, Instant, PageSize, ResourceId, Units
from interface.http.models import Asked, Said
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.problems import Declined
from interface.http.service import NO_STORE, Visit, admitted, bare_answer, json_answer
from interface.http.wish_answers import WishAnswer, WishList

TAGS: Final = ["waitlist"]
_RULES: Final = tuple(code for code in BOOKING_RULES if code not in {"not-available", "legs-overlap", "daily-limit"})
_LEAST, _MOST = POLICY_BOUNDS["min_duration"]


class WishBody(Said):
    """What to wait for: `start` (and `end`), or any slot of a `date` (and its `duration` in minutes)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["start"], "not": {"anyOf": [{"required": ["date"]}, {"required": ["duration"]}]}},
                {"required": ["date"], "not": {"anyOf": [{"required": ["start"]}, {"required": ["end"]}]}},
            ],
            "examples": [
                {"resource": "moon-hospital", "start": "2026-12-01T10:00"},
                {"resource": "moon-hospital", "date": "2026-12-01", "units": 1},
            ],
        }
    )

    resource: ResourceId
    start: Instant | None = None
    end: Instant | None = None
    date: Day | None = None
    duration: Annotated[int, Field(ge=_LEAST, le=_MOST)] | None = None
    units: Units = 1
    party: Units = 1
    customer: CustomerId | None = Field(default=None, description="For staff and agents: who waits.")

    @model_validator(mode="after")
    def _one_way_or_the_other(self) -> Self:
        if (self.start is None) == (self.date is None):
            raise PydanticCustomError("daybook", "say start, or date; one of them")
        if (self.end is not None and self.start is None) or (self.duration is not None and self.date is None):
            raise PydanticCustomError("daybook", "end goes with start, duration with date")
        return self


class WishesAsked(Asked):
    """Whose wishes, for what; `waiting`: without those that were served, given up or are over."""

    customer: CustomerId | None = None
    resource: ResourceId | None = None
    date: Day | None = None
    waiting: bool = False
    limit: PageSize = 100
    cursor: Cursor | None = None


@post(
    "/v1/waitlist",
    tags=TAGS,
    opt=described(
        answers={201: WishAnswer},
        body=WishBody,
        command=True,
        keyed=True,
        problems=(*_RULES, "still-available", "line-full", "too-many-wishes", "unknown-customer", "behind"),
    ),
)
async def join(request: WebRequest) -> ASGIResponse:
    """Wait for what is taken. When room appears, it is held for the first in line whom it fits (a booking that is
    `held`), for the policy's `offer_minutes`: confirm that hold in time.
    """
    visit = await admitted(request)
    visit.visitor.acting(*BOOKERS)
    said = await body_of(request, WishBody)
    actor, customer = visit.visitor.booking_actor(said.customer)
    if customer != actor.person and not await visit.service.gate.knows(customer):
        raise Refused("unknown-customer", f"There is no customer {customer}.", customer=customer)
    command = JoinLine(
        **await visit.command(actor),
        customer=customer,
        resource=said.resource,
        start=said.start,
        end=said.end,
        day=said.date,
        minutes=said.duration,
        units=said.units,
        party=said.party,
    )
    outcome = await visit.service.execute(command)
    answer = await _joined(visit, wish_id(command.command_id), actor, outcome)
    return json_answer(answer, visit.service.after_command(outcome, Location=f"/v1/waitlist/{answer['id']}"), 201)


async def _joined(visit: Visit, wish: str, actor: Actor, outcome: Outcome) -> WishAnswer:
    """As the read model has it, with the place in line; without one, if that takes long."""
    daybook = visit.service.daybook
    try:
        await daybook.reached(outcome.position)
        return await daybook.query(_one, wish, outcome.now)
    except Behind:
        customer = outcome.subject
        assert isinstance(customer, Customer)  # noqa: S101 - what the command is about
        if wish not in customer.wishes:  # a repeat, of what has ended since
            raise
        row = WishRow(customer.wishes[wish], actor.by, outcome.now, None, outcome.position)
        return _answer(row, outcome.now, None)


@get(
    "/v1/waitlist",
    tags=TAGS,
    opt=described(answers={200: WishList}, query=WishesAsked, reads=True, problems=("bad-cursor",)),
)
async def show_line(request: WebRequest) -> ASGIResponse:
    """Who waits for what, in order. Customers see their own wishes, agents those that they made, staff those within
    their scope; each with its place in line.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    asked, _ = query_of(request, WishesAsked)
    if actor.role == "customer" and asked.customer not in {None, actor.person}:
        raise Declined("forbidden", "A customer sees no wishes but their own.")
    answer = await visit.service.ask(visit, _found, actor, asked, visit.now)
    return json_answer(answer, {"Cache-Control": NO_STORE})


@get(
    "/v1/waitlist/{wish:str}",
    tags=TAGS,
    opt=described(answers={200: WishAnswer}, query=Asked, reads=True, problems=("unknown-wish",)),
)
async def show_wish(request: WebRequest) -> ASGIResponse:
    """One wish."""
    visit = await admitted(request)
    query_of(request, Asked)
    actor, wish = visit.visitor.acting(*BOOKERS), wish_in(request)
    answer = await visit.service.ask(visit, _theirs, actor, wish, visit.now)
    return json_answer(answer, {"Cache-Control": NO_STORE})


@delete(
    "/v1/waitlist/{wish:str}",
    status_code=200,  # the framework refuses 204 here, though the answer brings its own
    tags=TAGS,
    opt=described(answers={204: None}, command=True, problems=("unknown-wish", "behind")),
)
async def leave(request: WebRequest) -> ASGIResponse:
    """Wait no longer. What was just offered, and is still held, is given back; what was confirmed is a booking."""
    visit = await admitted(request)
    actor, wish = visit.visitor.acting(*BOOKERS), wish_in(request)
    customer = actor.person if actor.role == "customer" else await _customer_of(visit, actor, wish)
    command = LeaveLine(**await visit.command(actor), customer=customer, wish=wish)
    return bare_answer(204, visit.service.after_command(await visit.service.execute(command)))


async def _customer_of(visit: Visit, actor: Actor, wish: str) -> str:
    """Whose wish it is, by a read model that knows all there is. Raises Behind, Refused (`unknown-wish`)."""
    daybook = visit.service.daybook
    head = await to_thread.run_sync(daybook.log.head)
    await daybook.reached(head.position)
    return (await daybook.query(_theirs, actor, wish, visit.now))["customer"]


def _theirs(reader: Reader, actor: Actor, wish: str, now: datetime) -> WishAnswer:
    """A wish that the actor may see. Raises Refused (`unknown-wish`)."""
    found = wishes.search(
        reader,
        now=now,
        wish=wish,
        customer=actor.person if actor.role == "customer" else None,
        made_by=actor.by if actor.role == "agent" else None,
        scope=actor.scope,
    ).items
    if not found:
        raise unknown_wish(wish)
    return _shown(reader, found, now)[0]


def _one(reader: Reader, wish: str, now: datetime) -> WishAnswer:
    return _shown(reader, wishes.search(reader, now=now, wish=wish).items, now)[0]


def _found(reader: Reader, actor: Actor, asked: WishesAsked, now: datetime) -> WishList:
    page = wishes.search(
        reader,
        now=now,
        customer=actor.person if actor.role == "customer" else asked.customer,
        made_by=actor.by if actor.role == "agent" else None,
        resource=asked.resource,
        day=asked.date,
        waiting=asked.waiting,
        scope=actor.scope,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    return {"items": _shown(reader, page.items, now), "next": page.next}


def _shown(reader: Reader, rows: list[WishRow], now: datetime) -> list[WishAnswer]:
    places = wishes.places(reader, rows, now)
    return [_answer(row, now, places.get(row.wish.wish)) for row in rows]


def _answer(row: WishRow, now: datetime, place: int | None) -> WishAnswer:
    wish = row.wish
    return {
        "id": wish.wish,
        "status": row.status_at(now),
        "customer": wish.customer,
        "resource": wish.resource,
        "date": wish.date,
        "start": None if wish.start is None else wish.start.isoformat(),
        "end": None if wish.end is None else wish.end.isoformat(),
        "duration": wish.minutes,
        "units": wish.units,
        "party": wish.party,
        "until": wish.until.isoformat(),
        "joined_at": row.joined_at,
        "booking": row.ended or None,
        "place": place,
    }


ROUTES: Final = [join, show_line, show_wish, leave]
