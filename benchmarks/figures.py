"""The figures that Daybook is held to, and how far this run got."""

from typing import NamedTuple

from lagging import Lag
from results import Key, Results


class Figure(NamedTuple):
    """A ratio that must be reached; `at_most` for latency."""

    title: str
    workload: str
    connections: int
    one: str
    other: str
    must: float
    aim: float
    of: str = "rate"
    at_most: bool = False


FIGURES = (
    Figure("distinct slots, SQLite : floor POST", "distinct", 128, "daybook_sqlite", "floor", 0.50, 0.65),
    Figure("distinct slots, SQLite : unique-index", "distinct", 128, "daybook_sqlite", "unique_index", 2.0, 2.5),
    Figure("distinct slots, PostgreSQL : unique-index", "distinct", 128, "daybook_postgres", "unique_index", 1.5, 2.0),
    Figure("distinct slots, PostgreSQL : library", "distinct", 128, "daybook_postgres", "library", 5, 8),
    Figure("refusals on a hot slot, SQLite : floor POST", "hot", 128, "daybook_sqlite", "floor", 0.75, 0.85),
    Figure("rooms, PostgreSQL : exclusion", "rooms", 128, "daybook_postgres", "exclusion", 1.5, 2.5),
    Figure("places, PostgreSQL : counted", "places", 128, "daybook_postgres", "counted", 1.5, 2.5),
    Figure(
        "one connection, median latency, PostgreSQL : unique-index",
        *("distinct", 1, "daybook_postgres", "unique_index", 1.3, 1.0, "median_us", True),
    ),
    Figure("availability of 7 days, SQLite : floor GET", "availability", 128, "daybook_sqlite", "floor", 0.50, 0.70),
)
LAG_MUST_SECONDS, LAG_AIM_SECONDS = 0.100, 0.020


def rows(results: Results) -> list[list[str]]:
    """One row a figure: title, ratio with spread, must, aim, verdict. Figures that were not measured are left out."""
    found = []
    for figure in FIGURES:
        ratio = results.ratio(figure.workload, figure.connections, figure.one, figure.other, figure.of)
        if ratio is None:
            continue
        sign = "at most " if figure.at_most else ""
        value = -ratio.of_medians if figure.at_most else ratio.of_medians
        must, aim = (-bound if figure.at_most else bound for bound in (figure.must, figure.aim))
        verdict = "aim reached" if value >= aim else "reached" if value >= must else "MISSED"
        if any(results.faults.get((figure.workload, name)) for name in (figure.one, figure.other)):
            verdict = "FAILS THE CHECK"
        found.append([figure.title, str(ratio), f"{sign}{figure.must:g}", f"{figure.aim:g}", verdict])
    return found + _lag(results)


def _lag(results: Results) -> list[list[str]]:
    found = []
    for name in ("daybook_sqlite", "daybook_postgres"):
        lags = results.lags.get(Key("distinct", 128, name))
        if lags:
            found += [_catching_up(name, lags), _growing(name, lags)]
    return found


def _catching_up(name: str, lags: list[Lag]) -> list[str]:
    worst = max(lag.seconds for lag in lags)
    verdict = "aim reached" if worst <= LAG_AIM_SECONDS else "reached" if worst <= LAG_MUST_SECONDS else "MISSED"
    events = ", ".join(str(lag.behind) for lag in lags)
    title = f"read models caught up after full speed, {name.removeprefix('daybook_')} (events behind: {events})"
    return [title, f"{worst * 1000:.0f} ms", "100 ms", "20 ms", verdict]


def _growing(name: str, lags: list[Lag]) -> list[str]:
    """In no round may it grow by more than is stored in the time that it may be behind."""
    seen = [lag.growth for lag in lags if lag.growth is not None]
    title = f"lag at full speed, {name.removeprefix('daybook_')}, the round in which it grew most"
    if not seen:
        return [title, "rounds too short", "never grows", "", "not seen"]
    worst = max(seen, key=lambda growth: growth.late - growth.early)
    measured = f"{worst.early:.0f} events, later {worst.late:.0f}; {worst.stored:,.0f} stored a second"
    grows = worst.late - worst.early > LAG_MUST_SECONDS * worst.stored
    return [title, measured, "never grows", "", "MISSED" if grows else "reached"]
