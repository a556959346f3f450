"""Connections that read the log's file: one for each thread, and none is closed while somebody uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock, local
from weakref import finalize

from app.log.sqlite_file import Connection, connect
from app.log.trouble import StoreUnavailable


class _Reader:
    """A connection, and a lock that is held while it is used."""

    def __init__(self, path: Path) -> None:
        self.connection: Connection = connect(path, read_only=True)
        self.in_use = Lock()


class _Thread:
    """Goes with the thread that has it."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader


class Readers:
    """Made when a thread first reads, and closed at its end: the garbage collector alone would leave it open for long.

    The last connection that is closed has to be the one that writes: only that one can clear the write-ahead log away.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all: set[_Reader] = set()
        self._changing = RLock()  # a thread may end at any moment
        self._own = local()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """This thread's connection. Raises StoreUnavailable once all are closed."""
        thread: _Thread | None = getattr(self._own, "thread", None)
        if thread is None:
            thread = self._own.thread = _Thread(self._added())
            # It must not know this object, which would be kept by it for as long as the thread lives.
            finalize(thread, _end, thread.reader, self._all, self._changing).atexit = False
        with thread.reader.in_use:
            if self._closed:
                raise self._is_closed()
            yield thread.reader.connection

    def close(self) -> None:
        """Break off what is being read, which is StoreUnavailable then, and close all.

        SQLite's module does not look whether another thread uses a connection that is closed: the process would crash.
        """
        with self._changing:
            self._closed = True
            for reader in self._all:
                reader.connection.interrupt()
                with reader.in_use:
                    reader.connection.close()
            self._all.clear()

    def _added(self) -> _Reader:
        with self._changing:
            if self._closed:
                raise self._is_closed()
            reader = _Reader(self._path)
            self._all.add(reader)
            return reader

    def _is_closed(self) -> StoreUnavailable:
        return StoreUnavailable(f"The event log {self._path} is closed.")


def _end(reader: _Reader, all_of_them: set[_Reader], changing: RLock) -> None:
    with changing:
        if reader in all_of_them:
            all_of_them.remove(reader)
            reader.connection.close()
