"""Giving up the rest of a series, and whose its bookings are."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.commands import Actor, CancelSeries
from app.decisions.access import may_touch, must_be_current
from app.decisions.claims import day_streams, release
from app.decisions.decided import Decided
from app.decisions.lifecycle import must_not_be_too_late
from app.work import Work
from domain.booking import Booking
from domain.interval import exact_instant_at
from domain.refusal import Fact, Refused
from domain.series import Series

Standing = list[tuple[str, Refused]]
"""Bookings that were to be cancelled and cannot be, and why."""


def cancel_series(work: Work, command: CancelSeries) -> Decided:
    """Give up all that is still active from somewhere on. Raises `Refused` when something was and nothing could be."""
    series = work.take(Series, Series.stream(command.series))
    members = members_of(work, series, command.actor)
    must_be_current(command.expected, series)
    since = _since(work, command, series, members)
    due = [each for each in members if _is_due(work, each, since)]
    work.fetch(day_streams(leg for each in due for leg in each.legs))
    standing = still_standing(work, command, due)
    kept = {key for key, _ in standing}
    going = [each for each in due if each.key not in kept]
    if standing and not going:
        raise _refusal(standing)
    _give_up(work, command, going)
    if going:
        series.note_cancelled(work.cause(command), since, [each.key for each in going])
    now = tuple(work.see(Booking, each.id) for each in members)
    return Decided(series, customer=series.customer, members=now, standing=tuple(standing))


def members_of(work: Work, series: Series, actor: Actor) -> tuple[Booking, ...]:
    """The bookings of a series that are the actor's, as they stand, by start. Raises `Refused` (`unknown-series`)."""
    series.must_exist()
    streams = [Booking.stream(each.booking) for each in series.bookings]
    work.fetch(streams)
    found = [
        each for each in (work.see(Booking, stream) for stream in streams) if may_touch(actor, each, work.resource)
    ]
    if not found:
        raise series.unknown()
    return tuple(sorted(found, key=lambda each: (each.start, each.key)))


def still_standing(work: Work, command: CancelSeries, bookings: list[Booking]) -> Standing:
    """Those that it is too late to cancel for whoever asks."""
    found: Standing = []
    for booking in bookings:
        try:
            must_not_be_too_late(work, command, booking)
        except Refused as refused:
            found.append((booking.key, refused.without_frames()))
    return found


def standing_now(work: Work, command: CancelSeries, series: Series, members: tuple[Booking, ...]) -> Standing:
    """What a repeat is told of those that its first try could not cancel, as they stand now."""
    since = _since(work, command, series, members)
    return still_standing(work, command, [each for each in members if _is_due(work, each, since)])


def _since(work: Work, command: CancelSeries, series: Series, members: tuple[Booking, ...]) -> datetime:
    """From when on bookings are meant. Raises `Refused` (`unknown-booking`, and as `exact_instant_at` does)."""
    if command.from_booking is not None:
        for booking in members:
            if booking.key == command.from_booking:
                return booking.start
        raise Refused(
            "unknown-booking",
            f"There is no booking {command.from_booking} in this series, or it is not yours.",
            booking=command.from_booking,
        )
    if command.from_time is None:
        return work.now
    if command.from_time.tzinfo is None:
        return exact_instant_at(command.from_time, ZoneInfo(series.timezone))
    return command.from_time


def _is_due(work: Work, booking: Booking, since: datetime) -> bool:
    return booking.start >= since and booking.is_active_at(work.now)


def _give_up(work: Work, command: CancelSeries, bookings: list[Booking]) -> None:
    cause = work.cause(command)
    for each in bookings:
        booking, reason = work.take(Booking, each.id), command.reason
        sealed = None if reason is None else work.vault.seal(booking.customer, booking.key, reason)
        if booking.cancel(cause, sealed):
            release(work, cause, booking, "cancelled")


def _refusal(standing: Standing) -> Refused:
    first, how_many = standing[0][1], len(standing)
    sentence = f"None of the {how_many} bookings can be cancelled. The first one: {first.detail}"
    told: list[Fact] = [{"booking": key, "code": each.code, "detail": each.detail} for key, each in standing]
    facts: dict[str, Fact] = {**first.facts, "not_cancelled": told}
    return Refused(first.code, first.detail if how_many == 1 else sentence, **facts)
