"""Who was shown what is sealed for a person: noted beside the log, for that person to ask."""

from datetime import datetime
from functools import partial

from app.clock import Clock
from app.details import DESK
from app.log.instants import timestamp_text
from app.log.notes import Disclosure
from app.noting import Noted, Noting


class Disclosures:
    """Notes what others than the person themselves were shown."""

    def __init__(self, noting: Noting[Disclosure], clock: Clock) -> None:
        self._noting = noting
        self._clock = clock

    def note(self, by: str, customer: str, about: str) -> None:
        """An actor was shown what is sealed of a booking, or the `profile`. The desk's own texts are about nobody."""
        if customer == DESK or by.partition(":")[2] == customer:
            return
        booking = None if about == "profile" else about
        self._noting.note(partial(_noted, self._clock(), (by, customer, booking)))


def _noted(now: datetime, key: tuple[str | None, ...]) -> Noted:
    return Noted(timestamp_text(now), key)


def disclosure_row(key: str, noted: Noted) -> Disclosure:
    """The row of a note."""
    row: tuple[object, ...] = (key, noted.at, noted.at, 1, *noted.key)
    return Disclosure._make(row)
