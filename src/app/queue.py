"""The writer's queue: bounded, and fair to callers."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from threading import Condition
from time import monotonic
from typing import NamedTuple

from app.commands import Command
from app.outcome import Busy, Outcome

Answer = Outcome | BaseException
Reply = Callable[[Answer], None]


class Asked(NamedTuple):
    """A command that waits, and where its answer goes. `reply` is called once, on the writer's thread."""

    command: Command
    reply: Reply


class Queue:
    """First in, first out; at most `most` wait, and for one caller at most a twentieth, by weight. Thread-safe."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self.most_each = max(1, most // 20)
        self._waiting: deque[Asked] = deque()
        self._of_caller: Counter[str] = Counter()
        self._changed = Condition()
        self._closed = False

    def put(self, asked: Asked) -> None:
        """Let a command wait. Raises `Busy` when there is no room, or the queue is closed: nothing was stored then."""
        caller = asked.command.actor.by
        with self._changed:
            if self._closed:
                raise Busy("The service is shutting down. Please try again in a moment.")
            if len(self._waiting) >= self._most:
                raise Busy("The service is very busy. Please try again in a moment.")
            if self._of_caller[caller] >= self.most_each:
                raise Busy("You have too many requests waiting. Please wait for their answers.")
            self._of_caller[caller] += asked.command.weight
            self._waiting.append(asked)
            if len(self._waiting) == 1:
                self._changed.notify()

    def take(self, most: int) -> list[Asked]:
        """Wait for commands and take a weight of up to `most`, or one that has more, oldest first. An empty list:
        closed, and nothing is left.
        """
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            batch = list(self._oldest_up_to(most))
            for asked in batch:
                caller = asked.command.actor.by
                self._of_caller[caller] -= asked.command.weight
                if not self._of_caller[caller]:
                    del self._of_caller[caller]
            return batch

    def _oldest_up_to(self, most: int) -> Iterator[Asked]:
        taken = 0
        while self._waiting and (not taken or taken + self._waiting[0].command.weight <= most):
            taken += self._waiting[0].command.weight
            yield self._waiting.popleft()

    def close(self) -> None:
        """Take nothing more in; what waits will still be taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._waiting)

    def oldest_age(self) -> float:
        """Seconds that the oldest waiting command has been waiting; 0 when none is."""
        with self._changed:
            return monotonic() - self._waiting[0].command.arrived if self._waiting else 0.0
