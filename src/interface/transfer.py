"""`daybook export` and `daybook replay`, and what they tell people."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from app.log.event_log import EventLog
from app.log.instants import timestamp_text
from app.log.trouble import StoreUnavailable
from app.settings import Settings
from app.stores import open_log
from app.transfer.exporting import Lines, Sink, Table, header_of, pages
from app.transfer.keys import write_keys
from app.transfer.replaying import replay
from app.transfer.resuming import go_on
from app.transfer.selecting import Selected, is_known, last_position_at
from app.transfer.trouble import CannotExport
from domain.resource import Resource
from interface.announcement import Say
from interface.failures import Unsuitable
from interface.progress import Shown
from interface.signals import leave_on_signals

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Wanted(NamedTuple):
    """What is to be exported, as it was said. `begin` and `to` are positions, or times."""

    begin: str | None
    to: str | None
    resource: str | None
    customer: str | None
    as_table: bool
    out: Path | None
    resume: bool
    keys: Path | None

    def again(self, position: int) -> str:
        """How to go on from a position where it was stopped."""
        if self.out is None or self.as_table:
            return f"the same options and --from {position}, into another file"
        return f"`daybook export --out {self.out} --resume`"


def export_with_progress(settings: Settings, wanted: Wanted, say: Say) -> None:
    """Export to a new file, or to standard output; stopped, it says from where to go on. `say` is for people alone.

    Raises one of `failures.EXPECTED`.
    """
    _refuse_what_does_not_go_together(wanted)
    leave_on_signals()
    with closing(open_log(settings.database_url, settings.schema_name, settings.data, serving=False)) as log:
        with Shown() as shown:
            if wanted.resume and wanted.out is not None:
                events = _go_on(log, wanted.out, shown)
            else:
                events = _export(log, wanted, _selected(log, wanted), shown)
        say(f"{events:,} events exported." if events is not None else f"{wanted.out} is complete already.")
        if wanted.keys is not None:
            people = write_keys(log, wanted.keys)
            say(f"{wanted.keys} has the wrapped keys of {people:,} people. Keep it apart from the export, and safe.")


def replay_with_progress(settings: Settings, files: Sequence[Path], keys: Path | None, say: Say) -> None:
    """Replay into an empty store. Raises one of `failures.EXPECTED`."""
    with Shown() as shown:
        done = replay(settings, files, keys, shown)
    where = f"folder {settings.data}" if settings.is_embedded else f"schema {settings.schema_name}"
    until = f", the last of {done.head.timestamp}" if done.head.timestamp else ""
    say(f"The {where} has the log: {done.head.position:,} events{until}, checked from the first on.")
    say("It has a new id: whoever holds a position of before is told so.")
    if keys is None:
        say("Nobody's key came with it (--keys): no details can be read, and everybody who signs in is somebody new.")
    else:
        say(f"{done.people:,} people came with it.")
    if done.lacks_key:
        say("Put the master key of before into its place before you start: without it nobody's details can be read.")
    if done.unbuilt is not None:
        say(f"Its read models are not built yet, which the next start will do: {done.unbuilt}")


def _refuse_what_does_not_go_together(wanted: Wanted) -> None:
    is_part = wanted.resource is not None or wanted.customer is not None
    if wanted.resume and (wanted.out is None or wanted.as_table):
        raise Unsuitable("--resume goes on with the file of --out, in jsonl. Otherwise say --from, as you were told.")
    if wanted.resume and (is_part or wanted.begin or wanted.to):
        raise Unsuitable(
            "--resume takes everything else from the file: leave out --from, --to, --resource, --customer."
        )
    if wanted.keys is not None and is_part:
        raise Unsuitable("--keys are everybody's: leave out --resource and --customer.")


def _selected(log: EventLog, wanted: Wanted) -> Selected:
    head = log.head().position
    if wanted.resource is not None and not log.stream(Resource.stream(wanted.resource), limit=1):
        raise Unsuitable(f"There is no resource {wanted.resource}.")
    if wanted.customer is not None and not is_known(log, wanted.customer, head):
        raise Unsuitable(f"There is no customer {wanted.customer}.")
    begin = 1 if wanted.begin is None else _position(log, wanted.begin, "--from", head)
    to = head if wanted.to is None else _position(log, wanted.to, "--to", head)
    if begin > head + 1 or to > head:
        raise Unsuitable(f"The log ends at {head:,}. Leave out --to for all that there is.")
    if begin > to + 1 or begin < 1:
        raise Unsuitable(f"There is nothing from {begin:,} to {to:,}: positions begin at 1, and --from comes first.")
    return Selected(begin, to, wanted.resource, wanted.customer)


def _position(log: EventLog, said: str, option: str, head: int) -> int:
    """A position as it is; a time's: the first event that is not earlier, or the last that is not later."""
    if said.isdecimal():
        return int(said)
    is_from = option == "--from"
    try:
        if _DATE.fullmatch(said):
            day = datetime.combine(date.fromisoformat(said), datetime.min.time(), UTC)
            moment = day if is_from else day + timedelta(days=1) - timedelta(microseconds=1)
        else:
            moment = datetime.fromisoformat(said)
        if moment.tzinfo is None:
            raise ValueError
        if is_from:
            return last_position_at(log, timestamp_text(moment - timedelta(microseconds=1)), head) + 1
        return last_position_at(log, timestamp_text(moment), head)
    except (ValueError, OverflowError):
        raise Unsuitable(
            f"{option} is a position, a date in UTC, or a time with its offset, such as 2026-12-01T10:00:00+06:00."
        ) from None


def _export(log: EventLog, wanted: Wanted, selected: Selected, shown: Shown) -> int:
    with _opened(wanted.out) as file:
        sink = Table(file) if wanted.as_table else Lines(file, header_of(log, selected))
        sink.begin()
        return _written(log, selected, sink, shown, 0, wanted.again)


def _go_on(log: EventLog, out: Path, shown: Shown) -> int | None:
    try:
        with out.open("r+b") as file:
            begun = go_on(file, out)
            if begun is None:
                return None
            header = begun.header
            now = header_of(log, Selected(header.begin, header.to, header.resource, header.customer))
            if now != header or header.to > log.head().position:
                raise CannotExport(f"{out} is of another log, or of this one before it got its id: export anew.")
            sink = Lines(file, header, begun.hashed, begun.events)
            selected = Selected(begun.reached + 1, header.to, header.resource, header.customer)
            events = _written(log, selected, sink, shown, begun.events, lambda _: "--resume again")
            file.flush()
            os.fsync(file.fileno())
            return events
    except OSError as error:
        raise CannotExport(f"{out} cannot be written ({error.strerror}).") from error


def _written(
    log: EventLog, selected: Selected, sink: Sink, shown: Shown, events: int, again: Callable[[int], str]
) -> int:
    """Write all pages, and the end even if something stops it before all are written."""
    reached = selected.begin - 1
    try:
        for page in pages(log, selected):
            sink.write(page)
            reached, events = page.reached, events + len(page.events)
            shown("Exporting events", reached - selected.begin + 1, selected.to - selected.begin + 1)
    except (KeyboardInterrupt, SystemExit, StoreUnavailable) as stopped:
        sink.end(reached)
        why = f"{stopped} " if isinstance(stopped, StoreUnavailable) else ""
        raise CannotExport(
            f"{why}Stopped at position {reached} of {selected.to}; go on with {again(reached + 1)}."
        ) from stopped
    sink.end(reached)
    return events


@contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    """A new file that is on the disk at the end, or standard output. Raises CannotExport."""
    try:
        if out is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise CannotExport(
            f"{out} is there already, and an export never replaces one. Name a new file, or --resume to go on with it."
        ) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads what Python still flushes
        raise CannotExport("Whoever read the export went away before its end.") from None
    except OSError as error:
        raise CannotExport(f"The export cannot be written ({error.strerror}).") from error
