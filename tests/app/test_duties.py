"""Projecting and sweeping belong to one process at a time, and its thread outlives every fault."""

from threading import Event
from typing import Any

import pytest

from app import duties
from app.duties import Duties
from app.log.event_log import EventLog


class Falters:
    """A log whose table of leases fails in a way that nobody foresaw, until it is mended."""

    sole_process = False

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.broken = False
        self.failed = Event()

    def write(self, sql: str, parameters: Any = ()) -> list[Any]:
        if self.broken:
            self.failed.set()
            raise ZeroDivisionError
        return self._log.write(sql, parameters)


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_a_fault_that_nobody_foresaw_costs_the_lease_only_for_a_while(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "RENEW_SECONDS", 0.01)
    faltering = Falters(log)
    one = Duties(faltering)  # type: ignore[arg-type] # has all that a lease asks of a log
    renewed = Event()
    one.start()
    assert one.are_mine()
    faltering.broken = True
    assert faltering.failed.wait(20)

    monkeypatch.setattr(one._lease, "acquire", _telling(one._lease.acquire, renewed))
    faltering.broken = False

    assert renewed.wait(20)
    assert one.are_mine()
    faltering.broken = True
    one.stop()
    assert not one.are_mine()


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_another_process_takes_over_when_this_one_stops(log: EventLog) -> None:
    one, two = Duties(log), Duties(log)
    one.start()
    two.start()
    assert (one.are_mine(), two.are_mine()) == (True, False)
    one.stop()
    two._try()
    assert (one.are_mine(), two.are_mine()) == (False, True)
    two.stop()


def _telling(acquire: Any, done: Event) -> Any:
    def acquired() -> bool:
        mine: bool = acquire()
        done.set()
        return mine

    return acquired
