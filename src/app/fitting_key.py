"""Whether a master key opens the keys of the people in a log. Reads only, and says nothing about a person."""

from app.details import DESK, wrapping
from app.log.reading import Reading
from app.sealing import SealingKey, Unreadable

_OTHERS = "SELECT customer FROM customers WHERE wrapped_key IS NOT NULL AND wrapped_key NOT LIKE ? LIMIT 1"
_ONE = (
    "SELECT customer, key_id, wrapped_key FROM customers WHERE wrapped_key IS NOT NULL ORDER BY customer <> ? LIMIT 1"
)


def has_people(log: Reading) -> bool:
    """Whether anything is sealed under a master key. Raises StoreUnavailable."""
    return bool(log.rows("SELECT 1 FROM customers WHERE wrapped_key IS NOT NULL LIMIT 1"))


def opens_all(log: Reading, master_key: bytes) -> bool:
    """Whether all keys were wrapped under this one, and one of them really opens. Raises StoreUnavailable."""
    master = SealingKey.named_by_itself(master_key)
    if log.rows(_OTHERS, [f"{master.prefix}%"]):
        return False
    for customer, key_id, wrapped in log.rows(_ONE, [DESK]):
        try:
            master.open(wrapping(customer, key_id), wrapped)
        except Unreadable:
            return False
    return True
