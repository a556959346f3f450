"""Bookings that no longer fit a resource since it was revised. They stand; the desk decides about them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from app.read_models.bookings import BookingRow, search
from app.read_models.days import Taken, claims_in_order
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.usage import Steps
from domain.booking import OCCUPYING
from domain.interval import Interval
from domain.policies import (
    BookingPolicy,
    Request,
    date_is_open,
    has_a_right_length,
    lies_within_hours,
    seats_the_party,
    starts_on_the_grid,
    takes_no_more_units_than_allowed,
)
from domain.refusal import Refused, RuleCode
from domain.resource import Resource

_STILL_TO_FIT: tuple[BookingPolicy, ...] = (
    date_is_open,
    lies_within_hours,
    starts_on_the_grid,
    has_a_right_length,
    seats_the_party,
    takes_no_more_units_than_allowed,
)
"""The rules that a definition makes for what is booked already, in the order in which the first broken one is told."""


class Displaced(NamedTuple):
    """A booking, the first rule that it breaks now (`not-available`: more is taken than the capacity), and the time
    that it has at the resource, with the resource's offset; of several, the first.
    """

    booking: str
    code: RuleCode
    start: datetime
    end: datetime


def displaced(reader: Reader, row: ResourceRow, now: datetime) -> list[Displaced]:
    """The active bookings that are not over and no longer fit the resource's definition, in the order of their start.

    Where more is taken than the capacity, those made last are the ones that do not fit.
    """
    ahead = [booking for booking in _from_now_on(reader, row.id, now) if _is_ahead(booking, row.id, now)]
    return _not_fitting(reader, row, ahead, now)


def displaced_among(reader: Reader, row: ResourceRow, now: datetime, most: int) -> list[Displaced] | None:
    """The same where at most so many bookings have to be looked at; none where there are more."""
    found = list(islice(_from_now_on(reader, row.id, now), most + 1))
    if len(found) > most:
        return None
    return _not_fitting(reader, row, [booking for booking in found if _is_ahead(booking, row.id, now)], now)


def _not_fitting(reader: Reader, row: ResourceRow, ahead: list[BookingRow], now: datetime) -> list[Displaced]:
    resource = row.resource()
    over = _over_capacity(reader, row, ahead, now)
    found = []
    for booking in ahead:
        code = _broken_rule(resource, booking, now) or ("not-available" if booking.id in over else None)
        if code is not None:
            leg = next(leg for leg in booking.legs if leg.resource == row.id)
            found.append(Displaced(booking.id, code, leg.start, leg.end))
    return found


def _is_ahead(booking: BookingRow, resource: str, now: datetime) -> bool:
    ends = max(leg.end for leg in booking.legs if leg.resource == resource)
    return booking.status_at(now) in OCCUPYING and ends > now


def _from_now_on(reader: Reader, resource: str, now: datetime) -> Iterator[BookingRow]:
    cursor = None
    while True:
        page = search(reader, now=now, resource=resource, start=now, limit=500, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _broken_rule(resource: Resource, booking: BookingRow, now: datetime) -> RuleCode | None:
    for leg in booking.legs:
        if leg.resource != resource.key:
            continue
        interval = Interval(leg.start, leg.end)
        asked = Request(resource, interval, leg.units, booking.party, now, by_staff=True)
        try:
            for policy in _STILL_TO_FIT:
                policy(asked)
        except Refused as refused:
            return refused.code
    return None


def _over_capacity(reader: Reader, row: ResourceRow, ahead: list[BookingRow], now: datetime) -> set[str]:
    """Bookings that find no place when each date's claims are taken again, in the order in which they were made.

    Blocks do not count: they may cover bookings.
    """
    dates = [day for booking in ahead for leg in booking.legs if leg.resource == row.id for day in leg.days]
    if not dates:
        return set()
    claims = claims_in_order(reader, row.id, min(dates), max(dates), now)
    over: set[str] = set()
    for _, of_one_date in groupby(claims, key=itemgetter(0)):
        over |= _without_place([(booking, taken) for _, booking, taken in of_one_date], row.capacity)
    return over


def _without_place(claims: list[tuple[str, Taken]], capacity: int) -> set[str]:
    if Steps(taken for _, taken in claims).highest() <= capacity:
        return set()
    moments = sorted({moment for _, taken in claims for moment in (taken.start, taken.end)})
    place = {moment: number for number, moment in enumerate(moments)}
    levels = [0] * len(moments)
    without = set()
    for booking, (start, end, units) in claims:
        span = slice(place[start], place[end])
        if max(levels[span]) + units > capacity:
            without.add(booking)
        else:
            levels[span] = [level + units for level in levels[span]]
    return without
