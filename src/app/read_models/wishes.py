"""Read model `wishes`: who waits for what, one row for each wish that was ever made."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Column, Connection, Index, MetaData, Table, and_, select, text, true, tuple_

from app.read_models import resources
from app.read_models.feed import Fed
from app.read_models.page import Page, cursor_to, key_of, page_size
from app.read_models.reader import Reader
from app.read_models.resources import within
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
)
from domain.interval import DAY
from domain.leg import LONGEST_DATES
from domain.line import LineJoined, LineLeft
from domain.wish import Wish

WishStatus = Literal["waiting", "offered", "left", "passed"]


_LONGEST = LONGEST_DATES * DAY


class WishRow(NamedTuple):
    """A wish as its events left it. `ended`: the booking that it led to, or empty when it was given up; none while it
    waits. `position`: that of its first event, by which the line is ordered.
    """

    wish: Wish
    made_by: str
    joined_at: datetime
    ended: str | None
    position: int

    def status_at(self, now: datetime) -> WishStatus:
        """As everyone sees it: what nobody could be given any more has passed."""
        if self.ended is not None:
            return "offered" if self.ended else "left"
        return "waiting" if self.wish.until > now else "passed"


class Wishes:
    """The projection: of customers' own streams, which know all of their wishes."""

    name = "wishes"
    version = 1
    readable = frozenset({1})
    categories = frozenset({"customer"})

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation."""
        return _metadata(generation)

    def changes(self, connection: Connection, generation: int, streams: Mapping[str, int]) -> "_Changes":
        """Begin a batch."""
        del streams
        return _Changes(connection, self.metadata(generation).tables[f"wishes_{generation}"])


class _Changes:
    """The rows that a batch leaves: of wishes made in it, and of those that ended."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._made: dict[str, Row] = {}
        self._ended: dict[str, str] = {}

    def apply(self, fed: Fed, topic: str, facts: Any) -> None:
        del topic
        if isinstance(facts, LineJoined):
            self._made[facts.wish] = _row(facts, fed)
        elif isinstance(facts, LineLeft):
            self._ended[facts.wish] = facts.booking or ""

    def write(self, connection: Connection) -> None:
        stored = rows_of(connection, self._table, "id", [wish for wish in self._ended if wish not in self._made])
        changed = [{**row, "ended": self._ended[row["id"]]} for row in stored]
        insert_rows(
            connection, self._table, [{**row, "ended": self._ended.get(key)} for key, row in self._made.items()]
        )
        replace_rows(connection, self._table, changed)


def search(
    reader: Reader,
    *,
    now: datetime,
    wish: str | None = None,
    customer: str | None = None,
    made_by: str | None = None,
    resource: str | None = None,
    day: date | None = None,
    waiting: bool = False,
    scope: Collection[str] | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[WishRow]:
    """Wishes in the order in which they were made.

    `waiting`: only those that still wait. `scope`: ids and `kind:<kind>`. `limit` is held to 1 to 500. Raises
    BadCursor.
    """
    table = reader.table("wishes", "wishes")
    asked = {"id": wish, "customer": customer, "made_by": made_by, "resource": resource, "date": day and str(day)}
    conditions = [true(), *(table.c[name] == value for name, value in asked.items() if value is not None)]
    if waiting:
        conditions += _waiting(table, now)
    if scope is not None:
        places = reader.table("resources", "resources")
        conditions.append(table.c.resource.in_(select(places.c.id).where(within(places, scope))))
    if cursor:
        conditions.append(tuple_(table.c.position, table.c.id) > tuple_(*key_of(cursor, reader.log_id, int, str)))
    size = page_size(limit)
    query = select(table).where(and_(*conditions)).order_by(table.c.position, table.c.id).limit(size + 1)
    rows = reader.connection.execute(query).mappings().all()
    following = cursor_to(reader.log_id, rows[size - 1]["position"], rows[size - 1]["id"]) if rows[size:] else None
    return Page([_wish_row(row) for row in rows[:size]], following)


def made_for(reader: Reader, resource: str, first: date, last: date) -> list[WishRow]:
    """All wishes that were ever made for these dates of a resource, in the order in which they were made."""
    table = reader.table("wishes", "wishes")
    meant = (table.c.resource == resource, table.c.date >= str(first), table.c.date <= str(last))
    rows = reader.connection.execute(select(table).where(*meant).order_by(table.c.position)).mappings()
    return [_wish_row(row) for row in rows]


def places(reader: Reader, rows: Iterable[WishRow], now: datetime) -> dict[str, int]:
    """The places in line, from 1, of those of these wishes that still wait: how many ahead could take their time."""
    waiting = [row for row in rows if row.status_at(now) == "waiting"]
    if not waiting:
        return {}
    table, found = reader.table("wishes", "wishes"), dict[str, int]()
    defined = resources.get_all(reader, {row.wish.resource for row in waiting})
    for resource in sorted(defined):
        rows = [row for row in waiting if row.wish.resource == resource]
        first, last = min(row.wish.date for row in rows) - _LONGEST, max(row.wish.date for row in rows) + _LONGEST
        near = (table.c.resource == resource, table.c.date >= str(first), table.c.date <= str(last))
        query = select(table).where(*near, *_waiting(table, now)).order_by(table.c.position)
        line = [_wish_row(row) for row in reader.connection.execute(query).mappings()]
        apart = defined[resource].resource().apart
        for row in rows:
            ahead = line[: bisect_left(line, row.position, key=_position_of)]
            found[row.wish.wish] = 1 + sum(other.wish.overlaps(row.wish, apart) for other in ahead)
    return found


def _position_of(row: WishRow) -> int:
    return row.position


def days_behind(reader: Reader, now: datetime, limit: int = 100) -> list[tuple[str, date]]:
    """Days with a line that have not caught up with their resource, be it retired by now, by resource and date."""
    table, days = reader.table("wishes", "wishes"), reader.table("days", "days")
    places = reader.table("resources", "resources")
    stream = "day/" + table.c.resource + "/" + table.c.date
    query = (
        select(table.c.resource, table.c.date)
        .join(places, places.c.id == table.c.resource)
        .join(days, days.c.stream == stream)
        .where(*_waiting(table, now), days.c.resource_version < places.c.version)
        .distinct()
        .limit(limit)
    )
    return [(resource, date.fromisoformat(day)) for resource, day in reader.connection.execute(query)]


def _waiting(table: Table, now: datetime) -> list[Any]:
    return [table.c.ended.is_(None), table.c.until_at > instant_number(now)]


def _row(event: LineJoined, fed: Fed) -> Row:
    return {
        "id": event.wish,
        "customer": event.customer,
        "made_by": fed.by,
        "resource": event.resource,
        "date": event.date.isoformat(),
        "start_iso": None if event.start is None else event.start.isoformat(),
        "end_iso": None if event.end is None else event.end.isoformat(),
        "minutes": event.minutes,
        "units": event.units,
        "party": event.party,
        "until_iso": event.until.isoformat(),
        "until_at": instant_number(event.until),
        "days": " ".join(day.isoformat() for day in event.days),
        "joined_at": number_of_text(fed.timestamp),
        "position": fed.position,
    }


def _wish_row(row: Mapping[Any, Any]) -> WishRow:
    wish = Wish(
        row["id"],
        row["customer"],
        row["resource"],
        date.fromisoformat(row["date"]),
        None if row["start_iso"] is None else datetime.fromisoformat(row["start_iso"]),
        None if row["end_iso"] is None else datetime.fromisoformat(row["end_iso"]),
        row["minutes"],
        row["units"],
        row["party"],
        datetime.fromisoformat(row["until_iso"]),
        tuple(map(date.fromisoformat, row["days"].split())),
    )
    return WishRow(wish, row["made_by"], instant_of(row["joined_at"]), row["ended"], row["position"])


@lru_cache(maxsize=64)
def _metadata(generation: int) -> MetaData:
    metadata = MetaData()
    table = Table(
        f"wishes_{generation}",
        metadata,
        Column("id", TEXT, primary_key=True),
        Column("customer", TEXT, nullable=False),
        Column("made_by", TEXT, nullable=False),
        Column("resource", TEXT, nullable=False),
        Column("date", TEXT, nullable=False),
        Column("start_iso", TEXT),  # as it was written, with its offset; so are the other two
        Column("end_iso", TEXT),
        Column("minutes", NUMBER, nullable=False),
        Column("units", NUMBER, nullable=False),
        Column("party", NUMBER, nullable=False),
        Column("until_iso", TEXT, nullable=False),
        Column("until_at", NUMBER, nullable=False),
        Column("days", TEXT, nullable=False),  # dates, with blanks between them
        Column("joined_at", NUMBER, nullable=False),
        Column("ended", TEXT),  # the booking that it led to, or empty; null while it waits
        Column("position", NUMBER, nullable=False),
    )
    for column in ("customer", "made_by"):
        Index(f"wishes_{generation}_{column}", table.c[column], table.c.position)
    Index(f"wishes_{generation}_resource", table.c.resource, table.c.date, table.c.position)
    waits = text("ended IS NULL")
    Index(f"wishes_{generation}_waiting", table.c.until_at, sqlite_where=waits, postgresql_where=waits)
    return metadata
