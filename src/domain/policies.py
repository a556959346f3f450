"""The booking rules, each with a name, in the order in which the first broken one is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from domain.interval import DAY, MINUTE, Interval, in_zone
from domain.leg import LONGEST_DATES
from domain.plan import Window
from domain.refusal import Refused
from domain.resource import Resource


@dataclass(frozen=True)
class Request:
    """A leg that somebody asks for, at the moment `now`, its instants with the resource's offset.

    `by_staff` lifts the rules that bind customers alone.
    """

    resource: Resource
    interval: Interval
    units: int
    party: int
    now: datetime
    by_staff: bool

    @property
    def minutes(self) -> float:
        """The asked length in minutes."""
        return self.interval.minutes

    @cached_property
    def window(self) -> Window | None:
        """The opening window that it starts in; several rules look at it."""
        return self.resource.plan.window_of(self.interval.start)


BookingPolicy = Callable[[Request], None]


def starts_in_the_future(asked: Request) -> None:
    """Refuses `in-the-past`: a start before now."""
    if asked.interval.start < asked.now:
        raise Refused(
            "in-the-past",
            f"{_when(asked)} has passed. Please choose a later time.",
            start=asked.interval.start.isoformat(),
            now=asked.now.isoformat(),
        )


def date_is_open(asked: Request) -> None:
    """Refuses `closed`: no window touches the date on which it starts."""
    plan, day = asked.resource.plan, asked.interval.start.date()
    if asked.window is not None or plan.touches(day):
        return
    exception = plan.exceptions.get(day)
    reason = exception.reason if exception else None
    raise Refused(
        "closed",
        f"{asked.resource.name} is closed on {day:%A}, {day.day} {day:%B}{f' ({reason})' if reason else ''}. "
        "Please choose another day.",
        date=day.isoformat(),
        reason=reason,
    )


def lies_within_hours(asked: Request) -> None:
    """Refuses `outside-hours`: a start in no window, or an end beyond the windows that touch it."""
    plan, day = asked.resource.plan, asked.interval.start.date()
    window = asked.window
    longest = timedelta(days=LONGEST_DATES + 1)
    end = min(asked.interval.end, asked.interval.start + longest)
    if window is not None and plan.open_until(window, end) >= end:
        return
    hours = [list(times) for times in plan.times_on(day)]
    spoken = ", ".join(f"{opens}-{closes}" for opens, closes in hours) or "not at all"
    raise Refused(
        "outside-hours",
        f"{asked.resource.name} is not open for all of {_span(asked)}; "
        f"on {day:%A}, {day.day} {day:%B} it opens {spoken}. Please choose a time within its hours.",
        hours=[[*times] for times in hours],
    )


def starts_on_the_grid(asked: Request) -> None:
    """Refuses `off-grid`: a start between the grid's points, counted from its window's first instant."""
    window, step = asked.window, asked.resource.policy.step
    if window is None:
        return
    past = (asked.interval.start - window.opens) % (step * MINUTE)
    if not past:
        return
    zone = asked.resource.plan.zone
    before, after = (in_zone(asked.interval.start - past + steps * step * MINUTE, zone) for steps in (0, 1))
    raise Refused(
        "off-grid",
        f"Bookings of {asked.resource.name} start every {step} minutes from {window.opens:%H:%M}; "
        f"{_clock(asked.interval.start)} lies between two starts. Please choose {before:%H:%M} "
        f"or {after:%H:%M}.",
        step=step,
        window_opens=window.opens.isoformat(),
    )


def has_a_right_length(asked: Request) -> None:
    """Refuses `bad-duration`: not the minimum plus a multiple of the step, up to the maximum."""
    policy = asked.resource.policy
    extra = asked.minutes - policy.min_duration
    if policy.min_duration <= asked.minutes <= policy.max_duration and extra % policy.step == 0:
        return
    allowed = (
        f"exactly {policy.min_duration} minutes"
        if policy.min_duration == policy.max_duration
        else f"{policy.min_duration} to {policy.max_duration} minutes, in steps of {policy.step}"
    )
    raise Refused(
        "bad-duration",
        f"A booking of {asked.resource.name} takes {allowed}; this is {asked.minutes:g} minutes.",
        min_duration=policy.min_duration,
        max_duration=policy.max_duration,
        step=policy.step,
    )


def gives_enough_notice(asked: Request) -> None:
    """Refuses `too-soon`: less than `min_notice` minutes ahead; the boundary itself is allowed. Not to staff."""
    notice = asked.resource.policy.min_notice
    if not asked.by_staff and asked.interval.start < asked.now + notice * MINUTE:
        raise Refused(
            "too-soon",
            f"{asked.resource.name} is to be booked at least {notice} minutes ahead. "
            "Please choose a later time, or ask the desk.",
            min_notice=notice,
        )


def lies_within_the_horizon(asked: Request) -> None:
    """Refuses `too-far-ahead`: beyond `max_advance_days` local dates, the last included. Not to staff."""
    days = asked.resource.policy.max_advance_days
    today = asked.now.astimezone(asked.resource.plan.zone).date()
    if not asked.by_staff and asked.interval.start.date() > today + days * DAY:
        last = today + days * DAY
        raise Refused(
            "too-far-ahead",
            f"{asked.resource.name} can be booked up to {days} days ahead, until {last.day} {last:%B %Y}.",
            max_advance_days=days,
            last_date=last.isoformat(),
        )


def seats_the_party(asked: Request) -> None:
    """Refuses `party-too-large`: more people than the resource seats."""
    seats = asked.resource.definition.seats
    if seats is not None and asked.party > seats:
        raise Refused(
            "party-too-large",
            f"{asked.resource.name} seats {seats}, not {asked.party}. Please choose a larger one.",
            seats=seats,
        )


def takes_no_more_units_than_allowed(asked: Request) -> None:
    """Refuses `too-many-units`: more than `max_units` in one booking, or less than one."""
    most = asked.resource.policy.max_units
    if not 1 <= asked.units <= most:
        allowed = "1 unit" if most == 1 else f"1 to {most} units"
        raise Refused(
            "too-many-units",
            f"One booking of {asked.resource.name} takes {allowed}, not {asked.units}.",
            max_units=most,
        )


BOOKING_POLICIES: tuple[BookingPolicy, ...] = (
    starts_in_the_future,
    date_is_open,
    lies_within_hours,
    starts_on_the_grid,
    has_a_right_length,
    gives_enough_notice,
    lies_within_the_horizon,
    seats_the_party,
    takes_no_more_units_than_allowed,
)
"""Unknown resource and local time come before these, daily limit and availability after them."""


def must_be_bookable(asked: Request) -> None:
    """Raises `Refused` with the first rule that the request breaks."""
    for policy in BOOKING_POLICIES:
        policy(asked)


def must_keep_daily_limit(resource: Resource, start: datetime, active: int, more: int = 1) -> None:
    """Refuses `daily-limit`: the customer has `active` bookings on this resource and day already, and wants `more`."""
    limit = resource.policy.daily_limit
    if limit is not None and active + more > limit:
        wants = "" if more == 1 else f", and these are {more}"
        raise Refused(
            "daily-limit",
            f"One customer may have {limit} active booking{'s' if limit > 1 else ''} a day "
            f"of {resource.name}, and has {active} on {start.day} {start:%B}{wants}. Please choose another day.",
            limit=limit,
        )


def must_not_hoard(live_holds: int, limit: int) -> None:
    """Refuses `too-many-holds`: the customer has `live_holds` unconfirmed holds already."""
    if live_holds >= limit:
        raise Refused(
            "too-many-holds",
            f"One customer may hold {limit} times at once. Please confirm or cancel one first.",
            limit=limit,
        )


def last_change(resource: Resource, start: datetime) -> datetime:
    """The last moment at which a customer may still cancel or move: `cancel_notice` minutes before the start."""
    return start - resource.policy.cancel_notice * MINUTE


def _clock(moment: datetime) -> str:
    """The wall-clock time, with seconds where there are any."""
    return f"{moment:%H:%M:%S}" if moment.second or moment.microsecond else f"{moment:%H:%M}"


def _when(asked: Request) -> str:
    start = asked.interval.start
    return f"{start:%H:%M} on {start.day} {start:%B %Y}"


def _span(asked: Request) -> str:
    return f"{asked.interval.start:%H:%M}-{asked.interval.end:%H:%M}"
