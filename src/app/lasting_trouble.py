"""Log lines about a trouble that lasts: told at once, then counted and told now and then, and its end once."""

from collections.abc import Callable
from time import monotonic

SECONDS_BETWEEN_LINES = 10.0


class LastingTrouble:
    """For one thread. `tell(**facts)` writes the line about the trouble, `tell_end(**facts)` the one about its end.

    Both get `more`: how many times it happened since the line before, this time not counted, unless it is none. A
    trouble that comes and goes within moments is one trouble: there are never more than two lines in ten seconds.
    """

    def __init__(
        self, tell: Callable[..., object], tell_end: Callable[..., object], clock: Callable[[], float] = monotonic
    ) -> None:
        self._tell = tell
        self._tell_end = tell_end
        self._clock = clock
        self._told_at = float("-inf")
        self._is_told = False
        self._untold = 0

    def happened(self, **facts: object) -> None:
        """It happened, once or once more. `facts` go into the line, if there is one."""
        now = self._clock()
        if now - self._told_at < SECONDS_BETWEEN_LINES:
            self._untold += 1
            return
        self._told_at, self._is_told = now, True
        self._tell(**facts, **self._more())

    def is_over(self, **facts: object) -> None:
        """It went well this time. Costs next to nothing while there is no trouble."""
        if self._is_told:
            self._is_told = False
            self._tell_end(**facts, **self._more())

    def _more(self) -> dict[str, int]:
        more, self._untold = self._untold, 0
        return {"more": more} if more else {}
