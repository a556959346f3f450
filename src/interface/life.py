"""What a process of the service is told of its life by the one over it."""

from collections.abc import Callable
from typing import NamedTuple


class Life(NamedTuple):
    """`orphaned` is a descriptor that ends when the process over it has ended; `ready` is to be called once it does
    what it is for.
    """

    orphaned: int
    ready: Callable[[], None]
