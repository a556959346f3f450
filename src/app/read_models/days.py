"""Read model `days`: what is taken of a resource, for availability and for the desk's view of a day."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, bindparam, func, literal_column, or_, select

from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.read_models.tables import as_parameter, instant_number, instant_of, is_one_of, read
from domain.claim import ALL_UNITS
from domain.interval import DAY, in_zone
from domain.resource import Resource
from domain.resource_day import ResourceDay


class DayClaim(NamedTuple):
    """Units that a booking's leg has taken on the day, buffers included; `until`: when a hold lapses."""

    booking: str
    leg: int
    customer: str
    start: datetime
    end: datetime
    units: int
    until: datetime | None


class DayBlock(NamedTuple):
    """A block's part on the day. `units` none means all capacity; `reason` is sealed."""

    block: str
    start: datetime
    end: datetime
    units: int | None
    source: str
    reason: str | None


class DayRow(NamedTuple):
    """A resource-day with what it holds; version 0 of one never touched. Instants have the resource's offset."""

    resource: str
    date: date
    version: int
    position: int
    timestamp: datetime | None
    capacity: int
    resource_version: int
    claims: list[DayClaim]
    blocks: list[DayBlock]


class Taken(NamedTuple):
    """Units taken from `start` to `end`, in microseconds since 1970."""

    start: int
    end: int
    units: int


def get(reader: Reader, row: ResourceRow, day: date, now: datetime) -> DayRow:
    """A day as it is, without claims that have lapsed at `now`."""
    stream = ResourceDay.stream(row.id, day)
    days = reader.table("days", "days")
    found = reader.connection.execute(select(days).where(days.c.stream == stream)).mappings().first()
    if found is None:
        return DayRow(row.id, day, 0, 0, None, row.capacity, row.version, [], [])
    return DayRow(
        row.id,
        day,
        found["version"],
        found["position"],
        instant_of(found["timestamp"]),
        found["capacity"],
        found["resource_version"],
        _claims(reader, row, stream, now),
        _blocks(reader, row, stream),
    )


def row_of(aggregate: ResourceDay, resource: Resource, day: date, position: int, now: datetime) -> DayRow:
    """A day as replayed, without claims that had lapsed at `now`; `resource` as it was then."""
    if not aggregate.exists:
        return DayRow(resource.key, day, 0, 0, None, resource.capacity, resource.version, [], [])
    zone = resource.plan.zone
    claims = [
        DayClaim(
            each.booking,
            each.leg,
            each.customer,
            in_zone(each.start, zone),
            in_zone(each.end, zone),
            each.units,
            None if each.until is None else in_zone(each.until, zone),
        )
        for each in chain.from_iterable(aggregate.claims.values())
        if each.until is None or each.until > now
    ]
    blocks = [
        DayBlock(each.block, in_zone(each.start, zone), in_zone(each.end, zone), each.units, each.source, each.reason)
        for each in aggregate.blocks.values()
    ]
    return DayRow(
        resource.key,
        day,
        aggregate.version,
        position,
        aggregate.modified_on.astimezone(UTC),
        aggregate.capacity,
        aggregate.resource_version,
        sorted(claims, key=lambda claim: claim.start),  # those of one start stay in the order in which they were made
        sorted(blocks, key=lambda block: (block.start, block.block)),
    )


def versions(reader: Reader, resource: str, first: date, last: date) -> dict[date, int]:
    """The versions of the days that were ever touched."""
    query = _versions(reader.table("days", "days"))
    rows: Any = read(reader.connection, query, **_range(resource, first, last))
    return {_date_of(stream): version for stream, version in rows}


def versions_on(reader: Reader, streams: Collection[str]) -> dict[str, int]:
    """The versions of those of these resource-days that were ever touched, by stream."""
    dialect = reader.connection.dialect.name
    query = _versions_on(reader.table("days", "days"), dialect)
    rows: Any = read(reader.connection, query, streams=as_parameter(streams, dialect))
    return {stream: version for stream, version in rows}  # noqa: C416 - a result passes for a mapping, and is none


def lapses(reader: Reader, resource: str, first: date, last: date, now: datetime) -> dict[date, int]:
    """When the first of each date's holds lapses, in microseconds since 1970; dates without a hold are left out."""
    query = _lapses(reader.table("days", "claims"))
    rows: Any = read(reader.connection, query, **_range(resource, first, last), now=instant_number(now))
    return {_date_of(stream): until for stream, until in rows}


def claimed(reader: Reader, resources: Sequence[str], first: date, last: date, now: datetime) -> dict[str, list[Taken]]:
    """What bookings have taken from the first to the last date, by resource, lapsed holds left out."""
    if len(resources) > 1:
        return claimed_on(reader, _streams(resources, first, last), now)
    query = _claimed(reader.table("days", "claims"), "")
    return _by_resource(reader, query, {**_range(resources[0], first, last), "now": instant_number(now)})


def claimed_on(reader: Reader, streams: Collection[str], now: datetime) -> dict[str, list[Taken]]:
    """The same on these resource-days."""
    dialect = reader.connection.dialect.name
    query = _claimed(reader.table("days", "claims"), dialect)
    return _by_resource(reader, query, {"streams": as_parameter(streams, dialect), "now": instant_number(now)})


def blocked(reader: Reader, resources: Sequence[str], first: date, last: date) -> dict[str, list[Taken]]:
    """What blocks have taken from the first to the last date, by resource; all capacity is `ALL_UNITS`."""
    if len(resources) > 1:
        return blocked_on(reader, _streams(resources, first, last))
    return _by_resource(reader, _blocked(reader.table("days", "blocks"), ""), _range(resources[0], first, last))


def blocked_on(reader: Reader, streams: Collection[str]) -> dict[str, list[Taken]]:
    """The same on these resource-days."""
    dialect = reader.connection.dialect.name
    query = _blocked(reader.table("days", "blocks"), dialect)
    return _by_resource(reader, query, {"streams": as_parameter(streams, dialect)})


def claims_in_order(
    reader: Reader, resource: str, first: date, last: date, now: datetime
) -> list[tuple[date, str, Taken]]:
    """Each single claim with its date and booking, by date, in the order in which they were made; lapsed ones
    left out.
    """
    claims = reader.table("days", "claims")
    columns = claims.c
    rows = reader.connection.execute(
        select(columns.stream, columns.booking, columns.start_at, columns.end_at, columns.units)
        .where(_within(claims), _live(claims))
        .order_by(columns.stream, columns.number),
        {**_range(resource, first, last), "now": instant_number(now)},
    )
    return [(_date_of(stream), booking, Taken(start, end, units)) for stream, booking, start, end, units in rows]


# The queries are made once for each generation: making one takes longer than running it.


@lru_cache(maxsize=64)
def _versions(days: Table) -> Any:
    return select(days.c.stream, days.c.version).where(_within(days))


@lru_cache(maxsize=64)
def _versions_on(days: Table, dialect: str) -> Any:
    return select(days.c.stream, days.c.version).where(is_one_of(days.c.stream, "streams", dialect))


@lru_cache(maxsize=64)
def _lapses(claims: Table) -> Any:
    query = select(claims.c.stream, func.min(claims.c.until_at))
    return query.where(_within(claims), claims.c.until_at > bindparam("now")).group_by(claims.c.stream)


@lru_cache(maxsize=64)
def _claimed(claims: Table, listed_for: str) -> Any:
    columns = (claims.c.stream, claims.c.start_at, claims.c.end_at)
    query = select(*columns, func.sum(claims.c.units)).where(_of(claims, listed_for), _live(claims))
    return query.group_by(*columns)


@lru_cache(maxsize=64)
def _blocked(blocks: Table, listed_for: str) -> Any:
    units = func.coalesce(blocks.c.units, literal_column(str(ALL_UNITS)))
    return select(blocks.c.stream, blocks.c.start_at, blocks.c.end_at, units).where(_of(blocks, listed_for))


def _of(table: Table, listed_for: str) -> Any:
    """On one resource's dates; or if a dialect is named, on a list of any resource-days."""
    return is_one_of(table.c.stream, "streams", listed_for) if listed_for else _within(table)


def _within(table: Table) -> Any:
    """Streams' names sort by date: all of one resource's days are one range of the primary key."""
    return and_(table.c.stream >= bindparam("first"), table.c.stream <= bindparam("last"))


def _live(claims: Table) -> Any:
    return or_(claims.c.until_at.is_(None), claims.c.until_at > bindparam("now"))


def _streams(resources: Sequence[str], first: date, last: date) -> list[str]:
    days = [first + number * DAY for number in range((last - first).days + 1)]
    return [ResourceDay.stream(resource, day) for resource in resources for day in days]


def _range(resource: str, first: date, last: date) -> dict[str, Any]:
    return {"first": ResourceDay.stream(resource, first), "last": ResourceDay.stream(resource, last)}


def _date_of(stream: str) -> date:
    return date.fromisoformat(stream[-10:])


def _by_resource(reader: Reader, query: Any, parameters: dict[str, Any]) -> dict[str, list[Taken]]:
    found: dict[str, list[Taken]] = {}
    rows: Any = read(reader.connection, query, **parameters)
    for stream, start, end, units in rows:
        resource = stream[4:-11]  # day/<resource>/yyyy-mm-dd
        found.setdefault(resource, []).append(Taken(start, end, int(units)))
    return found


def _claims(reader: Reader, row: ResourceRow, stream: str, now: datetime) -> list[DayClaim]:
    claims, zone = reader.table("days", "claims"), row.resource().plan.zone
    columns = claims.c
    rows = reader.connection.execute(
        select(claims).where(columns.stream == stream, _live(claims)).order_by(columns.start_at, columns.number),
        {"now": instant_number(now)},
    )
    return [
        DayClaim(
            claim.booking,
            claim.leg,
            claim.customer,
            in_zone(instant_of(claim.start_at), zone),
            in_zone(instant_of(claim.end_at), zone),
            claim.units,
            None if claim.until_at is None else in_zone(instant_of(claim.until_at), zone),
        )
        for claim in rows
    ]


def _blocks(reader: Reader, row: ResourceRow, stream: str) -> list[DayBlock]:
    blocks, zone = reader.table("days", "blocks"), row.resource().plan.zone
    rows = reader.connection.execute(
        select(blocks).where(blocks.c.stream == stream).order_by(blocks.c.start_at, blocks.c.block)
    )
    return [
        DayBlock(
            block.block,
            in_zone(instant_of(block.start_at), zone),
            in_zone(instant_of(block.end_at), zone),
            block.units,
            block.source,
            block.reason,
        )
        for block in rows
    ]
