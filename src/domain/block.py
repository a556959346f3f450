"""A block: time taken away by the desk or an external calendar, on one day or several."""

from datetime import date, datetime
from typing import ClassVar, Literal

from domain.event import Aggregate, Cause, Event
from domain.refusal import Refused

BlockSource = Literal["desk", "calendar"]


class BlockPlaced(Event):
    """Time was taken away. `units` none means all capacity; `reason` is sealed under the desk's key."""

    TOPIC: ClassVar[str] = "BlockPlaced.1"
    resource: str
    start: datetime
    end: datetime
    units: int | None
    source: BlockSource
    reason: str | None
    days: tuple[date, ...]

    def apply(self, aggregate: "Block") -> None:
        aggregate.resource = self.resource
        aggregate.start, aggregate.end = self.start, self.end
        aggregate.units, aggregate.source, aggregate.reason = self.units, self.source, self.reason
        aggregate.days = self.days


class BlockLifted(Event):
    """The time was given back."""

    TOPIC: ClassVar[str] = "BlockLifted.1"

    def apply(self, aggregate: "Block") -> None:
        aggregate.lifted = True


class Block(Aggregate):
    """Stream `block/<id>`."""

    resource: str
    start: datetime
    end: datetime
    units: int | None
    source: BlockSource
    reason: str | None
    days: tuple[date, ...]
    lifted: bool

    def begin(self) -> None:
        self.lifted = False

    @staticmethod
    def stream(block: str) -> str:
        """The name of a block's stream."""
        return f"block/{block}"

    @property
    def key(self) -> str:
        """The block's id."""
        return self.id.removeprefix("block/")

    def place(
        self,
        cause: Cause,
        *,
        resource: str,
        start: datetime,
        end: datetime,
        units: int | None,
        source: BlockSource,
        reason: str | None,
        days: tuple[date, ...],
    ) -> None:
        """Take the time away; `days` are the dates of the resource's zone that it lies on."""
        self.record(
            BlockPlaced,
            cause,
            resource=resource,
            start=start,
            end=end,
            units=units,
            source=source,
            reason=reason,
            days=days,
        )

    def lift(self, cause: Cause) -> bool:
        """Give the time back; whether that changed anything. Raises `Refused` (`unknown-block`)."""
        if not self.exists:
            raise Refused("unknown-block", f"There is no block {self.key}.")
        if not self.lifted:
            self.record(BlockLifted, cause)
            return True
        return False


for _event in (BlockPlaced, BlockLifted):
    _event.aggregate = Block
