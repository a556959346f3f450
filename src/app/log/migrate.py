"""Making the tables on PostgreSQL: a step of its own, by a role that may do more than the service's."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import psycopg
from psycopg import sql

from app.log.postgres_connection import BoundedConnection, connect, nothing_stored
from app.log.schema import RESTORING, SCHEMA_VERSION, postgres_grants, postgres_tables, schema_name, unfinished
from app.log.trouble import StoreUnavailable

_ANSWER_SECONDS = 600.0  # an index on a long log takes its time


def migrate(url: str, schema: str, service_role: str | None = None) -> bool:
    """Bring a schema up to this program's version, as often as one likes; True if the log was made anew.

    `service_role` (which must exist) is granted what the service needs and no more: it cannot change or
    delete what is in the log. Raises StoreUnavailable with the server's reason; nothing is half done then.
    """
    bounded = connect(url, schema_name(schema), answer_seconds=_ANSWER_SECONDS)
    with nothing_stored(), _told_for_people(), bounded as connection:
        # Two at once would both find a table missing and both make it.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"daybook migrate {schema}"])
        _refuse_other_encodings(connection)
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        _refuse_newer(connection, schema)
        connection.execute(postgres_tables().encode())
        is_new = _begin_log(connection)
        if not connection.execute("UPDATE log_schema SET version = %s", [SCHEMA_VERSION]).rowcount:
            connection.execute("INSERT INTO log_schema VALUES (%s)", [SCHEMA_VERSION])
        if service_role is not None:
            _grant(connection, schema, service_role)
        return is_new


@contextmanager
def _told_for_people() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreUnavailable(
            f"The role that DAYBOOK_DATABASE_URL names may not do this ({error.diag.message_primary}). Run `daybook "
            "migrate` as the owner of the schema, or of the database as long as there is none."
        ) from error


def _refuse_other_encodings(connection: BoundedConnection) -> None:
    row = connection.execute("SHOW server_encoding").fetchone()
    if row is not None and row[0] != "UTF8":
        raise StoreUnavailable(f"The database's encoding is {row[0]}: Daybook needs one with UTF8.")


def _refuse_newer(connection: BoundedConnection, schema: str) -> None:
    there = connection.execute("SELECT to_regclass('log_schema') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        return
    newest = connection.execute("SELECT max(version) FROM log_schema").fetchone()
    if newest is not None and newest[0] is not None and newest[0] > SCHEMA_VERSION:
        if newest[0] == RESTORING:
            raise StoreUnavailable(unfinished(schema))
        raise StoreUnavailable(f"The schema {schema} was made by a newer Daybook: migrate with that one.")


def _begin_log(connection: BoundedConnection) -> bool:
    if connection.execute("SELECT 1 FROM log_head").fetchone():
        return False
    log_id = secrets.token_hex(16)
    connection.execute(
        "INSERT INTO log_head (log_id, position, timestamp, digest) VALUES (%s, 0, '', %s)",
        [log_id, sha256(log_id.encode()).digest()],
    )
    connection.execute("INSERT INTO log_secret (secret) VALUES (%s)", [secrets.token_bytes(32)])
    return True


def _grant(connection: BoundedConnection, schema: str, role: str) -> None:
    quoted = [sql.Identifier(name).as_string(connection) for name in (schema, role)]
    try:
        connection.execute(postgres_grants(*quoted).encode())
    except psycopg.errors.UndefinedObject as error:
        raise StoreUnavailable(
            f"The server has no role {role} ({error.diag.message_primary}). Make it first: CREATE ROLE."
        ) from error
