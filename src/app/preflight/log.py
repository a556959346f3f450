"""What is wrong with a log that can be read, and with the keys to it, before anything starts."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.fitting_key import opens_all
from app.log.instants import timestamp_of
from app.log.reading import Reading
from app.master_keys import MasterKeys
from app.preflight.told import Told, noted, wrong
from app.settings import Settings


def about_log(settings: Settings, log: Reading, key: MasterKeys | None) -> Iterator[Told]:
    """Where it ends, whether that lies in the future, and whether the master key opens it, if there is one.

    Raises StoreUnavailable.
    """
    ((position, timestamp),) = log.rows("SELECT position, timestamp FROM log_head")
    yield noted(f"The log has {position:,} events{f', the last of {timestamp}' if timestamp else ''}.")
    ahead = (timestamp_of(timestamp) - datetime.now(UTC)).total_seconds()
    if ahead > settings.clock_tolerance:
        yield wrong(
            f"The log's last event is {ahead:,.1f} s ahead of this machine's clock: one of them was or is wrong. Until "
            "the clock has caught up, every event gets that last event's time. Set the clock (NTP)."
        )
    if key is not None and not opens_all(log, key):
        yield wrong(
            "The master key (DAYBOOK_MASTER_KEY, or master.key in the data folder) is not the one that this log's "
            "people were sealed under. Put that one back: with another one nobody's details can be read."
        )
