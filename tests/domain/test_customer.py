"""What the log knows of a person: only that they were erased."""

from tests.domain.given import cause, given, told

from domain.customer import Customer, CustomerErased


def test_a_person_is_erased_once() -> None:
    given(Customer, "customer/c-alice").when(lambda person: person.erase(cause())).then(told(CustomerErased))

    erased = given(Customer, Customer.stream("c-alice"), told(CustomerErased))
    assert erased.when(lambda person: person.erase(cause())).then_nothing().decided.erased
