"""Who is tried by an automatic booking, and when the rules let each of them be booked."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple, NoReturn

from app.commands import MOST_DAYS, Actor, BookAny
from app.decisions.access import must_be_open_to
from app.work import Work
from domain.free_starts import Span, date_at, dates_from, minute_of, moment_at, next_minute, starts_between
from domain.interval import DAY, MINUTE, Interval, first_instant, in_zone
from domain.leg import WantedLeg, claimed_parts, interval_of, moment
from domain.policies import (
    Request,
    has_a_right_length,
    must_be_bookable,
    seats_the_party,
    takes_no_more_units_than_allowed,
)
from domain.refusal import Refused
from domain.resource import Resource
from domain.sought import Sought

MOST_CANDIDATES: Final = 100
"""Resource-days that one command may look at: others wait meanwhile. See docs/adr/0025."""
LONGEST_WINDOW: Final = 31 * DAY


class Candidate(NamedTuple):
    """A resource that the rules let be booked: at these `starts` (minutes since 1970, in order), if there is room.

    `asked`: the time that was asked for, as the place's clocks show it. `dates`: the first and last one that a booking
    could touch. `place`: where it stands in the order of preference.
    """

    place: int
    resource: Resource
    asked: Interval
    span: Span
    starts: Sequence[range]
    dates: tuple[date, date]

    def before(self, minute: int) -> "Candidate":
        """The same with those starts alone that are earlier than a minute; there may be none."""
        earlier = [range(each.start, min(each.stop, minute), each.step) for each in self.starts if each.start < minute]
        dates = self.span.dates(earlier, self.resource.plan.zone) if earlier else self.dates
        return self._replace(starts=earlier, dates=dates)


def resources_for(work: Work, command: BookAny) -> list[Resource]:
    """The resources that are to be tried, in the order of preference; of a list those that are open to the actor.

    Raises `Refused`: `malformed` when they or their days are too many; when there is none at all `unknown-resource`,
    or why the first of a list is not open to the actor; `party-too-large` when all that are sought seat fewer.
    """
    if isinstance(command.candidates, Sought):
        found = _sought(work, command.actor, command.candidates, command.party)
    else:
        found = _named(work, command.actor, command.candidates)
    if command.between is not None:
        first, last = (each.date() for each in command.between)
        if command.choose == "fair":
            first, last = weeks_of(first, last)
        must_not_be_too_much(len(found) * ((last - first).days + 1))
    return found


def _named(work: Work, actor: Actor, keys: Iterable[str]) -> list[Resource]:
    named, refusals = list[Resource](), list[Refused]()
    for key in dict.fromkeys(keys):
        resource = work.resource(key)
        try:
            must_be_open_to(actor, resource)
        except Refused as refused:
            refusals.append(refused.without_frames())
        else:
            named.append(resource)
    if not named:
        raise refusals[0]
    return named


def _sought(work: Work, actor: Actor, sought: Sought, party: int) -> list[Resource]:
    there = [each for each in work.resources() if each.exists and sought.is_met_by(each.definition)]
    mine = sorted((each for each in there if _is_open_to(actor, each)), key=_key)
    if not mine:
        raise Refused("unknown-resource", f"There is no resource {_words(sought)} for you to book.", kind=sought.kind)
    large = [each for each in mine if sought._replace(seats=party).is_met_by(each.definition)]
    if not large:
        most = max(each.definition.seats or 0 for each in mine)
        detail = f"No resource {_words(sought)} seats {party}; the largest seats {most}. Please divide the party."
        raise Refused("party-too-large", detail, seats=most)
    if len(large) > MOST_CANDIDATES:
        detail = f"{len(large)} resources have this; at most {MOST_CANDIDATES} can be tried at once"
        raise _malformed("/any_of", f"{detail}. Please ask for more seats or attributes, or name some of them.", detail)
    return large


def _words(sought: Sought) -> str:
    """What is sought, as a part of a sentence."""
    seats = f" that seats {sought.seats}" if sought.seats is not None else ""
    return f"of kind {sought.kind}{seats}{' with these attributes' if sought.attributes else ''}"


def _is_open_to(actor: Actor, resource: Resource) -> bool:
    try:
        must_be_open_to(actor, resource)
    except Refused:
        return False
    return True


def _key(resource: Resource) -> str:
    return resource.key


def candidate_of(work: Work, command: BookAny, place: int, resource: Resource) -> Candidate:
    """When the rules let a resource be booked as the command says. Raises `Refused` with the first broken one."""
    if command.between is None:
        return _at_start(work, command, place, resource)
    return _within_window(work, command, command.between, place, resource)


def _at_start(work: Work, command: BookAny, place: int, resource: Resource) -> Candidate:
    assert command.start is not None  # noqa: S101 - one of the two is said
    end = command.end
    if command.minutes is not None:
        end = in_zone(moment(command.start, resource) + command.minutes * MINUTE, resource.plan.zone)
    asked = interval_of(WantedLeg(resource.key, command.start, end, command.units), resource)
    must_be_bookable(_request(work, command, resource, asked))
    parts = claimed_parts(asked, resource)
    start = minute_of(asked.start)
    span = Span.of(resource, (asked.end - asked.start) // MINUTE)
    return Candidate(place, resource, asked, span, [range(start, start + 1)], (parts[0][0], parts[-1][0]))


def _within_window(
    work: Work, command: BookAny, between: tuple[datetime, datetime], place: int, resource: Resource
) -> Candidate:
    policy, zone = resource.policy, resource.plan.zone
    asked = Interval(*(in_zone(moment(each, resource), zone) for each in between))
    must_be_a_window(asked)
    span = Span.of(resource, command.minutes or policy.min_duration)
    whole = asked._replace(end=asked.start + span.minutes * MINUTE)
    request = _request(work, command, resource, whole)
    for policy_of_any_time in (has_a_right_length, seats_the_party, takes_no_more_units_than_allowed):
        policy_of_any_time(request)
    first, last = next_minute(asked.start), minute_of(asked.end) - span.minutes
    starts = starts_between(resource.plan, *_by_the_clock(work, command, resource, first, last), span.minutes)
    if not starts:
        _refuse_all(work, command, resource, asked, starts_between(resource.plan, first, last, span.minutes), span)
    claimed_parts(whole, resource)  # refuses what lies on too many dates
    return Candidate(place, resource, asked, span, starts, span.dates(starts, zone))


def must_be_a_window(asked: Interval) -> None:
    """Raises `Refused` (`malformed`) for a window that ends before it begins, or is longer than 31 days."""
    if asked.end <= asked.start:
        raise _malformed("/between", "A window ends after it begins.", "ends after it begins")
    if asked.end.replace(tzinfo=None) - asked.start.replace(tzinfo=None) > LONGEST_WINDOW:
        raise _malformed(
            "/between", "A window is at most 31 days long. Please ask for less.", "is at most 31 days long"
        )


def must_not_be_too_much(days: int, candidates: int = 0) -> None:
    """Raises `Refused` (`malformed`) for more resource-days than one command may look at. Where a window lies by the
    candidates' own clocks, with their buffers, it may touch two more for each.
    """
    if days > MOST_DAYS + 2 * candidates:
        detail = f"this means looking at {days} days, all candidates together; at most {MOST_DAYS} are possible"
        sentence = f"{detail}. Please ask for fewer candidates or a shorter time."
        raise _malformed("/any_of", sentence.capitalize(), detail)


def weeks_of(first: date, last: date) -> tuple[date, date]:
    """From the Monday of the first date's week to the Sunday of the last one's."""
    return monday_of(first), monday_of(last) + 6 * DAY


def monday_of(day: date) -> date:
    """The first date of a date's week (ISO 8601)."""
    return day - day.weekday() * DAY


def _by_the_clock(work: Work, command: BookAny, resource: Resource, first: int, last: int) -> tuple[int, int]:
    """The first and last minute that are not past; for customers, those that notice and horizon allow."""
    first = max(first, next_minute(work.now))
    if command.actor.is_desk:
        return first, last
    policy, zone = resource.policy, resource.plan.zone
    today = work.now.astimezone(zone).date()
    beyond = minute_of(first_instant(today + (policy.max_advance_days + 1) * DAY, zone))
    return max(first, next_minute(work.now + policy.min_notice * MINUTE)), min(last, beyond - 1)


def _refuse_all(
    work: Work, command: BookAny, resource: Resource, asked: Interval, by_hours: Sequence[range], span: Span
) -> NoReturn:
    """Refuse a window in which no start is allowed, with the rule that stands in the way of the last one."""
    zone = resource.plan.zone
    if by_hours:
        start = moment_at(by_hours[-1][-1], zone)
        must_be_bookable(_request(work, command, resource, Interval(start, start + span.minutes * MINUTE)))
    when = f"{asked.start:%H:%M} on {asked.start.day} {asked.start:%B} and {asked.end:%H:%M} on {asked.end.day} "
    when += f"{asked.end:%B}"
    dates = dates_from(asked.start.date(), date_at(minute_of(asked.end) - 1, zone))
    if not any(resource.plan.touches(day) for day in dates):
        raise Refused(
            "closed",
            f"{resource.name} is closed between {when}. Please choose other days.",
            date=dates[0].isoformat(),
            reason=None,
        )
    raise Refused(
        "outside-hours",
        f"{resource.name} is not open for {span.minutes} minutes from a start between {when}. Please choose more time.",
        hours=[[*times] for times in resource.plan.times_on(dates[0])],
    )


def _request(work: Work, command: BookAny, resource: Resource, asked: Interval) -> Request:
    return Request(resource, asked, command.units, command.party, work.now, command.actor.is_desk)


def _malformed(pointer: str, sentence: str, detail: str) -> Refused:
    return Refused("malformed", sentence, errors=[{"pointer": pointer, "detail": detail}])
