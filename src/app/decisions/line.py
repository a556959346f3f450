"""The line of those who wait on a day: joining, leaving, and holding for them what becomes free.

Whatever a day decides, it first lets go what expired, catches up with its resource and serves its line; and when the
command gave something back, the line is served again, in the same append. So nobody slips in between.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

from app.commands import WAITLIST, JoinLine, LeaveLine, ServeLine
from app.decisions.access import must_be_open_to, must_be_theirs, must_cover
from app.decisions.claims import claim, release
from app.decisions.decided import Decided
from app.identity import offer_id, wish_id
from app.work import Work
from domain.booking import Booking, Terms
from domain.customer import Customer
from domain.event import Cause
from domain.interval import DAY, MINUTE, Interval, first_instant, in_zone
from domain.leg import PlacedLeg, WantedLeg, claimed_interval, claimed_parts, interval_of, place
from domain.policies import Request, must_be_bookable, must_keep_daily_limit
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay
from domain.wish import Waiting, Wish, WithdrawalReason, unknown_wish

MOST_SLOTS_TRIED: Final = 300
"""Slots of a day that have room and are held against the rules for one wish."""

MOST_DAYS_TOGETHER: Final = 40
"""Days whose lines are served together, more than a wish can reach: wishes over midnight can make a chain of a year."""


def join_line(work: Work, command: JoinLine) -> Decided:
    """Put a wish in line. Raises `Refused`: a booking's rules, `still-available`, `line-full`, `too-many-wishes`."""
    resource, cause = work.resource(command.resource), work.cause(command)
    must_be_open_to(command.actor, resource)
    wish = _wish(work, command, resource)
    days = [work.take(ResourceDay, ResourceDay.stream(resource.key, day)) for day in wish.days]
    for day in days:
        day.catch_up(cause, resource)
    serve_lines(work, cause, [day.id for day in days])
    joining = Waiting(wish, command.actor.by, work.now)
    if any(_is_allowed(work, joining, placed) for placed in _fitting(work, wish, resource)):
        raise Refused(
            "still-available",
            f"{resource.name} has room for this now. Please book it; there is nothing to wait for.",
            resource=resource.key,
        )
    work.take(Customer, Customer.stream(command.customer)).join(cause, wish, work.limits.max_wishes)
    for day in days:
        day.wait(cause, wish)
    return Decided(work.see(Customer, Customer.stream(command.customer)), created=True, customer=command.customer)


def leave_line(work: Work, command: LeaveLine) -> Decided:
    """Wait no longer; who was offered it just now gives it back. For whoever has confirmed it, or left before, nothing
    changes. Raises `Refused` (`unknown-wish`).
    """
    customer, cause = work.take(Customer, Customer.stream(command.customer)), work.cause(command)
    wish = customer.wishes.get(command.wish)
    if wish is not None:
        must_cover(command.actor, work.resource(wish.resource))
        _withdraw(work, cause, customer, wish, "left")
    elif command.wish not in customer.ended:
        raise unknown_wish(command.wish)
    elif (offered := customer.ended[command.wish]) is not None:
        _give_back(work, command, offered)
    return Decided(customer, customer=command.customer)


def withdraw_all(work: Work, cause: Cause, customer: Customer) -> None:
    """Take a person who is being erased out of every line."""
    for wish in customer.waits_for(work.now):
        _withdraw(work, cause, customer, wish, "erased")


def serve_line(work: Work, command: ServeLine) -> Decided:
    """Let a day catch up with its resource; what that made room for goes to those in line."""
    resource = work.resource(command.resource)
    serve_lines(work, work.cause(command), [ResourceDay.stream(command.resource, command.day)])
    return Decided(resource)


def serve_lines(work: Work, cause: Cause, streams: Iterable[str]) -> None:
    """Those of these days that have a line let go what expired, catch up, and hold whatever fits for those who wait."""
    lined = [stream for stream in streams if work.see(ResourceDay, stream).line]
    if not lined:
        return
    own, passed = cause._replace(by=WAITLIST.by), dict[Any, Wish]()  # more is only taken while a line is served
    for waiting in _in_order(work, own, lined):
        wish, resource = waiting.wish, work.resource(waiting.wish.resource)
        alike = (wish.resource, wish.date, wish.start, wish.minutes, wish.units)
        if wish.until <= work.now or alike in passed:
            continue
        if resource.retired:
            _withdraw(work, own, work.take(Customer, Customer.stream(wish.customer)), wish, "retired")
            continue
        stopped = not resource.policy.overtaking and any(
            wish.overlaps(earlier, resource.apart) for earlier in passed.values()
        )
        fitting = [] if stopped else list(islice(_fitting(work, wish, resource), MOST_SLOTS_TRIED))
        looked_at = bool(fitting) or not resource.policy.overtaking
        if looked_at and work.see(Customer, Customer.stream(wish.customer)).erased:
            continue  # put in line again by a backup that knew nothing of it; whoever is erased holds up nobody
        if not fitting and (resource.policy.overtaking or _could_be_had(work, waiting, resource)):
            passed[alike] = wish
        placed = next((each for each in fitting if _is_allowed(work, waiting, each)), None)
        if placed is not None:
            _offer(work, own, waiting, placed)


def serve_before(work: Work, cause: Cause, streams: Iterable[str]) -> None:
    """The same before a command decides on days. Whatever changed a day served its line as well, so only those are
    looked at where time, or the resource's administrator, has done something since.
    """
    serve_lines(work, cause, [stream for stream in streams if _may_have_room(work, stream)])


def _may_have_room(work: Work, stream: str) -> bool:
    day = work.see(ResourceDay, stream)
    if not day.line:
        return False
    dates = {each for waiting in day.line.values() if len(waiting.wish.days) > 1 for each in waiting.wish.days}
    return any(_is_behind(work, each) for each in {stream, *(ResourceDay.stream(day.resource, each) for each in dates)})


def _is_behind(work: Work, stream: str) -> bool:
    day = work.see(ResourceDay, stream)
    lapsed = any(until <= work.now for until in day.lapsing.values())
    return day.exists and (lapsed or day.resource_version != work.resource(day.resource).version)


def _in_order(work: Work, cause: Cause, streams: Iterable[str]) -> list[Waiting]:
    """All who wait on these days, and on the days that their wishes reach: each once, in the order of their coming.

    All of those days have caught up, but for those that a long chain of wishes reaches: these keep theirs for later.
    """
    lines: dict[str, list[Waiting]] = {}
    left = list(dict.fromkeys(streams))
    while left:
        stream = left.pop()
        day = work.take(ResourceDay, stream)
        day.catch_up(cause, work.resource(day.resource))
        lines[stream] = list(day.line.values())
        for waiting in lines[stream]:
            if len(waiting.wish.days) == 1 or len(lines) + len(left) >= MOST_DAYS_TOGETHER:
                continue
            reached = (ResourceDay.stream(day.resource, each) for each in waiting.wish.days)
            left += [other for other in reached if other not in lines and other not in left]
    by_wish = {each.wish.wish: each for stream in sorted(lines) for each in lines[stream]}
    return sorted(by_wish.values(), key=lambda waiting: waiting.joined)


def _fitting(work: Work, wish: Wish, resource: Resource) -> Iterator[PlacedLeg]:
    """The intervals that would do and have room, in their order."""
    day = work.see(ResourceDay, ResourceDay.stream(resource.key, wish.date))
    for interval in _intervals(wish, resource):
        claimed = claimed_interval(interval, resource)
        if day.left(claimed.start, claimed.end, resource.capacity) < wish.units:
            continue
        try:
            placed = place(WantedLeg(resource.key, interval.start, interval.end, wish.units), interval, resource)
        except Refused:  # buffers of by now reach over more dates than a booking may
            continue
        elsewhere = [(each, part) for each, part in placed.parts if each != wish.date]
        if _has_room(work, wish, elsewhere, resource):
            yield placed


def _could_be_had(work: Work, waiting: Waiting, resource: Resource) -> bool:
    """Whether the rules allow what somebody waits for, once there is room. Else they hold up nobody."""
    wish = waiting.wish
    for interval in islice(_intervals(wish, resource), MOST_SLOTS_TRIED):
        try:
            placed = place(WantedLeg(resource.key, interval.start, interval.end, wish.units), interval, resource)
        except Refused:
            continue
        if _is_allowed(work, waiting, placed):
            return True
    return False


def _intervals(wish: Wish, resource: Resource) -> Iterator[Interval]:
    if wish.start is None or wish.end is None:
        return resource.plan.slots_on(wish.date, wish.minutes)
    return iter((Interval(wish.start, wish.end),))


def _has_room(work: Work, wish: Wish, parts: Iterable[tuple[date, Interval]], resource: Resource) -> bool:
    return all(
        work.see(ResourceDay, ResourceDay.stream(resource.key, day)).left(part.start, part.end, resource.capacity)
        >= wish.units
        for day, part in parts
    )


def _is_allowed(work: Work, waiting: Waiting, placed: PlacedLeg) -> bool:
    """Whether the rules that bind whoever waits allow it now."""
    wish, leg, resource = waiting.wish, placed.leg, placed.resource
    interval = Interval(leg.start, leg.end)
    try:
        must_be_bookable(Request(resource, interval, wish.units, wish.party, work.now, waiting.by_staff))
        if not waiting.by_staff and resource.policy.daily_limit is not None:
            day = work.see(ResourceDay, ResourceDay.stream(resource.key, leg.start.date()))
            must_keep_daily_limit(resource, leg.start, work.active_bookings(day, wish.customer, but=""))
    except Refused:
        return False
    return True


def _offer(work: Work, cause: Cause, waiting: Waiting, placed: PlacedLeg) -> None:
    """Hold it, take the wish out of every line that it stands in, and note it with the customer."""
    wish, resource, leg = waiting.wish, placed.resource, placed.leg
    key = offer_id(cause.command_id, wish.wish)
    lapses = min(work.now + timedelta(minutes=resource.policy.offer_minutes), leg.start)
    until = in_zone(lapses, resource.plan.zone)
    booking = work.begin(Booking, Booking.stream(key))
    claim(work, cause, booking, wish.customer, [placed], until)
    terms = Terms(customer=wish.customer, party=wish.party, legs=(leg,))
    booking.offer(cause, terms, until, wish.wish, waiting.made_by)
    for day in wish.days:
        work.take(ResourceDay, ResourceDay.stream(resource.key, day)).serve(cause, wish.wish, key)
    work.take(Customer, Customer.stream(wish.customer)).leave(cause, wish.wish, key)


def _withdraw(work: Work, cause: Cause, customer: Customer, wish: Wish, reason: WithdrawalReason) -> None:
    """Take a wish out of every line that it stands in."""
    for day in wish.days:
        work.take(ResourceDay, ResourceDay.stream(wish.resource, day)).withdraw(cause, wish.wish, reason)
    customer.leave(cause, wish.wish)


def _give_back(work: Work, command: LeaveLine, offered: str) -> None:
    booking, cause = work.take(Booking, Booking.stream(offered)), work.cause(command)
    must_be_theirs(command.actor, booking, work.resource)
    if booking.status_at(work.now) == "held" and booking.cancel(cause, None):
        release(work, cause, booking, "cancelled")


def _wish(work: Work, command: JoinLine, resource: Resource) -> Wish:
    """The wish, if the rules allow what it asks for, before looking at what is taken."""
    key, zone = wish_id(command.command_id), resource.plan.zone
    if command.start is not None:
        wanted = WantedLeg(resource.key, command.start, command.end, command.units)
        interval = interval_of(wanted, resource)
        must_be_bookable(_request(work, command, resource, interval))
        placed = place(wanted, interval, resource)
        days = tuple(day for day, _ in placed.parts)
        start, end, minutes = interval.start, interval.end, int(interval.minutes)
        return Wish(
            key,
            command.customer,
            resource.key,
            start.date(),
            start,
            end,
            minutes,
            command.units,
            command.party,
            start,
            days,
        )
    assert command.day is not None  # noqa: S101 - a wish without a start names a date, as the door sees to
    minutes = command.minutes or resource.policy.min_duration
    slots = list(resource.plan.slots_on(command.day, minutes))
    _must_have_a_slot(work, command, resource, slots, minutes)
    until = in_zone(first_instant(command.day + DAY, zone), zone)
    reached = {day for slot in (slots[:1] + slots[-1:]) for day, _ in claimed_parts(slot, resource)}
    return Wish(
        key,
        command.customer,
        resource.key,
        command.day,
        None,
        None,
        minutes,
        command.units,
        command.party,
        until,
        tuple(sorted({command.day, *reached})),
    )


def _must_have_a_slot(
    work: Work, command: JoinLine, resource: Resource, slots: Sequence[Interval], minutes: int
) -> None:
    """Raises `Refused` with the rule that the date's last slot breaks, if all of them break one."""
    assert command.day is not None  # noqa: S101 - as above
    zone = resource.plan.zone
    begins = in_zone(first_instant(command.day, zone), zone)
    *others, last = (Interval(begins, in_zone(begins + minutes * MINUTE, zone)), *slots)
    for interval in others:
        with suppress(Refused):
            must_be_bookable(_request(work, command, resource, interval))
            return
    must_be_bookable(_request(work, command, resource, last))


def _request(work: Work, command: JoinLine, resource: Resource, interval: Interval) -> Request:
    return Request(resource, interval, command.units, command.party, work.now, command.actor.is_desk)
