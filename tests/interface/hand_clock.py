"""A clock for tests."""


class HandClock:
    """Stands still until it is moved by hand: `time` is in seconds."""

    def __init__(self, time: float) -> None:
        self.time = float(time)

    def __call__(self) -> float:
        return self.time
