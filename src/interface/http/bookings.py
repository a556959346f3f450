"""Bookings: making and holding, what becomes of them, and reading them."""

from typing import Any, Final

from litestar import post
from litestar.response.base import ASGIResponse

from app.commands import (
    Approve,
    Book,
    BookAny,
    Cancel,
    Complete,
    Confirm,
    MarkNoShow,
    Reject,
    Reschedule,
    Revoke,
)
from domain.refusal import Refused
from interface.http import examples
from interface.http.addresses import booking_in
from interface.http.answers import BookingAnswer
from interface.http.automatic import AnyBookingBody
from interface.http.booking_answers import details_text, run
from interface.http.callers import BOOKERS
from interface.http.described import BOOKING_RULES, described
from interface.http.models import ConfirmBody, MoveBody, ReasonBody
from interface.http.parsing import WebRequest, body_of
from interface.http.series import take_series
from interface.http.series_bodies import RepeatableBody
from interface.http.series_shapes import SeriesAnswer
from interface.http.service import admitted

TAGS: Final = ["bookings"]
LIFECYCLE: Final = ("unknown-booking", "hold-expired", "invalid-transition", "unknown-customer")
"""What can be said of any booking; `unknown-customer` when its person was erased and their key is gone."""


@post(
    "/v1/bookings",
    tags=TAGS,
    opt=described(
        answers={201: (BookingAnswer, SeriesAnswer)},
        body=RepeatableBody,
        command=True,
        keyed=True,
        problems=(*BOOKING_RULES, "unknown-customer"),
    ),
)
async def book(request: WebRequest) -> ASGIResponse:
    """Book: all legs, or none; or any of several places that has room. The answer's status is `confirmed`, or `pending`
    where the desk approves.

    With `repeat` a series: all dates of the rule, or (`on_conflict: "skip"`) those that can be booked.
    """
    return await _take(request, hold=False)


@post(
    "/v1/holds",
    tags=TAGS,
    opt=described(
        answers={201: BookingAnswer},
        examples={201: examples.HELD},
        body=AnyBookingBody,
        command=True,
        keyed=True,
        problems=(*BOOKING_RULES, "unknown-customer", "too-many-holds"),
    ),
)
async def hold(request: WebRequest) -> ASGIResponse:
    """Set a place aside for some seconds: `expires_at`. `confirm` makes it a booking."""
    return await _take(request, hold=True)


async def _take(request: WebRequest, *, hold: bool) -> ASGIResponse:
    visit = await admitted(request)
    visit.visitor.acting(*BOOKERS)
    said = await body_of(request, RepeatableBody)
    if hold:
        said.must_not_repeat()
    actor, customer = visit.visitor.booking_actor(said.customer)
    if customer != actor.person and not await visit.service.gate.knows(customer):
        raise Refused("unknown-customer", f"There is no customer {customer}.", customer=customer)
    if said.repeat is not None:
        return await take_series(visit, actor, customer, said)
    wish: dict[str, Any] = {**await visit.command(actor), "customer": customer, "party": said.party, "hold": hold}
    wish["details"] = details_text(said.details)
    command = Book(**wish, legs=said.wanted()) if said.any_of is None else BookAny(**wish, **said.wish())
    return await run(visit, actor, command, status=201, details=said.details)


@post(
    "/v1/bookings/{booking:str}/confirm",
    status_code=200,
    tags=TAGS,
    opt=described(
        answers={200: BookingAnswer},
        examples={200: examples.CONFIRMED},
        body=ConfirmBody,
        body_optional=True,
        command=True,
        keyed=True,
        if_match=True,
        problems=LIFECYCLE,
    ),
)
async def confirm(request: WebRequest) -> ASGIResponse:
    """Turn a hold into a booking, in time."""
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    said = await body_of(request, ConfirmBody, optional=True)
    booking = booking_in(request)
    command = Confirm(**await visit.command(actor), booking=booking, details=details_text(said.details))
    return await run(visit, actor, command)


@post(
    "/v1/bookings/{booking:str}/reschedule",
    status_code=200,
    tags=TAGS,
    opt=described(
        answers={200: BookingAnswer},
        examples={200: examples.MOVED},
        body=MoveBody,
        command=True,
        keyed=True,
        if_match=True,
        problems=(*LIFECYCLE, "too-late-to-change", *BOOKING_RULES),
    ),
)
async def reschedule(request: WebRequest) -> ASGIResponse:
    """Move to other times: the old ones are given back in the same instant, or nothing changes."""
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    said = await body_of(request, MoveBody)
    command = Reschedule(
        **await visit.command(actor),
        booking=booking_in(request),
        legs=tuple(leg.wanted() for leg in said.legs or ()),
        start=said.start,
        end=said.end,
        resource=said.resource,
        units=said.units,
    )
    return await run(visit, actor, command)


_ENDED: Final = {
    "cancelled": examples.changed_booking("cancelled", "moved to another town"),
    "rejected": examples.changed_booking("rejected", "the ground is under water"),
    "revoked": examples.changed_booking("revoked", "the doctor is ill"),
    "completed": examples.changed_booking("completed"),
    "no_show": examples.changed_booking("no_show"),
}


def _with_reason(example: Any, *problems: str) -> dict[str, Any]:
    return described(
        answers={200: BookingAnswer},
        examples={200: example},
        body=ReasonBody,
        body_optional=True,
        command=True,
        keyed=True,
        if_match=True,
        problems=(*LIFECYCLE, *problems),
    )


@post(
    "/v1/bookings/{booking:str}/cancel",
    status_code=200,
    tags=TAGS,
    opt=_with_reason(_ENDED["cancelled"], "too-late-to-change"),
)
async def cancel(request: WebRequest) -> ASGIResponse:
    """Give a booking or a hold up."""
    visit = await admitted(request)
    actor = visit.visitor.acting(*BOOKERS)
    said = await body_of(request, ReasonBody, optional=True)
    command = Cancel(**await visit.command(actor), booking=booking_in(request), reason=said.reason)
    return await run(visit, actor, command)


@post("/v1/bookings/{booking:str}/approve", status_code=200, tags=TAGS, opt=_with_reason(examples.APPROVED))
async def approve(request: WebRequest) -> ASGIResponse:
    """Let a pending booking stand."""
    return await _by_desk(request, Approve)


@post("/v1/bookings/{booking:str}/reject", status_code=200, tags=TAGS, opt=_with_reason(_ENDED["rejected"]))
async def reject(request: WebRequest) -> ASGIResponse:
    """Turn a pending booking down."""
    return await _by_desk(request, Reject)


@post("/v1/bookings/{booking:str}/revoke", status_code=200, tags=TAGS, opt=_with_reason(_ENDED["revoked"]))
async def revoke(request: WebRequest) -> ASGIResponse:
    """Take a confirmed booking back."""
    return await _by_desk(request, Revoke)


@post("/v1/bookings/{booking:str}/complete", status_code=200, tags=TAGS, opt=_with_reason(_ENDED["completed"]))
async def complete(request: WebRequest) -> ASGIResponse:
    """Say that it took place; from its start on."""
    return await _by_desk(request, Complete)


@post("/v1/bookings/{booking:str}/no-show", status_code=200, tags=TAGS, opt=_with_reason(_ENDED["no_show"]))
async def mark_no_show(request: WebRequest) -> ASGIResponse:
    """Say that nobody came; from its start on."""
    return await _by_desk(request, MarkNoShow)


DeskCommand = type[Approve] | type[Reject] | type[Revoke] | type[Complete] | type[MarkNoShow]


async def _by_desk(request: WebRequest, kind: DeskCommand) -> ASGIResponse:
    visit = await admitted(request)
    actor = visit.visitor.acting("staff")
    said = await body_of(request, ReasonBody, optional=True)
    command = kind(**await visit.command(actor), booking=booking_in(request), reason=said.reason)
    return await run(visit, actor, command)


ROUTES: Final = [
    book,
    hold,
    confirm,
    reschedule,
    cancel,
    approve,
    reject,
    revoke,
    complete,
    mark_no_show,
]
