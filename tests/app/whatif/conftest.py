"""A house whose refusals are noted, and what may be imagined of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from tests.app.conftest import House

from app.clock import CheckedClock
from app.commands import Command
from app.log.event_log import EventLog
from app.log.notes import Refusal
from app.noting import Noting
from app.refusals import Refusals, refusal_row
from app.whatif.changes import changes_of
from app.whatif.imagining import Imagined, imagine
from app.writer import Writer
from domain.refusal import Refused

TUESDAY = date(2026, 12, 1)
AT_TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)


class Past(House):
    """A house that can be asked what would have been."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(log)
        super().stop()
        clock = CheckedClock(lambda: self.time, lambda: self.time)
        self.notes: Noting[Refusal] = Noting(log.refusals, refusal_row, 90, lambda: self.time, may_prune=lambda: False)
        self.writer = Writer(log, self.mapper, self.vault, clock, note_refusal=Refusals(self.notes).note)
        self.writer.start()

    def try_to(self, command: Command) -> str | None:
        """Run a command; the code of its refusal."""
        try:
            self.run(command)
        except Refused as refusal:
            return refusal.code
        return None

    def forget_for_whom(self) -> None:
        """Let what is noted so far be as it was noted before version 8 of the tables."""
        self.stop()
        self.notes.flush()
        self.log.write("UPDATE refusals SET customer = NULL, party = NULL, minutes = NULL RETURNING 1", [])

    def imagine(self, *changes: str, resource: str = "dr-lee", first: date = TUESDAY, last: date = TUESDAY) -> Imagined:
        """What would have been on these dates, once all is noted."""
        self.stop()
        self.notes.flush()
        return imagine(self.log, resource, first, last, changes_of(changes))


@pytest.fixture
def past(log: EventLog) -> Iterator[Past]:
    found = Past(log)
    yield found
    found.stop()
