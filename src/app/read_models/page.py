"""Pages of long lists, and the opaque cursors that lead from one to the next."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Generic, NamedTuple, TypeVar

Item = TypeVar("Item")

MOST_ON_A_PAGE = 500


class BadCursor(Exception):  # noqa: N818 - the word of the API's refusal
    """A cursor that this service did not give out, or gave out for another log. The message is for people."""


class Page(NamedTuple, Generic[Item]):
    """Part of a list; `next` is the cursor of what follows, none at the end."""

    items: list[Item]
    next: str | None


def page_size(limit: int) -> int:
    """The asked number of items, within 1 to 500."""
    return max(1, min(limit, MOST_ON_A_PAGE))


def cursor_to(log_id: str, *key: str | int) -> str:
    """A cursor to what comes after the item with this sort key."""
    return urlsafe_b64encode(json.dumps([log_id, *key]).encode()).decode().rstrip("=")


def key_of(cursor: str, log_id: str, *kinds: type) -> list[Any]:
    """The sort key that a cursor leads to, with parts of these types. Raises BadCursor."""
    try:
        given, *key = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        given, key = None, []
    if [type(part) for part in key] != list(kinds) or not all(_storable(part) for part in key):
        raise BadCursor("This cursor was not given out by this list. Please begin again without one.")
    if given != log_id:
        raise BadCursor("This cursor belongs to another log. Please begin again without one.")
    return list(key)


def _storable(part: str | int) -> bool:
    if isinstance(part, int):
        return -(2**63) <= part < 2**63
    return "\0" not in part and not any("\ud800" <= character <= "\udfff" for character in part)
