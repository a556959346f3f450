"""Rule 5: every live follower saw every event once, in order."""

from collections.abc import Iterator
from itertools import pairwise

from tests.torture.checker.evidence import Evidence, Facts, Finding

COLUMNS = ("position", "stream", "version", "topic", "command_id", "by")


def check(evidence: Evidence) -> Iterator[Finding]:
    """What each follower wrote down, beside the log."""
    there = [tuple(getattr(event, name) for name in COLUMNS) for event in evidence.events]
    for follower, seen in evidence.followed.items():
        yield from _followed(follower, seen, there)


def _followed(follower: str, seen: list[Facts], there: list[tuple[object, ...]]) -> Iterator[Finding]:
    positions = [event["position"] for event in seen]
    if positions != sorted(positions):
        yield Finding(5, "events out of order", f"{follower}: {_first_step_back(positions)}")
    if len(set(positions)) < len(positions):
        yield Finding(5, "event seen twice", follower)
    missed = sorted({row[0] for row in there} - set(positions), key=str)
    if missed:
        yield Finding(5, "event not seen", f"{follower}: {len(missed)}, the first at {missed[0]}")
    for event in seen:
        row = tuple(event[name] for name in COLUMNS)
        place = event["position"] - 1
        if place >= len(there) or row != there[place]:
            yield Finding(5, "event seen otherwise", f"{follower}: {row}")
            return


def _first_step_back(positions: list[int]) -> str:
    for before, after in pairwise(positions):
        if after < before:
            return f"{after} after {before}"
    return ""
