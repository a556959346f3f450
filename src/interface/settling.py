"""A process is ready: who started it hears of it, and the collector leaves alone what is in memory by then."""

import gc
from collections.abc import Callable
from typing import Final

Ready = Callable[[], None]
"""How a process says that it does what it is for."""

THRESHOLDS: Final = (20_000, 20, 50)
"""Containers more than were freed before the youngest are looked through, and how often the older ones are."""


def settle() -> None:
    """Look no more through what is there, and less often through what comes: nearly all of it goes without cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
