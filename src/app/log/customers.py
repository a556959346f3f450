"""The people beside the log: keys and sealed profiles. Not part of the log, because it must be erasable."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.log.event_log import EventLog

_COLUMNS = "customer, account, wrapped_key, key_id, profile, sealed_account, created_at, profile_version"


class CustomerRow(NamedTuple):
    """A person as the store knows them. `account` is a keyed hash of issuer and subject, never the plain
    text; `profile` and `sealed_account` are sealed envelopes. A person whose `wrapped_key` is None can no
    longer be read. `created_at` is fixed-width UTC text. The customer `desk` is the house itself.
    """

    customer: str
    account: str | None
    wrapped_key: str | None
    key_id: str
    profile: str | None
    sealed_account: str | None
    created_at: str
    profile_version: int = 0


class CustomerTable:
    """Rows are durable when a method returns. Every method raises StoreUnavailable, and those that write
    OutcomeUnknown when the connection goes meanwhile (all of them may be repeated).
    """

    def __init__(self, log: "EventLog") -> None:
        self._log = log

    def add(self, row: CustomerRow) -> CustomerRow:
        """Add a person unless this id or account is there already; answers what is stored, so that
        processes which race for one account all get the same person.
        """
        sql = (
            f"INSERT INTO customers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 - constant names
            f"ON CONFLICT DO NOTHING RETURNING {_COLUMNS}"
        )
        added = _customers(self._log.write(sql, row))
        if added:
            return added[0]
        stored = self.by_account(row.account) if row.account is not None else None
        stored = stored or self.get(row.customer)
        return stored or self.add(row)  # deleted between the two statements

    def get(self, customer: str) -> CustomerRow | None:
        """The person of an id."""
        return self._one("customer = ?", customer)

    def by_account(self, account: str) -> CustomerRow | None:
        """The person of an account's keyed hash."""
        return self._one("account = ?", account)

    def many(self, ids: Iterable[str]) -> dict[str, CustomerRow]:
        """Those of these people that are there, by id."""
        found = self._select(f"customer {self._log.one_of}", [self._log.texts(ids)])
        return {row.customer: row for row in found}

    def with_profiles(self, beyond: str, most: int) -> list[CustomerRow]:
        """People of whom something is known, in the order of their ids, from beyond one on."""
        readable = "customer > ? AND profile IS NOT NULL AND wrapped_key IS NOT NULL"
        return self._select(f"{readable} ORDER BY customer LIMIT ?", [beyond, most])

    def set_profile(self, customer: str, sealed: str | None, expected_version: int | None = None) -> bool:
        """Replace the sealed profile, if it is still at `expected_version`; False when it is not, or when
        nobody has that id.
        """
        sql = "UPDATE customers SET profile = ?, profile_version = profile_version + 1 WHERE customer = ?"
        parameters: list[str | int | None] = [sealed, customer]
        if expected_version is not None:
            sql, parameters = f"{sql} AND profile_version = ?", [*parameters, expected_version]
        return bool(self._log.write(f"{sql} RETURNING customer", parameters))

    def delete(self, customer: str) -> bool:
        """Forget a person and their key; False when nobody has that id."""
        deleted = self._log.write("DELETE FROM customers WHERE customer = ? RETURNING customer", [customer])
        if deleted:
            self._log.scrub()
        return bool(deleted)

    def _one(self, where: str, parameter: str) -> CustomerRow | None:
        return next(iter(self._select(where, [parameter])), None)

    def _select(self, where: str, parameters: list[object]) -> list[CustomerRow]:
        sql = f"SELECT {_COLUMNS} FROM customers WHERE {where}"  # noqa: S608 - written in this package
        return _customers(self._log.rows(sql, parameters))


def _customers(rows: Sequence[Sequence[object]]) -> list[CustomerRow]:
    return [CustomerRow(*row) for row in rows]  # type: ignore[arg-type] # the columns' types are the table's
