"""Registering, revising and retiring what can be booked."""

import pytest
from tests.domain.given import Told, a_definition, cause, given, told

from domain.definition import Definition
from domain.refusal import RuleCode
from domain.resource import Resource, ResourceRegistered, ResourceRetired, ResourceRevised

STREAM = "resource/dr-lee"
DR_LEE = a_definition().checked("Europe/Vienna")
TWO_DOCTORS = a_definition(capacity=2).checked("Europe/Vienna")


def registered(definition: Definition = DR_LEE) -> Told:
    """Dr Lee was registered."""
    return told(ResourceRegistered, timezone="Europe/Vienna", definition=definition)


def revised(definition: Definition = TWO_DOCTORS) -> Told:
    """Dr Lee was defined anew."""
    return told(ResourceRevised, definition=definition)


def test_a_resource_is_registered_with_what_its_definition_left_out() -> None:
    outcome = given(Resource, STREAM).when(lambda resource: resource.register(cause(), "Europe/Vienna", a_definition()))

    resource = outcome.then(registered()).decided
    assert (resource.key, resource.name, resource.capacity, resource.policy.max_duration) == ("dr-lee", "Dr Lee", 1, 30)


@pytest.mark.parametrize("key", ["", "-lee", "Dr-Lee", "dr lee", "l" * 64, "lee/2", "dr-leé", "lee\n"])
def test_an_id_is_small_letters_digits_and_dashes(key: str) -> None:
    outcome = given(Resource, f"resource/{key}").when(
        lambda resource: resource.register(cause(), "Europe/Vienna", a_definition())
    )

    outcome.then_refused("malformed", errors=[{"pointer": "/id", "detail": "write it like moon-hospital"}])


def test_a_bad_definition_registers_nothing() -> None:
    given(Resource, STREAM).when(
        lambda resource: resource.register(cause(), "Europe/Vienna", a_definition(capacity=0))
    ).then_refused("malformed")


def test_a_resource_is_revised_as_a_whole_and_its_plan_with_it() -> None:
    closed = a_definition(open_on={})
    known = given(Resource, STREAM, registered())
    before = known.aggregate.plan

    after = known.when(lambda resource: resource.revise(cause(), None, closed)).then(
        revised(closed.checked("Europe/Vienna"))
    )

    assert (before.hours != {}, after.decided.plan.hours) == (True, {})
    assert known.aggregate.plan is before


def test_saying_what_is_so_already_writes_nothing() -> None:
    given(Resource, STREAM, registered()).when(
        lambda resource: resource.revise(cause(), "Europe/Vienna", a_definition())
    ).then_nothing()


def test_a_time_zone_never_changes() -> None:
    given(Resource, STREAM, registered()).when(
        lambda resource: resource.revise(cause(), "Asia/Dhaka", a_definition(capacity=2))
    ).then_refused("malformed")


def test_a_resource_is_retired_once() -> None:
    given(Resource, STREAM, registered()).when(lambda resource: resource.retire(cause())).then(told(ResourceRetired))

    given(Resource, STREAM, registered(), told(ResourceRetired)).when(
        lambda resource: resource.retire(cause())
    ).then_nothing()


def test_a_retired_resource_takes_no_claims_and_no_changes() -> None:
    retired = given(Resource, STREAM, registered(), told(ResourceRetired))

    retired.when(lambda resource: resource.must_be_open()).then_refused("unknown-resource", retired=True)
    retired.when(lambda resource: resource.revise(cause(), None, TWO_DOCTORS)).then_refused("unknown-resource")
    retired.when(lambda resource: resource.must_exist()).then_nothing()


def test_a_resource_that_was_never_registered_is_unknown() -> None:
    unknown: RuleCode = "unknown-resource"
    nobody = given(Resource, STREAM)

    nobody.when(lambda resource: resource.must_be_open()).then_refused(unknown, resource="dr-lee")
    nobody.when(lambda resource: resource.revise(cause(), None, DR_LEE)).then_refused(unknown)
    nobody.when(lambda resource: resource.retire(cause())).then_refused(unknown)


def test_a_definition_is_loaded_as_it_was_stored_whatever_the_rules_say_today() -> None:
    old = a_definition(step=1, capacity=0)

    assert given(Resource, STREAM, registered(old)).aggregate.definition == old


def test_a_resource_is_loaded_without_asking_the_time_zone_database() -> None:
    stored = told(ResourceRegistered, timezone="Mars/Olympus-Mons", definition=DR_LEE)

    assert given(Resource, STREAM, stored, revised()).aggregate.timezone == "Mars/Olympus-Mons"
