"""How far the read models are behind the log, in events and in seconds."""

from typing import NamedTuple

from app.log.event_log import EventLog
from app.log.instants import timestamp_of
from app.read_models.runner import Runner


class Lag(NamedTuple):
    """`seconds`: how long the oldest event that they lack has been in the log, by the database's clock."""

    events: int
    seconds: float


def lag_of(log: EventLog, runner: Runner) -> Lag:
    """The lag, as far as this process knows. Raises StoreUnavailable."""
    events = runner.lag()
    oldest = log.after(runner.position(), 1) if events else []
    if not oldest:
        return Lag(events, 0.0)
    return Lag(events, max(0.0, (log.clock() - timestamp_of(oldest[0].recorded_at)).total_seconds()))
