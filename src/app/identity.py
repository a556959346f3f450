"""Ids that follow from other ids, and ids out of nothing.

Every keyed hash names its purpose, so that no value made for one purpose can serve another.
"""

import hmac
import secrets
from hashlib import sha256
from time import time_ns


def keyed_hash(secret: bytes, purpose: str, *parts: str | bytes) -> bytes:
    """32 bytes: HMAC-SHA-256 (RFC 2104) of the purpose and the parts, each preceded by its length in bytes,
    so that no two lists of parts look the same.
    """
    mac = hmac.new(secret, digestmod=sha256)
    for part in (purpose, *parts):
        # A lone surrogate is refused at the door; should one get here, it is still hashed as itself.
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        mac.update(len(data).to_bytes(8, "big"))
        mac.update(data)
    return mac.digest()


def random_command_id() -> str:
    """32 hex digits for a command that came without an idempotency key: milliseconds since 1970, then 80 random bits.

    In order of time, so that what is stored together lies together in the log's indexes.
    """
    return f"{time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def command_id(secret: bytes, by: str, route: str, idempotency_key: str) -> str:
    """32 hex digits: the same for every request of this actor (`by`, as events name it) to this route (method
    and path, ids filled in) with this key. `secret` is the log's own: nobody outside can work the id out.
    """
    return keyed_hash(secret, "daybook command 1", by, route, idempotency_key).hex()[:32]


def booking_id(command: str) -> str:
    """The booking that a command makes: `b-` and 32 hex digits. A repeat of the command makes the same one."""
    return f"b-{_following('daybook booking 1', command)}"


def series_id(command: str) -> str:
    """The series that a command makes: `s-` and 32 hex digits."""
    return f"s-{_following('daybook series 1', command)}"


def booking_of_series_id(command: str, number: int) -> str:
    """The booking of that number in the series that a command makes: `b-` and 32 hex digits."""
    return f"b-{_following(f'daybook booking of series 1 {number}', command)}"


def block_id(command: str) -> str:
    """The block that a command places: `k-` and 32 hex digits."""
    return f"k-{_following('daybook block 1', command)}"


def calendar_id(command: str) -> str:
    """The external calendar that a request adds: `x-` and 32 hex digits."""
    return f"x-{_following('daybook external calendar 1', command)}"


def wish_id(command: str) -> str:
    """The wish that a command puts in line: `w-` and 32 hex digits."""
    return f"w-{_following('daybook wish 1', command)}"


def offer_id(command: str, wish: str) -> str:
    """The booking by which a command that makes room serves a wish: `b-` and 32 hex digits."""
    return f"b-{_following(f'daybook offer 1 {wish}', command)}"


def customer_id(command: str) -> str:
    """The customer that a keyed request makes: `c-` and 32 hex digits."""
    return f"c-{_following('daybook customer 1', command)}"


def random_customer_id() -> str:
    """A made-up id for a person: `c-` and 128 random bits in hex."""
    return f"c-{secrets.token_hex(16)}"


def _following(purpose: str, command: str) -> str:
    # A command id is random or keyed already, so a plain hash gives nothing away; what it begins with keeps the order.
    return command[:12] + sha256(f"{purpose}\0{command}".encode()).hexdigest()[:20]
