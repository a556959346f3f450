"""An office that writes to people."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.messages.mailbox import Mailbox
from tests.app.messages.office import Office

from app.log.event_log import EventLog
from app.log.sqlite import open_sqlite


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    made = Mailbox()
    yield made
    made.close()


@pytest.fixture
def embedded_log(tmp_path: Path) -> Iterator[EventLog]:
    """A log that is files."""
    made = open_sqlite(tmp_path / "data", serving=False)
    yield made
    made.close()


@pytest.fixture
def office(embedded_log: EventLog) -> Office:
    """One that writes by mail and by short message, and begins now."""
    made = Office(embedded_log)
    made.follow()
    return made
