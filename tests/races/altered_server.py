"""`daybook`, altered for a test: `python -m tests.races.altered_server <alteration>... -- serve --port 0`.

Alterations that can be switched are off at first; SIGUSR1 switches them on, SIGUSR2 off, and each is said on stdout.
"""

import resource
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import pytest
from tests.unconditional import append_anyway

from app.assembly import Daybook
from app.clock import CheckedClock, Clock, system_clock
from app.decisions import line
from app.details import Vault
from app.duties import Duties
from app.log.postgres import PostgresLog
from app.log.sqlite import SQLiteLog
from domain.free_starts import FreeTime
from domain.resource_day import ResourceDay
from interface.cli import main

SMALLEST_FILE: Final = 4096
_patch: Final = pytest.MonkeyPatch()


class Switch:
    """Whether what can be switched is on."""

    on = False


def everything_fits() -> None:
    """Days have no capacity any more."""
    _patch.setattr(ResourceDay, "_must_fit", lambda *_: None)


def nobody_is_served() -> None:
    """Nobody looks at the line when there is room."""
    _patch.setattr(line, "_in_order", lambda *_: [])


def nothing_is_taken() -> None:
    """Who looks for room finds it everywhere."""
    _patch.setattr(FreeTime, "earliest", lambda _self, starts, *_: next(iter(starts))[0])


def unconditional_append() -> None:
    """Nobody looks whether the head has moved."""
    for kind in (SQLiteLog, PostgresLog):
        _patch.setattr(kind, "append", append_anyway)


def remembered_keys() -> None:
    """Whoever was erased stays in the memory of every process."""
    _patch.setattr(Vault, "forget", lambda *_: None)


def clock_ahead() -> None:
    """While switched on, this process's clock is an hour ahead."""
    _clock_off(timedelta(hours=1))


def clock_behind() -> None:
    """While switched on, this process's clock is an hour behind."""
    _clock_off(timedelta(hours=-1))


def later() -> None:
    """While switched on, it is an hour later, and nobody doubts it."""
    _patch.setattr(CheckedClock, "checked", CheckedClock.now)
    _clock_off(timedelta(hours=1))


def _clock_off(by: timedelta) -> None:
    def clock() -> datetime:
        return system_clock() + (by if Switch.on else timedelta())

    open_with(clock)


def open_with(clock: Clock) -> None:
    """Give every process another clock."""
    for name in ("open", "open_door"):
        _patch.setattr(Daybook, name, partial(getattr(Daybook, name), clock=clock))


def no_projector() -> None:
    """While switched on, the read models stand still."""
    are_mine = Duties.are_mine
    _patch.setattr(Duties, "are_mine", lambda duties: not Switch.on and are_mine(duties))


def small_files() -> None:
    """While switched on, no file can grow, as on a full disk."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    _when_switched.append(lambda on: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALLEST_FILE if on else most, most)))


_when_switched: Final[list[Callable[[bool], None]]] = []
ALTERATIONS: Final = {
    made.__name__: made
    for made in (
        everything_fits,
        nobody_is_served,
        nothing_is_taken,
        unconditional_append,
        remembered_keys,
        clock_ahead,
        clock_behind,
        later,
        no_projector,
        small_files,
    )
}


def _switch(number: int, _frame: object) -> None:
    Switch.on = number == signal.SIGUSR1
    for follow in _when_switched:
        follow(Switch.on)
    print("switched on" if Switch.on else "switched off", flush=True)  # noqa: T201 - what the test waits for


def run() -> None:
    """Alter, then do what the command line says behind the `--`."""
    arguments = sys.argv[1:]
    place = arguments.index("--")
    for name in arguments[:place]:
        ALTERATIONS[name]()
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, _switch)
    sys.argv = ["daybook", *arguments[place + 1 :]]
    main()


if __name__ == "__main__":
    run()
