"""Booking a series: each of its dates is decided by itself, and all that works is written in one append."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.commands import BookSeries
from app.decisions.access import must_be_open_to
from app.decisions.claims import bookable_legs, claim, claimed_days, keep_daily_limit
from app.decisions.decided import Decided
from app.decisions.line import serve_before
from app.identity import booking_of_series_id, series_id
from app.work import Work
from domain.booking import Booking, Terms
from domain.event import Cause
from domain.interval import DAY, in_zone
from domain.leg import PlacedLeg, WantedLeg, interval_of, moment, must_leave_each_other_room
from domain.refusal import Fact, Refused
from domain.resource_day import ResourceDay
from domain.series import Occurrence, Series, SkippedOccurrence, must_be_few_enough

Conflicts = dict[int, Refused]
"""By the number of an occurrence, why it cannot be booked."""


def book_series(work: Work, command: BookSeries) -> Decided:
    """Book all occurrences; or those that can be, where the others are to be skipped. Raises `Refused`."""
    for leg in command.legs:
        must_be_open_to(command.actor, work.resource(leg.resource))
    series = work.begin(Series, Series.stream(series_id(command.command_id)))
    cause, conflicts = work.cause(command), Conflicts()
    placed = _placed(work, command, conflicts)
    _fetch_days(work, command, placed)
    serve_before(work, cause, claimed_days([leg for legs in placed.values() for leg in legs]))
    made: dict[int, Booking] = {}
    for number, legs in placed.items():
        try:
            with work.attempt():
                made[number] = _book(work, command, cause, series.key, number, legs)
        except Refused as refused:
            conflicts[number] = _told(refused, legs, [placed[each] for each in made])
    if conflicts and (command.on_conflict == "refuse" or not made):
        raise _refusal(work, command, conflicts)
    _begin(work, command, cause, series, made, conflicts)
    return Decided(series, created=True, customer=command.customer, members=tuple(made.values()))


def _placed(work: Work, command: BookSeries, conflicts: Conflicts) -> dict[int, list[PlacedLeg]]:
    """By number, the legs of each occurrence that the rules allow, before looking at what is taken."""
    lengths = [_length(work, leg) for leg in command.legs]
    placed: dict[int, list[PlacedLeg]] = {}
    for number, days in enumerate(command.days, 1):
        try:
            legs = [_shifted(work, leg, days, length) for leg, length in zip(command.legs, lengths, strict=True)]
            placed[number] = bookable_legs(work, command.actor, legs, command.party)
        except Refused as refused:
            conflicts[number] = refused.without_frames()
    must_be_few_enough(sum(len(leg.parts) for legs in placed.values() for leg in legs))
    return placed


def _length(work: Work, leg: WantedLeg) -> timedelta | None:
    """How long a leg is on its first date, which it is on all others (RFC 5545, 3.8.5.3); none: the shortest."""
    if leg.end is None:
        return None
    try:
        interval = interval_of(leg, work.resource(leg.resource))
    except Refused:  # a wall clock that did not show it; the first date is told that
        if leg.start.tzinfo is None and leg.end.tzinfo is None:
            return leg.end - leg.start
        raise
    return interval.end - interval.start


def _shifted(work: Work, leg: WantedLeg, days: int, length: timedelta | None) -> WantedLeg:
    """The leg so many days later at the same time on its own wall clock. Raises `Refused` as `moment` does."""
    if not days:
        return leg
    resource = work.resource(leg.resource)
    start = moment(_wall_clock(work, leg) + days * DAY, resource)
    end = None if length is None else in_zone(start + length, resource.plan.zone)
    return WantedLeg(leg.resource, start, end, leg.units)


def _wall_clock(work: Work, leg: WantedLeg) -> datetime:
    """The start as the clocks of the leg's place show it, without offset."""
    if leg.start.tzinfo is None:
        return leg.start
    return leg.start.astimezone(work.resource(leg.resource).plan.zone).replace(tzinfo=None, fold=0)


def _fetch_days(work: Work, command: BookSeries, placed: Mapping[int, Sequence[PlacedLeg]]) -> None:
    """All that will be looked at, in one query; and the bookings that count for daily limits in another."""
    legs = [leg for those in placed.values() for leg in those]
    work.fetch(ResourceDay.stream(each.leg.resource, day) for each in legs for day in each.leg.days)
    first = [those[0] for those in placed.values() if those[0].resource.policy.daily_limit is not None]
    if first and not command.actor.is_desk:
        days = (ResourceDay.stream(each.leg.resource, each.leg.start.date()) for each in first)
        counted = (work.see(ResourceDay, day).counted_bookings(command.customer) for day in days)
        work.fetch([Booking.stream(booking) for bookings in counted for booking in bookings])


def _book(
    work: Work, command: BookSeries, cause: Cause, series: str, number: int, placed: Sequence[PlacedLeg]
) -> Booking:
    key = booking_of_series_id(command.command_id, number)
    keep_daily_limit(work, command.actor, placed, command.customer, key)
    booking = work.begin(Booking, Booking.stream(key))
    claim(work, cause, booking, command.customer, placed, None)
    terms = Terms(customer=command.customer, party=command.party, legs=tuple(each.leg for each in placed))
    details = None if command.details is None else work.vault.seal(command.customer, key, command.details)
    booking.book(cause, terms, details, approval=any(each.resource.policy.approval for each in placed))
    booking.place_in_series(cause, series, number)
    return booking


def _told(refused: Refused, legs: Sequence[PlacedLeg], before: Sequence[Sequence[PlacedLeg]]) -> Refused:
    """Why an occurrence is refused: where the ones before it are what takes the room, that nobody else does."""
    if refused.code != "not-available":
        return refused.without_frames()
    begins = min(part.start for each in legs for _, part in each.parts)
    together = list(legs)
    for earlier in reversed(before):
        if max(part.end for each in earlier for _, part in each.parts) <= begins:
            break  # those before it have ended, too: all have the same length
        together += earlier
    try:
        must_leave_each_other_room(together, "The dates of this series")
    except Refused as overlap:
        return overlap.without_frames()
    return refused.without_frames()


def _begin(
    work: Work, command: BookSeries, cause: Cause, series: Series, made: Mapping[int, Booking], conflicts: Conflicts
) -> None:
    resource = work.resource(command.legs[0].resource)
    series.book(
        cause,
        command.customer,
        command.repeat,
        resource.timezone,
        _start_of(work, command, 1),
        [
            Occurrence(number=number, booking=each.key, start=each.legs[0].start)
            for number, each in sorted(made.items())
        ],
        [
            SkippedOccurrence(number=number, start=_start_of(work, command, number), code=each.code, detail=each.detail)
            for number, each in sorted(conflicts.items())
        ],
    )


def _start_of(work: Work, command: BookSeries, number: int) -> datetime:
    return _wall_clock(work, command.legs[0]) + command.days[number - 1] * DAY


def _refusal(work: Work, command: BookSeries, conflicts: Conflicts) -> Refused:
    """That of the first occurrence that cannot be booked, with all of them named."""
    first, total = conflicts[min(conflicts)], len(command.days)
    some = f"{len(conflicts)} of the {total} dates" if len(conflicts) < total else f"None of the {total} dates"
    cannot = "cannot be booked, so nothing was" if len(conflicts) < total else "can be booked"
    sentence = first.detail if total == 1 else f"{some} of the series {cannot}. The first one: {first.detail}"
    told: list[Fact] = [
        {
            "number": number,
            "start": _start_of(work, command, number).isoformat(),
            "code": each.code,
            "detail": each.detail,
        }
        for number, each in sorted(conflicts.items())
    ]
    facts: dict[str, Fact] = {**first.facts, "occurrences": total, "conflicts": told}
    return Refused(first.code, sentence, **facts)
