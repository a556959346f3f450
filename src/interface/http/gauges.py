"""What is read off a running Daybook for its metrics: what waits, how far behind it is, what the store takes up."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import nan
from threading import Event, Thread
from time import monotonic, time
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge

from app.assembly import Daybook
from app.lag import lag_of
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.process import process_name
from app.read_models.runner import Behind

READ_SECONDS: Final = 2.0
"""How often a process reads its gauges, since another process may be asked for them."""
STORAGE_SECONDS: Final = 15.0
"""How often the store is asked for its size."""

log = structlog.get_logger()


class Gauges:
    """Gauges of this process, which bear its name, and of the store. Not a number is what nobody can tell now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._process = process_name()

        def mine(name: str, meaning: str) -> Gauge:
            # One sample a process; the mode only keeps the library from naming the file, too.
            gauge = Gauge(name, meaning, ["process"], registry=registry, multiprocess_mode="livemax")
            return gauge.labels(self._process)

        def of_writers(name: str, meaning: str) -> Gauge:
            # Without a sample of its own until it is set: a door never does.
            return Gauge(name, meaning, ["process"], registry=registry, multiprocess_mode="livemax")

        def stored(name: str, meaning: str) -> Gauge:
            return Gauge(name, meaning, ["store"], registry=registry, multiprocess_mode="livemax")

        self._seen = mine("daybook_seen_timestamp_seconds", "When the process last told its gauges. Old: it is frozen.")
        self._waiting = of_writers(
            "daybook_queue_commands", "Commands that wait. Many: the store is slow, or too few cores."
        )
        self._oldest = of_writers(
            "daybook_queue_oldest_seconds", "How long the oldest command waits. Long: look at the commit time."
        )
        self._lag = mine("daybook_projection_lag_events", "Events that the read models are behind the log.")
        self._lag_seconds = mine(
            "daybook_projection_lag_seconds",
            "How long the oldest event that the read models lack is in the log. Growing: look for the projector's "
            "trouble in the log lines.",
        )
        self._parked = mine(
            "daybook_parked_streams", "Streams that a read model cannot apply. Any: install the version that can."
        )
        self._skew = mine(
            "daybook_clock_skew_seconds", "How far this clock is ahead of the database's. Beyond the tolerance: set it."
        )
        self._lease = of_writers("daybook_lease_held", "1 where read models are kept up and holds expire, 0 elsewhere.")
        self._log_bytes = stored("daybook_log_bytes", "What the event log takes up.")
        self._wal_bytes = stored(
            "daybook_wal_bytes",
            "Write-ahead log that is kept. Growing: something reads for very long, or a standby is away.",
        )
        self._free_bytes = stored("daybook_disk_free_bytes", "What is free where the log is. Little: make room.")
        self._calendars = stored(
            "daybook_failing_calendars",
            "External calendars that cannot be followed. The desk sees which, and why.",
        )
        self._sized = float("-inf")

    def read(self, daybook: Daybook) -> None:
        """Read everything. Blocks on the store."""
        if daybook.writing is not None:  # a door has neither queue nor duties
            self._waiting.labels(self._process).set(daybook.commands.waiting)
            self._oldest.labels(self._process).set(daybook.commands.oldest_age)
            self._lease.labels(self._process).set(daybook.commands.holds_lease)
        self._read_lag(daybook)
        self._read_clock(daybook)
        if monotonic() - self._sized > STORAGE_SECONDS:
            self._sized = monotonic()
            self._read_storage(daybook)
        self._seen.set(time())

    @contextmanager
    def kept_up(self, daybook: Daybook) -> Iterator[None]:
        """While it lasts, a thread reads everything every two seconds."""
        ended = Event()

        def keep() -> None:
            while not ended.is_set():
                try:
                    self.read(daybook)
                except Exception:  # the thread must live, or the process looks frozen
                    log.exception("metrics not read")
                ended.wait(READ_SECONDS)

        thread = Thread(target=keep, name="daybook-gauges", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _read_lag(self, daybook: Daybook) -> None:
        events = seconds = parked = nan
        try:
            events, seconds = lag_of(daybook.log, daybook.runner)
            parked = len(daybook.runner.parked())
        except (StoreUnavailable, OutcomeUnknown, Behind):
            events = seconds = nan
        self._lag.set(events)
        self._lag_seconds.set(seconds)
        self._parked.set(parked)

    def _read_clock(self, daybook: Daybook) -> None:
        try:
            daybook.clock.is_right()
            self._skew.set(daybook.clock.skew.total_seconds())
        except (StoreUnavailable, OutcomeUnknown):
            self._skew.set(nan)

    def _read_storage(self, daybook: Daybook) -> None:
        store = "sqlite" if daybook.settings.is_embedded else "postgresql"
        try:
            found = daybook.log.storage()
            self._calendars.labels(store).set(daybook.log.external_calendars.failing())
        except StoreUnavailable:
            return  # the sizes of a moment ago say more than none
        for gauge, size in zip((self._log_bytes, self._wal_bytes, self._free_bytes), found, strict=True):
            if size is not None:
                gauge.labels(store).set(size)
