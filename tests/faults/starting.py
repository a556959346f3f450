"""A whole Daybook in a process: started, told where it is, and stopped."""

import asyncio
import os
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from app import demo
from app.assembly import Daybook
from app.master_key import token_secrets_for
from app.settings import load_settings
from interface.failures import EXPECTED


@dataclass(frozen=True)
class Starting:
    """A process's work: start on the folder, bring the read models up to the log, stop. Tells the log's position.

    `with_demo`: register the demo's resources as well."""

    folder: Path
    with_demo: bool = False

    def __call__(self, told: Connection) -> None:
        os.environ["DAYBOOK_DATA"] = str(self.folder)
        settings = load_settings()
        daybook = Daybook.open(settings)
        daybook.start()
        if self.with_demo:
            asyncio.run(demo.set_up(daybook))
        token_secrets_for(settings)
        position = daybook.log.head().position
        daybook.runner.wait_for(position, timeout=30)
        assert daybook.troubles() == []
        daybook.stop()
        told.send(position)


@dataclass(frozen=True)
class Trying:
    """A process's work: start on the folder and stop. Tells `started`, or why it did not start."""

    folder: Path

    def __call__(self, told: Connection) -> None:
        os.environ["DAYBOOK_DATA"] = str(self.folder)
        settings = load_settings()
        try:
            daybook = Daybook.open(settings)
            try:
                token_secrets_for(settings)
                daybook.start()
            finally:
                daybook.stop()
        except EXPECTED as trouble:
            told.send(str(trouble))
        else:
            told.send("started")
