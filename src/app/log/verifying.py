"""Reading a whole log and telling what is wrong with it: places, versions, times, and the chain of digests.

The log is read in pages, each a short transaction, so that a service may work on it meanwhile: what is appended
after the head that is given is left alone.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from app.log.reading import Reading
from app.log.records import Head
from app.log.renewing import first_log_id

PAGE = 2000
"""Rows that are read in one transaction."""

Progress = Callable[[int, int], None]
"""Called with the events read so far, and how many there are to read."""

_EVENTS = 'SELECT position, stream, version, topic, command_id, "by", timestamp, state FROM events'
_BEYOND = "position > ? AND position <= ? ORDER BY position LIMIT ?"
_VERSIONS = "SELECT stream, version, position FROM events"
_NEXT_VERSIONS = "(stream, version) > (?, ?) AND position <= ? ORDER BY stream, version LIMIT ?"
_APPENDS = "SELECT last_position, digest FROM appends WHERE last_position > ? ORDER BY last_position LIMIT ?"


class Finding(NamedTuple):
    """Something that is wrong with a log: the position where it shows, and a sentence. Nothing of what events say."""

    position: int
    sentence: str


def findings(log: Reading, head: Head, progress: Progress = lambda done, total: None) -> Iterator[Finding]:
    """All that is wrong with a log up to a head, which may be an earlier one of it; nothing when it is whole.

    Each event is read twice: in the log's order, and in its stream's. Raises StoreUnavailable.
    """
    total = 2 * head.position
    yield from _chain(log, head, lambda done: progress(done, total))
    yield from _versions(log, head, lambda done: progress(head.position + done, total))


def _chain(log: Reading, head: Head, progress: Callable[[int], None]) -> Iterator[Finding]:
    appends = _appends(log, head.position)
    digest = sha256(first_log_id(log).encode()).digest()
    hashed = sha256(digest)
    last = _Seen(0, "")
    end: tuple[int, bytes] = next(appends, (0, digest))
    for row in _pages(log, f"{_EVENTS} WHERE {_BEYOND}", head.position, progress):
        position, timestamp = row[0], row[6]
        yield from _out_of_place(last, position, timestamp)
        last = _Seen(position, timestamp)
        while end[0] and end[0] < position:  # its last event is missing
            yield Finding(end[0], f"The append that ends at {end[0]} lacks its last event.")
            digest, end = end[1], next(appends, (0, digest))
            hashed = sha256(digest)
        hashed.update("".join(f"{value}\0" for value in row).encode())
        if position == end[0]:
            if hashed.digest() != end[1]:
                yield Finding(position, f"The append that ends at {position} is not what its digest was made of.")
            digest, end = end[1], next(appends, (0, digest))
            hashed = sha256(digest)
    yield from _wrong_end(last, digest, head)
    if end[0]:
        yield Finding(end[0], f"The append that ends at {end[0]} has no events.")


class _Seen(NamedTuple):
    position: int
    timestamp: str


def _out_of_place(last: _Seen, position: int, timestamp: str) -> Iterator[Finding]:
    if position != last.position + 1:
        missing = f"{last.position + 1}" if position == last.position + 2 else f"{last.position + 1} to {position - 1}"
        yield Finding(position, f"Nothing stands at {missing}: what was there is missing.")
    if timestamp < last.timestamp:
        yield Finding(position, f"The time at {position} lies before that of the event before it.")


def _wrong_end(last: _Seen, digest: bytes, head: Head) -> Iterator[Finding]:
    if last.position != head.position:
        yield Finding(head.position, f"The log ends at {last.position}, its head says {head.position}.")
    if last.timestamp != head.timestamp:
        yield Finding(head.position, "The time of the last event is not the one that the head says.")
    if digest != head.digest:
        yield Finding(head.position, "The last append's digest is not the one that the head says.")


def _versions(log: Reading, head: Head, progress: Callable[[int], None]) -> Iterator[Finding]:
    stream, version, position, done = "", 0, 0, 0
    while page := log.rows(f"{_VERSIONS} WHERE {_NEXT_VERSIONS}", [stream, version, head.position, PAGE]):
        for each in page:
            if each[0] != stream:
                stream, version, position = each[0], 0, 0
            if each[1] != version + 1:
                yield Finding(each[2], f"The event at {each[2]} is version {each[1]} of its stream, after {version}.")
            if each[2] < position:
                yield Finding(each[2], f"The event at {each[2]} follows in its stream on the one at {position}.")
            version, position = each[1], each[2]
        done += len(page)
        progress(done)


def _pages(log: Reading, sql: str, last: int, progress: Callable[[int], None]) -> Iterator[Any]:
    position = 0
    while page := log.rows(sql, [position, last, PAGE]):
        yield from page
        position = page[-1][0]
        progress(position)


def _appends(log: Reading, last: int) -> Iterator[tuple[int, bytes]]:
    position = 0
    while page := log.rows(_APPENDS, [position, PAGE]):
        for position, digest in page:
            if position > last:
                return
            yield position, bytes(digest)
