"""Read model `bookings`: the tables, one row for each booking, and the projection that keeps them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Column, Connection, Index, MetaData, Table, bindparam, delete, text

from app.read_models.tables import (
    NUMBER,
    TEXT,
    Row,
    insert_rows,
    instant_number,
    instant_of,
    replace_rows,
    rows_of,
    write_rows,
)
from domain.booking import Booking, BookingStatus
from domain.event import Event
from domain.leg import Leg

_LEGS = TypeAdapter(tuple[Leg, ...])


class BookingRow(NamedTuple):
    """A booking as its events left it. `details` and `reason` are sealed; `position` is that of its last event."""

    id: str
    status: BookingStatus
    customer: str
    party: int
    details: str | None
    reason: str | None
    made_by: str
    expires_at: datetime | None
    version: int
    position: int
    created_at: datetime
    updated_at: datetime
    legs: tuple[Leg, ...]

    def status_at(self, now: datetime) -> BookingStatus:
        """Its status as everyone sees it: a hold past its time has expired, written or not."""
        if self.status == "held" and self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return self.status

    def booking(self) -> Booking:
        """The aggregate, as a command's outcome has it."""
        aggregate = Booking.untouched(Booking.stream(self.id))
        aggregate.status, aggregate.customer, aggregate.party = self.status, self.customer, self.party
        aggregate.details, aggregate.reason, aggregate.made_by = self.details, self.reason, self.made_by
        aggregate.expires_at, aggregate.legs, aggregate.version = self.expires_at, self.legs, self.version
        aggregate._created_on = self.created_at  # noqa: SLF001 - the library offers no other way to set it
        aggregate.modified_on = self.updated_at
        return aggregate


class Bookings:
    """The projection."""

    name = "bookings"
    version = 1
    readable = frozenset({1})
    categories = frozenset({"booking"})

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation."""
        return _metadata(generation)

    def changes(self, connection: Connection, generation: int, streams: Collection[str]) -> "_Changes":
        """Begin a batch."""
        tables = self.metadata(generation).tables
        table = tables[f"bookings_{generation}"]
        stored = rows_of(connection, table, "id", [stream.removeprefix("booking/") for stream in streams])
        return _Changes(table, tables[f"booking_legs_{generation}"], {row["id"]: row_of(row) for row in stored})


class _Changes:
    """The aggregates that a batch touches, changed by their own events."""

    def __init__(self, table: Table, legs: Table, stored: Mapping[str, BookingRow]) -> None:
        self._table = table
        self._legs = legs
        self._stored = stored
        self._touched: dict[str, tuple[Booking, int, datetime]] = {}

    def apply(self, event: Event, position: int) -> None:
        key = event.originator_id.removeprefix("booking/")
        touched, stored = self._touched.get(key), self._stored.get(key)
        if touched is not None:
            before, created_at = touched[0].copy(), touched[2]
        elif stored is not None:
            before, created_at = stored.booking(), stored.created_at
        else:
            before, created_at = None, event.timestamp
        self._touched[key] = (event.mutate(before), position, created_at)

    def write(self, connection: Connection) -> None:
        rows = [_columns(*touched) for touched in self._touched.values()]
        replace_rows(connection, self._table, rows)
        moved = [
            key
            for key, (booking, _, _) in self._touched.items()
            if key not in self._stored or self._stored[key].legs != booking.legs
        ]
        replaced = [{"of_booking": key} for key in moved if key in self._stored]
        write_rows(connection, _deletion(self._legs), replaced)
        legs = [leg for key in moved for leg in _leg_columns(self._touched[key][0])]
        insert_rows(connection, self._legs, legs)


@lru_cache(maxsize=64)
def _deletion(legs: Table) -> Any:
    return delete(legs).where(legs.c.booking == bindparam("of_booking"))


def _columns(booking: Booking, position: int, created_at: datetime) -> Row:
    expires_at = booking.expires_at
    return {
        "id": booking.key,
        "status": booking.status,
        "customer": booking.customer,
        "party": booking.party,
        "details": booking.details,
        "reason": booking.reason,
        "made_by": booking.made_by,
        "expires_at": None if expires_at is None else expires_at.isoformat(),
        "decided_at": _decided_at(booking),
        "version": booking.version,
        "position": position,
        "created_at": instant_number(created_at),
        "updated_at": instant_number(booking.modified_on),
        "start_at": instant_number(booking.start),
        "legs": _LEGS.dump_json(booking.legs).decode(),
    }


def _decided_at(booking: Booking) -> int | None:
    if booking.status == "held" and booking.expires_at is not None:
        return instant_number(booking.expires_at)
    return instant_number(booking.start) if booking.status == "pending" else None


def _leg_columns(booking: Booking) -> list[Row]:
    return [
        {
            "booking": booking.key,
            "leg": number,
            "resource": leg.resource,
            "start_at": instant_number(leg.start),
            "end_at": instant_number(leg.end),
        }
        for number, leg in enumerate(booking.legs)
    ]


def row_of(row: Mapping[Any, Any]) -> BookingRow:
    """A booking from the table's row."""
    expires_at = row["expires_at"]
    return BookingRow(
        row["id"],
        row["status"],
        row["customer"],
        row["party"],
        row["details"],
        row["reason"],
        row["made_by"],
        None if expires_at is None else datetime.fromisoformat(expires_at),
        row["version"],
        row["position"],
        instant_of(row["created_at"]),
        instant_of(row["updated_at"]),
        _LEGS.validate_json(row["legs"]),
    )


@lru_cache(maxsize=64)
def _metadata(generation: int) -> MetaData:
    metadata = MetaData()
    table = Table(
        f"bookings_{generation}",
        metadata,
        Column("id", TEXT, primary_key=True),
        Column("status", TEXT, nullable=False),
        Column("customer", TEXT, nullable=False),
        Column("party", NUMBER, nullable=False),
        Column("details", TEXT),
        Column("reason", TEXT),
        Column("made_by", TEXT, nullable=False),
        Column("expires_at", TEXT),  # as it was written, with its offset
        Column("decided_at", NUMBER),  # when time decides: a hold's end, a pending booking's start
        Column("version", NUMBER, nullable=False),
        Column("position", NUMBER, nullable=False),
        Column("created_at", NUMBER, nullable=False),
        Column("updated_at", NUMBER, nullable=False),
        Column("start_at", NUMBER, nullable=False),
        Column("legs", TEXT, nullable=False),
    )
    for column in ("customer", "made_by"):
        Index(f"bookings_{generation}_{column}", table.c[column], table.c.start_at, table.c.id)
    undecided = text("decided_at IS NOT NULL")
    Index(f"bookings_{generation}_decided", table.c.decided_at, sqlite_where=undecided, postgresql_where=undecided)
    Index(f"bookings_{generation}_start", table.c.start_at, table.c.id)
    Index(f"bookings_{generation}_position", table.c.position)
    legs = Table(
        f"booking_legs_{generation}",
        metadata,
        Column("booking", TEXT, primary_key=True),
        Column("leg", NUMBER, primary_key=True, autoincrement=False),
        Column("resource", TEXT, nullable=False),
        Column("start_at", NUMBER, nullable=False),
        Column("end_at", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    Index(f"booking_legs_{generation}_resource", legs.c.resource, legs.c.start_at)
    Index(f"booking_legs_{generation}_start", legs.c.start_at)
    return metadata
