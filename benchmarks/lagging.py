"""How far Daybook's read models are behind while it is under load, and how long they take afterwards."""

from collections.abc import Sequence
from statistics import median
from threading import Event, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import NamedTuple

from contestants import Contestant

CATCH_UP_SECONDS = 120.0
SECONDS_BETWEEN_LOOKS = 0.1
STARTING_SECONDS = 0.5
FEWEST_LOOKS = 6


class Growth(NamedTuple):
    """Events behind, in the middle of the first and the last third of a load; and `stored`, events a second."""

    early: float
    late: float
    stored: float


class Lag(NamedTuple):
    """`behind`: events when the load ended, which took `seconds` to catch up with. `growth` is none where the load was
    too short to tell.
    """

    behind: int
    seconds: float
    growth: Growth | None


class LagWatch:
    """Looks at the lag while its block runs, past the server, in a thread. What keeps it from looking is raised when
    the block ends.
    """

    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._ended = Event()
        self._looks: list[tuple[float, int, int]] = []
        self._trouble: Exception | None = None
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> "LagWatch":
        self._began = monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        if self._trouble is not None and error is None:
            raise self._trouble

    def lag(self) -> Lag:
        """To be asked when the block has just ended: waits until the read models have caught up."""
        began = monotonic()
        behind = lag = self._contestant.lag()
        while lag and monotonic() - began < CATCH_UP_SECONDS:
            sleep(0.005)
            lag = self._contestant.lag()
        return Lag(behind, monotonic() - began, _growth(self._looks))

    def _look(self) -> None:
        try:
            while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
                head, reached = self._contestant.progress()
                at = monotonic() - self._began
                if at > STARTING_SECONDS:
                    self._looks.append((at, max(0, head - reached), head))
        except Exception as trouble:
            self._trouble = trouble


def _growth(looks: Sequence[tuple[float, int, int]]) -> Growth | None:
    if len(looks) < FEWEST_LOOKS:
        return None
    third = len(looks) // 3
    early, late = (median(lag for _, lag, _ in part) for part in (looks[:third], looks[-third:]))
    (began, _, before), (ended, _, after) = looks[0], looks[-1]
    return Growth(early, late, (after - before) / (ended - began))
