"""A bounded, thread-safe memory of what was used last."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps values that weigh at most `size` together; the one unused for longest goes first. `weigh` says what
    each counts for: 1 unless told otherwise.
    """

    def __init__(self, size: int, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        self._size = size
        self._weigh = weigh
        self._weight = 0
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
            self._drop(key)
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._size:
                self._drop(next(iter(self._values)))

    def forget(self, key: Key) -> None:
        """Keep it no longer."""
        with self._lock:
            self._drop(key)

    def forget_where(self, condition: Callable[[Value], bool]) -> None:
        """Keep none of the values that meet a condition; looks at all of them."""
        with self._lock:
            for key in [key for key, value in self._values.items() if condition(value)]:
                self._drop(key)

    def _drop(self, key: Key) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._weight -= self._weigh(value)
