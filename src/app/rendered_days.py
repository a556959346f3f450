"""Availability as bytes, kept day by day: only a day on which something has changed is worked out again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import NamedTuple

from pydantic_core import to_json

from app.availability import FOREVER, Offered, judge_with, offered_between, shown
from app.bounded_cache import BoundedCache
from app.read_models.days import lapses, versions
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.read_models.tables import instant_number
from app.usage import usage_of
from domain.interval import DAY
from domain.resource import Resource
from domain.resource_day import ResourceDay

MOST_BYTES = 32 * 1024 * 1024
BYTES_BESIDE_BODY = 2_048
"""What keeping an answer takes beside its body, rounded up: without it, many tiny ones would weigh nothing."""


class RenderedDay(NamedTuple):
    """A date with its slots in JSON. It is right for what the tables held (`made_of`) from `since` to `until`, both
    included, in microseconds since 1970.
    """

    made_of: tuple[object, ...]
    since: int
    until: int
    body: bytes


class Rendered(NamedTuple):
    """Availability in JSON: `head`, then the position, then `days`.

    It is right as of `position`, and stays so as long as nothing happens on the `streams`, from `since` to `until`
    (both included, microseconds since 1970). `digest` is that of all it shows but the position. `parked`: the read
    models that take no more events of one of the streams.
    """

    head: bytes
    days: bytes
    position: int
    streams: tuple[str, ...]
    since: int
    until: int
    digest: str
    parked: tuple[str, ...] = ()

    def body(self, position: int) -> bytes:
        """The answer as of `position`."""
        return b"%b%d%b" % (self.head, position, self.days)


class _Asked(NamedTuple):
    """What distinguishes the days of one resource at one time."""

    row: ResourceRow
    duration: int | None
    units: int
    by_staff: bool
    now: datetime

    def key(self, day: date) -> tuple[object, ...]:
        return (self.row.id, day, self.duration, self.units, self.by_staff)


class RenderedDays:
    """Renders availability and keeps the days of it, in bounded memory. Thread-safe."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: BoundedCache[tuple[object, ...], RenderedDay] = BoundedCache(
            most_bytes, lambda day: len(day.body) + BYTES_BESIDE_BODY
        )

    def render(
        self,
        reader: Reader,
        row: ResourceRow,
        first: date,
        last: date,
        *,
        duration: int | None = None,
        units: int = 1,
        now: datetime,
        by_staff: bool = False,
    ) -> Rendered:
        """The days from `first` to `last`, both included, with their slots of `duration` minutes.

        `by_staff` lifts notice and horizon. Raises `Refused` as `offered_between` does.
        """
        offered = offered_between(row, first, last, duration, units)
        touched = list(_dates(offered))
        found = versions(reader, row.id, touched[0], touched[-1])
        days = self._days(reader, _Asked(row, duration, units, by_staff, now), offered, found)
        head = b'{"resource":%b,"timezone":%b,"position":' % (to_json(row.id), to_json(row.timezone))
        body = b',"days":[%b]}' % b",".join(day.body for day in days)
        streams = (Resource.stream(row.id), *(ResourceDay.stream(row.id, day) for day in touched))
        return Rendered(
            head,
            body,
            reader.position,
            streams,
            max(day.since for day in days),
            min(day.until for day in days),
            blake2b(head + body, digest_size=16).hexdigest(),
            reader.parked_projections(streams),
        )

    def _days(
        self, reader: Reader, asked: _Asked, offered: Sequence[Offered], found: Mapping[date, int]
    ) -> list[RenderedDay]:
        moment = instant_number(asked.now)
        days: dict[date, RenderedDay] = {}
        for each in offered:
            kept = self._kept.get(asked.key(each.day))
            if (
                kept is not None
                and kept.since <= moment <= kept.until
                and kept.made_of == _made_of(reader, asked.row, each, found)
            ):
                days[each.day] = kept
        missing = [each for each in offered if each.day not in days]
        if missing:
            for each, day in zip(missing, _rendered(reader, asked, missing, found), strict=True):
                days[each.day] = day
                self._kept.put(asked.key(each.day), day)
        return [days[each.day] for each in offered]


def _rendered(
    reader: Reader, asked: _Asked, offered: Sequence[Offered], found: Mapping[date, int]
) -> Iterator[RenderedDay]:
    """These days, as they are in the tables now."""
    row, now = asked.row, asked.now
    resource, touched = row.resource(), list(_dates(offered))
    usage = usage_of(reader, [row.id], touched[0], touched[-1], now)[row.id]
    ending = lapses(reader, row.id, touched[0], touched[-1], now)
    judge = judge_with(usage, resource, asked.units, now, by_staff=asked.by_staff)
    for each in offered:
        holds = min((ending.get(day, FOREVER) for day in _dates([each])), default=FOREVER)
        yield RenderedDay(
            _made_of(reader, row, each, found),
            instant_number(now),
            min(judge.right_until(each.slots), holds - 1),  # when it lapses, a hold takes nothing any more
            to_json(shown(resource, each, found.get(each.day, 0), judge)),
        )


def _made_of(reader: Reader, row: ResourceRow, offered: Offered, found: Mapping[date, int]) -> tuple[object, ...]:
    """What the tables held when a day was rendered: as long as that is the same, so is the day."""
    return (reader.log_id, reader.generations, row.version, *(found.get(day, 0) for day in _dates([offered])))


def _dates(offered: Sequence[Offered]) -> Iterator[date]:
    """All dates that days with their slots touch, from the first to the last."""
    first, last = min(each.first for each in offered), max(each.last for each in offered)
    for number in range((last - first).days + 1):
        yield first + number * DAY
