"""How free resources are asked for: one at a time, or several needs at once."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from app.together import MOST_NEEDS, Need
from domain.definition import IDENTIFIER, MOST
from domain.interval import Interval
from interface.http.booking_queries import with_offset
from interface.http.fields import Count, Cursor, Instant, Minutes, PageSize, ResourceId
from interface.http.models import Asked
from interface.http.problems import malformed

LONGEST: Final = timedelta(days=31)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,6}")
_ATTRIBUTE: Final = re.compile(r"attribute\.([a-z][a-z0-9_]{0,62})")

NeedText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    Field(
        description="What one resource has to be, as name:value with ; between: `id`, `kind`, `q`, `seats`, `units`, "
        f"`attribute.<name>`. At most {MOST_NEEDS} of them, each met by a resource of its own.",
        examples=["kind:room;seats:4"],
    ),
]


class FreeAsked(Asked):
    """Which interval. Without offset it is each resource's own wall clock; no `end`: each one's shortest length.

    With `need`, several at once: from `start` to `end`, or the next starts `from` an instant `to` another.
    """

    start: Instant | None = None
    end: Instant | None = None
    need: Annotated[list[NeedText], Field(min_length=1, max_length=MOST_NEEDS)] | None = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None
    duration: Minutes | None = None
    kind: ResourceId | None = None
    q: Annotated[str, StringConstraints(max_length=200)] | None = None
    seats: Count | None = None
    units: Count = 1
    limit: PageSize = 100
    cursor: Cursor | None = None


def of_one(asked: FreeAsked) -> FreeAsked:
    """What is asked of single resources. Raises Declined (`malformed`)."""
    if asked.start is None:
        raise malformed("start", "is needed")
    for name, given in (("from", asked.from_), ("to", asked.to), ("duration", asked.duration)):
        if given is not None:
            raise malformed(name, "goes with need")
    return asked


def at_once_wanted(asked: FreeAsked, attributes: Mapping[str, str]) -> list[Need]:
    """The needs of a question about one interval. Raises Declined (`malformed`)."""
    _must_lack(asked, attributes, "from_", "to", "duration")
    return _needs(asked.need or ())


def starts_wanted(asked: FreeAsked, attributes: Mapping[str, str]) -> tuple[list[Need], Interval]:
    """The needs of a question about the next starts, and between which instants. Raises Declined (`malformed`)."""
    _must_lack(asked, attributes, "end")
    begin, until = with_offset("from", asked.from_), with_offset("to", asked.to)
    if begin is None or until is None:
        raise malformed("start", "is needed, or from and to")
    if not begin < until <= begin + LONGEST:
        raise malformed("to", f"lies after from, by at most {LONGEST.days} days")
    return _needs(asked.need or ()), Interval(begin, until)


def _must_lack(asked: FreeAsked, attributes: Mapping[str, str], *names: str) -> None:
    for name in sorted(asked.model_fields_set & {"kind", "q", "seats", "units", "cursor", *names}):
        shown = name.rstrip("_")
        raise malformed(shown, "goes into a need" if shown in _PARTS else "does not go with this")
    for name in attributes:
        raise malformed(f"attribute.{name}", "goes into a need")


def _needs(texts: Sequence[str]) -> list[Need]:
    return [_need(text) for text in texts]


def _need(text: str) -> Need:
    said: dict[str, Any] = {}
    attributes: dict[str, str] = {}
    for name, value in _parts(text):
        attribute = _ATTRIBUTE.fullmatch(name)
        if name in said or (attribute is not None and attribute[1] in attributes):
            raise malformed("need", f"{name} is said twice in {text!r}")
        if attribute is not None:
            attributes[attribute[1]] = value
        elif name in _PARTS:
            said[name] = _PARTS[name](name, value)
        else:
            known = ", ".join(_PARTS)
            raise malformed("need", f"{name[:40]!r} is not known here; a need is made of {known} and attribute.<name>")
    return Need(text, **said, attributes=attributes)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        if not colon or not value:
            raise malformed("need", f"{part[:40]!r} is not a name, a colon and a value, such as kind:room")
        yield name, value


def _identifier(name: str, value: str) -> str:
    if IDENTIFIER.fullmatch(value) is None:
        raise malformed("need", f"{name} is an identifier such as room-101")
    return value


def _number(name: str, value: str) -> int:
    if _NUMBER.fullmatch(value) is None or int(value) > MOST:
        raise malformed("need", f"{name} is a whole number from 1 to {MOST:,}")
    return int(value)


_PARTS: Final[Mapping[str, Callable[[str, str], str | int]]] = {
    "id": _identifier,
    "kind": _identifier,
    "q": lambda _name, value: value,
    "seats": _number,
    "units": _number,
}
