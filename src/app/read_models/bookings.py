"""Read model `bookings`: customers' histories, the desk's queue, and what time has decided for the sweeper."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, exists, func, or_, select, true, tuple_

from app.read_models.booking_rows import BookingRow, row_of
from app.read_models.page import Page, cursor_to, key_of, page_size
from app.read_models.reader import Reader
from app.read_models.resources import within
from app.read_models.tables import instant_number
from domain.booking import OCCUPYING
from domain.leg import LONGEST_DATES

__all__ = ["BookingRow", "active_of", "get", "lapsed", "last_seen_before", "search"]

_FEW = 10_000
"""Where so few bookings can be meant, the database is to pick them out first and then sort them, instead of going
through all in their order: it is kept from that by an order that no index has.
"""
LONGEST = (LONGEST_DATES + 1) * 86_400_000_000
"""Microseconds that no leg is longer than."""


def get(reader: Reader, booking: str) -> BookingRow | None:
    """One booking."""
    table = reader.table("bookings", "bookings")
    row = reader.connection.execute(_one(table), {"wanted": booking}).mappings().first()
    return None if row is None else row_of(row)


@lru_cache(maxsize=64)  # making a query takes longer than running it
def _one(table: Table) -> Any:
    return select(table).where(table.c.id == bindparam("wanted"))


def search(
    reader: Reader,
    *,
    now: datetime,
    customer: str | None = None,
    made_by: str | None = None,
    series: str | None = None,
    resource: str | None = None,
    status: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    changed_after: int | None = None,
    scope: Collection[str] | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[BookingRow]:
    """Bookings in the order of their start, then id.

    `status` is as seen at `now`. A leg (of `resource`, if given) must overlap `start` to `end` (instants).
    `changed_after`: only those with an event beyond that position. `scope`: ids and `kind:<kind>` that all
    legs must lie in. `limit` is held to 1 to 500. Raises BadCursor.
    """
    table = reader.table("bookings", "bookings")
    conditions: list[ColumnElement[bool]] = []
    if customer is not None:
        conditions.append(table.c.customer == customer)
    if made_by is not None:
        conditions.append(table.c.made_by == made_by)
    if series is not None:
        conditions.append(table.c.series == series)
    if changed_after is not None:
        conditions.append(table.c.position > changed_after)
    if status is not None:
        conditions.append(_seen_as(table, status, instant_number(now)))
    if resource is not None or start is not None or end is not None:
        conditions.append(table.c.id.in_(_overlapping(reader, resource, start, end)))
    if scope is not None:
        conditions.append(~_lies_outside(reader, table, scope))
    few = status in {"held", "pending"} or (changed_after is not None and changed_after > reader.position - _FEW)
    order = (table.c.start_at + 0 if few else table.c.start_at, table.c.id)
    if cursor:
        conditions.append(tuple_(*order) > tuple_(*key_of(cursor, reader.log_id, int, str)))
    query = select(table).where(and_(true(), *conditions)).order_by(*order)
    return _page(reader, query, page_size(limit))


def lapsed(reader: Reader, now: datetime, limit: int = 500) -> list[str]:
    """Bookings about which time has decided: holds that ran out, and pending ones whose start has come."""
    table = reader.table("bookings", "bookings")
    due = table.c.decided_at <= instant_number(now)
    query = select(table.c.id).where(due, table.c.status.in_(("held", "pending"))).order_by(table.c.decided_at)
    return list(reader.connection.scalars(query.limit(limit)))


def last_seen_before(reader: Reader, moment: datetime, beyond: str, limit: int) -> list[str]:
    """Customers, in the order of their ids from `beyond` on, all of whose bookings ended before a moment."""
    table, legs = reader.table("bookings", "bookings"), reader.table("bookings", "booking_legs")
    query = (
        select(table.c.customer)
        .join(legs, legs.c.booking == table.c.id)
        .where(table.c.customer > beyond)
        .group_by(table.c.customer)
        .having(func.max(legs.c.end_at) < instant_number(moment))
        .order_by(table.c.customer)
    )
    return list(reader.connection.scalars(query.limit(limit)))


def active_of(reader: Reader, customer: str, now: datetime, limit: int) -> list[str]:
    """A customer's bookings that hold or await something and are not over, at most `limit`."""
    table, legs = reader.table("bookings", "bookings"), reader.table("bookings", "booking_legs")
    to_come = exists().where(legs.c.booking == table.c.id, legs.c.end_at > instant_number(now))
    query = select(table.c.id).where(table.c.customer == customer, table.c.status.in_(OCCUPYING), to_come)
    return list(reader.connection.scalars(query.order_by(table.c.start_at).limit(limit)))


def _page(reader: Reader, query: Select[Any], size: int) -> Page[BookingRow]:
    rows = reader.connection.execute(query.limit(size + 1)).mappings().all()
    following = cursor_to(reader.log_id, rows[size - 1]["start_at"], rows[size - 1]["id"]) if rows[size:] else None
    return Page([row_of(row) for row in rows[:size]], following)


def _seen_as(table: Table, status: str, now: int) -> ColumnElement[bool]:
    held = table.c.status == "held"
    if status == "expired":
        return or_(table.c.status == "expired", and_(held, table.c.decided_at <= now))
    if status == "held":
        return and_(held, table.c.decided_at > now)
    if status == "pending":
        return and_(table.c.status == "pending", table.c.decided_at > 0)  # whatever it is: a small index holds these
    return table.c.status == status


def _overlapping(
    reader: Reader, resource: str | None, start: datetime | None, end: datetime | None
) -> Select[tuple[str]]:
    legs = reader.table("bookings", "booking_legs")
    query: Select[tuple[str]] = select(legs.c.booking)
    if resource is not None:
        query = query.where(legs.c.resource == resource)
    if start is not None:
        at = instant_number(start)  # no leg is longer than that many dates: two bounds make a range of the index
        query = query.where(legs.c.start_at > at - LONGEST, legs.c.end_at > at)
    if end is not None:
        query = query.where(legs.c.start_at < instant_number(end))
    return query


def _lies_outside(reader: Reader, table: Table, scope: Collection[str]) -> ColumnElement[bool]:
    """Whether a booking has a leg elsewhere."""
    legs, resources = reader.table("bookings", "booking_legs"), reader.table("resources", "resources")
    inside = select(resources.c.id).where(within(resources, scope))
    return exists().where(legs.c.booking == table.c.id, legs.c.resource.not_in(inside))
