"""Bookings for a calendar that somebody follows: those around now, the next ones first where there are too many."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select

from app.read_models.booking_rows import BookingRow, row_of
from app.read_models.bookings import LONGEST
from app.read_models.reader import Reader
from app.read_models.tables import instant_number

NOT_FOLLOWED: Final = ("held", "expired")
"""Holds last for seconds, and calendars are fetched each hour or so: what is set aside is not in them."""


def around(
    reader: Reader,
    *,
    now: datetime,
    begin: datetime,
    end: datetime,
    most: int,
    customer: str | None = None,
    resource: str | None = None,
) -> list[BookingRow]:
    """At most so many bookings with a leg between `begin` and `end`, by start: those that are not over first, from now
    on, then those before, from now back. Of a customer, or with a leg on a resource that lies there.
    """
    ahead = _found(reader, now, end, most, customer, resource)
    left = most - len(ahead)
    behind = _found(reader, begin, now, left, customer, resource, newest=True) if left else []
    known = {row.id for row in ahead}
    return [*(row for row in reversed(behind) if row.id not in known), *ahead]


def _found(
    reader: Reader,
    begin: datetime,
    end: datetime,
    most: int,
    customer: str | None,
    resource: str | None,
    *,
    newest: bool = False,
) -> list[BookingRow]:
    table, legs = reader.table("bookings", "bookings"), reader.table("bookings", "booking_legs")
    lies_there: list[ColumnElement[bool]] = [
        legs.c.start_at > instant_number(begin) - LONGEST,
        legs.c.start_at < instant_number(end),
        legs.c.end_at > instant_number(begin),
    ]
    conditions: list[ColumnElement[bool]] = [table.c.status.not_in(NOT_FOLLOWED)]
    start: Any = table.c.start_at
    if resource is not None:
        conditions.append(table.c.id.in_(select(legs.c.booking).where(legs.c.resource == resource, *lies_there)))
        start += 0  # picked out first and then sorted, as in `bookings`
    else:
        conditions.append(exists().where(legs.c.booking == table.c.id, *lies_there))
    if customer is not None:
        conditions.append(table.c.customer == customer)
    order = (start.desc(), table.c.id.desc()) if newest else (start, table.c.id)
    query: Any = select(table).where(*conditions).order_by(*order).limit(most)
    return [row_of(row) for row in reader.connection.execute(query).mappings()]
