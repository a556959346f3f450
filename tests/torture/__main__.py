"""`python -m tests.torture --minutes 5 --seed 7 --store sqlite`: a torture run and its verdict; exit status 1 on a
violation. Everything is kept in the folder that the end names: `python -m tests.torture.checker.verdict FOLDER` judges
it again.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.torture.checker.verdict import judge, told
from tests.torture.history import History
from tests.torture.house import PROCESSES, StoreKind
from tests.torture.run import Plan, torture


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line says; 1 where a rule is broken."""
    asked = _asked(arguments)
    folder = Path(asked.folder or tempfile.mkdtemp(prefix="daybook-torture-"))
    broken = False
    stores: list[StoreKind] = [asked.store] if asked.store else list(PROCESSES)
    for store in stores:
        plan = Plan(store, asked.minutes * 60, asked.seed)
        _say(f"{store}: {asked.minutes:g} minutes, seed {asked.seed}, in {folder / store}")
        history = asyncio.run(torture(plan, folder / store, _say))
        verdict = judge(folder / store)
        verified = json.loads((folder / store / "verified.json").read_text())
        own = "holds" if verified["whole"] else f"VIOLATED: {json.dumps(verified)}"
        _say("\n".join([*_table(history), *told(verdict), f"daybook verify: {own}"]))
        broken = broken or any(verdict.values()) or not verified["whole"]
    again = f"--minutes {asked.minutes:g} --seed {asked.seed}" + (f" --store {asked.store}" if asked.store else "")
    _say(f"everything is in {folder}; the same again: python -m tests.torture {again}")
    return int(broken)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each store")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=list(PROCESSES), help="both, unless given")
    parser.add_argument("--folder", help="where everything is kept; a new one, unless given")
    return parser.parse_args(arguments)


def _table(history: History) -> list[str]:
    kinds = sorted({kind for kind, _ in history.results})
    lines = [f"{'operation':<14}{'ok':>8}{'refused':>9}{'unknown':>9}"]
    for kind in kinds:
        ok, refused, unknown = (history.results[kind, result] for result in ("ok", "refused", "unknown"))
        lines.append(f"{kind:<14}{ok:>8}{refused:>9}{unknown:>9}")
    totals = [history.of_result(result) for result in ("ok", "refused", "unknown")]
    lines.append(f"{'all':<14}{totals[0]:>8}{totals[1]:>9}{totals[2]:>9}")
    lines.append("tries: " + ", ".join(f"{count} {code}" for code, count in history.codes.most_common()))
    lines.append("acts: " + ", ".join(f"{count} {act}" for act, count in sorted(history.acts.items())))
    return lines


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    sys.exit(main())
