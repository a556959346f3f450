"""Placing and lifting a calendar's blocks: ordinary commands, a few at a time, so that nobody's booking waits."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from secrets import token_hex
from time import monotonic
from typing import Final

from app.commands import CALENDAR, Command, LiftBlock, PlaceBlock
from app.external_calendars.plan import KeptBlock
from app.outcome import Busy, Outcome
from app.queue import Answer, Asked, Queue
from domain.refusal import Refused

AT_ONCE: Final = 20
SECONDS_FOR_ANSWERS: Final = 30.0


class NotDone(Exception):  # noqa: N818 - what became of it
    """Not all was done. `left`: of the blocks in question those that are there, or may be. The message is a sentence
    for the desk.
    """

    def __init__(self, told: str, left: Sequence[KeptBlock] = ()) -> None:
        super().__init__(told)
        self.left = left


class Commanding:
    """Gives commands to the writer's queue and waits for what came of them. Thread-safe."""

    def __init__(self, queue: Queue, is_stopped: Callable[[], bool]) -> None:
        self._queue = queue
        self._is_stopped = is_stopped

    def place(self, resource: str, blocks: Sequence[KeptBlock]) -> list[KeptBlock]:
        """Places those that are not known to be placed; answers all of them, placed. Raises NotDone."""
        done = [block for block in blocks if block.is_placed]
        wanted = [block for block in blocks if not block.is_placed]
        trouble = ""
        for block, answer in self._answers(wanted, lambda block: _placing(resource, block)):
            if isinstance(answer, Outcome):
                done.append(block._replace(is_placed=True))
            elif isinstance(answer, Refused):
                trouble = answer.detail
            else:  # it may be there all the same: once more gives the same block
                done.append(block)
                trouble = trouble or "Daybook could not place all of its blocks, and tries again."
        if trouble:
            raise NotDone(trouble, done)
        return done

    def lift(self, resource: str, blocks: Sequence[KeptBlock]) -> None:
        """Lifts blocks, those that are not there among them. Raises NotDone."""
        left = [
            block
            for block, answer in self._answers(blocks, lambda block: _lifting(resource, block))
            if not isinstance(answer, Outcome | Refused)
        ]
        if left:
            raise NotDone("Daybook could not lift all of its blocks, and tries again.", left)

    def _answers(
        self, blocks: Sequence[KeptBlock], command_for: Callable[[KeptBlock], Command]
    ) -> Iterator[tuple[KeptBlock, Answer | None]]:
        """What came of each; None where nobody knows, or nothing was tried."""
        for first in range(0, len(blocks), AT_ONCE):
            few = blocks[first : first + AT_ONCE]
            asked = [None if self._is_stopped() else self._ask(command_for(block)) for block in few]
            wait([answer for answer in asked if answer is not None], SECONDS_FOR_ANSWERS)
            for block, answer in zip(few, asked, strict=True):
                yield block, answer.result() if answer is not None and answer.done() else None

    def _ask(self, command: Command) -> Future[Answer] | None:
        answer: Future[Answer] = Future()
        try:
            self._queue.put(Asked(command, answer.set_result))
        except Busy:
            return None
        return answer


def _placing(resource: str, block: KeptBlock) -> PlaceBlock:
    return PlaceBlock(
        actor=CALENDAR,
        command_id=block.command,
        keyed=True,  # given once more, it places nothing twice
        arrived=monotonic(),
        resource=resource,
        start=block.start,
        end=block.end,
        source="calendar",
    )


def _lifting(resource: str, block: KeptBlock) -> LiftBlock:
    return LiftBlock(
        actor=CALENDAR, command_id=token_hex(16), arrived=monotonic(), resource=resource, block=block.block
    )
