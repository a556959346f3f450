"""Replaying exports into an empty store: all of it in one transaction, or nothing."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.backup.verified import faults_of
from app.details import DESK
from app.fitting_key import has_people, opens_all
from app.log.customers import CustomerRow
from app.log.event_log import LockedLog, chained
from app.log.reading import Reading
from app.log.records import Head, RecordedEvent
from app.log.trouble import StoreUnavailable
from app.master_key import master_keys_if_there
from app.rebuilding import rebuild
from app.settings import Settings
from app.stores import open_log
from app.transfer.files import Append, Exported
from app.transfer.keys import Keys
from app.transfer.trouble import CannotReplay

Progress = Callable[[str, int, int], None]
_ROWS: Final = 128
"""Rows of one statement."""
_EVENTS: Final = '(position, stream, version, topic, command_id, "by", timestamp, recorded_at, state)'
_APPENDS: Final = "(last_position, digest)"


class Replayed(NamedTuple):
    """What was replayed: where the log ends, how many people came with it. `lacks_key`: it has people, and the key
    that opens what is sealed for them is not set. `unbuilt`: why the read models could not be built, which the next
    start does; none when they were.
    """

    head: Head
    people: int
    lacks_key: bool
    unbuilt: str | None


def replay(settings: Settings, paths: Sequence[Path], keys: Path | None, progress: Progress) -> Replayed:
    """Put the log of exports, with its times and digests, into the store that the settings name and that has none yet.
    The log gets an id of its own; those that it had are kept.

    Raises CannotReplay, SettingsError, StoreUnavailable and its kinds; nothing is changed then, except that a store
    may have been made, which is empty.
    """
    exported = Exported(paths)
    people = Keys(keys) if keys is not None else None
    if people is not None and people.log_id not in {exported.header.log_id, *_former(exported)}:
        raise CannotReplay(f"{keys} are the keys of another log. Nothing was replayed; name those that belong to it.")
    master = master_keys_if_there(settings)
    where = (settings.database_url, settings.schema_name, settings.data)
    with closing(open_log(*where, serving=settings.is_embedded)) as log, log.locked() as session:
        try:
            _refuse_what_is_there(session)
            head = _load(session, exported, progress)
            if people is not None:
                _load_people(session, people)
            if faults := faults_of(session, head, progress):
                raise CannotReplay(f"What the export adds up to is no whole log. {faults} Nothing was replayed.")
            if master is not None and not opens_all(session, master):
                raise CannotReplay(
                    "The master key that is set here (DAYBOOK_MASTER_KEY, or master.key in the data folder) is not the "
                    "one that these people were sealed under. Nothing was replayed; put that key in its place first."
                )
            lacks_key = master is None and has_people(session)
        except StoreUnavailable as trouble:
            raise CannotReplay(
                f"{trouble} Nothing was replayed. On PostgreSQL it takes the schema's owner."
            ) from trouble
    return Replayed(head, 0 if people is None else people.people, lacks_key, _rebuild(settings, progress))


def _former(exported: Exported) -> list[str]:
    return [each.log_id for each in exported.header.former]


def _refuse_what_is_there(session: Reading) -> None:
    """A store is empty that nobody booked in; the house's own key, made by a first start, has sealed nothing then."""
    for sql, parameters, what in (
        ("SELECT 1 FROM events LIMIT 1", (), "has events already"),
        ("SELECT 1 FROM log_head WHERE position > 0", (), "has a log already"),
        ("SELECT 1 FROM former_log_ids LIMIT 1", (), "had another log before"),
        ("SELECT 1 FROM customers WHERE customer <> ? LIMIT 1", (DESK,), "has people already"),
    ):
        if session.rows(sql, parameters):
            raise CannotReplay(
                f"The store {what}, and a replay goes into an empty one. Nothing was replayed; name another folder "
                "(DAYBOOK_DATA) or schema (DAYBOOK_SCHEMA)."
            )


def _load(session: LockedLog, exported: Exported, progress: Progress) -> Head:
    first = (_former(exported) or [exported.header.log_id])[0]
    digest, position, timestamp = sha256(first.encode()).digest(), 0, ""
    waiting: list[Append] = []
    rows = 0
    for append in exported.appends():
        digest = _checked(append, digest, position)
        position, timestamp = append.last_position, max(timestamp, append.events[-1].timestamp)
        waiting.append(append)
        rows += len(append.events)
        if rows >= 20 * _ROWS:
            _store(session, waiting)
            waiting, rows = [], 0
            progress("Replaying events", position, exported.header.to)
    _store(session, waiting)
    head = Head(secrets.token_hex(16), position, timestamp, digest)
    ids = [*exported.header.former]
    former = [(place, each.log_id, each.last_position) for place, each in enumerate(ids, 1)]
    _insert(
        session,
        "former_log_ids",
        "(place, log_id, last_position)",
        [*former, (len(ids) + 1, exported.header.log_id, position)],
    )
    session.rows("UPDATE log_head SET log_id = ?, position = ?, timestamp = ?, digest = ?", head)
    session.head = head
    return head


def _checked(append: Append, digest: bytes, position: int) -> bytes:
    """The digest of an append, if it is that of its events behind what was before. Raises CannotReplay."""
    recorded = [_recorded(event) for event in append.events]
    if chained(digest, position + 1, recorded) != append.digest:
        raise CannotReplay(
            f"The append that ends at {append.last_position} is not what its digest was made of: the file was altered, "
            "or the log was. Nothing was replayed; `daybook verify` tells which where the log is."
        )
    return append.digest


def _recorded(event: Any) -> RecordedEvent:
    return RecordedEvent(
        originator_id=event.stream,
        originator_version=event.version,
        topic=event.topic,
        state=bytes(event.facts),
        id=event.position,
        timestamp=event.timestamp,
        by=event.by,
        command_id=event.command_id,
        recorded_at=event.recorded_at,
    )


def _store(session: LockedLog, appends: Sequence[Append]) -> None:
    rows = [
        (
            e.position,
            e.stream,
            e.version,
            e.topic,
            e.command_id,
            e.by,
            e.timestamp,
            e.recorded_at,
            bytes(e.facts).decode(),
        )
        for e in chain.from_iterable(append.events for append in appends)
    ]
    _insert(session, "events", _EVENTS, rows)
    _insert(session, "appends", _APPENDS, [(append.last_position, append.digest) for append in appends])


def _load_people(session: LockedLog, keys: Keys) -> None:
    session.rows("DELETE FROM customers")
    waiting: list[CustomerRow] = []
    columns = f"({', '.join(CustomerRow._fields)})"
    for row in keys.rows():
        waiting.append(row)
        if len(waiting) == _ROWS:
            _insert(session, "customers", columns, waiting)
            waiting = []
    _insert(session, "customers", columns, waiting)
    session.rows("UPDATE log_secret SET secret = ?", [keys.secret])


def _insert(session: LockedLog, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """A few statements, of a few lengths, for any number of rows."""
    done = 0
    while done < len(rows):
        many = min(_ROWS, 1 << (len(rows) - done).bit_length() - 1)
        values = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * many)
        sql = f"INSERT INTO {table} {columns} VALUES {values}"  # noqa: S608 - names that are written here
        session.rows(sql, list(chain.from_iterable(rows[done : done + many])))
        done += many


def _rebuild(settings: Settings, progress: Progress) -> str | None:
    """Build the read models, where they are in a folder; says why that was not possible. The log is in place then."""
    if settings.is_embedded:
        try:
            rebuild(settings, progress)
        except StoreUnavailable as trouble:
            return str(trouble)
    return None
