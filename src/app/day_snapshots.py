"""A resource-day's state as a snapshot holds it, and days that begin from one instead of from their first event."""

import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import structlog
from msgspec import DecodeError, Struct
from msgspec.json import decode, encode

from app.log.reading import Reading
from app.log.snapshots import Reject, Snapshot, newest
from domain.claim import BlockedTime, Claim
from domain.resource_day import ResourceDay
from domain.wish import Waiting

FORM: Final = 2
"""Raise it whenever a day's state has other fields, or the same events add up to another one (a test notices): days are
then replayed from their first event again, and snapshots made anew.
"""
EVENTS_BETWEEN: Final = 1_000
"""Events of a day after which it is worth another snapshot: replaying them takes some 30 ms."""

log = structlog.get_logger()


class _State(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a day's events set. Nobody is named in it: it is made of what the log holds."""

    version: int
    created_on: datetime
    modified_on: datetime
    starts: datetime
    minutes: int
    capacity: int
    resource_version: int
    claims: dict[str, tuple[Claim, ...]]
    counted: dict[str, tuple[str, ...]]
    lapsing: dict[str, datetime]
    blocks: dict[str, BlockedTime]
    line: dict[str, Waiting]
    claimed: list[int]
    blocked: list[int]


class Begun(NamedTuple):
    """A day as it was at a version, and the position of that version's event."""

    day: ResourceDay
    position: int


def written(day: ResourceDay) -> bytes:
    """The state of a day that has events, as JSON."""
    named = {name: getattr(day, name) for name in _State.__struct_fields__}
    return encode(_State(**named))


def packed(day: ResourceDay) -> bytes:
    """The same as a snapshot holds it."""
    return zlib.compress(written(day), 1)


def unpacked(stream: str, state: bytes) -> ResourceDay:
    """The day whose state that is. Raises ValueError."""
    try:
        said = decode(zlib.decompress(state), type=_State)
    except (zlib.error, DecodeError) as error:
        raise ValueError(f"This is no state of a day: {error}.") from error
    day = ResourceDay.untouched(stream)
    day.begun_on(said.created_on)
    for name in _State.__struct_fields__:
        if name != "created_on":
            setattr(day, name, getattr(said, name))
    return day


def is_due(before: int, version: int) -> bool:
    """Whether a day that went on from one version to another is to have a snapshot."""
    return version // EVENTS_BETWEEN > before // EVENTS_BETWEEN


def begun(
    reads: Reading, streams: Iterable[str], up_to: int, reject: Reject = lambda snapshot: None
) -> dict[str, Begun]:
    """Days, by stream, from their newest snapshots up to a position. Those without one are left out. `reject` is told
    of snapshots that are of no use.
    """
    found: dict[str, Begun] = {}
    for stream, snapshot in newest(reads, streams, FORM, up_to, reject).items():
        try:
            found[stream] = Begun(_day_of(snapshot), snapshot.position)
        except ValueError as error:
            log.warning("snapshot not used", stream=stream, version=snapshot.version, reason=str(error))
            reject(snapshot)
    return found


def _day_of(snapshot: Snapshot) -> ResourceDay:
    day = unpacked(snapshot.stream, snapshot.state)
    if day.version != snapshot.version:
        raise ValueError(f"It is of version {day.version}.")
    return day
