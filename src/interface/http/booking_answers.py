"""A booking as its caller may see it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from anyio import to_thread
from litestar.response.base import ASGIResponse
from pydantic_core import to_json

from app.commands import Actor, Command
from app.details import Vault
from app.outcome import Changeable, Outcome
from domain.booking import Booking
from domain.refusal import Refused
from interface.http.answers import Action, BookingAnswer
from interface.http.problems import PROBLEM_JSON, PROBLEMS
from interface.http.service import NO_STORE, JsonAnswer, Visit, json_answer

_NOT_STORED: Final = {"Cache-Control": NO_STORE}


class Opened(NamedTuple):
    """What was sealed of a booking, opened for whoever may read it."""

    details: Any
    reason: Any


def opened(vault: Vault, booking: Booking, to: Actor) -> Opened:
    """Details and reason, opened for an actor. Blocks on the store when the key is not in memory: use a thread."""
    if booking.details is None and booking.reason is None:
        return Opened(None, None)
    return Opened(
        vault.reveal(booking.customer, booking.key, booking.details, to=to.by),
        vault.reveal_text(booking.customer, booking.key, booking.reason, to=to.by),
    )


def details_text(details: dict[str, Any] | None) -> str | None:
    """Details as they are sealed: compact JSON."""
    return None if details is None else to_json(details).decode()


def sealed_marks(vault: Vault, booking: Booking) -> Opened:
    """For those who may know that there is something, and not what. Blocks on the store: use a thread."""
    if booking.details is None and booking.reason is None:
        return Opened(None, None)
    mark = vault.unopened(booking.customer)
    return Opened(mark if booking.details is not None else None, mark if booking.reason is not None else None)


def booking_answer(
    booking: Booking,
    *,
    position: int,
    created_at: datetime,
    actions: list[Action],
    sealed: Opened,
    now: datetime,
) -> BookingAnswer:
    """The answer; a hold past its time reads as expired, written or not."""
    return {
        "id": booking.key,
        "status": booking.status_at(now),
        "customer": booking.customer,
        "party": booking.party,
        "expires_at": booking.expires_at,
        "version": booking.version,
        "position": position,
        "created_at": created_at.astimezone(UTC),
        "updated_at": booking.modified_on.astimezone(UTC),
        "actions": actions,
        "details": sealed.details,
        "reason": sealed.reason,
        "legs": [
            {
                "resource": leg.resource,
                "timezone": leg.timezone,
                "start": leg.start.isoformat(),
                "end": leg.end.isoformat(),
                "units": leg.units,
            }
            for leg in booking.legs
        ],
        "series": booking.series,
    }


def actions_of(actor: Actor, booking: Booking, now: datetime, changeable: Changeable | None) -> list[Action]:
    """What the actor could do with a booking of theirs now, in the order in which one would offer it.

    `changeable`: what a customer may change; none where nothing is known of it, which is until it starts.
    """
    until, is_movable = changeable or (booking.start, True)
    in_time = actor.is_desk or now <= until
    found = [*(_desk(booking, now) if actor.is_desk else ()), *_owner(booking, now, in_time=in_time)]
    return [each for each in found if each != "reschedule" or actor.is_desk or is_movable]


def _desk(booking: Booking, now: datetime) -> Iterator[Action]:
    status, has_begun = booking.status_at(now), booking.start <= now
    if status == "pending":
        if not has_begun:
            yield "approve"
        yield "reject"
    if status == "confirmed":
        yield "revoke"
        if has_begun:
            yield "complete"
            yield "no-show"


def _owner(booking: Booking, now: datetime, *, in_time: bool) -> Iterator[Action]:
    status = booking.status_at(now)
    if status == "held":
        yield "confirm"
        yield "cancel"
    if status in {"pending", "confirmed"} and in_time:
        yield "cancel"
        yield "reschedule"


async def run(visit: Visit, actor: Actor, command: Command, *, status: int = 200, details: Any = None) -> ASGIResponse:
    """Run a command on a booking; the answer, which where there is no room tells what is free instead.

    `details`: what the request itself said, if it makes the booking. Raises what `Daybook.execute` raises.
    """
    try:
        outcome = await visit.service.execute(command)
    except Refused as refused:
        if refused.code != "not-available":
            raise
        return await no_room(visit, actor, refused)
    return await _answer(visit, actor, outcome, status, details)


async def no_room(visit: Visit, actor: Actor, refused: Refused) -> ASGIResponse:
    """The answer to a `not-available`, with what is free instead."""
    body = await visit.service.offers.problem_of(refused, actor)
    return JsonAnswer(body, PROBLEMS[refused.code].status, _NOT_STORED, PROBLEM_JSON.encode())


async def _answer(visit: Visit, actor: Actor, outcome: Outcome, status: int, details: Any) -> ASGIResponse:
    service, booking = visit.service, outcome.subject
    assert isinstance(booking, Booking)  # noqa: S101 - what every command about a booking is about
    sealed = Opened(details, None)
    if not outcome.created and (booking.details is not None or booking.reason is not None):
        sealed = await to_thread.run_sync(opened, service.daybook.vault, booking, actor)
    answer = booking_answer(
        booking,
        position=outcome.subject_position,
        created_at=booking.created_on,
        actions=actions_of(actor, booking, outcome.now, outcome.changeable),
        sealed=sealed,
        now=outcome.now,
    )
    headers = service.after_command(outcome)
    if status == 201:
        headers["Location"] = f"/v1/bookings/{booking.key}"
    return json_answer(answer, headers, status)
