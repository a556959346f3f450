"""A resource: anything bookable, as its administrator last defined it."""

from datetime import timedelta
from functools import cached_property
from typing import ClassVar

from domain.definition import IDENTIFIER, Definition
from domain.event import Aggregate, Cause, Event
from domain.interval import MINUTE
from domain.plan import Plan, Policy
from domain.refusal import Refused


class ResourceRegistered(Event):
    """A resource was added. Its time zone (a name of the IANA database) never changes."""

    TOPIC: ClassVar[str] = "ResourceRegistered.1"
    timezone: str
    definition: Definition

    def apply(self, aggregate: "Resource") -> None:
        aggregate.timezone = self.timezone
        aggregate.define(self.definition)


class ResourceRevised(Event):
    """A resource was defined anew, as a whole."""

    TOPIC: ClassVar[str] = "ResourceRevised.1"
    definition: Definition

    def apply(self, aggregate: "Resource") -> None:
        aggregate.define(self.definition)


class ResourceRetired(Event):
    """A resource takes no new claims; what is booked stands."""

    TOPIC: ClassVar[str] = "ResourceRetired.1"

    def apply(self, aggregate: "Resource") -> None:
        aggregate.retired = True


class Resource(Aggregate):
    """Stream `resource/<id>`."""

    timezone: str
    definition: Definition
    retired: bool

    def begin(self) -> None:
        self.retired = False

    @staticmethod
    def stream(resource: str) -> str:
        """The name of a resource's stream."""
        return f"resource/{resource}"

    @property
    def key(self) -> str:
        """The resource's id."""
        return self.id.removeprefix("resource/")

    @property
    def name(self) -> str:
        """What people call it."""
        return self.definition.name

    @property
    def capacity(self) -> int:
        """Units that may be taken at the same moment."""
        return self.definition.capacity

    @property
    def apart(self) -> timedelta:
        """How far apart its buffers keep two bookings."""
        return (self.policy.buffer_before + self.policy.buffer_after) * MINUTE

    @property
    def policy(self) -> Policy:
        """How it may be booked."""
        return self.definition.policy

    @cached_property
    def plan(self) -> Plan:
        """When it is open; worked out once for each definition."""
        return self.definition.plan(self.timezone)

    def define(self, definition: Definition) -> None:
        """Set the definition that is in force."""
        self.definition = definition
        self.__dict__.pop("plan", None)

    def register(self, cause: Cause, timezone: str, definition: Definition) -> None:
        """Add the resource. Raises `Refused` (`malformed`)."""
        if not IDENTIFIER.fullmatch(self.key):
            raise Refused(
                "malformed",
                "An id is 1 to 63 of a-z, 0-9 and -, and does not begin with -.",
                errors=[{"pointer": "/id", "detail": "write it like moon-hospital"}],
            )
        self.record(ResourceRegistered, cause, timezone=timezone, definition=definition.checked(timezone))

    def revise(self, cause: Cause, timezone: str | None, definition: Definition) -> None:
        """Define it anew; nothing is written when it is so already.

        Raises `Refused` (`malformed`, `unknown-resource`).
        """
        self.must_be_open()
        if timezone not in {None, self.timezone}:
            raise Refused(
                "malformed",
                f"The time zone of {self.name} is {self.timezone} and cannot be changed. Register another resource.",
                errors=[{"pointer": "/timezone", "detail": f"is {self.timezone} and fixed at registration"}],
            )
        checked = definition.checked(self.timezone)
        if checked != self.definition:
            self.record(ResourceRevised, cause, definition=checked)

    def retire(self, cause: Cause) -> None:
        """Take no new claims from now on. Raises `Refused` (`unknown-resource`)."""
        self.must_exist()
        if not self.retired:
            self.record(ResourceRetired, cause)

    def must_exist(self) -> None:
        """Raises `Refused` (`unknown-resource`) when it was never registered."""
        if not self.exists:
            raise Refused("unknown-resource", f"There is no resource {self.key}.", resource=self.key)

    def must_be_open(self) -> None:
        """Raises `Refused` (`unknown-resource`) when it takes no claims."""
        self.must_exist()
        if self.retired:
            raise Refused(
                "unknown-resource",
                f"{self.name} is retired and takes no bookings any more.",
                resource=self.key,
                retired=True,
            )


for _event in (ResourceRegistered, ResourceRevised, ResourceRetired):
    _event.aggregate = Resource
