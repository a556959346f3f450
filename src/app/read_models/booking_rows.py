"""Read model `bookings`: the tables, one row for each booking, and the projection that keeps them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Column, Connection, Index, MetaData, Table, bindparam, delete, text

from app.read_models.facts import (
    Confirmed,
    Ended,
    Held,
    LegFacts,
    PlacedInSeries,
    Requested,
    Rescheduled,
    Terms,
    legs_of,
)
from app.read_models.feed import Fed
from app.read_models.tables import (
    NUMBER,
    TEXT,
    Row,
    insert_rows,
    instant_number,
    instant_of,
    number_of_text,
    replace_rows,
    rows_of,
    write_rows,
)
from domain.booking import Booking, BookingStatus
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
    series: str | None = None

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
        aggregate.series = self.series
        aggregate._created_on = self.created_at  # noqa: SLF001 - the library offers no other way to set it
        aggregate.modified_on = self.updated_at
        return aggregate


class Bookings:
    """The projection."""

    name = "bookings"
    version = 2
    readable = frozenset({2})
    categories = frozenset({"booking"})

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation."""
        return _metadata(generation)

    def changes(self, connection: Connection, generation: int, streams: Mapping[str, int]) -> "_Changes":
        """Begin a batch."""
        tables = self.metadata(generation).tables
        table = tables[f"bookings_{generation}"]
        begun = [_key_of(stream) for stream, version in streams.items() if version > 1]
        stored = rows_of(connection, table, "id", begun) if begun else []
        return _Changes(table, tables[f"booking_legs_{generation}"], {row["id"]: row for row in stored})


class _Changes:
    """The rows that a batch leaves: of bookings that begin in it, and of stored ones as they were changed."""

    def __init__(self, table: Table, legs: Table, stored: dict[str, Row]) -> None:
        self._table = table
        self._legs = legs
        self._stored = stored
        self._begun: dict[str, Row] = {}
        self._changed: dict[str, Row] = {}
        self._placed: dict[str, list[LegFacts]] = {}

    def apply(self, fed: Fed, topic: str, facts: Any) -> None:
        key = _key_of(fed.stream)
        row = self._begun.get(key) or self._stored.get(key)
        before: int = 0 if row is None else row["version"]
        if fed.version != before + 1:
            raise ValueError(f"{fed.stream} is at version {before}, so {fed.version} cannot be next")
        changed, legs = _HOW[topic](facts, fed.by)
        if row is None:
            if legs is None:
                raise ValueError(f"{fed.stream} begins with {topic}, which has no terms")
            row = self._begun[key] = {**_EMPTY, "id": key, "created_at": number_of_text(fed.timestamp)}
        elif key in self._stored:
            self._changed[key] = row
        if legs is not None:
            self._placed[key] = legs
            row["start_at"] = min(instant_number(leg.start) for leg in legs)
        row.update(changed)
        if row["status"] != "held":
            row["decided_at"] = row["start_at"] if row["status"] == "pending" else None
        row["version"], row["position"], row["updated_at"] = fed.version, fed.position, number_of_text(fed.timestamp)

    def write(self, connection: Connection) -> None:
        insert_rows(connection, self._table, list(self._begun.values()))
        replace_rows(connection, self._table, list(self._changed.values()))
        moved = [{"of_booking": key} for key in self._placed if key in self._changed]
        write_rows(connection, _deletion(self._legs), moved)
        insert_rows(connection, self._legs, [row for placed in self._placed.items() for row in _leg_rows(*placed)])


Change = tuple[Row, list[LegFacts] | None]
"""What an event sets in a booking's row, and the legs that it takes, if it does."""


def _agree(terms: Terms | None, details: str | None, by: str, changed: Row) -> Change:
    """Terms come with the first event, details whenever they are new."""
    if details is not None:
        changed["details"] = details
    if terms is None:
        return changed, None
    changed |= {"customer": terms.customer, "party": terms.party, "made_by": by, "legs": bytes(terms.legs).decode()}
    return changed, legs_of(terms.legs)


def _hold(facts: Held, by: str) -> Change:
    until = facts.expires_at
    held = {"status": "held", "expires_at": until.isoformat(), "decided_at": instant_number(until)}
    return _agree(facts.terms, facts.details, by, held)


def _request(facts: Requested, by: str) -> Change:
    return _agree(facts.terms, facts.details, by, {"status": "pending", "expires_at": None})


def _confirm(facts: Confirmed, by: str) -> Change:
    confirmed = {"status": "confirmed", "expires_at": None, "reason": facts.reason}
    return _agree(facts.terms, facts.details, by, confirmed)


def _reschedule(facts: Rescheduled, _by: str) -> Change:
    return {"status": facts.status, "legs": bytes(facts.legs).decode()}, legs_of(facts.legs)


def _place(facts: PlacedInSeries, _by: str) -> Change:
    return {"series": facts.series}, None


def _end(status: BookingStatus) -> Callable[[Ended, str], Change]:
    return lambda facts, _: ({"status": status, "reason": facts.reason}, None)


_HOW: Mapping[str, Callable[[Any, str], Change]] = {
    "BookingHeld.1": _hold,
    "BookingOffered.1": lambda facts, _: ({"made_by": facts.made_by}, None),
    "BookingRequested.1": _request,
    "BookingConfirmed.1": _confirm,
    "BookingRescheduled.1": _reschedule,
    "BookingPlacedInSeries.1": _place,
    "BookingUnchanged.1": lambda *_: ({}, None),
    "BookingExpired.1": lambda *_: ({"status": "expired"}, None),
    "BookingRejected.1": _end("rejected"),
    "BookingRevoked.1": _end("revoked"),
    "BookingCancelled.1": _end("cancelled"),
    "BookingCompleted.1": _end("completed"),
    "BookingMarkedNoShow.1": _end("no_show"),
}
_EMPTY: Row = dict.fromkeys(("details", "reason", "expires_at", "decided_at", "series"))


def _key_of(stream: str) -> str:
    return stream.removeprefix("booking/")


@lru_cache(maxsize=64)
def _deletion(legs: Table) -> Any:
    return delete(legs).where(legs.c.booking == bindparam("of_booking"))


def _leg_rows(booking: str, legs: list[LegFacts]) -> list[Row]:
    return [
        {
            "booking": booking,
            "leg": number,
            "resource": leg.resource,
            "start_at": instant_number(leg.start),
            "end_at": instant_number(leg.end),
        }
        for number, leg in enumerate(legs)
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
        row["series"],
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
        Column("series", TEXT),
    )
    for column in ("customer", "made_by"):
        Index(f"bookings_{generation}_{column}", table.c[column], table.c.start_at, table.c.id)
    undecided = text("decided_at IS NOT NULL")
    Index(f"bookings_{generation}_decided", table.c.decided_at, sqlite_where=undecided, postgresql_where=undecided)
    of_series = text("series IS NOT NULL")
    Index(
        f"bookings_{generation}_series",
        *(table.c.series, table.c.start_at, table.c.id),
        sqlite_where=of_series,
        postgresql_where=of_series,
    )
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
