"""Bookings that callers made, or customers have, on resources of one kind: whether somebody got what they wanted."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, not_, or_, select

from app.read_models.reader import Reader
from app.read_models.tables import as_parameter, instant_number, instant_of, is_one_of

_NOT_HAD = ("expired", "rejected", "revoked")


class Made(NamedTuple):
    """A leg of a booking that its customer had, be it given up later. `made_by`: in the form of an event's `by`."""

    booking: str
    customer: str
    made_by: str
    made_at: datetime
    start: datetime


def made_by(
    reader: Reader,
    callers: Collection[str],
    customers: Collection[str],
    kind: str,
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[Made]:
    """Legs on resources of the kind that begin from `start` to just before `end`, of bookings that one of these callers
    made, or that are one of these customers', in the order in which they were made. Lapsed holds, and what the desk
    turned down or revoked, were not had.
    """
    bookings, legs = (reader.table("bookings", name) for name in ("bookings", "booking_legs"))
    places = reader.table("resources", "resources")
    dialect = reader.connection.dialect.name
    lapsed = and_(bookings.c.status == "held", bookings.c.decided_at <= instant_number(now))
    query = (
        select(bookings.c.id, bookings.c.customer, bookings.c.made_by, bookings.c.created_at, legs.c.start_at)
        .join(legs, legs.c.booking == bookings.c.id)
        .join(places, places.c.id == legs.c.resource)
        .where(
            or_(
                is_one_of(bookings.c.customer, "customers", dialect), is_one_of(bookings.c.made_by, "callers", dialect)
            ),
            places.c.kind == bindparam("kind"),
            legs.c.start_at >= bindparam("first"),
            legs.c.start_at < bindparam("beyond"),
            bookings.c.status.not_in(_NOT_HAD),
            not_(lapsed),
        )
        .order_by(bookings.c.created_at, bookings.c.id, legs.c.leg)
    )
    given = {"customers": as_parameter(customers, dialect), "callers": as_parameter(callers, dialect), "kind": kind}
    rows = reader.connection.execute(query, {**given, "first": instant_number(start), "beyond": instant_number(end)})
    return [
        Made(booking, customer, by, instant_of(made_at), instant_of(at)) for booking, customer, by, made_at, at in rows
    ]
