"""The address of its own on which operators find the metrics, away from the public one."""

from collections.abc import Callable, Iterable
from multiprocessing.connection import wait
from pathlib import Path

import typer
from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.registry import Collector

from app.settings import Settings
from interface.failures import CannotListen
from interface.listening import url_of
from interface.settling import Ready
from interface.shared_metrics import of_all_processes
from interface.signals import StopAsked


class _Asked(Collector):
    """Collects when it is asked, by a function."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterable[Metric]:
        return self._collect()


def tell_metrics(settings: Settings, metrics_in: Path, ready: Ready) -> None:
    """Tell what all processes have counted, at the address that the settings name, until SIGTERM.

    Raises CannotListen.
    """
    asked, registry = StopAsked(), CollectorRegistry()
    registry.register(_Asked(lambda: of_all_processes(metrics_in).collect()))
    host, port = settings.metrics_host, settings.metrics_port or 0
    try:
        server, _ = start_http_server(port, host, registry)
    except OSError as error:
        raise CannotListen(
            f"The metrics cannot listen on port {port} of {host} ({error.strerror}). "
            "Choose another with DAYBOOK_METRICS_PORT and DAYBOOK_METRICS_HOST."
        ) from None
    typer.echo(f"Metrics at {url_of(server.server_address)}/metrics")
    ready()
    while not asked.has_come():
        wait([asked.ear])
