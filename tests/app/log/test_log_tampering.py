"""The log is append only, also for those who come past Daybook."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from structlog.testing import capture_logs

from app.log.calendar_feeds import CalendarFeed
from app.log.event_log import EventLog
from app.log.lease import Lease
from app.log.migrate import migrate
from app.log.postgres import open_postgres
from app.log.records import LoggedEvent
from app.log.snapshots import newest
from app.log.trouble import StoreUnavailable

MakeEvent = Callable[..., LoggedEvent]

COLUMN = {"events": "version", "appends": "last_position"}


@pytest.mark.parametrize("table", ["events", "appends"])
def test_the_stores_refuse_changes(log: EventLog, store: Any, event: MakeEvent, table: str) -> None:
    log.append([event("booking/b1", 1)], log.head())
    changes = [f"UPDATE {table} SET {COLUMN[table]} = 9", f"DELETE FROM {table}"]
    if store.name == "postgres":
        changes.append(f"TRUNCATE {table}")  # SQLite has no such statement

    for change in changes:
        with pytest.raises(Exception, match="append only"):
            store.ask(change)

    assert len(log.after(0)) == 1


@pytest.fixture
def service_role(postgres_server: str) -> Iterator[str]:
    """A role that owns nothing."""
    role = f"service {secrets.token_hex(4)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    yield role
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_who_may_not_migrate_is_told_who_may(empty_postgres: Any, service_role: str) -> None:
    url, schema = empty_postgres
    as_service = urlsplit(url)._replace(netloc=f"{service_role.replace(' ', '%20')}@").geturl()
    with pytest.raises(StoreUnavailable, match="as the owner of the schema"):
        migrate(as_service, schema)
    with pytest.raises(StoreUnavailable, match="The server has no role nobody-here"):
        migrate(url, schema, "nobody-here")


def test_the_services_role_can_serve_and_no_more(empty_postgres: Any, service_role: str, event: MakeEvent) -> None:
    url, schema = empty_postgres
    migrate(url, schema, service_role)
    as_service = urlsplit(url)._replace(netloc=f"{service_role.replace(' ', '%20')}@").geturl()
    log = open_postgres(as_service, schema)
    try:
        log.append([event("booking/b1", 1)], log.head())
        with log.locked() as session:
            session.append([event("booking/b1", 2)])
        assert len(log.after(0)) == 2
        assert Lease(log, "projector", "one", 30).acquire()
        assert not log.customers.delete("c-absent")
        log.calendar_feeds.put(CalendarFeed("c-sam", "room", "2026-12-01T04:00:00.000000Z"), b"digest")
        with log.locked() as session:
            session.erase(["c-sam"])
        assert log.calendar_feeds.end("room") == 0
        assert (log.storage().wal, log.storage().disk_free) == (None, None), "it may not ask for them"
        for forbidden in (
            "DELETE FROM events",
            "UPDATE appends SET last_position = 9",
            "TRUNCATE events",
            "ALTER TABLE events DISABLE TRIGGER ALL",
            "DROP TABLE events",
            "DELETE FROM log_head",
            "UPDATE log_secret SET secret = ''",
        ):
            with (
                psycopg.connect(as_service, options=f"-c search_path={schema}") as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege) as refusal,
            ):
                connection.execute(forbidden.encode())
            assert "append only" not in str(refusal.value), "the grants refuse before the triggers do"
    finally:
        log.close()


@pytest.mark.parametrize("missing", ["REVOKE ALL ON snapshots FROM {}", "DROP TABLE snapshots"])
def test_a_table_of_snapshots_that_cannot_be_used_is_told_once_and_not_needed(
    empty_postgres: Any, service_role: str, event: MakeEvent, missing: str
) -> None:
    """As after a migration without --service-role."""
    url, schema = empty_postgres
    migrate(url, schema, service_role)
    with psycopg.connect(url, options=f"-c search_path={schema}") as connection:
        connection.execute(sql.SQL(missing).format(sql.Identifier(service_role)))
    as_service = urlsplit(url)._replace(netloc=f"{service_role.replace(' ', '%20')}@").geturl()
    with capture_logs() as lines:
        log = open_postgres(as_service, schema)
    try:
        assert [line["event"] for line in lines] == ["snapshots cannot be used, so long days are read in full"]
        log.append([event("day/hall/2027-03-29", 1)], log.head())
        assert newest(log, ["day/hall/2027-03-29"], 1, 1) == {}
        with log.locked() as session:
            assert newest(session, ["day/hall/2027-03-29"], 1, 1) == {}
        log.snapshots.keep("day/hall/2027-03-29", 1, 1, log.head(), 1, b"state")
        assert log.snapshots.discard_others(1) == 0
    finally:
        log.close()
