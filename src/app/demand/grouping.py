"""Demand added up for people: by date, by weekday, or by weekday and hour."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from app.demand.counting import Cell, Counts, Demand
from domain.plan import WEEKDAYS, Weekday

By = Literal["hour", "weekday", "date"]


class Group(NamedTuple):
    """Some cells together: of one date, of one weekday, or of one hour on all dates of a weekday. `hour` none: all
    hours, or where it goes by hours, wishes for any time of the date.
    """

    date: date | None
    weekday: Weekday
    hour: int | None
    counts: Counts


Key = tuple[date | None, int, int | None]


def grouped(demand: Demand, by: By) -> list[Group]:
    """In order of time. Every date or weekday is there; of hours those in which there is anything."""
    found = demand.by(_KEYS[by])
    keys = sorted(found, key=_in_order) if by == "hour" else _all_keys(demand, by)
    return [
        Group(day, WEEKDAYS[weekday], hour, found.get((day, weekday, hour), Counts())) for day, weekday, hour in keys
    ]


def _in_order(key: Key) -> tuple[int, int]:
    _, weekday, hour = key
    return weekday, 24 if hour is None else hour


def _of_hour(cell: Cell) -> Key:
    return None, cell[0].weekday(), cell[1]


def _of_weekday(cell: Cell) -> Key:
    return None, cell[0].weekday(), None


def _of_date(cell: Cell) -> Key:
    return cell[0], cell[0].weekday(), None


_KEYS: dict[By, Callable[[Cell], Key]] = {"hour": _of_hour, "weekday": _of_weekday, "date": _of_date}


def _all_keys(demand: Demand, by: By) -> Sequence[Key]:
    if by == "weekday":
        return [(None, weekday, None) for weekday in range(len(WEEKDAYS))]
    dates = (demand.first + timedelta(days=number) for number in range((demand.last - demand.first).days + 1))
    return [_of_date((day, None)) for day in dates]
