"""What is to be imagined otherwise about a resource: `capacity=25`, `hours.fri=09:00-13:00`, `policy.step=15`."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from domain.definition import MOST, POLICY_BOUNDS, WALL_CLOCK, Definition
from domain.plan import WEEKDAYS, Policy
from domain.refusal import Refused

MOST_CHANGES: Final = 50
_MOST_DIGITS: Final = 9
"""More than any limit has."""
_MOST_SHOWN: Final = 40
CLOSED: Final = "closed"
_UNLIMITED: Final = ("none", "null")
_PLAIN: Final = ("capacity", "seats")
_EXAMPLES: Final = "capacity=25, hours.fri=09:00-13:00 (or closed), exceptions.2026-12-24=closed, policy.step=15"


class CannotImagine(Exception):  # noqa: N818 - what is wrong with the question, in a sentence
    """A change that cannot be, or a question that cannot be answered."""


class Change(NamedTuple):
    """One thing that is otherwise: where it stands in a definition, and what stands there instead."""

    path: tuple[str, ...]
    value: Any


class Changes(NamedTuple):
    """All that is otherwise. None at all: everything as it was."""

    all: tuple[Change, ...] = ()

    def of(self, definition: Definition, timezone: str) -> Definition:
        """A definition with them. Raises CannotImagine when the resource could not be defined like that."""
        if not self.all:
            return definition
        facts = definition.model_dump(mode="json")
        facts["policy"] = definition.policy.said()
        for change in self.all:
            *way, last = change.path
            place = facts
            for step in way:
                place = place[step]
            place[last] = change.value
        try:
            return Definition.model_validate(facts).checked(timezone)
        except ValidationError as error:
            raise CannotImagine(f"The resource cannot be defined like that: {error.errors()[0]['msg']}.") from None
        except Refused as refused:
            raise CannotImagine(str(refused)) from None


def changes_of(said: Iterable[str]) -> Changes:
    """Of texts such as `capacity=25`. Raises CannotImagine with what is wrong, and how it is written."""
    found: dict[tuple[str, ...], Change] = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals:
            raise CannotImagine(f"{text!r} does not say what to. Write it like {_EXAMPLES}.")
        change = _change(name.strip(), value.strip())
        found[change.path] = change
    if len(found) > MOST_CHANGES:
        raise CannotImagine(f"At most {MOST_CHANGES} changes can be imagined together.")
    return Changes(tuple(found.values()))


def texts_of(said: Mapping[str, int | bool | str | None]) -> list[str]:
    """What a JSON object says, as such texts."""
    return [f"{name}={_UNLIMITED[0] if value is None else value}" for name, value in said.items()]


def _change(name: str, value: str) -> Change:
    group, _, key = name.partition(".")
    if name in _PLAIN:
        return Change((name,), _number(name, value, MOST, may_be_none=name == "seats"))
    if group == "hours" and key in WEEKDAYS:
        return Change(("hours", key), _windows(name, value))
    if group == "exceptions" and _is_date(key):
        return Change(("exceptions", key), {"windows": _windows(name, value)})
    if group == "policy" and key in Policy.model_fields:
        return Change(("policy", key), _of_policy(name, key, value))
    raise CannotImagine(f"Nothing is called {name!r} that could be changed. Write it like {_EXAMPLES}.")


def _of_policy(name: str, key: str, value: str) -> int | bool | None:
    if isinstance(Policy.model_fields[key].default, bool):
        if value.lower() not in {"true", "false"}:
            raise CannotImagine(f"{name} is true or false, not {value!r}.")
        return value.lower() == "true"
    return _number(name, value, POLICY_BOUNDS[key][1], may_be_none=key == "daily_limit")


def _number(name: str, value: str, most: int, *, may_be_none: bool) -> int | None:
    if may_be_none and value.lower() in _UNLIMITED:
        return None
    is_whole = value.isascii() and value.isdigit()
    if is_whole and len(value) > _MOST_DIGITS:
        raise CannotImagine(f"{name} is at most {most}, not {value[:_MOST_SHOWN]}{'...' * (len(value) > _MOST_SHOWN)}.")
    if not is_whole:
        raise CannotImagine(f"{name} is a whole number from 0 on{' or none' if may_be_none else ''}, not {value!r}.")
    return int(value)


def _windows(name: str, value: str) -> list[list[str]]:
    if value.lower() == CLOSED:
        return []
    windows = [[part.strip() for part in window.split("-")] for window in value.split(",")]
    if not all(len(window) == 2 and all(map(WALL_CLOCK.fullmatch, window)) for window in windows):
        raise CannotImagine(f"{name} is written like 09:00-12:00,13:00-17:00, or {CLOSED}; this is {value!r}.")
    return windows


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
