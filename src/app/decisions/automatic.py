"""Automatic booking: any of several candidates. It looks at all of them on the complete log, then books one."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from math import inf
from typing import Any, Final, NamedTuple

from app.commands import Book, BookAny, Choice, Command
from app.decisions.booking import book
from app.decisions.candidates import (
    Candidate,
    candidate_of,
    monday_of,
    must_not_be_too_much,
    resources_for,
    weeks_of,
)
from app.decisions.claims import keep_daily_limit_of
from app.decisions.decided import Decided
from app.decisions.line import serve_before
from app.identity import booking_id
from app.work import Work
from domain.event import Cause
from domain.free_starts import FreeTime, booked_minutes, dates_from, minute_of, moment_at
from domain.interval import DAY, MINUTE, first_instant, in_zone
from domain.leg import WantedLeg
from domain.policies import must_not_hoard
from domain.refusal import Fact, Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay

MOST_TOLD: Final = 10
"""Candidates that a refusal names."""


class Found(NamedTuple):
    """A candidate, and the earliest start at which it can be booked, with the place's offset."""

    candidate: Candidate
    start: datetime

    @property
    def monday(self) -> date:
        """The first date of the week (ISO 8601) that it starts in, by the place's clock."""
        return monday_of(self.start.date())


def book_any(work: Work, command: BookAny) -> Decided:
    """Book the candidate that `choose` prefers of those that have room. One that the rules refuse is passed over.

    Raises `Refused`: `not-available` when any candidate is taken, else with the first rule that the first one breaks.
    """
    if command.hold and not command.actor.is_desk:
        must_not_hoard(work.live_holds(command.customer), work.limits.max_holds)
    resources = resources_for(work, command)
    refusals: dict[int, Refused] = {}
    candidates: list[Candidate] = []
    for place, resource in enumerate(resources):
        try:
            candidates.append(candidate_of(work, command, place, resource))
        except Refused as refused:
            refusals[place] = refused.without_frames()
    days = _Days(work, work.cause(command), candidates, whole_weeks=command.choose == "fair")
    found, taken = list[Found](), list[Candidate]()
    for candidate in candidates:
        try:
            start = _earliest(work, command, candidate, days, found)
        except Refused as refused:
            refusals[candidate.place] = refused.without_frames()
            continue
        if start is None:
            taken.append(candidate)
        else:
            found.append(Found(candidate, start))
    if found:
        return book(work, _as_book(command, _chosen(found, command.choose, days)))
    raise _all_taken(command, taken, len(resources)) if taken else _ruled_out(resources, refusals)


class _Days:
    """The days that are to be looked at, all brought into memory by one query."""

    def __init__(self, work: Work, cause: Cause, candidates: Sequence[Candidate], *, whole_weeks: bool) -> None:
        """Those who wait on them are served first: what they get is not free. Raises `Refused` (`malformed`) when the
        days are too many.
        """
        self.now = work.now
        dates = {each.resource.key: weeks_of(*each.dates) if whole_weeks else each.dates for each in candidates}
        must_not_be_too_much(sum((last - first).days + 1 for first, last in dates.values()), len(dates))
        streams = {
            key: {day: ResourceDay.stream(key, day) for day in dates_from(first, last)}
            for key, (first, last) in dates.items()
        }
        work.gather(stream for of in streams.values() for stream in of.values())
        serve_before(work, cause, [stream for of in streams.values() for stream in of.values()])
        self._days = {
            key: {day: work.see(ResourceDay, stream) for day, stream in of.items()} for key, of in streams.items()
        }

    def of(self, resource: Resource) -> dict[date, ResourceDay]:
        """A resource's days."""
        return self._days[resource.key]

    def minutes_booked(self, found: Found) -> int:
        """What is booked of a candidate in the week of its start."""
        days = self.of(found.candidate.resource)
        week = (days[found.monday + number * DAY] for number in range(7))
        return booked_minutes(week, self.now)


def _earliest(
    work: Work, command: BookAny, candidate: Candidate, days: _Days, found: Sequence[Found]
) -> datetime | None:
    """The earliest start at which a candidate has room, with its offset; none without room.

    Where the first one is to be taken, only what is earlier than those found so far. Raises `Refused` (`daily-limit`)
    when there is room on dates alone of which the customer has had their share.
    """
    if command.choose == "first" and found:
        candidate = candidate.before(min(minute_of(each.start) for each in found))
    if not candidate.starts:
        return None
    resource = candidate.resource
    zone = resource.plan.zone
    free = FreeTime(resource, days.of(resource), candidate.dates, command.units, work.now)
    first, refusal = 0, None
    while (minute := free.earliest(candidate.starts, candidate.span, first)) is not None:
        start = moment_at(minute, zone)
        try:
            keep_daily_limit_of(work, command.actor, resource, start, command.customer, booking_id(command.command_id))
        except Refused as refused:
            refusal, first = refusal or refused.without_frames(), minute_of(first_instant(start.date() + DAY, zone))
        else:
            return start
    if refusal is not None:
        raise refusal
    return None


def _chosen(found: Sequence[Found], choose: Choice, days: _Days) -> Found:
    """The one that is preferred.

    `first`: the earliest start; of several, the candidate named first, or with the first id. `fair`: of those with
    room in the earliest week (ISO 8601, by each one's own clock) in which any has, the one with the fewest booked
    minutes in it, then the first id. `fit`: the fewest seats, then the earliest start, then the first id; without
    `seats` comes last.
    """
    if choose == "first":
        return min(found, key=lambda each: (each.start, each.candidate.place))
    if choose == "fit":
        return min(found, key=lambda each: (_seats(each), each.start, each.candidate.resource.key))
    monday = min(each.monday for each in found)
    that_week = [each for each in found if each.monday == monday]
    return min(that_week, key=lambda each: (days.minutes_booked(each), each.candidate.resource.key))


def _seats(found: Found) -> float:
    seats = found.candidate.resource.definition.seats
    return inf if seats is None else seats


def _as_book(command: BookAny, chosen: Found) -> Book:
    """The same wish for the chosen one alone: it is booked as any other is."""
    resource, span = chosen.candidate.resource, chosen.candidate.span
    end = in_zone(chosen.start + span.minutes * MINUTE, resource.plan.zone)
    leg = WantedLeg(resource.key, chosen.start, end, command.units)
    kept: dict[str, Any] = {each.name: getattr(command, each.name) for each in fields(Command)}
    return Book(
        **kept,
        customer=command.customer,
        legs=(leg,),
        party=command.party,
        details=command.details,
        hold=command.hold,
    )


def _all_taken(command: BookAny, taken: Sequence[Candidate], tried: int) -> Refused:
    """Nobody has room. The first one that was taken stands for all where one place has to be named."""
    first = taken[0]
    start, end = first.asked
    if command.between is None:
        when = f"at {start:%H:%M} on {start.day} {start:%B}"
    else:
        when = f"between {start:%H:%M} on {start.day} {start:%B} and {end:%H:%M} on {end.day} {end:%B}"
    who = f"None of the {tried} that were tried is" if tried > 1 else f"{first.resource.name} is not"
    looked_at: list[Fact] = [
        {
            "resource": each.resource.key,
            "start": each.asked.start.isoformat(),
            "end": each.asked.end.isoformat(),
            "minutes": each.span.minutes,
        }
        for each in taken[:MOST_TOLD]
    ]
    return Refused(
        "not-available",
        f"{who} free {when}. Please choose another time.",
        resource=first.resource.key,
        start=start.isoformat(),
        end=end.isoformat(),
        units=command.units,
        tried=tried,
        looked_at=looked_at,
    )


def _ruled_out(resources: Sequence[Resource], refusals: Mapping[int, Refused]) -> Refused:
    """The rule that the first candidate breaks, whatever the others break."""
    first = min(refusals)
    refused = refusals[first]
    return Refused(
        refused.code, refused.detail, **{"resource": resources[first].key, **refused.facts, "tried": len(resources)}
    )
