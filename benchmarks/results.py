"""Rounds, their medians, and ratios with their spread."""

from collections import defaultdict
from statistics import median
from typing import NamedTuple

from lagging import Lag
from load import Round


class Key(NamedTuple):
    """Whose rounds they are."""

    workload: str
    connections: int
    contestant: str


class Ratio(NamedTuple):
    """A ratio of two medians, and the lowest and highest ratio of two rounds of one turn."""

    of_medians: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.of_medians:.2f} ({self.low:.2f}-{self.high:.2f})"


class Results:
    """All counted rounds of a run."""

    def __init__(self) -> None:
        self.rounds: dict[Key, list[Round]] = defaultdict(list)
        self.lags: dict[Key, list[Lag]] = defaultdict(list)
        self.cpu_us: dict[Key, list[float]] = defaultdict(list)
        """Microseconds of CPU a request, the server's process alone."""
        self.faults: dict[tuple[str, str], list[str]] = {}

    def rate(self, key: Key) -> float:
        return median(each.rate for each in self.rounds[key])

    def median_ms(self, key: Key) -> float:
        return median(each.median_us for each in self.rounds[key]) / 1000

    def p99_ms(self, key: Key) -> float:
        return median(each.p99_us for each in self.rounds[key]) / 1000

    def ratio(self, workload: str, connections: int, one: str, other: str, of: str = "rate") -> Ratio | None:
        """`of`: `rate`, or `median_us` for latency. None when either did not run."""
        ones, others = (self.rounds.get(Key(workload, connections, name)) for name in (one, other))
        if not ones or not others:
            return None
        mine, theirs = ([float(getattr(each, of)) for each in rounds] for rounds in (ones, others))
        turns = [mine_once / theirs_once for mine_once, theirs_once in zip(mine, theirs, strict=False)]
        return Ratio(median(mine) / median(theirs), min(turns), max(turns))
