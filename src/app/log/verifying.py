"""Reading a whole log and telling what is wrong with it: places, versions, times, and the chain of digests.

The log is read in pages, each a short transaction, so that a service may work on it meanwhile: what is appended
after the head that is given is left alone. Whoever wants to know more of each event looks at it as it passes.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from app.log.reading import Reading
from app.log.records import Head
from app.log.renewing import first_log_id
from app.log.trouble import StoreUnavailable

PAGE = 2000
"""Rows that are read in one transaction."""

Progress = Callable[[int, int], None]
"""Called with the events read so far, and how many there are to read."""

_COLUMNS = 'position, stream, version, topic, command_id, "by", timestamp, state'
_IN_ORDER = f"SELECT {_COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"  # noqa: S608 - constants
_PLACES = "SELECT position FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
_BY_STREAM = f"SELECT {_COLUMNS} FROM events"  # noqa: S608 - constants
_VERSIONS = "SELECT position, stream, version FROM events"
_NEXT_VERSIONS = "(stream, version) > (?, ?) AND position <= ? ORDER BY stream, version LIMIT ?"
_APPENDS = "SELECT last_position, digest FROM appends WHERE last_position > ? ORDER BY last_position LIMIT ?"
_OUTSIDE = """
SELECT (SELECT min(position) FROM events), (SELECT max(position) FROM events),
       (SELECT min(last_position) FROM appends), (SELECT max(last_position) FROM appends), position FROM log_head
"""


class Stored(NamedTuple):
    """An event as it is stored, in the order in which its fields are hashed."""

    position: int
    stream: str
    version: int
    topic: str
    command_id: str
    by: str
    timestamp: str
    state: str


class Finding(NamedTuple):
    """Something that is wrong with a log: the position where it shows, and a sentence. Nothing of what events say.

    `rule`: a word for the promise that is broken. `expected` and `found`, where there is more to say than the sentence
    does: what should be there, and what is.
    """

    position: int
    sentence: str
    rule: str = ""
    stream: str = ""
    expected: str = ""
    found: str = ""


Look = Callable[[Stored], Iterable[Finding]]
"""Told of each event as it passes; answers what is wrong with it."""
Reached = Callable[[int, bytes], Iterable[Finding]]
"""Told of the end of each append: its position, and the digest of the log up to there."""


def _blind(_event: Stored) -> Iterable[Finding]:
    return ()


def _unmoved(_position: int, _digest: bytes) -> Iterable[Finding]:
    return ()


def findings(
    log: Reading,
    head: Head,
    progress: Progress = lambda done, total: None,
    *,
    in_order: Look = _blind,
    in_stream: Look | None = None,
    reached: Reached = _unmoved,
) -> Iterator[Finding]:
    """All that is wrong with a log up to a head, which may be an earlier one of it; nothing when it is whole.

    Each event is read twice: in the log's order, where `in_order` looks at it, and in its stream's, where `in_stream`
    does. Raises StoreUnavailable.
    """
    total = 2 * head.position
    yield from _chain(log, head, lambda done: progress(done, total), in_order, reached)
    yield from _versions(log, head, lambda done: progress(head.position + done, total), in_stream)


def outside(log: Reading) -> Iterator[Finding]:
    """Whether anything lies before the log's first position or behind its head, as of one moment."""
    ((first, last, first_append, last_append, head),) = log.rows(_OUTSIDE)
    for name, lowest, highest in (("event", first, last), ("append", first_append, last_append)):
        if lowest is not None and lowest < 1:
            yield Finding(lowest, f"There is an {name} at {lowest}, before the log's first position.", "place")
        if highest is not None and highest > head:
            yield Finding(highest, f"There is an {name} at {highest}, behind the log's head at {head}.", "place")


def _chain(
    log: Reading, head: Head, progress: Callable[[int], None], look: Look, reached: Reached
) -> Iterator[Finding]:
    appends = _appends(log, head.position)
    digest = sha256(first_log_id(log).encode()).digest()
    yield from reached(0, digest)
    hashed = sha256(digest)
    last = _Seen(0, "")
    end: tuple[int, bytes] = next(appends, (0, digest))
    for event in _pages(log, head.position, progress):
        if isinstance(event, Finding):  # its append is told of, too
            yield event
            last = _Seen(event.position, last.timestamp)
            continue
        yield from _out_of_place(last, event)
        last = _Seen(event.position, event.timestamp)
        while end[0] and end[0] < event.position:  # its last event is missing
            yield _broken(end[0], f"The append that ends at {end[0]} lacks its last event.", "append")
            digest, end = end[1], next(appends, (0, digest))
            hashed = sha256(digest)
        hashed.update("".join(f"{value}\0" for value in event).encode())
        yield from look(event)
        if event.position == end[0]:
            if hashed.digest() != end[1]:
                yield _changed(end, hashed.digest())
            yield from reached(end[0], hashed.digest())
            digest, end = end[1], next(appends, (0, digest))
            hashed = sha256(digest)
    yield from _wrong_end(last, digest, head)
    if end[0]:
        yield _broken(end[0], f"The append that ends at {end[0]} has no events.", "append")


class _Seen(NamedTuple):
    position: int
    timestamp: str


def _broken(position: int, sentence: str, rule: str, expected: Any = "", found: Any = "") -> Finding:
    return Finding(position, sentence, rule, "", str(expected), str(found))


def _changed(end: tuple[int, bytes], digest: bytes) -> Finding:
    sentence = f"The append that ends at {end[0]} is not what its digest was made of."
    return _broken(end[0], sentence, "digest", f"digest {end[1].hex()}", f"digest {digest.hex()}")


def _out_of_place(last: _Seen, event: Stored) -> Iterator[Finding]:
    position = event.position
    if position != last.position + 1:
        missing = f"{last.position + 1}" if position == last.position + 2 else f"{last.position + 1} to {position - 1}"
        sentence = f"Nothing stands at {missing}: what was there is missing."
        yield Finding(position, sentence, "position", event.stream, f"position {last.position + 1}", f"{position}")
    if event.timestamp < last.timestamp:
        sentence = f"The time at {position} lies before that of the event before it."
        yield Finding(position, sentence, "time", event.stream, f"{last.timestamp} or later", event.timestamp)


def _wrong_end(last: _Seen, digest: bytes, head: Head) -> Iterator[Finding]:
    at = head.position
    if last.position != at:
        yield _broken(at, f"The log ends at {last.position}, its head says {at}.", "end", at, last.position)
    if last.timestamp != head.timestamp:
        sentence = "The time of the last event is not the one that the head says."
        yield _broken(at, sentence, "end", head.timestamp, last.timestamp)
    if digest != head.digest:
        sentence = "The last append's digest is not the one that the head says."
        yield _broken(at, sentence, "end", f"digest {head.digest.hex()}", f"digest {digest.hex()}")


def _versions(log: Reading, head: Head, progress: Callable[[int], None], look: Look | None) -> Iterator[Finding]:
    stream, version, position, done = "", 0, 0, 0
    sql = f"{_VERSIONS if look is None else _BY_STREAM} WHERE {_NEXT_VERSIONS}"
    keys = f"{_VERSIONS} WHERE {_NEXT_VERSIONS}"
    while page := _readable(log, sql, keys, [stream, version, head.position]):
        for each in page:
            if each[1] != stream:
                stream, version, position = each[1], 0, 0
            yield from _out_of_turn(each, version, position)
            if look is not None and len(each) == len(Stored._fields):  # else it cannot be read, which has been told
                yield from look(Stored._make(each))
            position, version = each[0], each[2]
        done += len(page)
        progress(done)


def _out_of_turn(event: Any, version: int, position: int) -> Iterator[Finding]:
    at, stream = event[0], event[1]
    if event[2] != version + 1:
        sentence = f"The event at {at} is version {event[2]} of its stream, after {version}."
        yield Finding(at, sentence, "version", stream, f"version {version + 1}", f"version {event[2]}")
    if at < position:
        sentence = f"The event at {at} follows in its stream on the one at {position}."
        yield Finding(at, sentence, "version", stream, f"a position beyond {position}", f"{at}")


def _pages(log: Reading, last: int, progress: Callable[[int], None]) -> Iterator[Stored | Finding]:
    position = 0
    while page := _readable(log, _IN_ORDER, _PLACES, [position, last]):
        for row in page:
            if len(row) == len(Stored._fields):
                yield Stored._make(row)
            else:
                yield Finding(row[0], f"The event at {row[0]} cannot be read: it holds what is no text.", "unreadable")
        position = page[-1][0]
        progress(position)


def _readable(log: Reading, sql: str, keys: str, beyond: list[Any]) -> list[Any]:
    """A page; if it cannot be read, its next row alone, or only that one's `keys` when it is to blame.

    Raises StoreUnavailable when these cannot be read either.
    """
    try:
        return log.rows(sql, [*beyond, PAGE])
    except StoreUnavailable:
        try:
            return log.rows(sql, [*beyond, 1])
        except StoreUnavailable:
            return log.rows(keys, [*beyond, 1])


def _appends(log: Reading, last: int) -> Iterator[tuple[int, bytes]]:
    position = 0
    while page := log.rows(_APPENDS, [position, PAGE]):
        for position, digest in page:
            if position > last:
                return
            yield position, bytes(digest)
