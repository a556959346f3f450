"""Read models to look into, beside a log that a venue writes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.app.read_models.venue import Venue, open_models

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.read_models.database import ReadModels
from app.read_models.runner import Runner

if TYPE_CHECKING:
    from tests.conftest import Store


@pytest.fixture
def venue(log: EventLog) -> Venue:
    return Venue(log)


@pytest.fixture
def models(store: "Store", log: EventLog) -> Iterator[ReadModels]:
    """Read models beside the log, on the same kind of store."""
    opened = open_models(store)
    yield opened
    opened.close()


@pytest.fixture
def runner(models: ReadModels, log: EventLog) -> Iterator[Runner]:
    """A runner that is taken on by hand."""
    prepared = Runner(models, log, EventMapper())
    prepared.prepare()
    yield prepared
    prepared.stop()
