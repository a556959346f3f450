"""A series as its caller may see it."""

from datetime import UTC
from typing import Any

from anyio import to_thread

from app.commands import Actor
from app.details import Vault
from app.outcome import Outcome
from domain.series import Series
from interface.http.answers import BookingAnswer
from interface.http.booking_answers import Opened, actions_of, booking_answer, opened
from interface.http.series_shapes import SeriesAnswer, StandingAnswer
from interface.http.service import Visit


def subject_of(outcome: Outcome) -> Series:
    """The series that a command was about."""
    assert isinstance(outcome.subject, Series)  # noqa: S101 - what every command about a series is about
    return outcome.subject


def series_answer(series: Series, position: int, members: list[BookingAnswer]) -> SeriesAnswer:
    """The answer; `position` is that of its last event."""
    return {
        "id": series.key,
        "customer": series.customer,
        "repeat": series.repeat,
        "timezone": series.timezone,
        "start": series.start.isoformat(),
        "version": series.version,
        "position": position,
        "created_at": series.created_on.astimezone(UTC),
        "bookings": members,
        "skipped": [
            {"number": each.number, "start": each.start.isoformat(), "code": each.code, "detail": each.detail}
            for each in series.skipped
        ],
    }


async def members_answer(visit: Visit, actor: Actor, outcome: Outcome, details: Any = None) -> list[BookingAnswer]:
    """The bookings of a command's series. `details`: what the request itself said, if it made them."""
    if outcome.created:
        return _members(None, actor, outcome, details)
    return await to_thread.run_sync(_members, visit.service.daybook.vault, actor, outcome, None)


def _members(vault: Vault | None, actor: Actor, outcome: Outcome, details: Any) -> list[BookingAnswer]:
    return [
        booking_answer(
            each.booking,
            position=each.position,
            created_at=each.booking.created_on,
            actions=actions_of(actor, each.booking, outcome.now, each.changeable),
            sealed=Opened(details, None) if vault is None else opened(vault, each.booking, actor),
            now=outcome.now,
        )
        for each in outcome.members
    ]


def standing_answer(outcome: Outcome) -> list[StandingAnswer]:
    """What was to be cancelled and could not be."""
    return [{"booking": key, "code": each.code, "detail": each.detail} for key, each in outcome.standing]
