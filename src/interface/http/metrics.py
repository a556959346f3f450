"""Prometheus metrics of one process; no label ever says anything of a person."""

from math import nan
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.assembly import Daybook
from app.commands import Command
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.outcome import Busy, Outcome
from app.queue import Answer
from app.read_models.runner import Behind
from app.writer import Observer
from domain.refusal import Refused

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Observer):
    """Counts what the writer tells and what requests come in, in a registry of its own.

    Give it to `Daybook.open(observer=...)` and to `create_app`.
    """

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._commands = Counter(
            "daybook_commands", "Commands by kind and outcome.", ["kind", "outcome"], registry=registry
        )
        self._refusals = Counter("daybook_refusals", "Refusals by code.", ["code"], registry=registry)
        self._conflicts = Counter(
            "daybook_conflicts", "Batches decided again, since another process was first.", registry=registry
        )
        self._batch = Histogram(
            "daybook_batch_commands",
            "Commands in one append.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 512),
            registry=registry,
        )
        self._events = Counter("daybook_events", "Events appended.", registry=registry)
        self._commit = Histogram("daybook_commit_seconds", "Time of one append.", registry=registry)
        self._requests = Counter(
            "daybook_requests",
            "Requests by method, route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._waiting = Gauge("daybook_queue_commands", "Commands that wait.", registry=registry)
        self._oldest = Gauge("daybook_queue_oldest_seconds", "How long the oldest command waits.", registry=registry)
        self._lag = Gauge("daybook_projection_lag_events", "Events read models are behind.", registry=registry)
        self._parked = Gauge("daybook_parked_streams", "Streams that a read model cannot apply.", registry=registry)
        self.live_clients = Gauge("daybook_live_clients", "Open live streams.", registry=registry)
        self._unreadable = Counter("daybook_unreadable", "Sealed texts that could not be read.", registry=registry)

    def decided(self, command: Command, answer: Answer) -> None:
        """A command got its answer."""
        self._commands.labels(type(command).__name__, _outcome(answer)).inc()
        if isinstance(answer, Refused):
            self._refusals.labels(answer.code).inc()

    def appended(self, commands: int, events: int, seconds: float) -> None:
        """A batch was stored."""
        self._batch.observe(commands)
        self._events.inc(events)
        self._commit.observe(seconds)

    def head_moved(self) -> None:
        """Another process appended first."""
        self._conflicts.inc()

    def unreadable(self, customer: str) -> None:
        """Something sealed cannot be opened; whose it is stands in the log, not in a metric."""
        self._unreadable.inc()

    def answered(self, method: str, route: str, status: int) -> None:
        """A request was answered; `route` is the template, never the path, which would name bookings."""
        self._requests.labels(method, route, str(status)).inc()

    def page(self, daybook: Daybook) -> bytes:
        """Everything in Prometheus' text format. Blocks on the store: use a thread."""
        self._waiting.set(daybook.commands.waiting)
        self._oldest.set(daybook.commands.oldest_age)
        lag, parked = _of_read_models(daybook)
        self._lag.set(lag)
        self._parked.set(parked)
        return generate_latest(self.registry)


def _of_read_models(daybook: Daybook) -> tuple[float, float]:
    """Lag and parked streams; not a number while nobody can tell, since everything else can be."""
    try:
        return daybook.runner.lag(), len(daybook.runner.parked())
    except (StoreUnavailable, OutcomeUnknown, Behind):
        return nan, nan


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Outcome):
        return "replayed" if answer.replayed else "done"
    if isinstance(answer, Refused):
        return "refused"
    return "busy" if isinstance(answer, Busy) else "failed"
