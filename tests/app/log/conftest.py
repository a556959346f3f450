"""Events to put into a log."""

from collections.abc import Callable

import pytest

from app.log.records import LoggedEvent

MakeEvent = Callable[..., LoggedEvent]


@pytest.fixture
def event() -> MakeEvent:
    """Makes an event of a stream and version; everything else has a default."""

    def make(stream: str, version: int, **fields: str) -> LoggedEvent:
        return LoggedEvent(
            originator_id=stream,
            originator_version=version,
            topic=fields.get("topic", "TimeClaimed.1"),
            state=fields.get("state", '{"units": 1}').encode(),
            timestamp=fields.get("timestamp", "2026-12-01T04:00:00.000000Z"),
            by=fields.get("by", "staff:bob"),
            command_id=fields.get("command_id", "command-1"),
        )

    return make
