"""Whether an actor may touch what a command is about, and whether it saw the newest version of it."""

from collections.abc import Callable

from app.commands import Actor
from domain.booking import Booking
from domain.event import Aggregate
from domain.refusal import Refused
from domain.resource import Resource

ResourceOf = Callable[[str], Resource]


def may_touch(actor: Actor, booking: Booking, resource_of: ResourceOf) -> bool:
    """Whether a booking is there for the actor: its customer, the agent that made it, staff whose scope it is in."""
    if actor.role == "customer":
        return booking.customer == actor.person
    if actor.role == "agent":
        return booking.made_by == actor.by
    return actor.role in {"staff", "system"} and all(actor.covers(resource_of(leg.resource)) for leg in booking.legs)


def must_be_theirs(actor: Actor, booking: Booking, resource_of: ResourceOf) -> None:
    """Raises `Refused` (`unknown-booking`), the same for somebody else's booking as for none."""
    booking.must_exist()
    if not may_touch(actor, booking, resource_of):
        raise Refused("unknown-booking", f"There is no booking {booking.key}, or it is not yours.", booking=booking.key)


def must_be_open_to(actor: Actor, resource: Resource) -> None:
    """Raises `Refused`: `unknown-resource` where it takes no claims from the actor, `forbidden` outside their scope."""
    resource.must_exist()
    if resource.definition.visibility == "staff" and not actor.is_desk:
        raise Refused("unknown-resource", f"There is no resource {resource.key}.", resource=resource.key)
    resource.must_be_open()
    must_cover(actor, resource)


def must_cover(actor: Actor, resource: Resource) -> None:
    """Raises `Refused` (`forbidden`) outside the scope of the actor's token."""
    if not actor.covers(resource):
        raise Refused("forbidden", f"Your token does not cover {resource.name}.", resource=resource.key)


def must_be_current(expected: int | None, aggregate: Aggregate) -> None:
    """Raises `Refused` (`stale-version`) when the sender saw another version than the current one (If-Match)."""
    if expected is not None and expected != aggregate.version:
        raise Refused(
            "stale-version",
            f"This was changed meanwhile: it is at version {aggregate.version}, not {expected}. "
            "Please load it again and repeat your change.",
            current_version=aggregate.version,
        )
