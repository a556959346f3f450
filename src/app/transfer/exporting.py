"""Writing the log, or a part of it, as lines: page by page, each a short transaction, beside a working service."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

from app.csv_text import csv_text
from app.log.event_log import EventLog
from app.log.reading import Reading
from app.log.records import RecordedEvent
from app.transfer.lines import FORMAT, VERSION, FormerId, Header, NoLine, append_line, end_line, event_line, header_line
from app.transfer.selecting import Selected, Selection
from app.transfer.trouble import CannotExport

PAGE: Final = 2000
_APPENDS: Final = (
    "SELECT last_position, digest FROM appends WHERE last_position > ? AND last_position <= ? ORDER BY last_position"
)
_COLUMNS: Final = ("position", "stream", "version", "topic", "timestamp", "recorded_at", "by", "command_id", "facts")


class Page(NamedTuple):
    """Some events that belong to an export, the appends that end among them, and how far the log was read for it."""

    events: list[RecordedEvent]
    appends: list[tuple[int, bytes]]
    reached: int


class Sink(Protocol):
    """What makes bytes of pages."""

    def begin(self) -> None:
        """Write what comes first."""

    def write(self, page: Page) -> None:
        """Write a page. Raises CannotExport."""

    def end(self, reached: int) -> None:
        """Write what comes last."""


def pages(log: Reading, selected: Selected) -> Iterator[Page]:
    """All that belongs to an export, in the log's order. Raises StoreUnavailable, CannotExport."""
    selection = Selection(log, selected)
    is_whole = selected.resource is None and selected.customer is None
    position = selected.begin - 1
    while position < selected.to:
        found = [event for event in log.after(position, PAGE) if event.id <= selected.to]
        if not found:
            raise CannotExport(
                f"There is nothing from {position + 1} on, although the log has {selected.to:,} events. "
                "`daybook verify` tells all that is wrong."
            )
        reached = found[-1].id
        appends = [(at, bytes(digest)) for at, digest in log.rows(_APPENDS, [position, reached])] if is_whole else []
        yield Page([event for event in found if selection.has(event)], appends, reached)
        position = reached


def header_of(log: EventLog, selected: Selected) -> Header:
    """What an export of this log begins with. Raises StoreUnavailable."""
    former = log.rows("SELECT log_id, last_position FROM former_log_ids ORDER BY place")
    return Header(
        format=FORMAT,
        version=VERSION,
        log_id=log.log_id,
        former=tuple(FormerId(*row) for row in former),
        begin=selected.begin,
        to=selected.to,
        resource=selected.resource,
        customer=selected.customer,
    )


class Lines:
    """Writes an export as it is replayed: JSON lines, and at the end a hash of all of them."""

    def __init__(self, file: BinaryIO, header: Header, hashed: Any = None, events: int = 0) -> None:
        """`hashed` and `events`: of what is in the file already."""
        self._file = file
        self._header = header
        self._hashed = sha256() if hashed is None else hashed
        self._events = events

    def begin(self) -> None:
        """Write the header."""
        self._put([header_line(self._header)])

    def write(self, page: Page) -> None:
        """Write the events of a page, and behind the last one of each append its digest."""
        ends = dict(page.appends)
        lines = []
        for event in page.events:
            try:
                lines.append(event_line(event))
            except NoLine as error:
                raise CannotExport(f"The log is damaged: {error}. `daybook verify` tells all that is wrong.") from error
            if event.id in ends:
                lines.append(append_line(event.id, ends[event.id]))
        self._put(lines)
        self._events += len(page.events)

    def end(self, reached: int) -> None:
        """Write the last line."""
        self._put([end_line(reached, self._events, self._hashed.hexdigest())])

    def _put(self, lines: Sequence[bytes]) -> None:
        data = b"".join(lines)
        self._hashed.update(data)
        self._file.write(data)


class Table:
    """Writes events as CSV (RFC 4180) to be looked at. What a spreadsheet would take for a formula begins with `'`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def begin(self) -> None:
        """Write the names of the columns."""
        self._put([_COLUMNS])

    def write(self, page: Page) -> None:
        """Write a row for each event."""
        self._put([_row(event) for event in page.events])

    def end(self, reached: int) -> None:
        """A table has no end of its own."""

    def _put(self, rows: Sequence[Sequence[object]]) -> None:
        self._file.write(csv_text(rows).encode())


def _row(event: RecordedEvent) -> list[object]:
    texts = (event.topic, event.timestamp, event.recorded_at, event.by, event.command_id, event.state.decode())
    return [event.id, event.originator_id, event.originator_version, *texts]
