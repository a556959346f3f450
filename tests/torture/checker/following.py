"""Rule 5: every live follower saw every event once, in order; those that see it as it is stored, exactly so."""

from collections.abc import Iterator
from itertools import pairwise

from tests.torture.checker.evidence import Evidence, Facts, Finding

COLUMNS = ("position", "stream", "version", "topic", "command_id", "by")
AS_STORED = (*COLUMNS, "timestamp", "state")
"""What a follower writes down that sees the rows themselves, as a subscription does."""


def check(evidence: Evidence) -> Iterator[Finding]:
    """What each follower wrote down, beside the log."""
    for follower, seen in evidence.followed.items():
        columns = AS_STORED if seen and "state" in seen[0] else COLUMNS
        yield from _followed(follower, seen, columns, [_row(event._asdict(), columns) for event in evidence.events])


def _row(event: Facts, columns: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(event[name] for name in columns)


def _followed(
    follower: str, seen: list[Facts], columns: tuple[str, ...], there: list[tuple[object, ...]]
) -> Iterator[Finding]:
    positions = [event["position"] for event in seen]
    if positions != sorted(positions):
        yield Finding(5, "events out of order", f"{follower}: {_first_step_back(positions)}")
    if len(set(positions)) < len(positions):
        yield Finding(5, "event seen twice", follower)
    missed = sorted({row[0] for row in there} - set(positions), key=str)
    if missed:
        yield Finding(5, "event not seen", f"{follower}: {len(missed)}, the first at {missed[0]}")
    for event in seen:
        row = _row(event, columns)
        place = event["position"] - 1
        if place >= len(there) or row != there[place]:
            yield Finding(5, "event seen otherwise", f"{follower}: {row}")
            return


def _first_step_back(positions: list[int]) -> str:
    for before, after in pairwise(positions):
        if after < before:
            return f"{after} after {before}"
    return ""
