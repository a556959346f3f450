"""The demand for a resource: what was offered, taken, refused and waited for, counted by date and hour."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from app.demand.offered import instants_of, offered
from app.demand.turned_away import Person, turned_away
from app.log.event_log import EventLog
from app.log.refused_asks import refused_asks
from app.read_models.demand import taken
from app.read_models.made_by import made_by
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.read_models.wishes import made_for

MOST_DATES: Final = 366
"""Of one question."""

Cell = tuple[date, int | None]
"""A date of the resource's zone and an hour of its clock, 0 to 23; none: any hour of that date would do."""

Key = TypeVar("Key", bound=Hashable)


class Counts(NamedTuple):
    """What is counted in a cell. `offered`, `taken`: minutes times units; of `taken`, without buffers. All others count
    people's bookings, asks and wishes. `lead`: minutes between the making of the bookings and their start, added up.
    """

    offered: int = 0
    taken: int = 0
    bookings: int = 0
    no_shows: int = 0
    lead: int = 0
    refused: int = 0
    turned_away: int = 0
    waited: int = 0

    @property
    def utilisation(self) -> float | None:
        """The share of what was offered that was taken, 0 to 1; none where nothing was offered."""
        return self.taken / self.offered if self.offered else None

    @property
    def lead_time(self) -> float | None:
        """Minutes between the making of a booking and its start, on average; none where none begins."""
        return self.lead / self.bookings if self.bookings else None

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts._make(map(sum, zip(self, other, strict=True)))


class Demand(NamedTuple):
    """The demand for a resource from the first to the last date. Cells in which there is nothing are left out.
    `refusals_since`: refusals of before are no longer kept; none: all are.
    """

    resource: ResourceRow
    first: date
    last: date
    cells: Mapping[Cell, Counts]
    refusals_since: datetime | None

    def by(self, key_of: Callable[[Cell], Key]) -> dict[Key, Counts]:
        """The cells added up that have the same key."""
        found: dict[Key, Counts] = {}
        for cell, counts in self.cells.items():
            key = key_of(cell)
            found[key] = found[key].plus(counts) if key in found else counts
        return found

    @property
    def total(self) -> Counts:
        """All cells together."""
        return self.by(lambda _: None).get(None, Counts())


def demand_for(
    reader: Reader, log: EventLog, row: ResourceRow, first: date, last: date, now: datetime, kept_days: int
) -> Demand:
    """Count. `kept_days`: for how long refusals are kept. Raises StoreUnavailable."""
    counted: dict[Cell, Counts] = {}

    def count(cell: Cell, **more: int) -> None:
        counted[cell] = counted.get(cell, Counts()).plus(Counts(**more))

    for hour, minutes in offered(reader, row, first, last).items():
        count(hour, offered=minutes)
    for each in taken(reader, row.id, first, last):
        # What was taken was on offer, whatever was revised or blocked afterwards.
        beyond = max(each.minutes - counted.get((each.date, each.hour), Counts()).offered, 0)
        numbers = {"bookings": each.bookings, "no_shows": each.no_shows, "lead": each.lead}
        count((each.date, each.hour), offered=beyond, taken=each.minutes, **numbers)
    wishes = made_for(reader, row.id, first, last)
    in_line = [(each.wish.customer, each.wish.date) for each in wishes if each.status_at(now) == "waiting"]
    _count_refused(count, reader, log, row, first, last, now, in_line)
    for wish in wishes:
        start = wish.wish.start
        count((wish.wish.date, None if start is None else start.hour), waited=1)
    since = now - timedelta(days=kept_days)
    return Demand(row, first, last, counted, since if since > row.created_at else None)


def _count_refused(
    count: Callable[..., None],
    reader: Reader,
    log: EventLog,
    row: ResourceRow,
    first: date,
    last: date,
    now: datetime,
    in_line: Sequence[Person],
) -> None:
    zone = row.resource().plan.zone
    asks = refused_asks(log, row.id, zone, first, last)
    if not asks:
        return
    callers = {ask.by for ask in asks if ask.customer is None}
    customers = {ask.customer for ask in asks if ask.customer is not None}
    made = made_by(reader, callers, customers, row.kind, *instants_of(row, first, last), now)
    for ask in asks:
        count((ask.start.date(), ask.start.hour), refused=1)
    for ask in turned_away(asks, made, in_line, zone):
        count((ask.start.date(), ask.start.hour), turned_away=1)
