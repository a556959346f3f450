"""Which blocks an external calendar has, which it should have, and what to do about the difference. Pure.

One block for each occurrence and date. A block is known by a keyed hash, so nothing of what the calendar calls its
entries is kept; and by the command that places it, which was written down before it was given, so that a command whose
outcome nobody knows is given once more and places nothing twice.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from app.external_calendars.window import BusyTime
from app.identity import block_id, keyed_hash


class KeptBlock(NamedTuple):
    """A block of a calendar's. `key`: 32 hex digits that stand for occurrence and date, '' for a block that is to be
    lifted, or may be lifted already; `command`: the id of the command that places it; `is_placed`: whether that is
    known to be done. Times in UTC.
    """

    key: str
    command: str
    day: date
    start: datetime
    end: datetime
    is_placed: bool

    @property
    def block(self) -> str:
        """The block's id."""
        return block_id(self.command)


class Plan(NamedTuple):
    """What stays as it is, what is to be placed, and then what is to be lifted."""

    stay: Sequence[KeptBlock]
    place: Sequence[KeptBlock]
    lift: Sequence[KeptBlock]


def plan(
    kept: Iterable[KeptBlock],
    wanted: Iterable[BusyTime],
    today: date,
    key_of: Callable[[BusyTime], str],
    new_command: Callable[[], str],
) -> Plan:
    """The blocks of dates before `today` are let be: they are history. A block that the desk lifted stays lifted as
    long as the calendar says the same of its time: its row is there still.
    """
    missing = {key_of(each): each for each in wanted if each.day >= today}
    stay, lift = list[KeptBlock](), list[KeptBlock]()
    for block in kept:
        if block.day < today:
            continue
        now = missing.get(block.key)
        if now is not None and (now.start, now.end) == (block.start, block.end):
            stay.append(block)
            del missing[block.key]
        else:
            lift.append(block)
    place = [
        KeptBlock(key, new_command(), each.day, each.start.astimezone(UTC), each.end.astimezone(UTC), is_placed=False)
        for key, each in missing.items()
    ]
    return Plan(stay, place, lift)


def key_of_time(secret: bytes, calendar: str, time: BusyTime) -> str:
    """What stands for an occurrence's part on one date. `secret`: the log's, so that nobody can try names."""
    parts = (calendar, time.uid, time.recurrence, time.day.isoformat())
    return keyed_hash(secret, "daybook external calendar 1", *parts).hex()[:32]


def to_be_lifted(block: KeptBlock) -> KeptBlock:
    """A block that stands for no time any more, so that the next plan lifts it whatever the calendar says then."""
    return block._replace(key="")


def written(blocks: Iterable[KeptBlock]) -> str:
    """As they are stored (JSON)."""
    return json.dumps([_row(block) for block in blocks], separators=(",", ":"))


def read(text: str) -> list[KeptBlock]:
    """What `written` wrote."""
    return [
        KeptBlock(
            key, command, date.fromisoformat(day), datetime.fromisoformat(start), datetime.fromisoformat(end), is_placed
        )
        for key, command, day, start, end, is_placed in json.loads(text)
    ]


def _row(block: KeptBlock) -> list[str | bool]:
    start, end = block.start.isoformat(), block.end.isoformat()
    return [block.key, block.command, block.day.isoformat(), start, end, block.is_placed]
