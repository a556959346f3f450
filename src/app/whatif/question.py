"""What somebody wants to know."""

from datetime import date
from typing import Final, NamedTuple

from app.whatif.changes import CannotImagine

MOST_DATES: Final = 366


class Question(NamedTuple):
    """Of which resource, for which dates (both included), and what is otherwise, as `changes_of` takes it."""

    resource: str
    first: date
    last: date
    changes: tuple[str, ...]


def must_be_a_range(first: date, last: date) -> None:
    """Raises CannotImagine for dates that run back, or are too many."""
    if last < first:
        raise CannotImagine(f"{last} is before {first}: the last date is not before the first.")
    if (last - first).days >= MOST_DATES:
        raise CannotImagine(f"At most {MOST_DATES} dates can be looked at together.")
