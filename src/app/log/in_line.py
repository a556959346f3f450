"""Events and refusals in one line, by time: a page of it, and where the next one begins."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.log.notes import Refusal
from app.log.records import RecordedEvent

NOWHERE = ("", "")
"""The place before all refusals."""

Entry = RecordedEvent | Refusal


class Reached(NamedTuple):
    """How far somebody has read. `event`: the place of an event, such as its position: all before it in the order of
    reading are known, and it itself. `refusal`: `first_at` and id of the last one that was shown; `NOWHERE` for none.
    """

    event: int
    refusal: tuple[str, str] = NOWHERE


class Ahead(NamedTuple):
    """The next events in the order of reading. `seen`: nothing is left up to that place. `beyond`: the time of the
    first event past it, none at the end: no refusal past that time may be shown yet.
    """

    events: Sequence[RecordedEvent]
    seen: int
    beyond: str | None


class Line(NamedTuple):
    """A page in the order of reading. `reached`: where the next one begins; none at the end. `seen`: as of `Ahead`,
    as far as this page goes.
    """

    entries: list[Entry]
    reached: Reached | None
    seen: int


def page(
    ahead: Ahead,
    refused: Callable[[str | None], Sequence[Refusal]],
    start: Reached,
    limit: int,
    place: Callable[[RecordedEvent], int],
    *,
    newest: bool = False,
) -> Line:
    """Up to `limit` entries beyond `start`, by time: a refusal's is its `first_at`, which is never before that of the
    event at its `position`; of one time, events come before refusals. `newest`: the other way round.

    `refused(beyond)`: the refusals past `start.refusal` in the order of reading, up to the time `beyond` (all, with
    none), at least `limit` + 1 of them if there are so many. `place`: where an event stands, for `Reached.event`.
    """
    found: list[Entry] = [*ahead.events, *refused(ahead.beyond)]
    line = sorted(found, key=_when, reverse=newest)
    shown = line[:limit]
    events = [each for each in shown if isinstance(each, RecordedEvent)]
    noted = [each for each in shown if isinstance(each, Refusal)]
    stopped = place(events[-1]) if events else start.event
    seen = ahead.seen if len(events) == len(ahead.events) else stopped
    last = (noted[-1].first_at, noted[-1].id) if noted else start.refusal
    is_end = len(shown) == len(line) and ahead.beyond is None
    return Line(shown, None if is_end else Reached(seen, last), seen)


def _when(entry: Entry) -> tuple[str, int, int, str]:
    if isinstance(entry, Refusal):
        return entry.first_at, 1, 0, entry.id
    return entry.timestamp, 0, entry.id, ""
