"""The sweeper: writes down what time alone has done, within a second: holds that ran out, requests nobody approved; and
lets days with a line catch up with their resource.

Nobody waits for it. A hold past its time occupies nothing and reads as expired at once, written or not.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from datetime import date
from secrets import token_hex
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple

import structlog

from app.commands import SWEEPER, Command, Lapse, ServeLine
from app.lasting_trouble import LastingTrouble
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy
from app.queue import Answer, Asked, Queue
from app.read_models.runner import Behind

SECONDS_BETWEEN_SWEEPS = 0.5
SECONDS_FOR_ANSWERS = 10.0

log = structlog.get_logger()


class Due(NamedTuple):
    """`lapsed`: bookings that time has decided about. `behind`: days, by resource and date, that have a line and have
    not caught up.
    """

    lapsed: Sequence[str] = ()
    behind: Sequence[tuple[str, date]] = ()

    def commands(self) -> Iterator[Command]:
        """What the writer is asked for, each with an id of its own."""
        for booking in self.lapsed:
            yield Lapse(actor=SWEEPER, command_id=token_hex(16), booking=booking, arrived=monotonic())
        for resource, day in self.behind:
            yield ServeLine(actor=SWEEPER, command_id=token_hex(16), resource=resource, day=day, arrived=monotonic())


class Sweeper:
    """Asks `find` what is due and hands it to the writer as ordinary commands."""

    def __init__(self, queue: Queue, find: Callable[[], Due], may_run: Callable[[], bool]) -> None:
        self._queue = queue
        self._find = find
        self._may_run = may_run
        self._stopped = Event()
        self._put_off = LastingTrouble(
            lambda **facts: log.info("sweep put off", **facts), lambda **facts: log.info("sweeping again", **facts)
        )
        self._thread = Thread(target=self._run, name="daybook-sweeper", daemon=True)

    def start(self) -> None:
        """Begin to sweep, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is in the queue is still done."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(SECONDS_FOR_ANSWERS)

    def sweep(self) -> int:
        """Hand over what is due and wait for the answers; how many there were. What is in doubt comes again."""
        commands = list(self._find().commands())
        for first in range(0, len(commands), self._queue.most_each):
            answers: list[Future[Answer]] = []
            for command in commands[first : first + self._queue.most_each]:
                answer: Future[Answer] = Future()
                self._queue.put(Asked(command, answer.set_result))
                answers.append(answer)
            wait(answers, SECONDS_FOR_ANSWERS)
        return len(commands)

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN_SWEEPS):
            try:
                if self._may_run():
                    self.sweep()
                    self._put_off.is_over()
            except (Busy, Behind, StoreUnavailable, OutcomeUnknown) as trouble:
                self._put_off.happened(reason=str(trouble))
            except Exception:  # the thread must live; the next sweep finds the same bookings again
                log.exception("sweep failed")
