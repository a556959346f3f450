"""The tables of the log and of what lies beside it, for both stores. Creating them is a step of its own."""

import re

SCHEMA_VERSION = 1
RESTORING = 2_000_000_000
"""The version that a PostgreSQL schema has while a restore fills it: every Daybook refuses it as a newer one's."""
LOG_TABLES = ("log_head", "log_secret", "former_log_ids", "appends", "events", "customers")
"""What a backup holds: the log, and what lies beside it and cannot be worked out from it."""
SQLITE_APPLICATION_ID = 0x44617942  # "DayB": tells our files from others
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# `position` is given out by the head, never by the database: no gaps after a rollback, no reuse.
# The chain of digests begins with the log's first id, so the ids that it had before a restore are kept.
# The text order of stream names must be that of their bytes: a prefix is then one range of the index.
_TABLES = """
CREATE TABLE IF NOT EXISTS log_head (
    log_id {text} NOT NULL PRIMARY KEY,
    position {integer} NOT NULL,
    timestamp {text} NOT NULL,
    digest {bytes} NOT NULL
){head_options};
CREATE TABLE IF NOT EXISTS log_secret (secret {bytes} NOT NULL PRIMARY KEY){options};
CREATE TABLE IF NOT EXISTS former_log_ids (
    place {integer} NOT NULL PRIMARY KEY,
    log_id {text} NOT NULL UNIQUE,
    last_position {integer} NOT NULL
){options};
CREATE TABLE IF NOT EXISTS appends (
    last_position {integer} NOT NULL PRIMARY KEY,
    digest {bytes} NOT NULL
){options};
CREATE TABLE IF NOT EXISTS events (
    position {integer} NOT NULL PRIMARY KEY,
    stream {text} NOT NULL,
    version {integer} NOT NULL,
    topic {text} NOT NULL,
    command_id {text} NOT NULL,
    "by" {text} NOT NULL,
    timestamp {text} NOT NULL,
    recorded_at {text} NOT NULL,
    state {text} NOT NULL,
    UNIQUE (stream, version)
){options};
CREATE INDEX IF NOT EXISTS events_by_command ON events (command_id);
CREATE INDEX IF NOT EXISTS events_by_topic ON events (topic, timestamp);
CREATE TABLE IF NOT EXISTS customers (
    customer {text} NOT NULL PRIMARY KEY,
    account {text} UNIQUE,
    wrapped_key {text},
    key_id {text} NOT NULL,
    profile {text},
    sealed_account {text},
    created_at {text} NOT NULL,
    profile_version {integer} NOT NULL DEFAULT 0
){options};
"""

_SQLITE_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{change} BEFORE {change} ON {table}
BEGIN SELECT RAISE(ABORT, 'the log is append only'); END;
"""

# A lease is for several processes, which SQLite does not have.
# The index on a constant keeps the head to one row without a column for it.
_POSTGRES_ONLY = """
CREATE UNIQUE INDEX IF NOT EXISTS log_head_is_one_row ON log_head ((true));
CREATE TABLE IF NOT EXISTS log_schema (version bigint NOT NULL PRIMARY KEY);
CREATE TABLE IF NOT EXISTS leases (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    holder text NOT NULL,
    expires_at double precision NOT NULL,
    term bigint NOT NULL
);
CREATE OR REPLACE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'the log is append only' USING ERRCODE = 'insufficient_privilege'; END$$;
"""

_POSTGRES_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
"""

# What the service may do. Its read models are its own tables, so it may create some.
POSTGRES_GRANTS = {
    "events": ("SELECT", "INSERT"),
    "appends": ("SELECT", "INSERT"),
    "log_head": ("SELECT", "UPDATE"),
    "log_secret": ("SELECT",),
    "log_schema": ("SELECT",),
    "former_log_ids": ("SELECT",),
    "customers": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "leases": ("SELECT", "INSERT", "UPDATE"),
}
"""By table, what the service may do with it."""


def schema_name(name: str) -> str:
    """The name itself, if it needs no quoting anywhere; ValueError otherwise."""
    if not _SCHEMA_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a schema: use small letters, digits and _, at most 63.")
    return name


def unfinished(schema: str) -> str:
    """The sentence for a schema that is `RESTORING`."""
    return (
        f"A restore into the schema {schema} is under way, or did not end. If none is under way, drop the schema "
        f"(`DROP SCHEMA {schema} CASCADE`) and run `daybook restore` again."
    )


def sqlite_tables() -> list[str]:
    """The statements that make everything on SQLite."""
    tables = _TABLES.format(text="TEXT", integer="INTEGER", bytes="BLOB", options=" STRICT", head_options=" STRICT")
    triggers = [
        _SQLITE_TRIGGER.format(table=table, change=change)
        for table in ("events", "appends")
        for change in ("UPDATE", "DELETE")
    ]
    return [statement for statement in tables.split(";") if statement.strip()] + triggers


def postgres_tables() -> str:
    """The script that makes everything in the current schema of PostgreSQL, as often as one likes."""
    tables = _TABLES.format(
        text='text COLLATE "C"',
        integer="bigint",
        bytes="bytea",
        options="",
        head_options=" WITH (fillfactor = 10)",  # room to update the one row in its page
    )
    triggers = "".join(_POSTGRES_TRIGGER.format(table=table) for table in ("events", "appends"))
    return tables + _POSTGRES_ONLY + triggers


def postgres_grants(schema: str, role: str) -> str:
    """The script that grants the service's role what it needs; both names quoted already."""
    grants = [f"GRANT {', '.join(may)} ON {table} TO {role};" for table, may in POSTGRES_GRANTS.items()]
    return "\n".join([f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};", *grants])
