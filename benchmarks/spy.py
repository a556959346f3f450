"""Where the time goes: `python benchmarks/spy.py distinct daybook_sqlite` (needs py-spy).

Loads one contestant and samples it: CPU seconds of each thread, and functions by who held the interpreter's lock.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from threading import Thread
from time import sleep

from contestants import DESCRIBED, Contestant, family, leave_nothing_running, start, tokens_file
from load import Round, run
from postgres import running
from workloads import WORKLOADS

Samples = list[tuple[list[str], int]]
"""Stacks, the thread first, and how often each was seen."""
WARM_UP_SECONDS = 3
RATE = 400
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Load, sample, print."""
    leave_nothing_running()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=list(WORKLOADS))
    parser.add_argument("contestant", choices=list(DESCRIBED))
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--top", type=int, default=25)
    said = parser.parse_args()
    workload = WORKLOADS[said.workload]
    with running() as postgres, tempfile.TemporaryDirectory() as folder:
        tokens = tokens_file(Path(folder))
        contestant = start(said.contestant, workload, postgres)
        try:
            if workload.seeded:
                run(contestant.address, workload, 8, WARM_UP_SECONDS, 0, tokens, script="distinct")
            warm = run(contestant.address, workload, said.connections, WARM_UP_SECONDS, 0, tokens)
            loaded: list[Round] = []
            first = 1 if workload.name == "hot" else warm.sent
            load = Thread(
                target=lambda: loaded.append(
                    run(contestant.address, workload, said.connections, said.seconds + 2, first, tokens)
                )
            )
            load.start()
            sleep(0.5)
            before = _threads(family(contestant.process.pid))
            samples = _sample(contestant, said.seconds, Path(folder))
            after = _threads(family(contestant.process.pid))
            load.join()
        finally:
            contestant.stop()
    print(f"{said.workload} on {said.contestant}, {said.connections} connections: {loaded[0].rate:,.0f} requests/s")
    _show_threads(before, after)
    _show(samples, said.top)


def _sample(contestant: Contestant, seconds: int, folder: Path) -> Samples:
    """Stacks of whoever held the lock, the thread first, and how often each was seen."""
    raw = folder / "raw.txt"
    spy = str(Path(sys.executable).with_name("py-spy"))
    what = ["record", "--gil", "--threads", "--subprocesses", "--format", "raw", "--nonblocking"]
    how = ["--rate", str(RATE), "--duration", str(seconds), "--pid", str(contestant.process.pid), "--output", str(raw)]
    done = subprocess.run([spy, *what, *how], capture_output=True, text=True, timeout=seconds + 60, check=False)
    if not raw.exists():
        raise SystemExit(f"py-spy: {done.stderr}")
    stacks = (line.rpartition(" ") for line in raw.read_text().splitlines())
    return [(stack.split(";"), int(count)) for stack, _, count in stacks]


def _threads(pids: Iterable[int]) -> Counter[str]:
    """CPU ticks by process and thread."""
    found: Counter[str] = Counter()
    for task in (task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()):
        name, _, rest = (task / "stat").read_text().rpartition(")")
        fields = rest.split()
        found[f"process {task.parts[2]}: {name.partition('(')[2]} {task.name}"] += int(fields[11]) + int(fields[12])
    return found


def _show_threads(before: Counter[str], after: Counter[str]) -> None:
    print("\nCPU seconds by thread of the system (the lock's holders and those outside it):")
    for name, ticks in (after - before).most_common(10):
        print(f"  {ticks / TICKS:6.2f}  {name}")


def _show(samples: Samples, top: int) -> None:
    total = sum(count for _, count in samples) or 1
    by_thread = _counted((stack[0], count) for stack, count in samples)
    print("\nShare of the interpreter's lock:")
    for thread, count in by_thread.most_common():
        print(f"  {100 * count / total:5.1f}%  {thread}")
    busy = [thread for thread, count in by_thread.items() if count > total / 20]
    for thread in sorted(busy, key=lambda name: -by_thread[name]):
        mine = [(stack[1:], count) for stack, count in samples if stack[0] == thread and len(stack) > 1]
        _show_functions(thread, mine, total, top)


def _show_functions(thread: str, mine: Samples, total: int, top: int) -> None:
    """Functions of one thread, as shares of all samples; those that hold nearly all of it say nothing."""
    all_of_it = sum(count for _, count in mine)
    itself = _counted((_place(stack[-1]), count) for stack, count in mine)
    within = _counted((place, count) for stack, count in mine for place in set(map(_place, stack)))
    for title, found in (("itself", itself), ("with what it calls", within)):
        print(f"\n{thread}, function {title}:")
        telling = ((name, count) for name, count in found.most_common() if count < 0.97 * all_of_it)
        for name, count in islice(telling, top):
            print(f"  {100 * count / total:5.1f}%  {name}")


def _counted(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, count in pairs:
        found[name] += count
    return found


def _place(frame: str) -> str:
    """A frame without its line."""
    return frame.rpartition(":")[0] + ")" if frame.rpartition(":")[2].rstrip(")").isdigit() else frame


if __name__ == "__main__":
    main()
