"""Metrics of a service's processes, its writer and its doors, together.

Each writes its values into files of one folder, which any of them can sum up.

The files bear the process's number within the service, so the one that takes a dead one's place counts on from where
that one was.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the folder in it is our own
_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it whenever it makes a value


@contextmanager
def shared_folder() -> Iterator[Path]:
    """A folder for the files of one service, gone afterwards. In memory where that can be: a full disk would
    otherwise end the processes that write into them.
    """
    within = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="daybook-metrics-", dir=within, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def join(folder: Path, number: int) -> None:
    """From now on metrics that this process makes are those of the service's process with this number."""
    os.environ[_VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call] # the library leaves it bare


def leave(folder: Path, number: int) -> None:
    """The process has ended: what it counted stays, what was true of it no longer is."""
    mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call] # the library leaves it bare


def of_all_processes(folder: Path) -> CollectorRegistry:
    """What all processes of the service have told."""
    registry = CollectorRegistry()
    registry.register(_Together(folder))
    return registry


class _Together(Collector):
    """The library's collector, without the files that a process has just opened and not begun: it trips over them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """What the files tell, summed up as each metric wants it."""
        begun = [str(path) for path in self._folder.glob("*.db") if path.stat().st_size]
        merged: Iterable[Metric] = MultiProcessCollector.merge(begun, accumulate=True)  # type: ignore[no-untyped-call] # bare
        return merged
