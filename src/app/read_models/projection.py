"""What a projection is: a class that maps events to changes of its tables."""

from collections.abc import Collection
from typing import Protocol

from sqlalchemy import Connection, MetaData

from domain.event import Event


class Changes(Protocol):
    """What a batch of events changes, gathered in memory so that few statements write it."""

    def apply(self, event: Event, position: int) -> None:
        """Take one event in; any exception parks the event's stream, and nothing of the event is taken in."""

    def write(self, connection: Connection) -> None:
        """Write all that was gathered."""


class Projection(Protocol):
    """Maps events to its tables. Change its `version` whenever the same events would make other rows."""

    @property
    def name(self) -> str:
        """Stable: positions are kept under it."""

    @property
    def version(self) -> int:
        """Grows with every change. A newer one is built beside the older one and swapped in."""

    @property
    def readable(self) -> Collection[int]:
        """Versions whose tables this program's queries can read, its own included."""

    @property
    def categories(self) -> Collection[str]:
        """First parts of the names of the streams whose events it wants, such as `booking`."""

    def metadata(self, generation: int) -> MetaData:
        """The tables of one generation; their names end in its number. The same object for the same number."""

    def changes(self, connection: Connection, generation: int, streams: Collection[str]) -> Changes:
        """Begin a batch that touches these streams; reads what is needed of them."""
