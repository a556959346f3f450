"""Rule 3: what ended before another began stands before it in the log.

The log is one for all resources, so this is asked of the whole log, which is more than of each resource.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from tests.torture.checker.evidence import Evidence, Finding, Operation
from tests.torture.checker.outcomes import READS


def check(evidence: Evidence) -> Iterator[Finding]:
    """All operations that wrote, by when they began: none stands before one that had ended by then."""
    written = []
    for operation in evidence.operations:
        if operation.kind not in READS and operation.kind != "repeat" and operation.result != "refused":
            stored = evidence.stored_by(operation)
            if stored:
                written.append((operation.began, operation.number, operation, stored[0].position))
    under_way: list[tuple[float, int, Operation, int]] = []
    latest: tuple[int, Operation] | None = None
    for began, number, operation, position in sorted(written, key=lambda each: each[:2]):
        while under_way and under_way[0][0] < began:
            _, _, ended, at = heappop(under_way)
            if latest is None or at > latest[0]:
                latest = (at, ended)
        if latest is not None and position < latest[0]:
            what = f"{operation} stands at {position}, {latest[1]} at {latest[0]} though it had ended before"
            yield Finding(3, "out of real-time order", what)
        if operation.result == "ok":
            heappush(under_way, (operation.ended, number, operation, position))
