"""Messages to people beside the log: up to where the log was looked through for them, and those not sent yet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from app.log.event_log import EventLog

FOLLOWER: Final = "messages"
MOST_TROUBLE: Final = 300
"""Characters that are kept of why a message was not sent."""


class MessageRow(NamedTuple):
    """What a customer is to be written about a booking, as it was at a position of the log: ids and times alone.

    `message` follows from booking and event. Nothing is sent before `due_at`. `sent`: the ways that took it already,
    separated by spaces. `failures` in a row since `failing_since`, the last one's `trouble` a sentence without an
    address. `given_up_at`: when it was given up, for the operator to see; none while it is tried. Instants are
    fixed-width UTC text.
    """

    message: str
    occasion: str
    customer: str
    booking: str
    position: int
    due_at: str
    sent: str = ""
    failures: int = 0
    failing_since: str | None = None
    trouble: str | None = None
    given_up_at: str | None = None


_COLUMNS: Final = ", ".join(MessageRow._fields)
_ROWS_AT_ONCE: Final = 80
"""Of a statement that adds some: SQLite takes some thousand values in one."""
_DUE: Final = f"""
SELECT {_COLUMNS} FROM messages_due AS m WHERE given_up_at IS NULL AND due_at <= ? AND NOT EXISTS (
    SELECT 1 FROM messages_due AS before WHERE before.booking = m.booking AND before.position < m.position
    AND before.given_up_at IS NULL AND before.sent = '' AND before.occasion <> 'reminder'
) ORDER BY due_at, position LIMIT ?
"""  # noqa: S608 - written in this file


class MessageTable:
    """Rows are durable when a method returns. Methods raise StoreUnavailable, and those that write OutcomeUnknown."""

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def position(self) -> int | None:
        """Up to where the log was looked through; none where nobody has begun."""
        found = self._log.rows("SELECT position FROM followers WHERE follower = ?", [FOLLOWER])
        return int(found[0][0]) if found else None

    def begin(self) -> None:
        """Begin with what happens from now on, unless somebody has begun."""
        sql = (
            "INSERT INTO followers (follower, position) SELECT CAST(? AS text), position FROM log_head "
            "WHERE true ON CONFLICT DO NOTHING RETURNING 1"  # SQLite takes ON for a join's without WHERE
        )
        self._log.write(sql, [FOLLOWER])

    def follow(self, seen: int, position: int, rows: Sequence[MessageRow]) -> bool:
        """Add what is to be written about the events up to a position, and move there from where it was `seen`: both or
        neither. False, and nothing added, where another process has moved on meanwhile.
        """
        move = "UPDATE followers SET position = ? WHERE follower = ? AND position = ? RETURNING 1"
        moving = [position, FOLLOWER, seen]
        if not rows:
            return bool(self._log.write(move, moving))
        with self._log.locked() as session:
            if not session.rows(move, moving):
                return False
            for first in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[first : first + _ROWS_AT_ONCE]
                marks = ", ".join([f"({', '.join(['?'] * len(MessageRow._fields))})"] * len(some))
                sql = f"INSERT INTO messages_due ({_COLUMNS}) VALUES {marks} ON CONFLICT DO NOTHING RETURNING 1"  # noqa: S608 - constants
                session.rows(sql, [value for row in some for value in row])
        return True

    def due(self, now: str, limit: int) -> list[MessageRow]:
        """What is to be sent by now, the longest due first. Of one booking what happened first: it is not overtaken
        by what happened later as long as it is tried and no way has taken it.
        """
        return [MessageRow(*row) for row in self._log.rows(_DUE, [now, limit])]

    def get(self, message: str) -> MessageRow | None:
        """One that is not sent yet."""
        found = self._log.rows(f"SELECT {_COLUMNS} FROM messages_due WHERE message = ?", [message])  # noqa: S608 - constants
        return MessageRow(*found[0]) if found else None

    def done(self, message: str) -> None:
        """It was sent by every way, or is nothing to anybody any more."""
        self._log.write("DELETE FROM messages_due WHERE message = ? RETURNING 1", [message])

    def sent(self, message: str, ways: Sequence[str]) -> None:
        """These ways took it."""
        self._update("sent = ?", [" ".join(ways)], message)

    def put_off(self, message: str, due_at: str) -> None:
        """It is not to be sent before another moment, and nothing has failed."""
        self._update("due_at = ?", [due_at], message)

    def failed(self, message: str, since: str, due_at: str, trouble: str) -> None:
        """It was not taken, once more; it is left alone until `due_at`."""
        changed = "failures = failures + 1, failing_since = ?, due_at = ?, trouble = ?"
        self._update(changed, [since, due_at, trouble[:MOST_TROUBLE]], message)

    def give_up(self, message: str, at: str, trouble: str) -> None:
        """It is not tried again."""
        changed = "failures = failures + 1, given_up_at = ?, trouble = ?"
        self._update(changed, [at, trouble[:MOST_TROUBLE]], message)

    def failing(self, limit: int) -> list[MessageRow]:
        """Those that failed, given up or not, the one that happened last first."""
        sql = f"SELECT {_COLUMNS} FROM messages_due WHERE failures > 0 ORDER BY position DESC, message LIMIT ?"  # noqa: S608 - constants
        return [MessageRow(*row) for row in self._log.rows(sql, [limit])]

    def of_person(self, customer: str) -> list[MessageRow]:
        """Those to a person that are not sent yet, or were given up, the one that is due first first."""
        sql = f"SELECT {_COLUMNS} FROM messages_due WHERE customer = ? ORDER BY due_at, message"  # noqa: S608 - constants
        return [MessageRow(*row) for row in self._log.rows(sql, [customer])]

    def forget_given_up(self, before: str) -> None:
        """Keep those that were given up before a moment no longer."""
        self._log.write("DELETE FROM messages_due WHERE given_up_at < ? RETURNING 1", [before])

    def _update(self, changed: str, values: list[Any], message: str) -> None:
        sql = f"UPDATE messages_due SET {changed} WHERE message = ? RETURNING 1"  # noqa: S608 - written in this file
        self._log.write(sql, [*values, message])
