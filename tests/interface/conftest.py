"""A running service and its guests, for every test of the HTTP interface."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.interface.house import Guest, House, ShiftedClock

from app.assembly import Daybook
from app.read_models.runner import Runner
from app.settings import load_settings
from interface.http.app import create_app
from interface.http.metrics import Metrics

SECONDS = 30.0


@pytest.fixture
def settings_of_house() -> dict[str, Any]:
    """Settings that a test wants otherwise."""
    return {}


@pytest.fixture
def house(tmp_path: Path, settings_of_house: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A service that runs on an empty SQLite store. Whoever names a position waits for it, however slow the machine."""
    for waiting in (Runner.wait_for, Runner.reached):
        monkeypatch.setattr(waiting, "__defaults__", (SECONDS,))
    clock, metrics = ShiftedClock(), Metrics()
    settings = load_settings(**{"data": tmp_path / "data", "clock_tolerance": 60, **settings_of_house})
    daybook = Daybook.open(settings, clock=clock, observer=metrics)
    daybook.start()
    try:
        with TestClient(create_app(daybook, metrics)) as client:
            yield House(daybook, client, clock)
    finally:
        daybook.stop()


@pytest.fixture
def room(house: House) -> str:
    """A room that is always open and takes one booking at a time."""
    house.register("room")
    return "room"


@pytest.fixture
def alice(house: House) -> Guest:
    """A customer."""
    return house.guest("alice", "customer")


@pytest.fixture
def bob(house: House) -> Guest:
    """Another customer."""
    return house.guest("bob", "customer")


@pytest.fixture
def website(house: House) -> Guest:
    """An agent."""
    return house.guest("website", "agent")


@pytest.fixture
def sam(house: House) -> Guest:
    """Staff, of the whole house."""
    return house.guest("sam", "staff")


@pytest.fixture
def ada(house: House) -> Guest:
    """The administrator."""
    return house.guest("ada", "admin")


@pytest.fixture
def odile(house: House) -> Guest:
    """The auditor."""
    return house.guest("odile", "auditor")
