"""One round of the live stream: what happened, and how things stand now, for everybody who is to be told."""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

from app.live.changed_days import ChangedDay, TouchedDay, touched_days
from app.live.news import News
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, get_all

T = TypeVar("T")


class Round:
    """What happened, read once however many are told. For one thread, while the reader's transaction lasts."""

    def __init__(self, reader: Reader, news: News, now: datetime) -> None:
        self.reader = reader
        self.news = news
        self.now = now
        self._made: dict[Hashable, Any] = {}

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` answers, which is called for the first who asks under this name."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    @cached_property
    def resources(self) -> Mapping[str, ResourceRow]:
        """Those on which something happened, as they are now."""
        return get_all(self.reader, self.news.touched.keys() | self.news.revised)

    def days(self, resource: str, *, by_staff: bool) -> list[ChangedDay]:
        """The dates of a resource on which slots changed, as availability shows them to staff or to everybody."""
        return self.once((ChangedDay, resource, by_staff), partial(self._changed, resource, by_staff=by_staff))

    def _changed(self, resource: str, *, by_staff: bool) -> list[ChangedDay]:
        return [day.changed(self.now, by_staff=by_staff) for day in self._touched.get(resource, ())]

    @cached_property
    def _touched(self) -> Mapping[str, list[TouchedDay]]:
        found: dict[str, list[TouchedDay]] = {}
        for day in touched_days(self.reader, self.resources.values(), self.news.touched, self.now):
            found.setdefault(day.resource.key, []).append(day)
        return found


class Audience(Protocol):
    """Those who are told the same, byte for byte. Equal audiences are one."""

    @property
    def resources(self) -> frozenset[str]:
        """What they listen to."""

    def __hash__(self) -> int: ...

    def told(self, happened: Round) -> bytes | None:
        """What they are told of a round, nothing if it does not concern them; none when they may not listen any more.

        Called on a thread.
        """

    def to_start_over(self, position: int) -> bytes:
        """What they are told instead when too much happened: all is to be loaded afresh, as of `position` or later."""
