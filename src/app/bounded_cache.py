"""A bounded, thread-safe memory of what was used last."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps at most `size` values; the one unused for longest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value, or None when it is not (or no longer) here."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._size:
                self._values.popitem(last=False)

    def forget(self, key: Key) -> None:
        """Keep it no longer."""
        with self._lock:
            self._values.pop(key, None)

    def forget_where(self, condition: Callable[[Value], bool]) -> None:
        """Keep none of the values that meet a condition; looks at all of them."""
        with self._lock:
            for key in [key for key, value in self._values.items() if condition(value)]:
                del self._values[key]
