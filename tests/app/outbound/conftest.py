"""Somebody to whom things are posted."""

from collections.abc import Iterator

import pytest
from tests.app.outbound.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody at this machine."""
    made = Receiver()
    yield made
    made.close()
