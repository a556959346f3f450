"""The tables of the log and of what lies beside it, for both stores. Creating them is a step of its own."""

import re
from collections.abc import Collection

SCHEMA_VERSION = 8
"""2: refusals and disclosures beside the log. 3: snapshots beside it. 4: addresses of calendar feeds beside it.
5: external calendars beside it. 6: webhooks beside it. 7: messages to people that are due beside it.
8: for whom and how many a refusal was.
"""
RESTORING = 2_000_000_000
"""The version that a PostgreSQL schema has while a restore fills it: every Daybook refuses it as a newer one's."""
LOG_TABLES = (
    *("log_head", "log_secret", "former_log_ids", "appends", "events"),
    *("customers", "refusals", "disclosures", "calendar_feeds", "external_calendars"),
    *("webhooks", "webhook_attempts", "followers", "messages_due"),
)
"""What a backup holds: the log, and what lies beside it and cannot be worked out from it. Snapshots can."""
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
CREATE TABLE IF NOT EXISTS refusals (
    id {text} NOT NULL PRIMARY KEY,
    first_at {text} NOT NULL,
    last_at {text} NOT NULL,
    times {integer} NOT NULL,
    "by" {text} NOT NULL,
    command_id {text} NOT NULL,
    kind {text} NOT NULL,
    booking {text},
    resource {text},
    "start" {text},
    "end" {text},
    units {integer},
    code {text} NOT NULL,
    position {integer} NOT NULL,
    customer {text},
    party {integer},
    minutes {integer}
){options};
CREATE INDEX IF NOT EXISTS refusals_by_time ON refusals (first_at, id);
CREATE INDEX IF NOT EXISTS refusals_by_actor ON refusals ("by", first_at, id);
CREATE INDEX IF NOT EXISTS refusals_by_resource ON refusals (resource, first_at, id);
CREATE INDEX IF NOT EXISTS refusals_by_customer ON refusals (customer, first_at, id);
CREATE TABLE IF NOT EXISTS disclosures (
    id {text} NOT NULL PRIMARY KEY,
    first_at {text} NOT NULL,
    last_at {text} NOT NULL,
    times {integer} NOT NULL,
    "by" {text} NOT NULL,
    customer {text} NOT NULL,
    booking {text}
){options};
CREATE INDEX IF NOT EXISTS disclosures_by_time ON disclosures (first_at, id);
CREATE INDEX IF NOT EXISTS disclosures_by_customer ON disclosures (customer, first_at, id);
CREATE TABLE IF NOT EXISTS calendar_feeds (
    customer {text} NOT NULL,
    resource {text} NOT NULL,
    digest {bytes} NOT NULL UNIQUE,
    made_at {text} NOT NULL,
    PRIMARY KEY (customer, resource)
){options};
CREATE TABLE IF NOT EXISTS external_calendars (
    calendar {text} NOT NULL PRIMARY KEY,
    resource {text} NOT NULL,
    address {text} NOT NULL,
    made_at {text} NOT NULL,
    is_ended {integer} NOT NULL,
    due_at {text} NOT NULL,
    succeeded_at {text},
    failures {integer} NOT NULL,
    failure {text},
    etag {text},
    read_for {text},
    blocks {text} NOT NULL,
    version {integer} NOT NULL
){options};
CREATE INDEX IF NOT EXISTS external_calendars_by_resource ON external_calendars (resource, made_at, calendar);
CREATE TABLE IF NOT EXISTS webhooks (
    webhook {text} NOT NULL PRIMARY KEY,
    sealed {text} NOT NULL,
    types {text} NOT NULL,
    made_at {text} NOT NULL,
    version {integer} NOT NULL,
    enabled {integer} NOT NULL,
    disabled_reason {text},
    position {integer} NOT NULL,
    failures {integer} NOT NULL,
    failing_since {text},
    due_at {text} NOT NULL
){options};
CREATE TABLE IF NOT EXISTS webhook_attempts (
    webhook {text} NOT NULL,
    number {integer} NOT NULL,
    message {text} NOT NULL,
    type {text} NOT NULL,
    position {integer} NOT NULL,
    at {text} NOT NULL,
    milliseconds {integer} NOT NULL,
    status {integer},
    trouble {text},
    PRIMARY KEY (webhook, number)
){options};
CREATE TABLE IF NOT EXISTS followers (
    follower {text} NOT NULL PRIMARY KEY,
    position {integer} NOT NULL
){options};
CREATE TABLE IF NOT EXISTS messages_due (
    message {text} NOT NULL PRIMARY KEY,
    occasion {text} NOT NULL,
    customer {text} NOT NULL,
    booking {text} NOT NULL,
    position {integer} NOT NULL,
    due_at {text} NOT NULL,
    sent {text} NOT NULL,
    failures {integer} NOT NULL,
    failing_since {text},
    trouble {text},
    given_up_at {text}
){options};
CREATE INDEX IF NOT EXISTS messages_due_by_time ON messages_due (due_at, position);
CREATE INDEX IF NOT EXISTS messages_due_by_booking ON messages_due (booking, position);
CREATE INDEX IF NOT EXISTS messages_due_by_customer ON messages_due (customer);
CREATE TABLE IF NOT EXISTS snapshots (
    stream {text} NOT NULL,
    stretch {integer} NOT NULL,
    version {integer} NOT NULL,
    position {integer} NOT NULL,
    log_id {text} NOT NULL,
    head {integer} NOT NULL,
    digest {bytes} NOT NULL,
    form {integer} NOT NULL,
    state {bytes} NOT NULL,
    checksum {bytes} NOT NULL,
    PRIMARY KEY (stream, stretch)
){options};
"""

ADDED_COLUMNS = {"refusals": {"customer": "{text}", "party": "{integer}", "minutes": "{integer}"}}
"""By table, the columns that it did not have from the beginning. They come before anything that needs them."""

_SQLITE_TYPES = {"text": "TEXT", "integer": "INTEGER", "bytes": "BLOB"}
_POSTGRES_TYPES = {"text": 'text COLLATE "C"', "integer": "bigint", "bytes": "bytea"}

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

# Looked for first: ALTER TABLE waits for all who read, and lets nobody in meanwhile, even with nothing to add.
_POSTGRES_COLUMN = """
DO $$BEGIN
    IF to_regclass('{table}') IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM pg_attribute
        WHERE attrelid = to_regclass('{table}') AND attname = '{column}' AND NOT attisdropped
    ) THEN
        ALTER TABLE {table} ADD COLUMN {column} {kind};
    END IF;
END$$;
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
    "refusals": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "disclosures": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "calendar_feeds": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "external_calendars": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "webhooks": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "webhook_attempts": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "followers": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "messages_due": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "snapshots": ("SELECT", "INSERT", "UPDATE", "DELETE"),
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


def sqlite_columns(table: str, there: Collection[str]) -> list[str]:
    """The statements that add to a table of SQLite, which has some columns, those that it lacks."""
    added = ADDED_COLUMNS[table].items() if there else ()  # a table that is not there is made whole
    lacking = [(column, kind.format(**_SQLITE_TYPES)) for column, kind in added if column not in there]
    return [f"ALTER TABLE {table} ADD COLUMN {column} {kind}" for column, kind in lacking]


def sqlite_tables() -> list[str]:
    """The statements that make everything on SQLite, once the tables that are there have all of their columns."""
    tables = _TABLES.format(**_SQLITE_TYPES, options=" STRICT", head_options=" STRICT")
    triggers = [
        _SQLITE_TRIGGER.format(table=table, change=change)
        for table in ("events", "appends")
        for change in ("UPDATE", "DELETE")
    ]
    return [statement for statement in tables.split(";") if statement.strip()] + triggers


def postgres_tables() -> str:
    """The script that makes everything in the current schema of PostgreSQL, as often as one likes."""
    added = "".join(
        _POSTGRES_COLUMN.format(table=table, column=column, kind=kind.format(**_POSTGRES_TYPES))
        for table, columns in ADDED_COLUMNS.items()
        for column, kind in columns.items()
    )
    tables = _TABLES.format(
        **_POSTGRES_TYPES,
        options="",
        head_options=" WITH (fillfactor = 10)",  # room to update the one row in its page
    )
    triggers = "".join(_POSTGRES_TRIGGER.format(table=table) for table in ("events", "appends"))
    return added + tables + _POSTGRES_ONLY + triggers


def postgres_grants(schema: str, role: str) -> str:
    """The script that grants the service's role what it needs; both names quoted already."""
    grants = [f"GRANT {', '.join(may)} ON {table} TO {role};" for table, may in POSTGRES_GRANTS.items()]
    return "\n".join([f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};", *grants])
