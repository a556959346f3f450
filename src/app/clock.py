"""The time that decisions see, and whether this process's clock can be trusted with it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's clock, UTC."""
    return datetime.now(UTC)


class CheckedClock:
    """This process's clock, compared with the database's now and then, and whenever it jumps.

    A process whose clock is off by more than `tolerance` decides nothing: notice, holds and the past would be
    judged by a wrong time.
    """

    def __init__(self, own: Clock, database: Clock, tolerance: timedelta = timedelta(seconds=1)) -> None:
        self._own = own
        self._database = database
        self._tolerance = tolerance
        self._checked = float("-inf")
        self._expected = timedelta()
        self.skew = timedelta()

    def now(self) -> datetime:
        """The own clock's time, UTC."""
        return self._own()

    def is_right(self) -> bool:
        """Whether the clock agrees with the database's, see `checked`."""
        return self.checked() is not None

    def checked(self) -> datetime | None:
        """The own clock's time, UTC, if it agrees with the database's: this very reading, since the clock may jump
        before the next. Asks the database once in ten seconds, and after every jump.

        Raises what the database raises when it cannot be asked.
        """
        reading = self._own()
        drift = (reading - datetime.fromtimestamp(0, UTC)) - timedelta(seconds=monotonic())
        jumped = abs(drift - self._expected) > self._tolerance / 2
        if jumped or monotonic() - self._checked > 10:
            before = self._own()
            there = self._database()
            after = self._own()
            agrees = before - self._tolerance / 10 <= there <= after
            self.skew = timedelta() if agrees else _nearest(there, before, after)
            self._checked, self._expected = monotonic(), drift
        return reading if self.agreed else None

    @property
    def agreed(self) -> bool:
        """Whether it was right when it was last compared."""
        return abs(self.skew) <= self._tolerance


def _nearest(there: datetime, before: datetime, after: datetime) -> timedelta:
    """How far the own clock is ahead at least, given that the database answered between two of its readings."""
    return before - there if there < before else after - there
