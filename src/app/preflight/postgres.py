"""What is wrong with the PostgreSQL that the settings name, before anything starts. Nothing is changed there."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

from app.backup.postgres_tools import PostgresTool, ToolTrouble
from app.clock import CheckedClock, system_clock
from app.log.postgres import PostgresLog, open_postgres
from app.log.postgres_connection import connect
from app.log.schema import POSTGRES_GRANTS
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.master_keys import MasterKeys
from app.preflight.log import about_log
from app.preflight.told import Told, noted, wrong
from app.settings import Settings

_NO_SESSIONS = (
    "The connection goes through a pooler that does not keep sessions (transaction pooling), and Daybook needs them. "
    "Set DAYBOOK_DATABASE_URL to the server itself, or let the pooler pool sessions."
)


def about_postgres(settings: Settings, key: MasterKeys | None) -> Iterator[Told]:
    """All that there is to tell about the server, the schema, and what this role may do there."""
    if settings.master_key is None:
        yield wrong("DAYBOOK_MASTER_KEY is not set: on PostgreSQL every process needs it, and the same one.")
    url = settings.database_url or ""
    try:
        with closing(open_postgres(url, settings.schema_name)) as log:
            yield from about_log(settings, log, key)
            yield from _about_server(settings, log)
            yield from _about_role(log)
            yield from _about_pooling(url, settings.schema_name)
    except (StoreUnavailable, OutcomeUnknown) as trouble:
        pooled = "unsupported startup parameter" in str(trouble)  # so says PgBouncer to a session's settings
        yield wrong(_NO_SESSIONS if pooled else trouble)


def _about_server(settings: Settings, log: PostgresLog) -> Iterator[Told]:
    ((is_standby, version),) = log.rows("SELECT pg_is_in_recovery(), current_setting('server_version_num')::int")
    if is_standby:
        yield wrong(
            "The server is a standby, which stores nothing. Name the primary, or both with "
            "`target_session_attrs=read-write` in DAYBOOK_DATABASE_URL."
        )
    clock = CheckedClock(system_clock, log.clock, timedelta(seconds=settings.clock_tolerance))
    if not clock.is_right():
        yield wrong(
            f"The clock is {clock.skew.total_seconds():+.1f} s off the database's: a service would decide nothing. "
            "Set this machine's clock (NTP), or the database's."
        )
    try:
        PostgresTool("pg_dump", settings.postgres_tools, settings.database_url or "", version)
    except ToolTrouble as trouble:
        yield noted(f"`daybook backup` would not work here: {trouble}")


def _about_role(log: PostgresLog) -> Iterator[Told]:
    ((role,),) = log.rows("SELECT current_user::text")
    lacking = [
        f"{privilege} on {table}"
        for table, privileges in POSTGRES_GRANTS.items()
        for privilege in privileges
        if not log.rows("SELECT has_table_privilege(?, ?)", [table, privilege])[0][0]
    ]
    if not log.rows("SELECT has_schema_privilege(current_schema(), 'CREATE')")[0][0]:
        lacking.append(f"CREATE on the schema {log.schema}")
    if lacking:
        yield wrong(
            f"The role {role} lacks {', '.join(lacking)}. Run `daybook migrate --service-role {role}` as the schema's "
            "owner."
        )
    if log.rows("SELECT has_table_privilege('events', 'DELETE')")[0][0]:
        yield noted(
            f"The role {role} could change the log, were it not for its triggers. Give the service a role of its own: "
            "`daybook migrate --service-role NAME`."
        )


def _about_pooling(url: str, schema: str) -> Iterator[Told]:
    """Two sessions are two processes of the server; if a second one gets the first one's, they are lent out."""
    with closing(connect(url, schema, autocommit=True)) as first, closing(connect(url, schema)) as second:
        served = [each.execute("SELECT pg_backend_pid()").fetchone() for each in (first, second)]
    if served[0] == served[1]:
        yield wrong(_NO_SESSIONS)
