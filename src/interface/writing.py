"""The process that writes: it has the store for itself, and runs the commands that the doors hand over."""

import asyncio
import signal
from pathlib import Path
from typing import Final

import typer
import uvloop

from app import demo
from app.assembly import Daybook
from app.handover.taking import Taking
from app.master_key import token_secrets_for
from app.settings import Settings
from interface import announcement, projector
from interface.http.metrics import Metrics
from interface.settling import Ready, settle
from interface.signals import asked_to_stop, leave_on_signals

SECONDS_FOR_DOORS: Final = 20.0
"""How long doors may take at the end to finish what is under way."""


def write(settings: Settings, meeting: Path, metrics_in: Path | None, ready: Ready, *, with_demo: bool) -> None:
    """Run commands until we are asked to stop and the doors have gone. `meeting` is their socket,
    `metrics_in` the folder where all processes keep what they count, if they count.

    Raises one of `failures.EXPECTED`.
    """
    metrics = Metrics(metrics_in)
    daybook = Daybook.open(settings, observer=metrics, projector=projector.COMMAND)
    try:
        token_secrets_for(settings)  # damaged, it is told of before anything is at work
        daybook.start()
        with metrics.kept_up(daybook), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_write(daybook, meeting, ready, with_demo))
    finally:
        leave_on_signals(signal.SIG_IGN)  # what is queued is finished, however often we are asked to stop
        daybook.stop()


async def _write(daybook: Daybook, meeting: Path, ready: Ready, with_demo: bool) -> None:
    stop = asked_to_stop()
    registered = await demo.set_up(daybook) if with_demo else None
    assert daybook.writing is not None  # noqa: S101 - this is who writes
    taking = Taking(daybook.writing.writer, daybook.commands, daybook.runner.hurry)
    await taking.begin(meeting)
    daybook.runner.tell(taking.reached)
    announcement.of_store(daybook, registered, typer.echo)
    settle()
    ready()
    daybook.hand_over()
    await stop.wait()
    await taking.end(SECONDS_FOR_DOORS)
