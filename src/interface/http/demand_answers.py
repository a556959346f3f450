"""Demand as answers: in JSON, as a table for spreadsheets, and as pictures."""

from datetime import date, datetime
from typing import Final

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from app.csv_text import csv_text
from app.demand.counting import Counts, Demand
from app.demand.grouping import By, Group, grouped
from domain.plan import WEEKDAYS, Weekday
from interface.pictures.curves import Point, curves
from interface.pictures.heat_map import HeatCell, heat_map

PICTURE: Final = "image/svg+xml"
TABLE: Final = "text/csv"
_DIGITS: Final = 4


class DemandCounts(TypedDict):
    """What was counted. `offered_minutes`, `taken_minutes`: times units. `utilisation`: the share that was taken, 0 to
    1, null where nothing was offered. `lead_time_minutes`: from the making of a booking to its start, on average.
    """

    offered_minutes: int
    taken_minutes: int
    utilisation: float | None
    bookings: int
    no_shows: int
    lead_time_minutes: int | None
    refused: int
    turned_away: int
    waited: int


class DemandGroup(DemandCounts):
    """The same of one date, of one weekday, or of an hour (0 to 23) of a weekday; the others are null. An hour that is
    null as well: wishes for any time of the date.
    """

    date: date | None
    weekday: Weekday
    hour: int | None


# Written as a call, since a member is called `from`.
DemandAnswer = TypedDict(
    "DemandAnswer",
    {
        "resource": str,
        "timezone": str,
        "from": date,
        "to": date,
        "by": By,
        "refusals_since": datetime | None,
        "total": DemandCounts,
        "items": list[DemandGroup],
    },
)
DemandAnswer.__doc__ = """The demand for a resource, by its own clock, both dates included. `refusals_since`: those of
before are no longer kept, so `refused` and `turned_away` say too little of before; null where all are.
"""


def demand_answer(demand: Demand, by: By) -> DemandAnswer:
    """In JSON, as `DemandAnswer` has it."""
    return {
        "resource": demand.resource.id,
        "timezone": demand.resource.timezone,
        "from": demand.first,
        "to": demand.last,
        "by": by,
        "refusals_since": demand.refusals_since,
        "total": _counts(demand.total),
        "items": [_group(each) for each in grouped(demand, by)],
    }


def demand_table(demand: Demand, by: By) -> str:
    """A row for each group, with the names of its columns above."""
    rows = [{"resource": demand.resource.id, **_group(each)} for each in grouped(demand, by)]
    names = ["resource", "date", "weekday", "hour", *DemandCounts.__annotations__]
    return csv_text([names, *([row.get(name) for name in names] for row in rows)])


def demand_picture(demand: Demand, by: By) -> str:
    """By hour or weekday a heat map of the week, by date curves."""
    if by == "date":
        return curves(demand.resource.name, [_point(each) for each in grouped(demand, "date")])
    cells = {
        (WEEKDAYS.index(each.weekday), each.hour): _heat(each.counts)
        for each in grouped(demand, "hour")
        if each.hour is not None
    }
    return heat_map(demand.resource.name, cells)


def _counts(counts: Counts) -> DemandCounts:
    lead = counts.lead_time
    return {
        "offered_minutes": counts.offered,
        "taken_minutes": counts.taken,
        "utilisation": None if counts.utilisation is None else round(counts.utilisation, _DIGITS),
        "bookings": counts.bookings,
        "no_shows": counts.no_shows,
        "lead_time_minutes": None if lead is None else round(lead),
        "refused": counts.refused,
        "turned_away": counts.turned_away,
        "waited": counts.waited,
    }


def _group(group: Group) -> DemandGroup:
    return {"date": group.date, "weekday": group.weekday, "hour": group.hour, **_counts(group.counts)}


def _heat(counts: Counts) -> HeatCell:
    return HeatCell(counts.utilisation, counts.refused, counts.turned_away)


def _point(group: Group) -> Point:
    counts = group.counts
    assert group.date is not None  # noqa: S101 - groups by date have one
    return Point(group.date, counts.utilisation, counts.bookings, counts.refused, counts.waited)


EXAMPLE_COUNTS: Final[DemandCounts] = {
    "offered_minutes": 9600,
    "taken_minutes": 8160,
    "utilisation": 0.85,
    "bookings": 272,
    "no_shows": 9,
    "lead_time_minutes": 4310,
    "refused": 31,
    "turned_away": 12,
    "waited": 5,
}
