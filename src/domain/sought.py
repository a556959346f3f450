"""What somebody wants of a resource, whichever it is: its kind, seats and attributes."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.definition import Attribute, Definition


class Sought(NamedTuple):
    """A resource of this kind, that seats as many (none: any), with these attributes as text."""

    kind: str
    seats: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    def is_met_by(self, definition: Definition) -> bool:
        """Whether a resource of this definition would do. One without `seats` seats any number."""
        seats = definition.seats
        fits = self.seats is None or seats is None or seats >= self.seats
        return definition.kind == self.kind and fits and has(definition.attributes, dict(self.attributes))


def has(attributes: Mapping[str, Attribute], wanted: Mapping[str, str]) -> bool:
    """Whether attributes are as wanted: compared as text, numbers by their value."""
    return all(name in attributes and equals(attributes[name], text) for name, text in wanted.items())


def equals(value: Attribute, text: str) -> bool:
    """Whether an attribute's value is what a text says."""
    if isinstance(value, bool):
        return text == text_of(value)
    if isinstance(value, str):
        return text == value
    try:
        return float(text) == value
    except ValueError:
        return False


def text_of(value: Attribute) -> str:
    """An attribute's value as the text that it equals."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
