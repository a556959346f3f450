"""Tables for the terminal and RESULTS.md."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import figures
from contestants import DESCRIBED
from load import wrk_version
from results import Key, Results
from workloads import WORKLOADS

PATH = Path(__file__).with_name("RESULTS.md")
ABOUT_RATIOS = (
    "Only ratios within one run mean anything: the contestants took turns round by round, and the load generator, "
    "the server and PostgreSQL share the cores."
)
ABOUT_CONTESTANTS = (
    "Every contestant runs behind the same granian server with the same token check and the same validation; "
    "bookings carry no details, and those who book are a hundred. A peer is one process, or two where it says so; "
    "Daybook is three: one door, one that writes, one that keeps the read models up. All that it keeps up while it "
    "books is in its figures; where nobody books (availability), it answers from memory, which the mixed workload "
    "does not let it. A spread is the lowest and highest ratio of two rounds of one turn. "
    "The check: every booking that a client counted is stored, nothing is stored that nobody asked for, no place "
    "is sold twice. wrk leaves the requests under way at a round's end unanswered; those may be stored or not. "
    "`CPU us` is what the server's processes used for one request, PostgreSQL's own processes not counted. "
    "In a race before the rounds every answer is heard, and what is counted is exactly what is stored."
)
FIGURE_HEAD = ("figure", "measured (spread)", "must reach", "aim for", "")
PACKAGES = ("daybook-service", "granian", "litestar", "uvloop", "pydantic", "psycopg", "eventsourcing")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, its columns aligned for the terminal as well."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def write_down(path: Path, title: str, made_by: str, of_run: str, shown: str) -> None:
    """Keep tables in a Markdown file beside the program that measured them, with the run that they are of."""
    when = f"Written by `make {made_by}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {of_run}."
    path.write_text(f"# {title}\n\n{when}\n\n{shown}\n")
    print(f"Written: {path.name}")


def measured(results: Results, workload: str, connections: int) -> str:
    """One workload at one number of connections; ratios are to the first contestant of it."""
    names = [name for name in WORKLOADS[workload].contestants if results.rounds.get(Key(workload, connections, name))]
    rows = []
    for name in names:
        key = Key(workload, connections, name)
        ratio = results.ratio(workload, connections, name, names[0])
        faults = results.faults.get((workload, name))
        check = "not yet" if faults is None else "fails: " + "; ".join(faults) if faults else "ok"
        rate = f"{results.rate(key):,.0f}"
        times = [f"{results.median_ms(key):.2f}", f"{results.p99_ms(key):.2f}"]
        used = f"{median(results.cpu_us[key]):.0f}"
        rows.append([DESCRIBED[name].title, rate, str(ratio), *times, used, check])
    return table(
        ["contestant", "requests/s", f"of {names[0]} (spread)", "median ms", "p99 ms", "CPU us", "check"], rows
    )


def write(results: Results, settings: str, postgres: str) -> None:
    """Write RESULTS.md."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    described = [[each.title, each.store, each.durability] for each in DESCRIBED.values()]
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres}, "
        f"wrk {wrk_version()}; {versions}. {settings}"
    )
    parts = [
        "# Results",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {ABOUT_RATIOS}",
        machine,
        ABOUT_CONTESTANTS,
        table(["contestant", "store", "durable at the answer"], described),
        "## Figures",
        table(FIGURE_HEAD, figures.rows(results)),
    ]
    for name, connections in dict.fromkeys((key.workload, key.connections) for key in results.rounds):
        parts += [
            f"## {WORKLOADS[name].title}, {connections} connection{'s' * (connections > 1)}",
            measured(results, name, connections),
        ]
    growth = PATH.with_name("GROWTH.md")
    if growth.exists():
        parts.append("Growth: see [GROWTH.md](GROWTH.md).")
    PATH.write_text("\n\n".join(parts) + "\n")
