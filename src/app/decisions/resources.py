"""Registering, revising and retiring resources."""

from app.commands import DefineResource, RetireResource, SetException
from app.decisions.access import must_be_current
from app.decisions.decided import Decided
from app.work import Work
from domain.refusal import Refused
from domain.resource import Resource


def define_resource(work: Work, command: DefineResource) -> Decided:
    """Register, or define anew. Raises `Refused` (`malformed`, `if-match-required`, `stale-version`)."""
    resource = work.take(Resource, Resource.stream(command.resource))
    if not resource.exists:
        if command.expected is not None:
            raise Refused("stale-version", f"There is no resource {resource.key} yet.", current_version=0)
        resource.register(work.cause(command), _timezone(command), command.definition)
        return Decided(resource, created=True)
    resource.must_be_open()
    if command.expected is None:
        raise Refused(
            "if-match-required",
            f"{resource.name} exists. To revise it, send If-Match with the version you saw (the ETag), "
            f"now {resource.version}.",
            current_version=resource.version,
        )
    must_be_current(command.expected, resource)
    resource.revise(work.cause(command), command.timezone, command.definition)
    return Decided(resource)


def _timezone(command: DefineResource) -> str:
    if command.timezone is None:
        raise Refused(
            "malformed",
            "A new resource needs a time zone.",
            errors=[{"pointer": "/timezone", "detail": "write it like Europe/Vienna"}],
        )
    return command.timezone


def set_exception(work: Work, command: SetException) -> Decided:
    """Replace one date's windows, or let the weekday's hours apply again."""
    resource = work.take(Resource, Resource.stream(command.resource))
    resource.must_be_open()
    must_be_current(command.expected, resource)
    exceptions = {day: known for day, known in resource.definition.exceptions.items() if day != command.date}
    if command.exception is not None:
        exceptions[command.date] = command.exception
    revised = resource.definition.model_copy(update={"exceptions": exceptions})
    resource.revise(work.cause(command), None, revised)
    return Decided(resource)


def retire_resource(work: Work, command: RetireResource) -> Decided:
    """Take no new claims; what is booked stands."""
    resource = work.take(Resource, Resource.stream(command.resource))
    resource.must_exist()
    must_be_current(command.expected, resource)
    resource.retire(work.cause(command))
    return Decided(resource)
