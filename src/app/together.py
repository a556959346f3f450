"""What is free at once: several needs, each met by a resource of its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.free_resources import FreeResource, free_resources
from app.read_models.reader import Reader

MOST_NEEDS: Final = 5


class Need(NamedTuple):
    """What one resource has to be: `id`, or of a kind, and how much of it is taken. `text`: as it was said."""

    text: str
    id: str | None = None
    kind: str | None = None
    q: str | None = None
    seats: int | None = None
    units: int = 1
    attributes: Mapping[str, str] = {}


class Eyes(NamedTuple):
    """Who asks, and when. `visible`: the visibilities that they see, none for all. `by_staff` lifts notice, horizon."""

    visible: Collection[str] | None
    by_staff: bool
    now: datetime


class Options(NamedTuple):
    """The resources that meet a need, by id; `more`: there are others beyond them."""

    need: Need
    free: Sequence[FreeResource]
    more: bool


class Together(NamedTuple):
    """What meets each need, and a choice of one for each, all different and at the same instant, if there is any."""

    options: list[Options]
    choice: list[FreeResource] | None


def free_together(
    reader: Reader, needs: Sequence[Need], start: datetime, end: datetime | None, eyes: Eyes, limit: int
) -> Together:
    """What is free from `start` to `end` (none: for its shortest time). Raises `Refused` as `free_resources` does.

    A time without offset is each resource's own wall clock; a choice is of those for which that is the same instant.
    """
    options = []
    for need in needs:
        page = free_resources(
            reader,
            start=start,
            end=end,
            units=need.units,
            now=eyes.now,
            by_staff=eyes.by_staff,
            visible=eyes.visible,
            limit=limit,
            **filters_of(need),
        )
        options.append(Options(need, page.items, page.next is not None))
    return Together(options, _chosen_at_once(options))


def matched(options: Sequence[Collection[str]]) -> list[str] | None:
    """One of each, all different; none where that cannot be. Augmenting paths (Kuhn's algorithm)."""
    taken_by: dict[str, int] = {}

    def place(number: int, tried: set[str]) -> bool:
        for option in sorted(options[number], key=taken_by.__contains__):  # what is free first, else in its order
            if option not in tried:
                tried.add(option)
                if option not in taken_by or place(taken_by[option], tried):
                    taken_by[option] = number
                    return True
        return False

    if not all(place(number, set()) for number in range(len(options))):
        return None
    return [option for option, _ in sorted(taken_by.items(), key=lambda item: item[1])]


def filters_of(need: Need) -> dict[str, Any]:
    """A need in the words of `found`; an id is a scope of one resource."""
    return {
        "kind": need.kind,
        "q": need.q,
        "seats": need.seats,
        "attributes": need.attributes,
        "scope": None if need.id is None else {need.id},
    }


def _chosen_at_once(options: Sequence[Options]) -> list[FreeResource] | None:
    """A choice at the earliest instant for which there is one."""
    for start in sorted({free.start for each in options for free in each.free}):
        at_once = [{free.row.id: free for free in each.free if free.start == start} for each in options]
        choice = matched(at_once)
        if choice is not None:
            return [those[key] for those, key in zip(at_once, choice, strict=True)]
    return None
