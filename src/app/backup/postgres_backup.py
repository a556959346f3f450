"""A backup of the log in PostgreSQL, beside the services that write it: `pg_dump` on an exported snapshot.

The snapshot in which the head is read is the one that is dumped, so the manifest says exactly what is in the dump.
Read models are left out: they are built anew. So is the table that says that the tables are complete, which a
restore sets when it is.
"""

from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import IsolationLevel

from app.backup.manifest import KeptFile, Progress, kept, new_file
from app.backup.postgres_tools import LONGEST_SECONDS, PostgresTool, ToolTrouble
from app.backup.trouble import CannotBackUp
from app.backup.verified import faults_of
from app.log.postgres import open_postgres
from app.log.postgres_connection import BoundedConnection, connect, nothing_stored
from app.log.reading import HEAD
from app.log.records import Head
from app.log.schema import LOG_TABLES

DUMP_FILE = "log.dump"

_OTHER_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
AND relname <> ALL(%s)
"""


class Place(NamedTuple):
    """A schema, and where the tools are that copy it; None looks on PATH."""

    url: str
    schema: str
    tools: Path | None


def back_up_postgres(place: Place, out: Path, progress: Progress) -> tuple[Head, KeptFile]:
    """Dump the log of a schema into the folder `out`, and check the log that was dumped; answers where it ends, and
    the dump's file. Raises StoreUnavailable and its kinds, CannotBackUp, OSError.
    """
    with closing(open_postgres(place.url, place.schema)) as log:
        head = _dump(place, out / DUMP_FILE, progress)
        # What was appended stays as it is, so the log itself tells what is in the dump, up to that head.
        if faults := faults_of(log, head, progress):
            raise CannotBackUp(f"The log is not whole, so this would be no backup of it. {faults} Keep the last one.")
    progress("Hashing", 0, 0)
    return head, kept(out / DUMP_FILE)


def _dump(place: Place, target: Path, progress: Progress) -> Head:
    new_file(target)
    with closing(connect(place.url, place.schema, answer_seconds=LONGEST_SECONDS)) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with nothing_stored():
            head = Head(*_one(connection, HEAD))
            (snapshot,) = _one(connection, "SELECT pg_export_snapshot()")
            others = [name for (name,) in connection.execute(_OTHER_TABLES, [list(LOG_TABLES)]).fetchall()]
        excluded = [f'--exclude-table="{place.schema}"."{_quoted(name)}"' for name in others]
        arguments = [
            *("--format=custom", f'--schema="{place.schema}"', "--no-owner", "--no-privileges", "--no-password"),
            *(f"--snapshot={snapshot}", "--lock-wait-timeout=60000", f"--file={target}", *excluded),
        ]
        try:
            tool = PostgresTool("pg_dump", place.tools, place.url, connection.info.server_version)
            tool.run(arguments, lambda: progress("Dumping bytes", target.stat().st_size, 0))
        except ToolTrouble as trouble:
            raise CannotBackUp(str(trouble)) from trouble
    return head


def _one(connection: BoundedConnection, statement: str) -> tuple[Any, ...]:
    row = connection.execute(statement.encode()).fetchone()
    if row is None:
        raise CannotBackUp("The log has no head: run `daybook migrate`.")
    return row


def _quoted(name: str) -> str:
    return name.replace('"', '""')
