"""Two who are told of things."""

from collections.abc import Iterator

import pytest
from tests.app.outbound.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody at this machine."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def other() -> Iterator[Receiver]:
    """Somebody else."""
    made = Receiver()
    yield made
    made.close()
