"""Processes that wait in the system, asked to stop at the worst moment."""

import ctypes
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from operator import call
from pathlib import Path
from typing import Any

import pytest
from tests.forks import FORKS

from app.settings import load_settings
from interface import metrics_address, processes, signals
from interface.failures import ProcessFailed
from interface.forked import Forked
from interface.processes import _Over

NOT_HEARD = 3
ENDED_AT_ONCE = 4

_patch = pytest.MonkeyPatch()  # each alteration is in a process of its own, and ends with it

Altered = Callable[[], None]


def as_it_is() -> None:
    """Nothing is altered."""


def told_by_python() -> None:
    """Signals are told by a handler that the interpreter runs when it comes to it: a control."""

    class ToldByPython(signals.StopAsked):
        def __init__(self) -> None:
            super().__init__()
            signal.set_wakeup_fd(-1)
            for number in signals.STOPPING:
                signal.signal(number, lambda *_: os.write(self._mouth, bytes([signal.SIGTERM])))

    for module in (processes, metrics_address):
        _patch.setattr(module, "StopAsked", ToldByPython)


def not_held_back() -> None:
    """A fork has the handlers of the process over it for a moment: a control."""
    _patch.setattr(processes, "held_back", nullcontext)


def status_of(target: Callable[..., None], *arguments: object) -> int | None:
    process = FORKS.Process(target=target, args=arguments)
    process.start()
    process.join(90)
    return process.exitcode


def watch(stages: list[list[Forked]], folder: Path) -> None:
    with socket.socket() as listener:
        _Over(stages, "info", folder, None).watch(listener, lambda: None)


def asked_just_before_it_waits(milliseconds: int, waited_for: Sequence[Any], _seconds: None = None) -> list[Any]:
    """What `wait` does, when SIGTERM comes after the interpreter's last step and before the system's wait.

    The calls are C, and the loop is: no handler written in Python runs between them.
    """
    poll = select.poll()
    for each in waited_for:
        poll.register(each, select.POLLIN)
    kill = partial(ctypes.PyDLL(None).kill, os.getpid(), int(signal.SIGTERM))
    ready = list(map(call, [kill, partial(poll.poll, milliseconds)]))[1]
    return [descriptor for descriptor, _ in ready] or sys.exit(NOT_HEARD)


def wait_for_the_signal(altered: Altered, folder: Path, milliseconds: int) -> None:
    altered()
    _patch.setattr(processes, "wait", partial(asked_just_before_it_waits, milliseconds))
    watch([], folder)


def tell_metrics_until_the_signal(altered: Altered, folder: Path, milliseconds: int) -> None:
    altered()
    _patch.setattr(metrics_address, "wait", partial(asked_just_before_it_waits, milliseconds))
    settings = load_settings(data=folder).model_copy(update={"metrics_host": "127.0.0.1", "metrics_port": 0})
    metrics_address.tell_metrics(settings, folder, lambda: None)


@pytest.mark.parametrize("waiting", [wait_for_the_signal, tell_metrics_until_the_signal])
@pytest.mark.parametrize(
    ("altered", "milliseconds", "status"),
    [(as_it_is, 60_000, 0), (told_by_python, 200, NOT_HEARD)],
    ids=["as it is", "control"],
)
def test_a_signal_that_comes_just_before_the_wait_is_heard_in_it(
    tmp_path: Path, waiting: Callable[..., None], altered: Altered, milliseconds: int, status: int
) -> None:
    assert status_of(waiting, altered, tmp_path, milliseconds) == status


def ask_as_it_is_forked(altered: Altered, folder: Path) -> None:
    altered()
    _patch.setattr(_Over, "_keep_up", lambda _: None)  # no longer than until the fork is heard of
    os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        watch([[Forked("door", lambda ready: ready())]], folder)
    except ProcessFailed:
        sys.exit(ENDED_AT_ONCE)


@pytest.mark.parametrize(
    ("altered", "status"), [(as_it_is, ENDED_AT_ONCE), (not_held_back, 0)], ids=["as it is", "control"]
)
def test_a_process_that_is_asked_to_end_as_it_is_forked_ends(tmp_path: Path, altered: Altered, status: int) -> None:
    assert status_of(ask_as_it_is_forked, altered, tmp_path) == status


def hear_another_signal_first(folder: Path, heard: Path) -> None:
    coming = [signal.SIGUSR1, signal.SIGTERM]
    signal.signal(signal.SIGUSR1, lambda *_: None)

    def wait(waited_for: Sequence[Any], _seconds: float | None) -> list[Any]:
        with heard.open("a") as told:
            told.write(f"{coming[0].name}\n")
        os.kill(os.getpid(), coming.pop(0))
        return list(waited_for)

    _patch.setattr(processes, "wait", wait)
    watch([], folder)


def test_another_signal_that_is_handled_does_not_stop_it(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    assert status_of(hear_another_signal_first, tmp_path, heard) == 0
    assert heard.read_text().split() == ["SIGUSR1", "SIGTERM"]


def handlers_before_the_pipe() -> None:
    """What is heard is passed over before it can be told: a control."""
    plain = signal.set_wakeup_fd

    def late(*arguments: Any, **more: Any) -> int:
        for number in signals.STOPPING:
            signal.signal(number, lambda *_: None)
        return plain(*arguments, **more)

    _patch.setattr(signal, "set_wakeup_fd", late)


def ask_as_it_begins_to_listen(altered: Altered, step: str) -> None:
    signals.leave_on_signals()
    plain = getattr(signal, step)

    def asked_first(*arguments: Any, **more: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return plain(*arguments, **more)

    _patch.setattr(signal, step, asked_first)
    altered()
    if not signals.StopAsked().has_come():
        sys.exit(NOT_HEARD)


@pytest.mark.parametrize(
    ("altered", "step", "status"),
    [
        (as_it_is, "set_wakeup_fd", 0),
        (as_it_is, "signal", 0),
        (handlers_before_the_pipe, "set_wakeup_fd", NOT_HEARD),
    ],
    ids=["before the pipe", "before the handlers", "control"],
)
def test_a_signal_that_comes_as_it_begins_to_listen_is_heard(altered: Altered, step: str, status: int) -> None:
    assert status_of(ask_as_it_begins_to_listen, altered, step) == status
