"""The verdict: what each rule found in a run's folder. `python -m tests.torture.checker.verdict FOLDER`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.torture.checker import availability, capacity, following, order, outcomes, replay
from tests.torture.checker.evidence import Evidence, Finding, read


def _reading(evidence: Evidence) -> Iterator[Finding]:
    yield from replay.check(evidence)
    yield from availability.check(evidence)


RULES: Final = {
    1: ("every ok is in the log exactly once as answered, no refused is, an unknown at most once", outcomes.check),
    2: ("no claim above capacity or on a retired resource", capacity.check),
    3: ("the log has real-time order", order.check),
    4: ("read models and availability equal a replay, the log is unbroken, retries made one booking", _reading),
    5: ("every follower saw every event once, in order", following.check),
}


def judge(folder: Path) -> dict[int, list[Finding]]:
    """What each rule found; empty lists where all is well."""
    evidence = read(folder)
    return {rule: list(check(evidence)) for rule, (_, check) in RULES.items()}


def told(verdict: dict[int, list[Finding]], most: int = 5) -> list[str]:
    """The verdict in lines, with the first few findings of each rule."""
    lines = []
    for rule, findings in verdict.items():
        lines.append(f"rule {rule}: {RULES[rule][0]}: {f'{len(findings)} VIOLATIONS' if findings else 'holds'}")
        lines += [f"  {finding.name}: {finding.what}" for finding in findings[:most]]
    return lines


if __name__ == "__main__":
    found = judge(Path(sys.argv[1]))
    print("\n".join(told(found)))  # noqa: T201 - what it is for
    sys.exit(any(found.values()))
