"""The address of its own on which operators find the metrics, away from the public one."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.registry import Collector

from app.settings import Settings
from interface.announcement import Say
from interface.failures import CannotListen
from interface.listening import url_of


class _Asked(Collector):
    """Collects when it is asked, by a function."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterable[Metric]:
        return self._collect()


@contextmanager
def metrics_address(settings: Settings, collect: Callable[[], Iterable[Metric]], say: Say) -> Iterator[None]:
    """While it lasts, what `collect` answers is served where the settings say, if they do. Raises CannotListen."""
    if settings.metrics_port is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(_Asked(collect))
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        raise CannotListen(
            f"The metrics cannot listen on port {settings.metrics_port} of {settings.metrics_host} "
            f"({error.strerror}). Choose another with DAYBOOK_METRICS_PORT and DAYBOOK_METRICS_HOST."
        ) from None
    say(f"Metrics at {url_of(server.server_address)}/metrics")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
