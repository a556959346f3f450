"""Prometheus metrics: what is counted as it happens; no label ever says anything of a person.

The values of a service's processes, its writer and its doors, lie in files of one folder, so that any of them can
tell the sum, and so can the process that does nothing else; see `interface.shared_metrics` and docs/adr/0012.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
)

from app import commands
from app.assembly import Daybook
from app.commands import Command
from app.log.lost_races import LOST
from app.log.notes import DISCLOSURES, REFUSALS
from app.messages.sending import Became
from app.outcome import Busy, Outcome
from app.queue import Answer
from app.writer import Observer
from domain.refusal import Refused
from interface.http.gauges import Gauges
from interface.http.problems import NOT_NOW, PROBLEMS
from interface.shared_metrics import of_all_processes

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)

# As many series again, which nobody looks at.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library leaves it bare


class _OfLabels(dict[tuple[str, ...], Counter]):
    """The counters of one metric by their labels. Looking one up in the library costs several times more.

    `known` are there from the start, at 0: Prometheus sees no rise in what begins at 500.
    """

    def __init__(self, metric: Counter, known: Iterable[tuple[str, ...]] = ()) -> None:
        self._metric = metric
        self.update((labels, metric.labels(*labels)) for labels in known)

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
            Counter("daybook_commands", "Commands by kind and outcome.", ["kind", "outcome"], registry=own),
            known=[(kind, "done") for kind in _kinds()],
        )
        self._refusals = _OfLabels(
            Counter("daybook_refusals", "Refusals by code.", ["code"], registry=own), known=[(LOST,)]
        )
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
        self._dropped = _OfLabels(
            Counter(
                "daybook_notes_dropped",
                "Refusals and disclosures that were not written down, by table. Any: more came than can be kept.",
                ["table"],
                registry=own,
            ),
            known=[(REFUSALS,), (DISCLOSURES,)],
        )
        self._checkpoints = _OfLabels(
            Counter(
                "daybook_checkpoints",
                "Checkpoints sent, by outcome: `taken`, or `failed` and tried again.",
                ["outcome"],
                registry=own,
            ),
            known=[("taken",), ("failed",)],
        )
        self._webhooks_failing = Gauge(
            "daybook_webhooks_failing",
            "Webhooks that fail, or were disabled because they had. Any: look at their attempts.",
            registry=own,
            multiprocess_mode="livemax",
        )
        self._messages = _OfLabels(
            Counter(
                "daybook_messages",
                "Messages to people, by outcome: `sent`, `failed` and tried again, or `given-up`.",
                ["outcome"],
                registry=own,
            ),
            known=[(became,) for became in get_args(Became)],
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
        self._unserved = _OfLabels(
            Counter(
                "daybook_unserved",
                "Requests that could not be served just then, by code. Many `busy`: more comes than is stored.",
                ["code"],
                registry=own,
            ),
            known=[(code,) for code, problem in PROBLEMS.items() if problem.status == NOT_NOW],
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

    def notes_dropped(self, table: str, number: int) -> None:
        """So many notes were not kept."""
        self._dropped[table,].inc(number)

    def checkpoint_sent(self, taken: bool) -> None:
        """A checkpoint was sent; whether it was taken."""
        self._checkpoints["taken" if taken else "failed",].inc()

    def webhooks_failing(self, number: int) -> None:
        """So many webhooks fail."""
        self._webhooks_failing.set(number)

    def message_became(self, what: str) -> None:
        """What became of a message to a person."""
        self._messages[what,].inc()

    def answered(self, method: str, route: str, status: int) -> None:
        """A request was answered; `route` is the template, never the path, which would name bookings."""
        self._requests[method, route, str(status)].inc()

    def unserved(self, code: str) -> None:
        """A request could not be served just then: what is answered with 503."""
        self._unserved[code,].inc()

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


def _kinds() -> list[str]:
    """The names of the commands that there are: those that no others are made of."""
    there = [each for each in vars(commands).values() if isinstance(each, type) and issubclass(each, Command)]
    parents = {parent for each in there for parent in each.__bases__}
    return [each.__name__ for each in there if each not in parents]


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Outcome):
        return "replayed" if answer.replayed else "done"
    if isinstance(answer, Refused):
        return "refused"
    return "busy" if isinstance(answer, Busy) else "failed"
