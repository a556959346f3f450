"""What one machine carries, by the store and the number of processes; the table is for docs/operations.md."""

import os
import tempfile
from pathlib import Path
from statistics import median

from contestants import Contestant, leave_nothing_running, start, tokens_file
from load import run, wrk_version
from postgres import running
from report import table
from results import Key, Results
from workloads import WORKLOADS, Workload

CONNECTIONS, ROUNDS, SECONDS = 32, 5, 3
CONTESTANTS = {
    "SQLite, one door": ("daybook_sqlite", 1),
    "PostgreSQL, one door": ("daybook_postgres", 1),
    "PostgreSQL, two doors": ("daybook_postgres", 2),
}
ASKED = {"distinct": "bookings", "availability": "availability of 7 days"}


def main() -> None:
    """Take turns, print the table."""
    leave_nothing_running()
    wrk_version()
    results = Results()
    with tempfile.TemporaryDirectory(prefix="daybook-scale-") as folder:
        for name in ASKED:
            _measure(WORKLOADS[name], tokens_file(Path(folder)), results)
    rows = [[title, *(_said(results, name, title) for name in ASKED)] for title in CONTESTANTS]
    print(f"\n{os.cpu_count()} cores, shared with the load and PostgreSQL; {CONNECTIONS} connections.\n")
    print(table(["", *ASKED.values()], rows))


def _measure(workload: Workload, tokens: Path, results: Results) -> None:
    with running() as postgres:
        started: dict[str, Contestant] = {}
        try:
            for title, (name, workers) in CONTESTANTS.items():
                started[title] = start(name, workload, postgres, workers=workers)
            for number in range(ROUNDS + 1):
                for title, each in started.items():
                    used = each.cpu_seconds()
                    measured = run(each.address, workload, CONNECTIONS, SECONDS, each.next_request, tokens)
                    used = each.cpu_seconds() - used
                    each.next_request += measured.sent
                    if measured.broken or measured.refused:
                        raise SystemExit(f"{title}: {measured.broken} broken, {measured.refused} refused")
                    if number:
                        results.rounds[Key(workload.name, CONNECTIONS, title)].append(measured)
                        results.cpu_us[Key(workload.name, CONNECTIONS, title)].append(1e6 * used / measured.answered)
                    print(f"  {workload.name}, round {number}, {title}: {measured.rate:,.0f}/s", flush=True)
        finally:
            for each in started.values():
                each.stop()


def _said(results: Results, workload: str, title: str) -> str:
    key = Key(workload, CONNECTIONS, title)
    ratio = results.ratio(workload, CONNECTIONS, title, next(iter(CONTESTANTS)))
    cpu = median(results.cpu_us[key]) / 1000
    return (
        f"{results.rate(key):,.0f} a second, {ratio} of SQLite; p99 {results.p99_ms(key):.0f} ms; CPU {cpu:.2f} ms each"
    )


if __name__ == "__main__":
    main()
