"""The append without its condition: what controls use to see the double booking that the condition prevents."""

from collections import Counter
from collections.abc import Iterator, Sequence

from app.log.event_log import EventLog
from app.log.records import Head, LoggedEvent


def append_anyway(log: EventLog, events: Sequence[LoggedEvent], seen: Head) -> Head:
    """Append wherever the head is, giving events the next free versions of their streams. In `append`'s place."""
    del seen  # which is the point
    with log.locked() as session:
        taken = session.streams({event.originator_id for event in events}, session.head.position)
        moved = [
            type(event)(**{**vars(event), "originator_version": len(taken.get(event.originator_id, ())) + number})
            for number, event in _numbered(events)
        ]
        return session.append([event for event in moved if event.topic != "DayOpened.1" or not taken])


def _numbered(events: Sequence[LoggedEvent]) -> Iterator[tuple[int, LoggedEvent]]:
    seen: Counter[str] = Counter()
    for event in events:
        seen[event.originator_id] += 1
        yield seen[event.originator_id], event
