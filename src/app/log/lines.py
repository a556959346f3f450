"""The log, and a day of it, with refusals in line."""

from collections.abc import Callable, Sequence
from datetime import date

from app.log.day_refusals import refusals_of_day
from app.log.event_log import EventLog
from app.log.in_line import NOWHERE, Ahead, Line, Reached, page
from app.log.instants import timestamp_text
from app.log.notes import Refusal
from app.log.records import RecordedEvent
from app.log.searching import Found, Wanted, search, search_back
from domain.resource_day import ResourceDay

_Refused = Callable[[str | None], Sequence[Refusal]]


def oldest_line(log: EventLog, wanted: Wanted, after: int, start: Reached, limit: int, *, with_refusals: bool) -> Line:
    """Up to `limit` entries that are wanted, beyond the position `after` and beyond `start`, by time.

    A refusal is beyond a position when it was noted at its event's time or later. Raises StoreUnavailable.
    """
    found = search(log, wanted, start.event, limit)
    ahead = Ahead(found.events, found.seen, _time_at(log, found, found.seen + 1))

    def refused(beyond: str | None) -> Sequence[Refusal]:
        since, until = _times(log, wanted, after)
        ends = [each for each in (until, beyond) if each is not None]
        return log.refusals.search(_columns(wanted), since, min(ends) if ends else None, start.refusal, limit + 1)

    return page(ahead, refused if with_refusals else _none, start, limit, _position)


def newest_line(log: EventLog, wanted: Wanted, after: int, start: Reached, limit: int, *, with_refusals: bool) -> Line:
    """The same from the newest on; `start.event` is the position before which it goes on."""
    found = search_back(log, wanted, after, start.event, limit)
    ahead = Ahead(found.events, found.seen, _time_at(log, found, found.seen - 1))

    def refused(beyond: str | None) -> Sequence[Refusal]:
        since, until = _times(log, wanted, after)
        return log.refusals.search(
            _columns(wanted), max(since, beyond or ""), until, start.refusal, limit + 1, newest=True
        )

    return page(ahead, refused if with_refusals else _none, start, limit, _position, newest=True)


def day_line(log: EventLog, resource: str, timezone: str, day: date, after: int, start: Reached, limit: int) -> Line:
    """Events of a day beyond the version `after` with the refusals of it, by time; `start.event` is a version.

    Raises StoreUnavailable.
    """
    stream = ResourceDay.stream(resource, day)
    events = log.stream(stream, start.event, limit + 1)
    shown = events[:limit]
    beyond = events[limit].timestamp if len(events) > limit else None
    ahead = Ahead(shown, shown[-1].originator_version if shown else start.event, beyond)
    found = refusals_of_day(log.refusals, resource, timezone, day)

    def refused(until: str | None) -> Sequence[Refusal]:
        # The version that one has seen: what was refused before its time is seen as well.
        before = log.stream(stream, after - 1, 1) if after and start.refusal == NOWHERE else []
        return found((before[0].timestamp, "") if before else start.refusal, until, limit + 1)

    return page(ahead, refused, start, limit, lambda event: event.originator_version)


def _none(_: str | None) -> Sequence[Refusal]:
    return ()


def _position(event: RecordedEvent) -> int:
    return event.id


def _time_at(log: EventLog, found: Found, position: int) -> str | None:
    """The time of the next event that was not looked at; none where there is none."""
    event = log.at(position) if found.more else None
    return None if event is None else event.timestamp


def _times(log: EventLog, wanted: Wanted, after: int) -> tuple[str, str | None]:
    """From when on, and until just before when, refusals are wanted."""
    event = log.at(after) if after else None
    since = "" if wanted.since is None else timestamp_text(wanted.since)
    until = None if wanted.until is None else timestamp_text(wanted.until)
    return max(since, event.timestamp if event is not None else ""), until


def _columns(wanted: Wanted) -> dict[str, str]:
    given = {"by": wanted.by, "resource": wanted.resource, "booking": wanted.booking, "command_id": wanted.command}
    return {name: value for name, value in given.items() if value is not None}
