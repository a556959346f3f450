"""Services of one or several real processes, and guests at their doors."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.races.guests import Door
from tests.races.serving import Service

StartService = Callable[..., Service]


@pytest.fixture
def anyio_backend() -> str:
    """What asynchronous tests run on."""
    return "asyncio"


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Where guests come in."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as http:
        yield Door(http)


@pytest.fixture
def service(store: Any) -> Iterator[Service]:
    """An empty store of either kind that nobody serves yet."""
    made = Service(store)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def one_service(store_of_module: Any, processes: int) -> Iterator[Service]:
    """A service that a module's tests share; each brings resources of its own. See `on_every_store`."""
    made = Service(store_of_module)
    try:
        made.start_several(processes)
        yield made
    finally:
        made.stop()
