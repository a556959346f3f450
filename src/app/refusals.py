"""Why somebody was refused: noted beside the log behind the answer, since a refused command writes nothing to it."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

from app.commands import Book, BookAny, BookSeries, Command, JoinLine, OnBooking, PlaceBlock, Reschedule
from app.log.instants import timestamp_text
from app.log.notes import WITHIN, Refusal
from app.noting import Noted, Noting
from domain.refusal import Refused


class _Asked(NamedTuple):
    """What a command was about, as far as it said so."""

    resource: str | None = None
    start: str | None = None
    end: str | None = None
    units: int | None = None


class _Wanted(NamedTuple):
    """For whom a booking was to be made, for how many, and how long where any time of a window would have done."""

    customer: str | None = None
    party: int | None = None
    minutes: int | None = None


class Refusals:
    """Notes each refusal of what people asked for; what the system asks itself is nobody's question."""

    def __init__(self, noting: Noting[Refusal]) -> None:
        self._noting = noting

    def note(self, command: Command, refused: Refused, position: int, now: datetime) -> None:
        """A command was refused, on the log up to a position."""
        if command.actor.role != "system":
            self._noting.note(partial(_noted, command, refused, position, now))


def _noted(command: Command, refused: Refused, position: int, now: datetime) -> Noted:
    booking = command.booking if isinstance(command, OnBooking) else None
    what = (_kind(command), booking, *_asked(command, refused), refused.code, *_wanted(command))
    return Noted(timestamp_text(now), (command.actor.by, *what), (command.command_id, position))


def _kind(command: Command) -> str:
    """The command's name. Where any time within a window would have done, that is said: it was not all asked for."""
    return WITHIN if isinstance(command, BookAny) and command.between is not None else type(command).__name__


def refusal_row(key: str, noted: Noted) -> Refusal:
    """The row of a note."""
    by, kind, booking, resource, start, end, units, code, *wanted = noted.key
    command_id, position = noted.once
    row: tuple[object, ...] = (
        *(key, noted.at, noted.at, 1, by, command_id, kind, booking, resource, start, end, units, code, position),
        *wanted,
    )
    return Refusal._make(row)


def _asked(command: Command, refused: Refused) -> _Asked:
    """The interval in question: the one that the refusal names, of a command with several legs, else the first. Where
    any of several places would have done, the refusal names the first of them.
    """
    said = _said(command)
    facts = refused.facts
    if refused.code == "not-available":
        start, end, units = (facts.get(name) for name in ("start", "end", "units"))
        return _Asked(str(facts["resource"]), str(start), str(end), units if isinstance(units, int) else said.units)
    named = facts.get("resource")
    return said._replace(resource=named) if isinstance(named, str) and said.resource is None else said


def _wanted(command: Command) -> _Wanted:
    if isinstance(command, Book | BookAny | BookSeries | JoinLine):
        return _Wanted(command.customer, command.party, _minutes(command))
    return _Wanted()


def _minutes(command: Command) -> int | None:
    return command.minutes if isinstance(command, BookAny) and command.between is not None else None


def _said(command: Command) -> _Asked:
    if isinstance(command, Book | BookSeries | Reschedule) and command.legs:
        leg = command.legs[0]
        return _Asked(leg.resource, _text(leg.start), _text(leg.end), leg.units)
    if isinstance(command, BookAny):
        start, end = command.between or (command.start, command.end)
        return _Asked(None, _text(start), _text(end), command.units)
    if isinstance(command, Reschedule | PlaceBlock):
        return _Asked(command.resource, _text(command.start), _text(command.end), command.units)
    resource = getattr(command, "resource", None)
    return _Asked(resource)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
