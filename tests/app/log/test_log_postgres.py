"""What is special about the log on PostgreSQL: connections get lost, and tables are made beforehand."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError
from sqlalchemy import create_engine, text

from app.log.migrate import migrate
from app.log.notes import Refusal
from app.log.postgres import PostgresLog, open_postgres
from app.log.postgres_connection import connect_args
from app.log.records import LoggedEvent
from app.log.trouble import OutcomeUnknown, SchemaMissing, StoreUnavailable

MESSAGES = ("followers", "messages_due")
WEBHOOKS = ("webhooks", "webhook_attempts", *MESSAGES)

MakeEvent = Callable[..., LoggedEvent]


@pytest.fixture
def log(postgres: Any) -> Iterator[PostgresLog]:
    opened = open_postgres(*postgres)
    yield opened
    opened.close()


@pytest.fixture
def far_log(postgres: Any, severing_proxy: Any) -> Iterator[PostgresLog]:
    """The same log, through the proxy."""
    opened = open_postgres(severing_proxy.url, postgres.schema)
    yield opened
    opened.close()


def test_a_lost_acknowledgement_is_unknown_and_the_events_are_there(
    far_log: PostgresLog, severing_proxy: Any, event: MakeEvent
) -> None:
    head = far_log.append([event("booking/b1", 1)], far_log.head())
    severing_proxy.lose_answer_to("command-lost")

    with pytest.raises(OutcomeUnknown):
        far_log.append([event("booking/b1", 2, command_id="command-lost")], head)

    assert severing_proxy.cut.wait(timeout=10)
    with far_log.locked() as session:
        assert [e.id for e in session.commands(["command-lost"])["command-lost"]] == [2]
        session.append([event("booking/b1", 3)])


def test_a_lost_request_is_unknown_and_nothing_is_there(
    far_log: PostgresLog, severing_proxy: Any, event: MakeEvent
) -> None:
    severing_proxy.lose_request("command-lost")

    with pytest.raises(OutcomeUnknown):
        far_log.append([event("booking/b1", 1, command_id="command-lost")], far_log.head())

    with far_log.locked() as session:
        assert session.commands(["command-lost"]) == {}
        session.append([event("booking/b1", 1, command_id="command-lost")])


def test_a_lost_acknowledgement_of_a_locked_session_is_unknown_and_the_events_are_there(
    far_log: PostgresLog, severing_proxy: Any, event: MakeEvent
) -> None:
    def append() -> None:
        with far_log.locked() as session:
            session.append([event("booking/b1", 1)])
            severing_proxy.lose_answer_to("COMMIT")

    with pytest.raises(OutcomeUnknown):
        append()

    assert [e.id for e in far_log.after(0)] == [1]


def test_a_connection_lost_before_the_commit_stores_nothing_for_sure(
    far_log: PostgresLog, severing_proxy: Any, event: MakeEvent
) -> None:
    def append() -> None:
        with far_log.locked() as session:
            severing_proxy.lose_answer_to("command-lost")
            session.append([event("booking/b1", 1, command_id="command-lost")])

    with pytest.raises(StoreUnavailable):
        append()

    assert far_log.after(0) == []


def test_idle_connections_that_were_cut_are_replaced_unnoticed(
    far_log: PostgresLog, severing_proxy: Any, event: MakeEvent
) -> None:
    head = far_log.append([event("booking/b1", 1)], far_log.head())
    severing_proxy.cut_all()

    assert far_log.append([event("booking/b1", 2)], head) == far_log.head()


def test_connections_that_the_server_ended_are_replaced_unnoticed(
    log: PostgresLog, postgres_server: str, event: MakeEvent
) -> None:
    head = log.append([event("booking/b1", 1)], log.head())
    with psycopg.connect(postgres_server, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'daybook' AND pid <> pg_backend_pid()"
        )

    assert log.append([event("booking/b1", 2)], head) == log.head()


def test_a_server_that_freezes_is_given_up_in_time(log: PostgresLog, postgres_server: str, event: MakeEvent) -> None:
    head = log.append([event("booking/b1", 1)], log.head())
    log._writer.answer_seconds = 0.5
    process = log._writer.info.backend_pid

    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(OutcomeUnknown):
            log.append([event("booking/b1", 2)], head)
    finally:
        os.kill(process, signal.SIGCONT)

    with log.locked() as session:  # waits out what the server still does
        assert session.head.position in (1, 2)


def test_a_server_that_is_gone_is_unavailable_and_nothing_is_half_open(postgres: Any) -> None:
    with pytest.raises(StoreUnavailable, match="PostgreSQL cannot be reached"):
        open_postgres("postgresql://postgres@127.0.0.1:1/none", postgres.schema)


def test_a_server_that_takes_no_writes_is_unavailable_and_recovers(log: PostgresLog, event: MakeEvent) -> None:
    head = log.head()
    log._writer.execute("SET default_transaction_read_only = on")

    with pytest.raises(StoreUnavailable, match="read-only"):
        log.append([event("booking/b1", 1)], head)

    log._writer.execute("SET default_transaction_read_only = off")
    log.append([event("booking/b1", 1)], head)


def test_a_paused_holder_of_the_lock_is_put_out(log: PostgresLog, postgres: Any, event: MakeEvent) -> None:
    other = open_postgres(*postgres)
    other._writer.execute("SET idle_in_transaction_session_timeout = '1s'")

    def pause() -> None:
        with other.locked() as session:
            log.append([event("booking/b1", 1)], session.head)  # waits until the server ends the session
            session.append([event("booking/b2", 1)])

    with pytest.raises(StoreUnavailable):
        pause()

    assert [e.originator_id for e in log.after(0)] == ["booking/b1"]
    assert other.head().position == 1
    other.close()


def test_serving_needs_the_tables(empty_postgres: Any) -> None:
    with pytest.raises(SchemaMissing, match="daybook migrate"):
        open_postgres(*empty_postgres)


def test_older_tables_need_migrating_and_newer_ones_a_newer_program(postgres: Any) -> None:
    url, schema = postgres
    for version, error in ((0, SchemaMissing), (99, StoreUnavailable)):
        with psycopg.connect(url) as connection:
            connection.execute(f"UPDATE {schema}.log_schema SET version = {version}".encode())
        with pytest.raises(error):
            open_postgres(url, schema)
    with pytest.raises(StoreUnavailable, match="newer"):
        migrate(url, schema)


@pytest.mark.parametrize(
    ("version", "lacks"),
    [
        (1, ("refusals", "disclosures", "snapshots", "calendar_feeds", "external_calendars", *WEBHOOKS)),
        (2, ("snapshots", "calendar_feeds", "external_calendars", *WEBHOOKS)),
        (3, ("calendar_feeds", "external_calendars", *WEBHOOKS)),
        (4, ("external_calendars", *WEBHOOKS)),
        (5, WEBHOOKS),
        (6, MESSAGES),
    ],
)
def test_tables_of_a_version_before_get_what_they_lack(postgres: Any, version: int, lacks: tuple[str, ...]) -> None:
    url, schema = postgres
    with psycopg.connect(url) as connection:
        tables = ", ".join(f"{schema}.{table}" for table in lacks)
        connection.execute(f"DROP TABLE {tables}; UPDATE {schema}.log_schema SET version = {version}".encode())
    with pytest.raises(SchemaMissing, match="daybook migrate"):
        open_postgres(url, schema)

    assert not migrate(url, schema)

    with closing(open_postgres(url, schema)) as log:
        assert (log.refusals.search({}), log.disclosures.search({})) == ([], [])
        assert log.rows("SELECT * FROM snapshots") == log.rows("SELECT * FROM calendar_feeds") == []
        assert log.external_calendars.due("9") == []
        assert (log.webhooks.all(), log.webhooks.attempts("h-1", 10)) == ([], [])
        assert (log.messages.due("9", 10), log.messages.position()) == ([], None)


REFUSED = Refusal("2026-12-01T10:00-1", "a", "b", 1, "staff:sam", "c", "Book", None, "room", None, None, 1, "closed", 4)


def test_a_table_of_a_version_before_gets_the_columns_that_it_lacks_and_keeps_its_rows(postgres: Any) -> None:
    url, schema = postgres
    with closing(open_postgres(url, schema)) as log:
        log.refusals.add([REFUSED])
    with psycopg.connect(url) as connection:
        dropped = ", ".join(f"DROP COLUMN {column}" for column in ("customer", "party", "minutes"))
        connection.execute(f"ALTER TABLE {schema}.refusals {dropped}".encode())
        connection.execute(f"UPDATE {schema}.log_schema SET version = 7".encode())
    with pytest.raises(SchemaMissing, match="daybook migrate"):
        open_postgres(url, schema)
    for _ in range(2):
        assert not migrate(url, schema)
        with closing(open_postgres(url, schema)) as log:
            assert log.refusals.search({}) == [REFUSED]
            assert log.refusals.search({"customer": "c-bob"}) == []


def test_migrating_again_waits_for_nobody_who_reads(postgres: Any) -> None:
    url, schema = postgres
    with psycopg.connect(url) as reading:
        reading.execute(f"SELECT * FROM {schema}.refusals".encode())
        assert not migrate(url, schema)  # would wait for as long as this one is at it


def test_migrating_again_changes_nothing(log: PostgresLog, postgres: Any, event: MakeEvent) -> None:
    head = log.append([event("booking/b1", 1)], log.head())

    assert not migrate(*postgres)

    assert log.head() == head
    log.append([event("booking/b1", 2)], head)


def test_several_may_migrate_at_once(empty_postgres: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: migrate(*empty_postgres), range(4)))

    assert sorted(made) == [False, False, False, True]


def test_two_schemas_of_one_database_are_two_logs(log: PostgresLog, postgres: Any, event: MakeEvent) -> None:
    other_schema = f"{postgres.schema}_b"
    migrate(postgres.url, other_schema)
    other = open_postgres(postgres.url, other_schema)
    log.append([event("booking/b1", 1)], log.head())

    assert other.log_id != log.log_id
    assert other.after(0) == []

    other.close()
    with psycopg.connect(postgres.url) as connection:
        connection.execute(f"DROP SCHEMA {other_schema} CASCADE".encode())


@pytest.mark.parametrize("name", ['a"b', "A", "a b", "", "1a", "a" * 64, "pg,public"])
def test_schema_names_that_need_quoting_are_refused(postgres_server: str, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a schema"):
        open_postgres(postgres_server, name)


def test_sqlalchemy_works_in_the_same_schema(log: PostgresLog, postgres: Any, event: MakeEvent) -> None:
    log.append([event("booking/b1", 1)], log.head())
    url, schema = postgres
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"),
        connect_args=connect_args(url, schema, synchronous_commit="off"),
    )

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM events")) == 1
        assert connection.scalar(text("SHOW synchronous_commit")) == "off"
    engine.dispose()
    assert log.rows("SELECT current_setting('synchronous_commit')") == [("on",)]
    with pytest.raises(IntegrityError):
        log.append([event("booking/b1", 1)], log.head())
