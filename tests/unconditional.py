"""The append without its condition: what controls use to see the double booking that the condition prevents."""

from collections.abc import Sequence

from app.log.event_log import EventLog
from app.log.records import Head, LoggedEvent


def append_anyway(log: EventLog, events: Sequence[LoggedEvent], seen: Head) -> Head:
    """Append wherever the head is, giving events the next free versions of their streams. In `append`'s place."""
    del seen  # which is the point
    with log.locked() as session:
        taken = session.streams({event.originator_id for event in events}, session.head.position)
        versions = {stream: found[-1].originator_version for stream, found in taken.items()}
        wanted = [event for event in events if event.topic != "DayOpened.1" or event.originator_id not in taken]
        return session.append([_next(event, versions) for event in wanted])


def _next(event: LoggedEvent, versions: dict[str, int]) -> LoggedEvent:
    version = versions[event.originator_id] = versions.get(event.originator_id, 0) + 1
    return LoggedEvent(**{**vars(event), "originator_version": version})
