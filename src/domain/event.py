"""What every event carries, and how a stream of events becomes an aggregate."""

from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, Self

from eventsourcing.domain import BaseAggregate, CanMutateAggregate
from pydantic import BaseModel, ConfigDict, Field


class Cause(NamedTuple):
    """Why events are written: who, by which command, and the one time of the batch (UTC)."""

    by: str
    command_id: str
    timestamp: datetime


class Event(BaseModel, CanMutateAggregate[str]):
    """A fact. Topic and field names are a storage format: they never change (a new version of them does).

    The excluded fields are columns of the log, the others its `state`, a JSON object. `by` is the actor, such
    as `customer:c-5f0e...` or `system:sweeper`. `fingerprint` stands on the first event of a command that
    came with an idempotency key: a keyed hash of the request's body.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    TOPIC: ClassVar[str]
    aggregate: ClassVar[type["Aggregate"]]
    topics: ClassVar[dict[str, type["Event"]]] = {}

    originator_id: str = Field(exclude=True)
    originator_version: int = Field(exclude=True)
    timestamp: datetime = Field(exclude=True)
    by: str = Field(exclude=True)
    command_id: str = Field(exclude=True)
    fingerprint: str | None = Field(default=None, exclude_if=lambda value: value is None)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "TOPIC" in cls.__dict__:
            Event.topics[cls.TOPIC] = cls

    def mutate(self, aggregate: Any) -> Any:
        """Apply this event; a stream's first event finds the empty aggregate that it begins with."""
        begun = type(self).aggregate.untouched(self.originator_id) if aggregate is None else aggregate
        if not begun.exists:
            begun.begun_on(self.timestamp)
        return super().mutate(begun)


class Aggregate(BaseAggregate[str]):
    """The state that a stream's events add up to. Version 0: nothing has happened yet."""

    def begin(self) -> None:
        """Set the state that an empty stream stands for."""

    @classmethod
    def untouched(cls, stream: str) -> Self:
        """The aggregate of a stream without events."""
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(stream, 0, datetime.min.replace(tzinfo=UTC))
        aggregate.begin()
        return aggregate

    def copy(self) -> Self:
        """A twin without pending events, to decide on. Events replace values, so sharing these is safe."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__, _pending_events=[])
        return twin

    def fork(self) -> Self:
        """A twin with what is pending, to try something that may be given up again."""
        twin = self.copy()
        twin.__dict__["_pending_events"] = [*self._pending_events]
        return twin

    def begun_on(self, moment: datetime) -> None:
        """Set when the stream's first event was written; the library knows it by a constructor that is not used."""
        self._created_on = moment

    @property
    def exists(self) -> bool:
        """Whether the stream has any event."""
        return self.version > 0

    def record(self, event: type[Event], cause: Cause, **facts: Any) -> None:
        """Write down a fact that was decided, and apply it."""
        by, command_id, timestamp = cause
        fact = event(
            originator_id=self._id,
            originator_version=self._version + 1,
            timestamp=timestamp,
            by=by,
            command_id=command_id,
            **facts,
        )
        fact.mutate(self)
        self._pending_events.append(fact)
