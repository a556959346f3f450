"""Building all read models anew, while the old ones answer."""

from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Final

from app.log.event_log import EventLog
from app.read_models.generations import Generation, Moved
from app.read_models.steps import Steps
from app.read_models.waiting import Pauses

BUILT_ELSEWHERE_SECONDS: Final = 1.5
"""Without progress for so long, nobody else does the work."""

Progress = Callable[[int, int], None]


def rebuild_all(
    steps: Steps, log: EventLog, is_alone: Callable[[], bool], wake: Callable[[], None], progress: Progress
) -> None:
    """Build all read models anew from the first event on; returns when they have been swapped in.
    Nothing stays parked that can be applied now.

    The process that keeps the read models up does the work; where none does (`is_alone` knows that surely), this
    one. `wake` lets a thread of this process look what is to be built. `progress` is called with the position done
    and the log's head. Raises StoreUnavailable.
    """
    wanted = steps.housekeeping.begin_anew()
    wake()
    patience, seen, since, by_myself = Pauses(0.002, 0.1), -1, monotonic(), is_alone()
    while True:
        found = steps.found()
        building = [each for each in found if (each.projection, each.number) in wanted and not _is_done(each)]
        total = max(log.head().position, 1)
        done = min((generation.position for generation in building), default=total)
        progress(done, total)
        if not building:
            break
        if done != seen:
            seen, since = done, monotonic()
        by_myself = by_myself or monotonic() - since > BUILT_ELSEWHERE_SECONDS
        if by_myself:
            with suppress(Moved):
                steps.build(building, alone=True)
        else:
            sleep(patience.again())
    if is_alone():
        steps.housekeeping.drop_retired(found, grace_seconds=0)


def _is_done(generation: Generation) -> bool:
    """Swapped in, or out of date since somebody began a later one."""
    return generation.active or generation.retired_at is not None
