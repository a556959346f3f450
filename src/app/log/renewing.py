"""A new id for a log that was put back from a copy, so that whoever held a position of before is told so."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from app.log.event_log import EventLog
from app.log.reading import Reading

Run = Callable[[str, Sequence[Any]], Sequence[Any]]
"""Runs one statement with `?` as placeholder; answers its rows, if any."""

_KEEP_THE_OLD_ONE = """
INSERT INTO former_log_ids (place, log_id, last_position)
SELECT (SELECT coalesce(max(place), 0) + 1 FROM former_log_ids), log_id, position FROM log_head
"""


def renew(log: EventLog) -> str:
    """Give the log a new id, durably; answers it. Processes that have the log open must be started again: they
    store nothing any more. Raises StoreUnavailable, OutcomeUnknown.
    """
    with log.locked() as session:
        return renew_within(session.rows)


def renew_within(run: Run) -> str:
    """The same as part of a transaction that the caller ends."""
    log_id = secrets.token_hex(16)
    run(_KEEP_THE_OLD_ONE, ())
    run("UPDATE log_head SET log_id = ?", (log_id,))
    return log_id


def first_log_id(log: Reading) -> str:
    """The id that the log was made with: the digests begin with its SHA-256. Raises StoreUnavailable."""
    sql = (
        "SELECT log_id FROM (SELECT place, log_id FROM former_log_ids "
        "UNION ALL SELECT (SELECT coalesce(max(place), 0) + 1 FROM former_log_ids), log_id FROM log_head) AS ids "
        "ORDER BY place LIMIT 1"
    )
    return str(log.rows(sql)[0][0])
