"""`make bench`: the contestants take turns, round by round; ratios of medians go to RESULTS.md."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import figures
import report
from check import Tally, race, seed, verdict
from contestants import DESCRIBED, Contestant, leave_nothing_running, start, tokens_file
from lagging import LagWatch
from load import Round, run, wrk_version
from postgres import Postgres, running
from results import Key, Results
from workloads import WORKLOADS, Workload

AFTER_SEED = 10 * 200 * 16
"""The first request of which a booking, one in ten, lies on the second day."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    workloads: list[str]
    contestants: set[str]
    connections: list[int]
    rounds: int
    seconds: int


def main() -> None:
    """Run the benchmarks and write RESULTS.md."""
    plan, written = _plan()
    leave_nothing_running()
    wrk_version()
    results, began = Results(), monotonic()
    with running() as postgres, tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        tokens = tokens_file(Path(folder))
        try:
            for name in plan.workloads:
                _measure(WORKLOADS[name], plan, postgres, tokens, results)
        except KeyboardInterrupt:
            print("Stopped; what was measured so far:")
        version = postgres.version
    print(f"\n{report.table(report.FIGURE_HEAD, figures.rows(results))}")
    print(f"\n{(monotonic() - began) / 60:.1f} minutes.")
    if written:
        report.write(results, f"{plan.rounds} counted rounds of {plan.seconds} s after a warm-up.", version)
        print(f"Written: {report.PATH.name}")
    if any(results.faults.values()):
        raise SystemExit("A contestant failed the check.")


def _plan() -> tuple[Plan, bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds of a second at 128 connections, no RESULTS.md")
    parser.add_argument("--only", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS), help="workloads")
    parser.add_argument("--contestants", nargs="+", choices=list(DESCRIBED), default=list(DESCRIBED))
    parser.add_argument("--connections", nargs="+", type=int)
    parser.add_argument("--rounds", type=int, help="counted rounds (5)")
    parser.add_argument("--seconds", type=int, help="of a round (4)")
    said = parser.parse_args()
    rounds, seconds = (2, 1) if said.quick else (5, 4)
    connections = said.connections or ([128] if said.quick else [1, 32, 128])
    plan = Plan(said.only, set(said.contestants), connections, said.rounds or rounds, said.seconds or seconds)
    return plan, not said.quick


def _measure(workload: Workload, plan: Plan, postgres: Postgres, tokens: Path, results: Results) -> None:
    names = [name for name in workload.contestants if name in plan.contestants]
    print(f"\n{workload.title}: starting {', '.join(names)}", flush=True)
    contestants: list[Contestant] = []
    tallies = {name: Tally() for name in names}
    try:
        contestants.extend(start(name, workload, postgres) for name in names)
        for contestant in contestants:
            _race(contestant, workload, tallies[contestant.name])
            if workload.seeded:
                tallies[contestant.name].accepted += asyncio.run(seed(contestant, workload))
                contestant.next_request = AFTER_SEED
        for connections in plan.connections:
            _take_turns(workload, contestants, connections, plan, tokens, results, tallies)
        for contestant in contestants:
            results.faults[workload.name, contestant.name] = verdict(contestant, workload, tallies[contestant.name])
        memory = ", ".join(f"{each.name} {each.memory():.0f} MB" for each in contestants)
        print(f"checked; memory: {memory}")
        for name in names:
            if faults := results.faults[workload.name, name]:
                print(f"  {name} FAILS THE CHECK: {'; '.join(faults)}")
    finally:
        for contestant in contestants:
            contestant.stop()


def _take_turns(
    workload: Workload,
    contestants: Sequence[Contestant],
    connections: int,
    plan: Plan,
    tokens: Path,
    results: Results,
    tallies: dict[str, Tally],
) -> None:
    print(f"{workload.title}, {connections} connections ({os.cpu_count()} cores, {plan.seconds} s a round)")
    for number in range(plan.rounds + 1):
        shown = []
        for contestant in contestants:
            watch = LagWatch(contestant) if contestant.is_daybook and workload.books else nullcontext()
            used = contestant.cpu_seconds()
            with watch:
                measured = run(contestant.address, workload, connections, plan.seconds, contestant.next_request, tokens)
            contestant.next_request += 1 if workload.name == "hot" else measured.sent
            used = contestant.cpu_seconds() - used
            _judge(contestant, workload, measured, tallies[contestant.name])
            lag = watch.lag() if isinstance(watch, LagWatch) else None
            told = f" (lag {lag.behind}, {lag.seconds:.2f} s)" if lag else ""
            shown.append(f"{contestant.name} {measured.rate:,.0f}/s{told}")
            if number:
                key = Key(workload.name, connections, contestant.name)
                results.rounds[key].append(measured)
                results.cpu_us[key].append(1e6 * used / max(1, measured.answered))
                if lag is not None:
                    results.lags[key].append(lag)
        print(f"  {f'round {number}/{plan.rounds}' if number else 'warm-up'}: {', '.join(shown)}", flush=True)
    print(report.measured(results, workload.name, connections), flush=True)


def _race(contestant: Contestant, workload: Workload, tally: Tally) -> None:
    accepted, room = asyncio.run(race(contestant, workload))
    if contestant.name != "floor" and accepted != room:
        tally.faults.append(f"in the race {accepted} were accepted, there were {room} places")
    tally.accepted += accepted
    if contestant.name != "floor":
        stored = len({claim.booking for claim in contestant.claims()})
        if stored != accepted:
            tally.faults.append(f"in the race {accepted} were accepted and {stored} stored")


def _judge(contestant: Contestant, workload: Workload, measured: Round, tally: Tally) -> None:
    """Count a round's bookings, and refuse one that went wrong."""
    if workload.books:
        _count(tally, measured)
    if measured.broken:
        tally.faults.append(f"{measured.broken} connections broke")
    if measured.refused and not workload.refuses:
        tally.faults.append(f"{measured.refused} requests of {measured.answered} were refused")


def _count(tally: Tally, measured: Round) -> None:
    tally.accepted += measured.accepted
    tally.unknown += measured.unanswered


if __name__ == "__main__":
    main()
