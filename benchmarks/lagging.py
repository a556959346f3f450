"""How far Daybook's read models are behind while it is under load, and how long they take afterwards."""

from statistics import linear_regression, median
from threading import Event, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import NamedTuple

from contestants import Contestant

CATCH_UP_SECONDS = 120.0
SECONDS_BETWEEN_LOOKS = 0.25
STARTING_SECONDS = 0.5


class Lag(NamedTuple):
    """`behind`: events when the load ended, which took `seconds` to catch up with. `usual`: events during the load;
    `growth`: by how many events more each second, of `stored` a second.
    """

    behind: int
    seconds: float
    usual: float
    growth: float
    stored: float


class LagWatch:
    """Looks at the lag while its block runs, past the server, in a thread."""

    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._ended = Event()
        self._looks: list[tuple[float, int, int]] = []
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> "LagWatch":
        self._began = monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def lag(self) -> Lag:
        """To be asked when the block has just ended: waits until the read models have caught up."""
        began = monotonic()
        behind = lag = self._contestant.lag()
        while lag and monotonic() - began < CATCH_UP_SECONDS:
            sleep(0.005)
            lag = self._contestant.lag()
        seconds = monotonic() - began
        times = [at for at, _, _ in self._looks]
        if len(times) < 3:
            return Lag(behind, seconds, behind, 0.0, 0.0)
        lags = [lag for _, lag, _ in self._looks]
        heads = [head for _, _, head in self._looks]
        growth, stored = (linear_regression(times, each).slope for each in (lags, heads))
        return Lag(behind, seconds, median(lags), growth, stored)

    def _look(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            head, reached = self._contestant.progress()
            at = monotonic() - self._began
            if at > STARTING_SECONDS:
                self._looks.append((at, max(0, head - reached), head))
