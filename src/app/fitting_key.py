"""Whether a master key opens the keys of the people in a log. Reads only, and says nothing about a person."""

from app.details import DESK, wrapping
from app.log.reading import Reading
from app.master_keys import MasterKeys
from app.sealing import Unreadable

_ONE = (
    "SELECT customer, key_id, wrapped_key FROM customers WHERE wrapped_key IS NOT NULL ORDER BY customer <> ? LIMIT 1"
)


def has_people(log: Reading) -> bool:
    """Whether anything is sealed under a master key. Raises StoreUnavailable."""
    return bool(log.rows("SELECT 1 FROM customers WHERE wrapped_key IS NOT NULL LIMIT 1"))


def opens_all(log: Reading, master: MasterKeys) -> bool:
    """Whether all keys were wrapped under one of these, and one of them really opens. Raises StoreUnavailable."""
    others = "wrapped_key IS NOT NULL" + "".join(" AND wrapped_key NOT LIKE ?" for _ in master.prefixes)
    sql = f"SELECT customer FROM customers WHERE {others} LIMIT 1"  # noqa: S608 - constants
    if log.rows(sql, [f"{each}%" for each in master.prefixes]):
        return False
    for customer, key_id, wrapped in log.rows(_ONE, [DESK]):
        try:
            master.open(wrapping(customer, key_id), wrapped)
        except Unreadable:
            return False
    return True
