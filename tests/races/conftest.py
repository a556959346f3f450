"""Services of one or several real processes, and guests at their doors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.races.guests import Door
from tests.races.serving import Service


@pytest.fixture
def anyio_backend() -> str:
    """What asynchronous tests run on."""
    return "asyncio"


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Where guests come in."""
    async with AsyncExitStack() as clients:
        yield Door(clients)


@pytest.fixture
def service(store: Any) -> Iterator[Service]:
    """An empty store of either kind that nobody serves yet."""
    made = Service(store)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def shared_service(shared_store: Any, processes: int) -> Iterator[Service]:
    """A service that many tests share; each brings resources and people of its own. See `on_every_store`."""
    made = Service(shared_store)
    try:
        made.start_several(processes)
        yield made
    finally:
        made.stop()
