"""Read model `demand`: what was taken of a resource in each hour, and the plans that it was offered by; the tables,
and the projection that keeps them.

Rows are of single bookings, and added up when somebody asks: a booking that ends takes its rows with it, and nothing
has to be read for that.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Index, MetaData, Table, bindparam, delete, literal_column, update

from app.local_hours import hours_of
from app.read_models.facts import Confirmed, Held, LegFacts, Requested, Rescheduled, legs_of
from app.read_models.feed import Fed
from app.read_models.tables import NUMBER, TEXT, Row, insert_rows, instant_number, number_of_text, write_rows
from domain.interval import MINUTE
from domain.resource import ResourceRegistered, ResourceRetired, ResourceRevised

_ENDED = frozenset({"BookingExpired.1", "BookingRejected.1", "BookingRevoked.1", "BookingCancelled.1"})
_NO_SHOW = "BookingMarkedNoShow.1"


class Demand:
    """The projection: of bookings' own streams, which know all of their legs, and of resources' definitions."""

    name = "demand"
    version = 1
    readable = frozenset({1})
    categories = frozenset({"booking", "resource"})

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation."""
        return _metadata(generation)

    def changes(self, connection: Connection, generation: int, streams: Mapping[str, int]) -> "_Changes":
        """Begin a batch."""
        del connection  # nothing is read: what ends takes all rows of its booking with it
        tables = self.metadata(generation).tables
        begun = {stream for stream, version in streams.items() if version == 1}
        return _Changes(tables[f"demand_hours_{generation}"], tables[f"demand_plans_{generation}"], begun)


class _Changes:
    """What a batch leaves: bookings whose rows go, or are marked, and rows to add."""

    def __init__(self, hours: Table, plans: Table, begun: set[str]) -> None:
        self._hours = hours
        self._plans = plans
        self._begun = begun
        self._placed: dict[str, list[Row]] = {}
        self._gone: set[str] = set()
        self._marked: dict[str, Row] = {}
        self._defined: list[Row] = []

    def apply(self, fed: Fed, topic: str, facts: Any) -> None:
        if isinstance(facts, ResourceRegistered | ResourceRevised | ResourceRetired):
            self._defined.append(_plan_row(fed, facts))
        elif isinstance(facts, Rescheduled):
            self._end(fed.stream)
            self._place(fed, legs_of(facts.legs), is_taken=True)
        elif isinstance(facts, Held | Requested | Confirmed):
            is_taken = not isinstance(facts, Held)
            if facts.terms is None:
                self._mark(fed.stream, is_taken=1)
            else:
                self._place(fed, legs_of(facts.terms.legs), is_taken=is_taken)
        elif topic in _ENDED:
            self._end(fed.stream)
        elif topic == _NO_SHOW:
            self._mark(fed.stream, is_no_show=1)

    def write(self, connection: Connection) -> None:
        write_rows(connection, _deletion(self._hours), [{"of_booking": _key_of(stream)} for stream in self._gone])
        for name in ("is_taken", "is_no_show"):
            marked = [{"of_booking": _key_of(stream)} for stream, row in self._marked.items() if name in row]
            write_rows(connection, _marking(self._hours, name), marked)
        insert_rows(connection, self._hours, [row for rows in self._placed.values() for row in rows])
        insert_rows(connection, self._plans, self._defined)

    def _place(self, fed: Fed, legs: list[LegFacts], *, is_taken: bool) -> None:
        self._placed[fed.stream] = list(_hour_rows(fed, legs, is_taken=int(is_taken)))

    def _mark(self, stream: str, **marks: int) -> None:
        if stream in self._placed:
            for row in self._placed[stream]:
                row.update(marks)
        else:
            self._marked.setdefault(stream, {}).update(marks)

    def _end(self, stream: str) -> None:
        self._placed.pop(stream, None)
        self._marked.pop(stream, None)
        if stream not in self._begun:  # else nothing is stored of it
            self._gone.add(stream)


def _key_of(stream: str) -> str:
    return stream.removeprefix("booking/")


def _hour_rows(fed: Fed, legs: Iterable[LegFacts], *, is_taken: int) -> Iterable[Row]:
    """One row for each leg and hour. Where clocks go back within a leg, two parts of an hour are one row."""
    booking, taken_at = _key_of(fed.stream), number_of_text(fed.timestamp)
    for number, leg in enumerate(legs):
        begins = 1
        for (day, hour), minutes in _minutes_of(leg).items():
            lead = max(instant_number(leg.start) - taken_at, 0) // 60_000_000 if begins else 0
            yield {
                "booking": booking,
                "leg": number,
                "date": day,
                "hour": hour,
                "resource": leg.resource,
                "minutes": leg.units * minutes,
                "begins": begins,
                "lead": lead,
                "is_taken": is_taken,
                "is_no_show": 0,
            }
            begins = 0


def _minutes_of(leg: LegFacts) -> dict[tuple[str, int], int]:
    """The minutes of a leg by date and hour, in order."""
    start, end = leg.start, leg.end
    length, into = (end - start) // MINUTE, start.minute
    if into + length <= 60 and not start.second:  # most of them, and each costs the projector's time
        return {(start.date().isoformat(), start.hour): length}
    # The offset that it was agreed in, and the whole zone only where the clocks change within the leg.
    is_steady = start.utcoffset() == end.utcoffset()
    zone = start.tzinfo if is_steady else ZoneInfo(leg.timezone)
    found: dict[tuple[str, int], int] = {}
    for part in hours_of(start, end, zone or UTC):
        key = (part.date.isoformat(), part.hour)
        found[key] = found.get(key, 0) + round(part.minutes)
    return found


def _plan_row(fed: Fed, event: ResourceRegistered | ResourceRevised | ResourceRetired) -> Row:
    is_retired = isinstance(event, ResourceRetired)
    return {
        "resource": fed.stream.removeprefix("resource/"),
        "version": fed.version,
        "since": instant_number(datetime.fromisoformat(fed.timestamp)),
        "definition": None if isinstance(event, ResourceRetired) else event.definition.model_dump_json(),
        "is_retired": int(is_retired),
    }


@lru_cache(maxsize=64)
def _deletion(hours: Table) -> Any:
    return delete(hours).where(hours.c.booking == bindparam("of_booking"))


@lru_cache(maxsize=64)
def _marking(hours: Table, name: str) -> Any:
    return update(hours).where(hours.c.booking == bindparam("of_booking")).values({name: literal_column("1")})


@lru_cache(maxsize=64)
def _metadata(generation: int) -> MetaData:
    metadata = MetaData()
    hours = Table(
        f"demand_hours_{generation}",
        metadata,
        Column("booking", TEXT, primary_key=True),
        Column("leg", NUMBER, primary_key=True, autoincrement=False),
        Column("date", TEXT, primary_key=True),  # the resource's own, as is the hour
        Column("hour", NUMBER, primary_key=True, autoincrement=False),
        Column("resource", TEXT, nullable=False),
        Column("minutes", NUMBER, nullable=False),  # times units
        Column("begins", NUMBER, nullable=False),  # 1 where the leg begins, else 0
        Column("lead", NUMBER, nullable=False),  # there, minutes from when this time was taken to its start
        Column("is_taken", NUMBER, nullable=False),  # 0 while it is only held
        Column("is_no_show", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    Index(f"demand_hours_{generation}_resource", hours.c.resource, hours.c.date)
    Table(
        f"demand_plans_{generation}",
        metadata,
        Column("resource", TEXT, primary_key=True),
        Column("version", NUMBER, primary_key=True, autoincrement=False),
        Column("since", NUMBER, nullable=False),
        Column("definition", TEXT),  # none of the event that retires
        Column("is_retired", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    return metadata
