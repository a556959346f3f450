"""The event log: what both stores promise."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, ProgrammingError, StoredEvent, Subscription

from app.log.calendar_feeds import CalendarFeedTable
from app.log.customers import CustomerTable
from app.log.external_calendars import ExternalCalendarTable
from app.log.follower import Follower
from app.log.messages import MessageTable
from app.log.notes import DISCLOSURES, REFUSALS, Disclosure, NoteTable, Refusal
from app.log.reading import Reading
from app.log.records import Head, LoggedEvent, RecordedEvent, Storage
from app.log.snapshots import SnapshotTable
from app.log.subscription import LogSubscription
from app.log.trouble import HeadMoved, OutcomeUnknown, StoreUnavailable
from app.log.webhooks import WebhookTable

__all__ = ["EventLog", "HeadMoved", "LockedLog", "OutcomeUnknown", "StoreUnavailable", "chained", "moved"]

UNIT_SEPARATOR = "\x1f"


class LockedLog(Reading):
    """The log while this session holds the head: nobody else can append, so what is read is complete.

    `head` follows the session's own appends. Nothing of it is stored unless the session ends normally.
    """

    head: Head
    _failed = False

    @abstractmethod
    def append(self, events: Sequence[LoggedEvent]) -> Head:
        """Append at the head; answers the new head. Raises the library's IntegrityError when a stream has
        that version already; the session is then good for nothing but leaving.
        """

    def erase(self, customers: Iterable[str]) -> None:
        """Destroy people's keys and records with what this session appends, end their calendar feeds, and drop what
        they were to be written. Whoever keeps copies of the keys in memory is to forget them, and `EventLog.scrub`
        clears what files keep of deleted rows.
        """
        given = self.texts(customers)
        with self._all_or_nothing():
            for table in ("customers", "calendar_feeds", "messages_due"):
                self.rows(f"DELETE FROM {table} WHERE customer {self.one_of} RETURNING 1", [given])  # noqa: S608 - constants

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._failed = True
            raise

    def refuse_after_failure(self) -> None:
        """Raise ProgrammingError if an append failed and the session was to be committed all the same."""
        if self._failed:
            raise ProgrammingError("An append of this session failed: nothing of it is stored.")


class EventLog(Reading, ApplicationRecorder):
    """One log of events with a head that every append moves. Thread-safe."""

    log_id: str
    """Random, made with the log: positions of another log mean nothing here."""
    secret: bytes
    """32 random bytes, made with the log; never leave it."""
    created: bool
    """Whether this log was new when it was opened."""
    follower: Follower
    """Waits for the log to grow; one for all threads of this process."""
    sole_process: bool
    """Whether the store itself sees to it that only this process serves."""

    @property
    def is_damaged(self) -> bool:
        """Whether something was met in it that the store never wrote. Nothing is written to it any more then."""
        return False

    @abstractmethod
    def head(self) -> Head:
        """Where the log ends now. Raises StoreUnavailable."""

    @abstractmethod
    def append(self, events: Sequence[LoggedEvent], seen: Head) -> Head:
        """Store all events as one append if the head is still at `seen`; answers the new head. Its digest must
        be the same, too: a log that was put in this one's place may have the same id and length.

        Raises HeadMoved (nothing stored), StoreUnavailable (nothing stored), OutcomeUnknown (the connection
        went meanwhile), or the library's IntegrityError when a stream has that version already.
        """

    @abstractmethod
    def locked(self) -> AbstractContextManager[LockedLog]:
        """Hold the head's lock for as long as the context lasts: commits on normal exit, rolls back on an
        exception. Raises StoreUnavailable, or OutcomeUnknown when the connection goes during the commit.
        """

    @abstractmethod
    def clock(self) -> datetime:
        """The database's own clock, in UTC."""

    @abstractmethod
    def write(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """One durable statement on a table beside the log, with `?` as placeholder; answers its rows.

        Not inside a locked session of the same thread. Raises StoreUnavailable or OutcomeUnknown.
        """

    @abstractmethod
    def storage(self) -> Storage:
        """What the log takes up, and what is left. Raises StoreUnavailable."""

    @abstractmethod
    def scrub(self) -> bool:
        """Leave no trace of deleted rows in files where the store itself would keep them for a while. False when
        somebody was reading these, so that it is to be tried again.
        """

    @abstractmethod
    def close(self) -> None:
        """Let everything go. The log cannot be used afterwards."""

    @cached_property
    def customers(self) -> CustomerTable:
        """The people beside the log."""
        return CustomerTable(self)

    @cached_property
    def calendar_feeds(self) -> CalendarFeedTable:
        """Where people follow bookings in their calendars, beside the log."""
        return CalendarFeedTable(self)

    @cached_property
    def external_calendars(self) -> ExternalCalendarTable:
        """The calendars whose busy times are blocks here, beside the log."""
        return ExternalCalendarTable(self)

    @cached_property
    def webhooks(self) -> WebhookTable:
        """Who is told by HTTP of what happens, beside the log."""
        return WebhookTable(self)

    @cached_property
    def messages(self) -> MessageTable:
        """What people are to be written, beside the log."""
        return MessageTable(self)

    @cached_property
    def refusals(self) -> NoteTable[Refusal]:
        """What the rules turned down, beside the log."""
        return NoteTable(self, REFUSALS, Refusal)

    @cached_property
    def disclosures(self) -> NoteTable[Disclosure]:
        """Who was shown what is sealed, beside the log."""
        return NoteTable(self, DISCLOSURES, Disclosure)

    @cached_property
    def snapshots(self) -> SnapshotTable:
        """What long streams had added up to, beside the log."""
        return SnapshotTable(self)

    def appended(self, position: int) -> None:
        """Tell those who wait in this process that the head is at `position`."""
        self.follower.ring(position)

    # The library's interface

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Store LoggedEvents; with `seen=Head` under that condition, else wherever the head is."""
        events = [_logged(event) for event in stored_events]
        if not events:
            return []
        seen: Head | None = kwargs.get("seen")
        if seen is not None:
            last = self.append(events, seen).position
        else:
            with self.locked() as session:
                last = session.append(events).position
        return range(last - len(events) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEvent]:
        """One stream's events beyond version `gt`, up to and including `lte`."""
        where, parameters = "stream = ?", [str(originator_id)]
        conditions: list[tuple[str, Any]] = [("version > ?", gt), ("version <= ?", lte)]
        where, parameters = _narrowed(where, parameters, conditions)
        return self._select(f"{where} ORDER BY version {'DESC' if desc else 'ASC'}", parameters, limit)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedEvent]:
        """Events from position `start` (or beyond it) to `stop` inclusive, of these topics or of all."""
        from_start = "position >= ?" if inclusive_of_start else "position > ?"
        of_topics = self.texts(topics) if topics else None
        conditions = [(from_start, start), ("position <= ?", stop), (f"topic {self.one_of}", of_topics)]
        where, parameters = _narrowed("position > 0", [], conditions)
        return self._select(f"{where} ORDER BY position", parameters, limit)

    def max_notification_id(self) -> int | None:
        """The head's position, None of an empty log."""
        return self.head().position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Events beyond position `gt` as they come; survives the loss of the store's connection."""
        return LogSubscription(self, gt=gt, topics=topics)


def chained(digest: bytes, first_position: int, events: Iterable[LoggedEvent | RecordedEvent]) -> bytes:
    """The digest after an append: SHA-256 of the digest before and, for each row, its position, stream,
    version, topic, command_id, by, timestamp and state as UTF-8 text, each followed by one NUL byte.
    """
    rows = "".join(
        f"{position}\0{e.originator_id}\0{e.originator_version}\0{e.topic}\0{e.command_id}\0{e.by}\0"
        f"{e.timestamp}\0{e.state.decode()}\0"
        for position, e in enumerate(events, first_position)
    )
    return sha256(digest + rows.encode()).digest()


def moved(head: Head, events: Sequence[LoggedEvent]) -> Head:
    """Where the head is after these events are appended to it."""
    latest = max(head.timestamp, events[-1].timestamp)
    digest = chained(head.digest, head.position + 1, events)
    return Head(head.log_id, head.position + len(events), latest, digest)


def storable(events: Sequence[LoggedEvent]) -> None:
    """Raise the library's ProgrammingError unless every field is text that both stores keep unchanged."""
    if not events:
        raise ProgrammingError("An append has at least one event.")
    for event in events:
        if not _is_text(event):
            raise ProgrammingError(
                f"The event {event.topic!r} of {event.originator_id!r} has an empty or unprintable field."
            )


def _is_text(event: LoggedEvent) -> bool:
    texts = (event.originator_id, event.topic, event.timestamp, event.by, event.command_id)
    try:
        written = "".join(texts) + event.state.decode()
        written.encode()
    except UnicodeError:
        return False
    return all(texts) and bool(event.state) and "\0" not in written and UNIT_SEPARATOR not in written


def _logged(event: StoredEvent) -> LoggedEvent:
    if not isinstance(event, LoggedEvent):
        raise ProgrammingError(f"The event {event.topic} carries no timestamp, actor and command.")
    return event


def _narrowed(where: str, parameters: list[Any], conditions: list[tuple[str, Any]]) -> tuple[str, list[Any]]:
    given = [(condition, value) for condition, value in conditions if value is not None]
    return (
        " AND ".join([where, *(condition for condition, _ in given)]),
        [*parameters, *(value for _, value in given)],
    )
