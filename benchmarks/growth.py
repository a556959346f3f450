"""`make bench-growth`: what a long log costs. Written to GROWTH.md."""

import argparse
import os
import resource
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import contestants
import httpx
from contestants import MASTER_KEY, Contestant, leave_nothing_running, tokens_file
from fill import fill
from load import run, wrk_version
from report import table, write_down
from results import Key, Results
from workloads import Workload

from app.log.mapper import EventMapper
from app.log.sqlite import open_sqlite
from app.memory import untouched
from app.rebuilding import rebuild
from app.settings import load_settings
from domain.event import Aggregate

PATH = Path(__file__).with_name("GROWTH.md")
READY_SECONDS = 120.0
CONNECTIONS = 128
PAGE = 5_000
SAY_SECONDS = 5.0
ROUND_NUMBERS = 1_000_000
VENUE = Workload("growth", "growth", ("daybook_sqlite",), capacity=1_000_000)


def main() -> None:
    """Fill a log, measure, write GROWTH.md."""
    leave_nothing_running()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="30,000 events, rounds of a second, no GROWTH.md")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=10_000, help="bookings on a crowded day")
    said = parser.parse_args()
    events, claims = (30_000, 300) if said.quick else (said.events, said.claims)
    rounds, seconds = (2, 1) if said.quick else (5, 4)
    wrk_version()
    with tempfile.TemporaryDirectory(prefix="daybook-growth-") as folder:
        rows = _measure(Path(folder), events, claims, rounds, seconds)
    shown = table(["figure", "measured", "must reach", "aim for"], rows)
    print(f"\n{shown}")
    if not said.quick:
        of_run = f"{events:,} events, {claims:,} bookings on a crowded day, SQLite, {os.cpu_count()} cores"
        write_down(PATH, "Growth", "bench-growth", of_run, shown)


def _measure(folder: Path, events: int, claims: int, rounds: int, seconds: int) -> list[list[str]]:
    tokens = tokens_file(folder)
    full = folder / "full"
    full.mkdir()
    settings = load_settings(data=full / "store", log_level="warning", rate_limit="off", master_key=MASTER_KEY)
    (full / "store").mkdir()
    print(f"Filling a log with {events:,} events")
    began = monotonic()
    spread = fill(settings, VENUE, events, claims)
    rows = [["filled by commands in one process", f"{events / (monotonic() - began):,.0f} events/s", "", ""]]
    rows += [_rebuilt(full / "store"), _replayed(full / "store")]
    ready, long_log = _started(full)
    try:
        rows.append(["ready, nothing to rebuild", f"{ready:.2f} s", "3 s", "1 s"])
        rows.append(["memory when ready", f"{long_log.memory():,.0f} MB", "", ""])
        _, new = _started(None)
        try:
            rows += _compared(long_log, new, spread, rounds, seconds, tokens)
        finally:
            new.stop()
    finally:
        contestants.end(long_log.process)
    return rows


def _rebuilt(store: Path) -> list[str]:
    settings, head, began = load_settings(data=store, master_key=MASTER_KEY), 0, monotonic()
    said = began

    def progress(what: str, done: int, total: int) -> None:
        nonlocal head, said
        if what == "Building read models":
            head = total
        if monotonic() - said > SAY_SECONDS:
            said = monotonic()
            print(f"  {what}: {done:,} of {total:,}", flush=True)

    rebuild(settings, progress)
    rate = head / (monotonic() - began)
    return ["rebuild of all read models", f"{rate:,.0f} events/s{_peak()}", "20,000", "50,000"]


def _replayed(store: Path) -> list[str]:
    """Every stream's aggregate from its events, as the writer makes them."""
    mapper, aggregates = EventMapper(), dict[str, Aggregate]()
    with closing(open_sqlite(store, serving=False, read_only=True)) as log:
        position, began = 0, monotonic()
        while batch := log.after(position, PAGE):
            for recorded in batch:
                stream = recorded.originator_id
                aggregate = aggregates.get(stream)
                if aggregate is None:
                    aggregate = aggregates[stream] = untouched(stream)
                mapper.to_event(recorded).mutate(aggregate)
            position = batch[-1].id
    return ["replay of all aggregates", f"{position / (monotonic() - began):,.0f} events/s{_peak()}", "", ""]


def _started(filled: Path | None) -> tuple[float, Contestant]:
    """Seconds from the start of the process until it is ready, and the contestant."""
    began = monotonic()
    contestant = contestants.start("daybook_sqlite", VENUE, None, folder=filled)
    while monotonic() - began < READY_SECONDS:
        if httpx.get(f"{contestant.address}/health/ready", timeout=10).status_code == 200:
            break
        sleep(0.01)
    return monotonic() - began, contestant


def _compared(
    long_log: Contestant, new: Contestant, spread: int, rounds: int, seconds: int, tokens: Path
) -> list[list[str]]:
    """Bookings on the long log against an empty one, and on crowded days against empty days of the same log."""
    results = Results()
    long_log.next_request = spread
    for number in range(rounds + 1):
        turn = (
            ("long", long_log, "distinct", long_log.next_request),
            ("empty", new, "distinct", new.next_request),
            ("crowded", long_log, "crowded", number * ROUND_NUMBERS),
            ("uncrowded", long_log, "uncrowded", number * ROUND_NUMBERS),
        )
        shown: Sequence[str] = []
        for name, contestant, script, first in turn:
            measured = run(contestant.address, VENUE, CONNECTIONS, seconds, first, tokens, script=script)
            if measured.refused or measured.broken:
                raise SystemExit(f"{name}: {measured.refused} refused, {measured.broken} broken")
            if script == "distinct":
                contestant.next_request += measured.sent
            if number:
                results.rounds[Key("growth", CONNECTIONS, name)].append(measured)
            while contestant.lag():
                sleep(0.01)
            shown = [*shown, f"{name} {measured.rate:,.0f}/s"]
        print(f"  {f'round {number}/{rounds}' if number else 'warm-up'}: {', '.join(shown)}", flush=True)
    compared = [
        ["bookings, long log : empty log", str(results.ratio("growth", CONNECTIONS, "long", "empty")), "0.90", "0.97"],
        [
            "bookings, crowded days : empty days",
            str(results.ratio("growth", CONNECTIONS, "crowded", "uncrowded")),
            "0.90",
            "0.97",
        ],
    ]
    memory = [["memory after the rounds, long log", f"{long_log.memory():,.0f} MB", "", ""]]
    return compared + memory + [["memory after the rounds, empty log", f"{new.memory():,.0f} MB", "", ""]]


def _peak() -> str:
    return f", peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


if __name__ == "__main__":
    main()
