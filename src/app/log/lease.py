"""A lease: work that only one process does at a time, handed on when its holder dies or is paused."""

from collections.abc import Sequence
from typing import Any

from app.log.event_log import EventLog

_NOW = "extract(epoch FROM clock_timestamp())"

_ACQUIRE = f"""
INSERT INTO leases (name, holder, expires_at, term) VALUES (?, ?, {_NOW} + ?, 1)
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder, expires_at = excluded.expires_at, term = leases.term + 1
WHERE leases.expires_at <= {_NOW}
RETURNING term
"""  # noqa: S608 - constants
_MINE = f"name = ? AND holder = ? AND term = ? AND expires_at > {_NOW}"


class Lease:
    """Held for `seconds` on the database's clock from each `acquire` or `renew`; renew well before.

    `holder` names this process uniquely. `term` grows with each take-over: what a former holder still has
    in its hands carries an older one. A store that only one process can serve grants every lease to it.
    Every method raises StoreUnavailable or OutcomeUnknown when the store does not answer: not held then.
    """

    def __init__(self, log: EventLog, name: str, holder: str, seconds: float) -> None:
        self._log = log
        self._name = name
        self._holder = holder
        self._seconds = seconds
        self.term = 0

    def acquire(self) -> bool:
        """Take the lease if it is free or has lapsed, or keep it if it is ours; False if another has it."""
        if self._log.sole_process:
            self.term = 1
            return True
        if self.term and self.renew():
            return True
        rows = self._log.write(_ACQUIRE, [self._name, self._holder, self._seconds])
        self.term = rows[0][0] if rows else 0
        return bool(rows)

    def renew(self) -> bool:
        """Keep the lease for as long again; False if it has lapsed, even if nobody has taken it since."""
        if self._log.sole_process:
            return True
        sql = f"UPDATE leases SET expires_at = {_NOW} + ? WHERE {_MINE} RETURNING term"  # noqa: S608 - constants
        return bool(self._log.write(sql, [self._seconds, *self._mine()]))

    def release(self) -> None:
        """Let the next one have it at once. Nothing happens when it is ours no more."""
        if not self._log.sole_process:
            sql = f"UPDATE leases SET expires_at = 0 WHERE {_MINE} RETURNING term"  # noqa: S608 - constants
            self._log.write(sql, self._mine())
        self.term = 0

    def _mine(self) -> Sequence[Any]:
        return self._name, self._holder, self.term
