"""Prometheus metrics: what is counted as it happens; no label ever says anything of a person.

The values of a service's processes, its writer and its doors, lie in files of one folder, so that any of them can
tell the sum, and so can the process that does nothing else; see `interface.shared_metrics` and docs/adr/0012.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
)

from app.assembly import Daybook
from app.commands import Command
from app.outcome import Busy, Outcome
from app.queue import Answer
from app.writer import Observer
from domain.refusal import Refused
from interface.http.gauges import Gauges
from interface.shared_metrics import of_all_processes

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)

# As many series again, which nobody looks at.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library leaves it bare


class _OfLabels(dict[tuple[str, ...], Counter]):
    """The counters of one metric by their labels. Looking one up in the library costs several times more."""

    def __init__(self, metric: Counter) -> None:
        self._metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> Counter:
        found = self[labels] = self._metric.labels(*labels)
        return found


class Metrics(Observer):
    """Counts what the writer tells and what requests come in, in a registry of its own.

    Give it to `Daybook.open(observer=...)` and to `create_app`. `shared`: the folder that `shared_metrics.join`
    was called with; without one this process counts for itself.
    """

    def __init__(self, shared: Path | None = None) -> None:
        own = CollectorRegistry()
        self._registry = of_all_processes(shared) if shared is not None else own
        self._commands = _OfLabels(
            Counter("daybook_commands", "Commands by kind and outcome.", ["kind", "outcome"], registry=own)
        )
        self._refusals = _OfLabels(Counter("daybook_refusals", "Refusals by code.", ["code"], registry=own))
        self._requests = _OfLabels(
            Counter(
                "daybook_requests", "Requests by method, route and status.", ["method", "route", "status"], registry=own
            )
        )
        self._conflicts = Counter(
            "daybook_conflicts", "Batches decided again, since another process had moved the head.", registry=own
        )
        self._batch = Histogram(
            "daybook_batch_commands",
            "Commands in one append.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 512),
            registry=own,
        )
        self._events = Counter("daybook_events", "Events appended.", registry=own)
        self._commit = Histogram(
            "daybook_commit_seconds",
            "Time of one append. Slow: look at the disk, on PostgreSQL also at the network and the standby.",
            buckets=_SECONDS,
            registry=own,
        )
        self._unreadable = Counter(
            "daybook_unreadable",
            "Sealed texts that could not be read. Any: the master key is wrong, or a row was altered.",
            registry=own,
        )
        self.live_clients = Gauge(
            "daybook_live_clients", "Open live streams.", registry=own, multiprocess_mode="livesum"
        )
        self._live_ended = _OfLabels(
            Counter(
                "daybook_live_ended",
                "Live streams that ended, by why. Many `slow`: clients cannot keep up with what they are told.",
                ["why"],
                registry=own,
            )
        )
        self._gauges = Gauges(own)

    def decided(self, command: Command, answer: Answer) -> None:
        """A command got its answer."""
        self._commands[type(command).__name__, _outcome(answer)].inc()
        if isinstance(answer, Refused):
            self._refusals[answer.code,].inc()

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
        self._requests[method, route, str(status)].inc()

    def live_ended(self, why: str) -> None:
        """A live stream has ended."""
        self._live_ended[why,].inc()

    def page(self, daybook: Daybook) -> bytes:
        """Everything in Prometheus' text format. Blocks on the store: use a thread."""
        self._gauges.read(daybook)
        return generate_latest(self._registry)

    def collected(self, daybook: Daybook) -> Iterable[Metric]:
        """The same for whoever writes it down otherwise."""
        self._gauges.read(daybook)
        return self._registry.collect()

    def kept_up(self, daybook: Daybook) -> AbstractContextManager[None]:
        """While it lasts, the gauges are read now and then: for others, who may be asked for them."""
        return self._gauges.kept_up(daybook)


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Outcome):
        return "replayed" if answer.replayed else "done"
    if isinstance(answer, Refused):
        return "refused"
    return "busy" if isinstance(answer, Busy) else "failed"
