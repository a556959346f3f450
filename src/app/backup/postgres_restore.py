"""Putting a dump of the log back into PostgreSQL: into a new schema that nothing serves before it has been checked."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.backup.manifest import Manifest, Progress, kept, only_file, refuse_altered
from app.backup.postgres_backup import DUMP_FILE, Place
from app.backup.postgres_tools import PostgresTool, ToolTrouble
from app.backup.trouble import CannotRestore
from app.backup.verified import faults_of
from app.log.migrate import migrate
from app.log.postgres_connection import BoundedConnection, connect, nothing_stored, rows_of
from app.log.reading import HEAD, Reading
from app.log.records import Head
from app.log.renewing import renew_within
from app.log.schema import RESTORING, SCHEMA_VERSION, postgres_tables

_ANSWER_SECONDS = 3600.0


class SchemaReading(Reading):
    """The tables of a schema that no log is to be opened on yet. Each question is a transaction of its own."""

    one_of = "= ANY(?)"

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with nothing_stored():
            return rows_of(self._connection, sql, parameters)

    def texts(self, values: Iterable[str]) -> Any:
        return list(values)


def restore_postgres(
    backup: Path, manifest: Manifest, place: Place, check_key: Callable[[Reading], None], progress: Progress
) -> None:
    """Put the log of a backup into a schema that is not there yet, with a new id. `check_key` may object.

    Until all of it has been checked, the schema says that it is being restored, and nothing serves or migrates it.
    Raises CannotRestore, StoreUnavailable, OSError; the schema is gone again then.
    """
    listed = only_file(manifest, backup, DUMP_FILE)
    _refuse_other_schema(manifest, place)
    progress("Hashing", 0, 0)
    refuse_altered(backup, listed, kept(backup / DUMP_FILE))
    with closing(connect(place.url, place.schema, autocommit=True, answer_seconds=_ANSWER_SECONDS)) as connection:
        tool = _tool(place, connection)
        _begin(connection, place.schema)
        try:
            _load(tool, backup / DUMP_FILE, place.schema, progress)
            reading = SchemaReading(connection)
            if found := _faults(reading, manifest.head, progress):
                raise CannotRestore(
                    f"The log in {backup} is not whole. {found} Nothing was restored; name another one."
                )
            check_key(reading)
            _finish(connection, manifest.tables)
        except BaseException:
            with suppress(psycopg.Error):  # what stays says that it is no whole log
                connection.execute(_about(place.schema, "DROP SCHEMA {} CASCADE"))
            raise
    migrate(place.url, place.schema)


def _refuse_other_schema(manifest: Manifest, place: Place) -> None:
    if manifest.schema_name != place.schema:
        raise CannotRestore(
            f"This is a backup of the schema {manifest.schema_name}, and DAYBOOK_SCHEMA is {place.schema}. Set it to "
            f"{manifest.schema_name}; in a database where that one is in use, restore into a database of its own."
        )
    if manifest.tables > SCHEMA_VERSION:
        raise CannotRestore("This backup was made by a newer Daybook: restore it with that one.")


def _tool(place: Place, connection: BoundedConnection) -> PostgresTool:
    try:
        return PostgresTool("pg_restore", place.tools, place.url, connection.info.server_version)
    except ToolTrouble as trouble:
        raise CannotRestore(str(trouble)) from trouble


def _begin(connection: BoundedConnection, schema: str) -> None:
    with nothing_stored(), connection.transaction():
        there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone()
        if there is not None:
            raise CannotRestore(
                f"The schema {schema} is there already, and a restore replaces none. Rename it (`ALTER SCHEMA {schema} "
                f"RENAME TO ...`) and keep it until all is well again; if it is the rest of a restore that did not "
                f"end, `DROP SCHEMA {schema} CASCADE`. Then run `daybook restore` again."
            )
        connection.execute(_about(schema, "CREATE SCHEMA {}"))
        connection.execute("CREATE TABLE log_schema (version bigint NOT NULL PRIMARY KEY)")
        connection.execute("INSERT INTO log_schema VALUES (%s)", [RESTORING])


def _load(tool: PostgresTool, dump: Path, schema: str, progress: Progress) -> None:
    arguments = [
        *("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"),
        *(f"--schema={schema}", f"--dbname={tool.database}", str(dump)),
    ]
    try:
        tool.run(arguments, lambda: progress("Loading", 0, 0))
    except ToolTrouble as trouble:
        raise CannotRestore(f"{trouble} Nothing was restored.") from trouble


def _faults(reading: SchemaReading, head: Head, progress: Progress) -> str:
    found = reading.rows(HEAD)
    if [Head(*row) for row in found] != [head]:
        return "Its head is not the one that the manifest names."
    return faults_of(reading, head, progress)


def _finish(connection: BoundedConnection, tables: int) -> None:
    """The tables that no backup holds, the new id, and the word that the tables are complete: all or none."""
    with nothing_stored(), connection.transaction():
        connection.execute(postgres_tables().encode())
        renew_within(SchemaReading(connection).rows)
        connection.execute("UPDATE log_schema SET version = %s", [tables])


def _about(schema: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(schema))
