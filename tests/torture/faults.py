"""Servers of the torture run: `python -m tests.torture.faults <alteration>... -- serve --port 0`.

`told_clock` belongs to every run. The others are deliberate faults, one for each control that must be caught.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Timer
from typing import Any, Final

import pytest
from tests.races import altered_server
from tests.torture.reading_faults import EVERY_SO_OFTEN, OF_READING

from app import identity
from app.assembly import Daybook
from app.clock import CheckedClock, system_clock
from app.commands import Book, Command
from app.log import event_log, postgres_connection, sqlite, sqlite_end
from app.log.event_log import moved
from app.log.records import Head, LoggedEvent, category
from app.log.sqlite import SQLiteLog
from app.log.sqlite_file import Connection
from app.outcome import Outcome
from domain.refusal import Refused
from domain.resource import Resource
from interface.http import booking_answers
from interface.http import service as http_service

CLOCK_FILE: Final = "TORTURE_CLOCK"
"""The variable that names the file in which a server finds how many seconds its clock is to be off."""

A_MOMENT: Final = 0.3
_patch: Final = pytest.MonkeyPatch()


def told_clock() -> None:
    """This process's clock is off by what its file says."""
    told = Path(os.environ[CLOCK_FILE])

    def clock() -> datetime:
        try:
            return system_clock() + timedelta(seconds=float(told.read_text()))
        except (FileNotFoundError, ValueError):
            return system_clock()

    altered_server.open_with(clock)


def acknowledges_before_commit() -> None:
    """SQLite: a transaction is committed a moment later. PostgreSQL: without waiting for the disk."""
    commit = SQLiteLog._commit

    def commit_now(log: SQLiteLog) -> None:
        with log._write_lock:
            if log._writer.in_transaction:
                commit(log)

    @contextmanager
    def transaction(log: SQLiteLog) -> Iterator[Any]:
        with log._write_lock:
            if not log._writer.in_transaction:
                log._writer.execute("BEGIN IMMEDIATE")
                Timer(A_MOMENT, commit_now, [log]).start()
            log._writer.execute("SAVEPOINT append")
            try:
                yield log._writer
            except BaseException:  # half an append would be damage, which no server starts on
                log._writer.execute("ROLLBACK TO append")
                raise
            finally:
                log._writer.execute("RELEASE append")

    _patch.setattr(SQLiteLog, "_transaction", transaction)
    arguments = postgres_connection.connect_args

    def careless(*args: Any, **more: Any) -> dict[str, Any]:
        return arguments(*args, **{**more, "synchronous_commit": "off"})

    _patch.setattr(postgres_connection, "connect_args", careless)


def refuses_what_it_stored() -> None:
    """A booking that is stored is refused all the same, now and then."""
    plain = Daybook.execute
    turn = count(1)

    async def execute(daybook: Daybook, command: Command) -> Outcome:
        outcome = await plain(daybook, command)
        if outcome.created and isinstance(command, Book) and next(turn) % 10 == 0:
            raise Refused("closed", "So it says.")
        return outcome

    _patch.setattr(Daybook, "execute", execute)


def answers_otherwise() -> None:
    """A command's answer names another end than the log has, now and then. Queries say what is so."""
    plain = http_service.json_answer
    turn = count(1)

    def json_answer(answer: Any, *args: Any, **more: Any) -> Any:
        if next(turn) % EVERY_SO_OFTEN == 0:
            answer["legs"][0]["end"] = answer["legs"][0]["start"]
        return plain(answer, *args, **more)

    _patch.setattr(booking_answers, "json_answer", json_answer)


def retired_takes_bookings() -> None:
    """Nobody asks whether a resource is retired."""
    _patch.setattr(Resource, "must_be_open", Resource.must_exist)


def stores_in_another_order() -> None:
    """Now and then an append is answered, put aside, and stored behind the next one that has nothing to do with it."""
    plain = SQLiteLog.append
    aside: list[LoggedEvent] = []
    turn = count(1)

    def append(log: SQLiteLog, events: Sequence[LoggedEvent], seen: Head) -> Head:
        if not aside:
            # The sweeper's come last of all: none of its own is put aside, so that what is aside gets stored.
            if events[0].by.startswith("system:") or next(turn) % 5:
                return plain(log, events, seen)
            aside.extend(events)
            return moved(seen, events)
        waiting = [_at(event, events[-1].timestamp) for event in aside]
        aside.clear()
        if _concern_each_other(waiting, events):
            return plain(log, events, plain(log, waiting, log.head()))
        return plain(log, waiting, plain(log, events, log.head()))

    _patch.setattr(SQLiteLog, "append", append)


def _concern_each_other(some: Sequence[LoggedEvent], others: Sequence[LoggedEvent]) -> bool:
    """Whether the order is a rule's matter: the same stream, or a resource's change beside what is booked."""
    streams, other_streams = ({event.originator_id for event in each} for each in (some, others))
    of_resources = ({category(stream) == "resource" for stream in each} for each in (streams, other_streams))
    return bool(streams & other_streams) or len(set.union(*of_resources)) > 1


def _at(event: LoggedEvent, timestamp: str) -> LoggedEvent:
    return LoggedEvent(**{**vars(event), "timestamp": timestamp})


def forgets_keys() -> None:
    """A key that comes again counts as a new one."""
    plain = identity.command_id
    seen: set[str] = set()

    def command_id(*parts: Any) -> str:
        known = plain(*parts)
        if known in seen:
            return identity.random_command_id()
        seen.add(known)
        return known

    _patch.setattr(http_service, "command_id", command_id)


def chains_less() -> None:
    """The digest leaves out who did it."""
    plain = event_log.chained

    def chained(digest: bytes, first: int, events: Sequence[LoggedEvent]) -> bytes:
        return plain(digest, first, [replace(event, by="somebody") for event in events])

    for module in (event_log, sqlite_end):  # whoever opens the log is to find nothing wrong with it
        _patch.setattr(module, "chained", chained)


def time_runs_back() -> None:
    """Every so often the clock stumbles by two seconds, and neither clock nor decider objects."""
    turn = count(1)
    _patch.setattr("app.batch.timestamp_of", lambda _: system_clock() - timedelta(days=1))
    now = CheckedClock.now

    def stumbling(clock: CheckedClock) -> datetime:
        return now(clock) - timedelta(seconds=2 if next(turn) % EVERY_SO_OFTEN == 0 else 0)

    _patch.setattr(CheckedClock, "checked", stumbling)


def leaves_positions_out() -> None:
    """Every so often an append begins one position too far on."""
    plain = sqlite._insert
    turn = count(1)

    def insert(connection: Connection, seen: Head, head: Head, events: Sequence[LoggedEvent]) -> None:
        plain(connection, seen, head, events)
        if next(turn) == EVERY_SO_OFTEN:
            connection.execute("DROP TRIGGER events_no_update")
            connection.execute("UPDATE events SET position = position + 1000000 WHERE position = ?", [seen.position])

    _patch.setattr(sqlite, "_insert", insert)


ALTERATIONS: Final[tuple[Callable[[], None], ...]] = (
    told_clock,
    acknowledges_before_commit,
    refuses_what_it_stored,
    answers_otherwise,
    retired_takes_bookings,
    stores_in_another_order,
    forgets_keys,
    chains_less,
    time_runs_back,
    leaves_positions_out,
    *OF_READING,
)

if __name__ == "__main__":
    altered_server.ALTERATIONS.update({made.__name__: made for made in ALTERATIONS})
    altered_server.run()
