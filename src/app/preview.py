"""What a resource would offer, and which bookings would no longer fit, if it were defined so. Nothing is stored."""

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from app.availability import judge_with, offered_between, shown
from app.displaced import Displaced, displaced_among
from app.read_models import resources
from app.read_models.days import versions
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow
from app.usage import usage_of
from domain.definition import Definition
from domain.refusal import Refused
from domain.resource import Resource

MOST_BOOKINGS: Final = 5_000
"""So many bookings of a resource are compared with what is only being thought about; saving compares them all."""


class Previewed(NamedTuple):
    """The resource as it would be, its dates as availability would show them to customers, and what would not fit:
    none where there are more bookings than are looked at.
    """

    resource: Resource
    days: list[dict[str, Any]]
    displaced: list[Displaced] | None


def preview(
    reader: Reader,
    key: str,
    timezone: str | None,
    definition: Definition,
    first: date,
    last: date,
    now: datetime,
) -> Previewed:
    """What would be from `first` to `last`, both included. `timezone` is needed of a resource that is not there yet.

    Raises `Refused`: `malformed` (a definition or dates that cannot be), `unknown-resource` (retired).
    """
    row = _as_if(resources.get(reader, key), key, timezone, definition, now)
    resource = row.resource()
    offered = offered_between(row, first, last)
    touched = [day for each in offered for day in (each.first, each.last)]
    usage = usage_of(reader, [key], min(touched), max(touched), now)[key]
    judge = judge_with(usage, resource, 1, now, by_staff=False)
    found = versions(reader, key, first, last)
    days = [shown(resource, each, found.get(each.day, 0), judge) for each in offered]
    return Previewed(resource, days, displaced_among(reader, row, now, MOST_BOOKINGS))


def _as_if(row: ResourceRow | None, key: str, timezone: str | None, wanted: Definition, now: datetime) -> ResourceRow:
    """The row that the definition would make."""
    if row is None and timezone is None:
        raise _malformed("/timezone", "is needed of a new resource; write it like Europe/Vienna")
    if row is not None and timezone not in {None, row.timezone}:
        raise _malformed("/timezone", f"is {row.timezone} and fixed at registration")
    zone = row.timezone if row is not None else str(timezone)
    checked = wanted.checked(zone)
    return ResourceRow(
        key,
        checked.name,
        checked.kind,
        zone,
        checked.capacity,
        checked.seats,
        checked.attributes,
        checked.visibility,
        checked.model_dump_json(),
        version=1 if row is None else row.version,
        position=0 if row is None else row.position,
        retired=row is not None and row.retired,
        created_at=now if row is None else row.created_at,
        updated_at=now,
    )


def _malformed(pointer: str, detail: str) -> Refused:
    return Refused(
        "malformed",
        f"This cannot be previewed: {pointer.removeprefix('/')} {detail}.",
        errors=[{"pointer": pointer, "detail": detail}],
    )
