"""Connections that read the log's file: one for each thread, and none is closed while somebody uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, local
from weakref import WeakSet

from app.log.sqlite_file import Connection, connect
from app.log.trouble import StoreUnavailable


class _Reader:
    """A thread's connection, and a lock that is held while it is used."""

    def __init__(self, path: Path) -> None:
        self.connection: Connection = connect(path, read_only=True)
        self.in_use = Lock()


class Readers:
    """Made when a thread first reads, and gone with the thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all: WeakSet[_Reader] = WeakSet()
        self._adding = Lock()
        self._thread = local()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """This thread's connection. Raises StoreUnavailable once all are closed."""
        reader: _Reader | None = getattr(self._thread, "reader", None)
        if reader is None:
            reader = self._thread.reader = self._added()
        with reader.in_use:
            if self._closed:
                raise self._is_closed()
            yield reader.connection

    def close(self) -> None:
        """Break off what is being read, which is StoreUnavailable then, and close all.

        SQLite's module does not look whether another thread uses a connection that is closed: the process would crash.
        """
        with self._adding:
            self._closed = True
            readers = list(self._all)
            self._all.clear()  # some close twice
        for reader in readers:
            reader.connection.interrupt()
            with reader.in_use:
                reader.connection.close()

    def _added(self) -> _Reader:
        with self._adding:
            if self._closed:
                raise self._is_closed()
            reader = _Reader(self._path)
            self._all.add(reader)
            return reader

    def _is_closed(self) -> StoreUnavailable:
        return StoreUnavailable(f"The event log {self._path} is closed.")
