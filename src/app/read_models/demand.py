"""Read model `demand`: what was taken of a resource hour by hour, and the plans that it had."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, func, literal_column, select

from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, aggregate_of
from app.read_models.tables import instant_of, read
from domain.resource import Resource


class HourTaken(NamedTuple):
    """What bookings took of an hour, of all that stand or stood to their end. `minutes`: times units, without buffers.
    `bookings`: those that begin in it; `lead`: the minutes between their making and their start, added up.
    """

    date: date
    hour: int
    minutes: int
    bookings: int
    lead: int
    no_shows: int


class PlanSince(NamedTuple):
    """How a resource was defined from an instant on; none: it was retired."""

    since: datetime
    resource: Resource | None


def taken(reader: Reader, resource: str, first: date, last: date) -> list[HourTaken]:
    """The hours of these dates of which anything was taken, in order."""
    query = _taken(reader.table("demand", "demand_hours"))
    rows: Any = read(reader.connection, query, wanted=resource, first=str(first), last=str(last))
    return [HourTaken(date.fromisoformat(day), hour, *map(int, numbers)) for day, hour, *numbers in rows]


def plans(reader: Reader, row: ResourceRow) -> list[PlanSince]:
    """All plans that a resource ever had, in order."""
    query = _plans(reader.table("demand", "demand_plans"))
    rows: Any = read(reader.connection, query, wanted=row.id)
    found = []
    for version, since, definition in rows:
        defined = None if definition is None else aggregate_of(row.id, row.timezone, definition, version, False)
        found.append(PlanSince(instant_of(since), defined))
    return found


@lru_cache(maxsize=64)  # making a query takes longer than running it
def _taken(hours: Table) -> Any:
    columns = hours.c
    counted = [func.sum(columns[name]) for name in ("minutes", "begins", "lead")]
    query = select(columns.date, columns.hour, *counted, func.sum(columns.begins * columns.is_no_show))
    within = (columns.resource == bindparam("wanted"), columns.date >= bindparam("first"))
    return (
        query.where(*within, columns.date <= bindparam("last"), columns.is_taken == literal_column("1"))
        .group_by(columns.date, columns.hour)
        .order_by(columns.date, columns.hour)
    )


@lru_cache(maxsize=64)
def _plans(table: Table) -> Any:
    columns = table.c
    query = select(columns.version, columns.since, columns.definition)
    return query.where(columns.resource == bindparam("wanted")).order_by(columns.version)
