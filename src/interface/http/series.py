"""Series: booking by a rule, reading one, and giving its rest up."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from anyio import to_thread
from litestar import get, post
from litestar.response.base import ASGIResponse

from app.as_of import AsOf, Moment, Replayed
from app.commands import Actor, BookSeries, CancelSeries
from app.details import Vault
from app.log.mapper import EventMapper
from app.outcome import Outcome
from app.read_models import bookings, resources
from app.read_models.reader import Reader
from app.recurrence import Rule, expanded, read_rule
from domain.leg import WantedLeg
from domain.refusal import Refused
from domain.series import MOST_OCCURRENCES
from interface.http.addresses import series_in
from interface.http.answers import BookingAnswer
from interface.http.booking_answers import details_text, no_room
from interface.http.booking_queries import cached_resources, shown_booking
from interface.http.callers import BOOKERS
from interface.http.described import described
from interface.http.models import Asked
from interface.http.parsing import WebRequest, body_of, query_of
from interface.http.series_answers import members_answer, series_answer, standing_answer, subject_of
from interface.http.series_bodies import CancelSeriesBody, RepeatableBody
from interface.http.series_shapes import CANCELLED, MADE, CancelledSeries, SeriesAnswer
from interface.http.service import NO_STORE, Service, Visit, admitted, json_answer
from interface.http.versions import etag

TAGS: Final = ["series"]


async def take_series(visit: Visit, actor: Actor, customer: str, said: RepeatableBody) -> ASGIResponse:
    """Book what a body with a rule says. The rule is expanded here: the writer only looks at dates."""
    legs = said.wanted()
    rule = read_rule(said.repeat or "")
    command = BookSeries(
        **await visit.command(actor),
        customer=customer,
        legs=legs,
        days=await _days_of(visit.service, rule, legs[0]),
        repeat=rule.text,
        on_conflict=said.on_conflict,
        party=said.party,
        details=details_text(said.details),
    )
    try:
        outcome = await visit.service.execute(command)
    except Refused as refused:
        if refused.code != "not-available":
            raise
        return await no_room(visit, actor, refused)
    answer = await _after(visit, actor, outcome, said.details)
    headers = visit.service.after_command(outcome, Location=f"/v1/series/{answer['id']}")
    return json_answer(answer, headers, 201)


async def _after(visit: Visit, actor: Actor, outcome: Outcome, details: Any = None) -> SeriesAnswer:
    """The series as a command left it."""
    members = await members_answer(visit, actor, outcome, details)
    return series_answer(subject_of(outcome), outcome.subject_position, members)


async def _days_of(service: Service, rule: Rule, leg: WantedLeg) -> tuple[int, ...]:
    """The rule's dates, counted from the first, by the wall clock of the leg's place."""
    if leg.start.tzinfo is None and not rule.needs_zone():
        return await to_thread.run_sync(expanded, rule, leg.start)
    head = await to_thread.run_sync(service.daybook.log.head)
    await service.daybook.reached(head.position)
    zone = await service.daybook.query(_zone_of, leg.resource)
    start = leg.start if leg.start.tzinfo is None else leg.start.astimezone(zone).replace(tzinfo=None, fold=0)
    return await to_thread.run_sync(expanded, rule, start, zone)


def _zone_of(reader: Reader, resource: str) -> ZoneInfo:
    row = resources.get(reader, resource)
    if row is None:
        raise Refused("unknown-resource", f"There is no resource {resource}.", resource=resource)
    return ZoneInfo(row.timezone)


@get(
    "/v1/series/{series:str}",
    tags=TAGS,
    opt=described(
        answers={200: SeriesAnswer}, examples={200: MADE}, query=Asked, reads=True, problems=("unknown-series",)
    ),
)
async def show_series(request: WebRequest) -> ASGIResponse:
    """How a series was booked, and its bookings as they stand: for its customer, the desk, the agent that made it."""
    visit = await admitted(request)
    query_of(request, Asked)
    actor, key = visit.visitor.acting(*BOOKERS), series_in(request)
    members = await visit.service.ask(visit, _members_of, visit.service.daybook.vault, actor, key, visit.now)
    found, position = await to_thread.run_sync(_series_of, visit.service, key, visit.now)
    if not members or not found.exists:
        raise found.unknown()
    answer = series_answer(found, position, members)
    return json_answer(answer, {"ETag": etag(found.version), "Cache-Control": NO_STORE})


def _members_of(reader: Reader, vault: Vault, actor: Actor, series: str, now: datetime) -> list[BookingAnswer]:
    page = bookings.search(
        reader,
        now=now,
        series=series,
        customer=actor.person if actor.role == "customer" else None,
        made_by=actor.by if actor.role == "agent" else None,
        scope=actor.scope,
        limit=MOST_OCCURRENCES,
    )
    vault.warm({row.customer for row in page.items})
    resource_of = cached_resources(reader)
    return [shown_booking(row, vault, actor, now, resource_of) for row in page.items]


def _series_of(service: Service, series: str, now: datetime) -> Replayed:
    """What the log says of it, and the position of its last event."""
    log = service.daybook.log
    return AsOf(log, EventMapper(), Moment(log.head().position, now)).series(series)


@post(
    "/v1/series/{series:str}/cancel",
    status_code=200,
    tags=TAGS,
    opt=described(
        answers={200: CancelledSeries},
        examples={200: CANCELLED},
        body=CancelSeriesBody,
        body_optional=True,
        command=True,
        keyed=True,
        if_match=True,
        problems=(
            *("unknown-series", "unknown-booking", "unknown-customer", "too-late-to-change"),
            *("no-such-local-time", "ambiguous-local-time"),
        ),
    ),
)
async def cancel_series(request: WebRequest) -> ASGIResponse:
    """Give up all bookings of a series that begin from somewhere on and are still active. Those that it is too late
    for stand, and are named; when it is too late for all of them, that is the refusal.
    """
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    said = await body_of(request, CancelSeriesBody, optional=True)
    command = CancelSeries(
        **await visit.command(actor),
        series=series_in(request),
        from_booking=said.from_ if isinstance(said.from_, str) else None,
        from_time=said.from_ if isinstance(said.from_, datetime) else None,
        reason=said.reason,
    )
    outcome = await visit.service.execute(command)
    answer: CancelledSeries = {
        **await _after(visit, actor, outcome),
        "not_cancelled": standing_answer(outcome),
    }
    return json_answer(answer, visit.service.after_command(outcome))


ROUTES: Final = [show_series, cancel_series]
