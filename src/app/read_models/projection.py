"""What a projection is: a class that maps events to changes of its tables."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, MetaData

from app.read_models.feed import Fed


class Changes(Protocol):
    """What a batch of events changes, gathered in memory so that few statements write it."""

    def apply(self, fed: Fed, topic: str, facts: Any) -> None:
        """Take one event in, see `Facts`; any exception parks the event's stream, and nothing of the event is
        taken in.
        """

    def write(self, connection: Connection) -> None:
        """Write all that was gathered; any exception leads to a second attempt that finds the event to blame."""


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

    def changes(self, connection: Connection, generation: int, streams: Mapping[str, int]) -> Changes:
        """Begin a batch that touches these streams, each from this version on; reads what is needed of them."""
