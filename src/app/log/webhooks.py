"""Webhooks beside the log: who is told, how far they have been told, and what became of the last attempts."""

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from app.log.event_log import EventLog

MOST_ATTEMPTS: Final = 200
"""Attempts that are kept of each webhook; older ones go, some at a time."""
_PRUNED_EVERY: Final = 20

DisabledReason = Literal["by-hand", "failing", "gone"]
"""By an administrator; after days of failing; because the receiver said that it is gone (HTTP 410)."""


class WebhookRow(NamedTuple):
    """A webhook, `h-` and 32 hex digits. `sealed`: its address and its secrets. `types`: what it is told of, separated
    by spaces. `version` counts what people change of it, from 1.

    `position`: it has been told of everything up to there. `failures` in a row, the receiver's since `failing_since`,
    none where the last one was here, before anything was sent; nothing is sent before `due_at`, which is empty where
    nothing is waited for. Instants are fixed-width UTC text.
    """

    webhook: str
    sealed: str
    types: str
    made_at: str
    version: int
    enabled: bool
    disabled_reason: DisabledReason | None
    position: int
    failures: int
    failing_since: str | None
    due_at: str


class AttemptRow(NamedTuple):
    """One attempt to tell of the event at `position`. `message` and `type` are empty where the event cannot be read.
    `status`: what HTTP answered, none where nobody did; `trouble`: why it was not taken, none where it was.
    """

    webhook: str
    number: int
    message: str
    type: str
    position: int
    at: str
    milliseconds: int
    status: int | None
    trouble: str | None


_COLUMNS: Final = ", ".join(WebhookRow._fields)
_ATTEMPT_COLUMNS: Final = ", ".join(AttemptRow._fields)
_FORGIVEN: Final = "failures = 0, failing_since = NULL, due_at = ''"


class WebhookTable:
    """Rows are durable when a method returns. Methods raise StoreUnavailable, and those that write OutcomeUnknown.

    Those that write answer whether the webhook was there, as it was thought to be.
    """

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def all(self) -> list[WebhookRow]:
        """Every webhook, oldest first."""
        return self._select("ORDER BY made_at, webhook", [])

    def get(self, webhook: str) -> WebhookRow | None:
        """One of them."""
        return next(iter(self._select("WHERE webhook = ?", [webhook])), None)

    def add(self, row: WebhookRow, most: int) -> bool:
        """Store a new one, unless there are `most` already."""
        places = ", ".join(["?"] * len(row))
        sql = f"INSERT INTO webhooks ({_COLUMNS}) SELECT {places} WHERE (SELECT count(*) FROM webhooks) < ? RETURNING 1"  # noqa: S608 - constants
        return bool(self._log.write(sql, [*_written(row), most]))

    def change(self, webhook: str, seen: int, *, sealed: str, types: str, moved: bool = False) -> bool:
        """Give it another address (`moved`), other secrets or other types, if its version is still `seen`. What an
        old address failed at is not held against a new one.
        """
        forgiven = f", {_FORGIVEN}" if moved else ""
        changed = f"sealed = ?, types = ?, version = version + 1{forgiven}"
        return self._update(changed, [sealed, types], "webhook = ? AND version = ?", [webhook, seen])

    def enable(self, webhook: str) -> bool:
        """Let it be told again, from where it was left, as if it had never failed. Does nothing to one that is."""
        changed = f"enabled = 1, disabled_reason = NULL, {_FORGIVEN}, version = version + 1"
        return self._update(changed, [], "webhook = ? AND enabled = 0", [webhook])

    def disable(self, webhook: str, reason: DisabledReason, seen: int | None = None) -> bool:
        """Tell it nothing more until it is enabled. The first reason stands. `seen`: only if that is its version still,
        for a reason that was found at the address that it had then.
        """
        changed = "enabled = 0, disabled_reason = ?, version = version + 1"
        same = "webhook = ? AND enabled = 1" + (" AND version = ?" if seen is not None else "")
        return self._update(changed, [reason], same, [webhook, *([seen] if seen is not None else [])])

    def replay(self, webhook: str, after: int) -> bool:
        """Tell it again, or not at all, of what happened since a position; at once, if it is enabled."""
        return self._update("position = ?, due_at = ''", [after], "webhook = ?", [webhook])

    def advance(self, row: WebhookRow, position: int) -> bool:
        """It has been told of everything up to `position`, unless somebody set it back or changed it since it was
        read: it may be wanted of other types then, or at another address.
        """
        changed = f"position = ?, {_FORGIVEN}"
        same = "webhook = ? AND position = ? AND version = ?"
        return self._update(changed, [position], same, [row.webhook, row.position, row.version])

    def failed(self, row: WebhookRow, since: str | None, due_at: str) -> bool:
        """It failed once more since it was read; it is left alone until `due_at`."""
        changed = "failures = failures + 1, failing_since = ?, due_at = ?"
        same = "webhook = ? AND position = ? AND version = ? AND failures = ?"
        return self._update(changed, [since, due_at], same, [row.webhook, row.position, row.version, row.failures])

    def delete(self, webhook: str) -> bool:
        """Forget it, and its attempts."""
        with self._log.locked() as session:
            session.rows("DELETE FROM webhook_attempts WHERE webhook = ? RETURNING 1", [webhook])
            return bool(session.rows("DELETE FROM webhooks WHERE webhook = ? RETURNING 1", [webhook]))

    def note(self, attempt: AttemptRow) -> None:
        """Keep an attempt under the next number: its own is not looked at. Old ones go now and then."""
        sql = (
            f"INSERT INTO webhook_attempts ({_ATTEMPT_COLUMNS}) "  # noqa: S608 - constants
            "SELECT webhook, coalesce((SELECT max(number) FROM webhook_attempts AS a WHERE a.webhook = w.webhook), 0) "
            "+ 1, ?, ?, ?, ?, ?, CAST(? AS bigint), ? FROM webhooks AS w WHERE webhook = ? RETURNING number"
        )
        for (number,) in self._log.write(sql, [*attempt[2:], attempt.webhook]):
            if number > MOST_ATTEMPTS and number % _PRUNED_EVERY == 0:
                old = "DELETE FROM webhook_attempts WHERE webhook = ? AND number <= ? RETURNING 1"
                self._log.write(old, [attempt.webhook, number - MOST_ATTEMPTS])

    def attempts(self, webhook: str, limit: int, before: int | None = None) -> list[AttemptRow]:
        """A webhook's attempts, the newest first; those before a number."""
        where, parameters = "webhook = ?", [webhook]
        if before is not None:
            where, parameters = f"{where} AND number < ?", [*parameters, cast(Any, before)]
        sql = f"SELECT {_ATTEMPT_COLUMNS} FROM webhook_attempts WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608 - constants
        return [AttemptRow(*row) for row in self._log.rows(sql, [*parameters, limit])]

    def _select(self, rest: str, parameters: list[Any]) -> list[WebhookRow]:
        sql = f"SELECT {_COLUMNS} FROM webhooks {rest}"  # noqa: S608 - written in this file
        return [WebhookRow(*row)._replace(enabled=bool(row[5])) for row in self._log.rows(sql, parameters)]

    def _update(self, changed: str, values: list[Any], where: str, parameters: list[Any]) -> bool:
        sql = f"UPDATE webhooks SET {changed} WHERE {where} RETURNING 1"  # noqa: S608 - written in this file
        return bool(self._log.write(sql, [*values, *parameters]))


def _written(row: WebhookRow) -> list[Any]:
    return list(row._replace(enabled=cast(Any, int(row.enabled))))
