"""`make bench-audit`: what it costs to read a whole log again, and a long day. Written to AUDIT.md."""

import argparse
import os
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import median
from time import monotonic, process_time

from contestants import MASTER_KEY, leave_nothing_running
from decide import CAUSE, OPENS, registered, wanted
from fill import fill
from report import table, write_down
from workloads import Workload

from app.as_of import AsOf, moment_of_version
from app.audit.verifying import verify
from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.records import Head, LoggedEvent
from app.log.sqlite import open_sqlite
from app.memory import Memory
from app.read_models.database import open_sqlite as open_models
from app.rebuilding import rebuild
from app.settings import Settings, load_settings
from app.snapshotting import Snapshotting
from app.transfer.exporting import Lines, header_of, pages
from app.transfer.replaying import replay
from app.transfer.selecting import Selected
from domain.event import Aggregate, Event
from domain.resource_day import ResourceDay

PATH = Path(__file__).with_name("AUDIT.md")
VENUE = Workload("growth", "growth", ("daybook_sqlite",), capacity=1_000_000)
PAGE = 2_000
APPEND = 500
STANDING = 500
"""Claims that stand at any moment of the long day; older ones are given back."""
ABOUT = (
    "Processor time is that of the one process that does the work, and says more where a machine has neighbours. A day "
    "of 1,000 events is loaded, and looked back at, without a snapshot."
)
LOOKS = 40
LOADS = 5


class Phases:
    """Seconds of each kind of work, by the calls of a progress."""

    def __init__(self) -> None:
        self._last = monotonic()
        self.seconds: dict[str, float] = {}

    def __call__(self, what: str, _done: int, _total: int) -> None:
        now = monotonic()
        self.seconds[what] = self.seconds.get(what, 0.0) + now - self._last
        self._last = now

    def shown(self) -> str:
        """What took at least a twentieth of the time."""
        whole = sum(self.seconds.values()) or 1.0
        return ", ".join(
            f"{what.lower()} {seconds / whole:.0%}" for what, seconds in self.seconds.items() if seconds > whole / 20
        )


def main() -> None:
    """Fill a log and a long day, measure, write AUDIT.md."""
    leave_nothing_running()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--day", type=int, default=100_000, help="events of the long day")
    parser.add_argument("--quick", action="store_true", help="20,000 events, a day of 10,000, no AUDIT.md")
    said = parser.parse_args()
    events, day = (20_000, 10_000) if said.quick else (said.events, said.day)
    with tempfile.TemporaryDirectory(prefix="daybook-audit-") as folder:
        whole = _whole(Path(folder), events)
        long = _long(Path(folder) / "day", day)
    of_whole = table(
        ["of the whole log", "events/s", "by processor time", "times reading it", "where the time goes"], whole
    )
    of_day = table([f"a day of {day:,} events", "milliseconds of processor time", "to a day of 1,000"], long)
    shown = f"{of_whole}\n\n{of_day}\n\n{ABOUT}"
    print(f"\n{shown}")
    if not said.quick:
        of_run = f"{events:,} events, a day of {day:,}, SQLite, {os.cpu_count()} cores"
        write_down(PATH, "Audit", "bench-audit", of_run, shown)


# The whole log.


def _whole(folder: Path, events: int) -> list[list[str]]:
    settings = load_settings(data=folder / "store", log_level="warning", rate_limit="off", master_key=MASTER_KEY)
    settings.data.mkdir()
    print(f"Filling a log with {events:,} events", flush=True)
    fill(settings, VENUE, events, events // 400)
    with closing(open_sqlite(settings.data, serving=False, read_only=True)) as log:
        head = log.head()
        began, used = monotonic(), process_time()
        _read(log)
        took, reading = monotonic() - began, process_time() - used
        works: list[tuple[str, Callable[[Phases], object]]] = [
            ("rebuild, nothing to compare with", lambda phases: rebuild(settings, phases)),
            ("rebuild, compared with what is in use", lambda phases: rebuild(settings, phases)),
            ("verify", lambda phases: _verified(settings, log, phases)),
            ("export", lambda phases: _exported(log, head, folder / "log.jsonl", phases)),
            ("replay, with its read models", lambda phases: _replayed(folder, phases)),
        ]
        rows = [["reading it, in pages", *_rates(head, took, reading), "1", ""]]
        for name, work in works:
            phases, began, used = Phases(), monotonic(), process_time()
            work(phases)
            took, used = monotonic() - began, process_time() - used
            rows.append([name, *_rates(head, took, used), f"{used / reading:.0f}", phases.shown()])
            print(f"  {', '.join(rows[-1])}", flush=True)
    return rows


def _rates(head: Head, took: float, used: float) -> list[str]:
    return [f"{head.position / seconds:,.0f}" for seconds in (took, used)]


def _read(log: EventLog) -> None:
    position = 0
    while batch := log.rows("SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?", [position, PAGE]):
        position = batch[-1][0]


def _verified(settings: Settings, log: EventLog, phases: Phases) -> None:
    with closing(open_models(settings.data)) as models:
        if not (found := verify(log, models, [], {}, phases)).is_whole:
            raise SystemExit(f"The log does not verify: {found.findings[:3]}")


def _exported(log: EventLog, head: Head, out: Path, phases: Phases) -> None:
    selected = Selected(1, head.position, None, None)
    with out.open("wb") as file:
        lines = Lines(file, header_of(log, selected))
        lines.begin()
        for page in pages(log, selected):
            lines.write(page)
            phases("Writing lines", page.reached, head.position)
        lines.end(head.position)


def _replayed(folder: Path, phases: Phases) -> None:
    again = load_settings(data=folder / "again", log_level="warning", master_key=MASTER_KEY)
    if (unbuilt := replay(again, [folder / "log.jsonl"], None, phases).unbuilt) is not None:
        raise SystemExit(unbuilt)


# The long day.


def _long(folder: Path, events: int) -> list[list[str]]:
    print(f"Filling a day with {events:,} events", flush=True)
    with closing(open_sqlite(folder, serving=True)) as log:
        snapshotting = Snapshotting(log.snapshots)
        short = _filled(log, snapshotting, 1_000)
        log.write("DELETE FROM snapshots")
        loaded, looked = _load(log, short), _look(log, short)
        long = _filled(log, snapshotting, events)
        rows = [
            _row("loading it, with snapshots", _load(log, long), loaded),
            _row(f"as-of query, median of {LOOKS} versions, with snapshots", _look(log, long), looked),
        ]
        log.write("DELETE FROM snapshots")
        rows.append(_row("loading it, without", _load(log, long), loaded))
        rows.append(_row("as-of query, without", _look(log, long), looked))
    return rows


def _row(name: str, took: float, short: float) -> list[str]:
    print(f"  {name}: {took * 1000:,.1f} ms", flush=True)
    return [name, f"{took * 1000:,.1f}", f"{float(f'{took / short:.2g}'):,g}"]


def _filled(log: EventLog, snapshotting: Snapshotting, events: int) -> str:
    """A day of its own resource with so many events; its stream. Snapshots are made as the writer has them made."""
    mapper, resource = EventMapper(), registered(f"stadium-{events}")
    log.append(_collected(resource, mapper), log.head())
    day = ResourceDay.untouched(ResourceDay.stream(resource.key, OPENS.date()))
    standing: list[str] = []
    offered = 0
    while day.version < events:
        while len(day.pending_events) < APPEND and day.version < events:
            if len(standing) > STANDING:
                day.release(CAUSE, standing.pop(0), "cancelled")
            else:
                claim = wanted(day.version)
                day.change(CAUSE, resource, claim=[claim])
                standing.append(claim.claim.booking)
        head = log.append(_collected(day, mapper), log.head())
        if day.version - offered >= 1_000:
            offered = day.version
            snapshotting.offer(day.copy(), head.position, head)
            snapshotting.flush()
    return day.id


def _collected(aggregate: Aggregate, mapper: EventMapper) -> list[LoggedEvent]:
    return [mapper.to_logged(event) for event in aggregate.collect_events() if isinstance(event, Event)]


def _load(log: EventLog, stream: str) -> float:
    """Seconds of processor time, the median of a few."""
    took = []
    for _ in range(LOADS):
        memory = Memory(log, EventMapper())
        memory.begin()
        began = process_time()
        memory.fetch([stream], log)
        took.append(process_time() - began)
    return median(took)


def _look(log: EventLog, stream: str) -> float:
    """Seconds of processor time of a look at the day at some version, the median of many."""
    random, took = Random(1), []
    resource = stream.split("/")[1]
    last = log.rows("SELECT max(version) FROM events WHERE stream = ?", [stream])[0][0]
    for _ in range(LOOKS):
        began = process_time()
        moment = moment_of_version(log, stream, random.randint(1, last))
        assert moment is not None
        AsOf(log, EventMapper(), moment).day(resource, OPENS.date())
        took.append(process_time() - began)
    return median(took)


if __name__ == "__main__":
    main()
