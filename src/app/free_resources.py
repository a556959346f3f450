"""Which resources are free for the whole of an interval."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from app.read_models.page import Page, cursor_to, key_of, page_size
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, found
from app.usage import minute_of, usage_of
from domain.definition import FIRST_DATE, LAST_DATE
from domain.interval import Interval, in_zone
from domain.leg import WantedLeg, claimed_interval, interval_of
from domain.policies import Request, must_be_bookable
from domain.refusal import Refused
from domain.resource import Resource

_CHUNK = 100


class FreeResource(NamedTuple):
    """A resource, the interval with its own offset, and the units that could be taken throughout."""

    row: ResourceRow
    start: datetime
    end: datetime
    available: int


class _Asked(NamedTuple):
    """What is asked of each resource. A time without offset is each resource's own wall clock."""

    start: datetime
    end: datetime | None
    units: int
    party: int
    now: datetime
    by_staff: bool

    def of(self, resource: Resource) -> Interval | None:
        """The instants that are meant there; none where the rules refuse them."""
        wanted = WantedLeg(resource.key, self.start, self.end, self.units)
        try:
            interval = interval_of(wanted, resource)
            must_be_bookable(Request(resource, interval, self.units, self.party, self.now, self.by_staff))
        except Refused:
            return None
        return interval


def free_resources(
    reader: Reader,
    *,
    start: datetime,
    end: datetime | None,
    units: int = 1,
    party: int = 1,
    now: datetime,
    by_staff: bool = False,
    visible: Collection[str] | None,
    kind: str | None = None,
    q: str | None = None,
    seats: int | None = None,
    attributes: Mapping[str, str] | None = None,
    scope: Collection[str] | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[FreeResource]:
    """Resources that could be booked from `start` to `end` (none: for their shortest time), in the order of ids.

    The filters are those of `resources.search`. Raises BadCursor and `Refused` (`malformed`).
    """
    for moment in (start, end or start):
        if not FIRST_DATE <= moment.date() <= LAST_DATE:
            raise Refused(
                "malformed",
                f"Dates lie between {FIRST_DATE} and {LAST_DATE}.",
                errors=[{"pointer": "/start", "detail": f"lies between {FIRST_DATE} and {LAST_DATE}"}],
            )
    if end is not None and (start.tzinfo is None) == (end.tzinfo is None) and end <= start:
        raise Refused(
            "malformed",
            "What is asked for does not end after it starts.",
            errors=[{"pointer": "/end", "detail": "lies after start"}],
        )
    asked = _Asked(start, end, units, party, now, by_staff)
    after = key_of(cursor, reader.log_id, str)[0] if cursor else ""
    candidates = found(
        reader,
        after=after,
        visible=visible,
        kind=kind,
        q=q,
        seats=seats,
        attributes=attributes,
        scope=scope,
    )
    size = page_size(limit)
    free = list(islice(_free(reader, candidates, asked), size + 1))
    more = len(free) > size
    return Page(free[:size], cursor_to(reader.log_id, free[size - 1].row.id) if more else None)


def _free(reader: Reader, candidates: Iterator[ResourceRow], asked: _Asked) -> Iterator[FreeResource]:
    while chunk := list(islice(candidates, _CHUNK)):
        possible = [(row, interval) for row in chunk if (interval := asked.of(row.resource())) is not None]
        if possible:
            yield from _with_room(reader, possible, asked)


def _with_room(reader: Reader, possible: list[tuple[ResourceRow, Interval]], asked: _Asked) -> Iterator[FreeResource]:
    claims = {row.id: _claimed(row.resource(), interval) for row, interval in possible}
    first = min(claim.start.date() for claim in claims.values())
    last = max(claim.end.date() for claim in claims.values())
    usage = usage_of(reader, list(claims), first, last, asked.now)
    for row, interval in possible:
        claim = claims[row.id]
        left = usage[row.id].left(row.capacity, minute_of(claim.start), minute_of(claim.end))
        if left >= asked.units:
            yield FreeResource(row, interval.start, interval.end, left)


def _claimed(resource: Resource, interval: Interval) -> Interval:
    """The interval with its buffers, by the resource's own dates."""
    claim, zone = claimed_interval(interval, resource), resource.plan.zone
    return Interval(in_zone(claim.start, zone), in_zone(claim.end, zone))
