"""What the log itself knows of a customer: only that they were erased."""

from typing import ClassVar

from domain.event import Aggregate, Cause, Event


class CustomerErased(Event):
    """The person's key and record were destroyed; whatever was sealed under the key is gone for good."""

    TOPIC: ClassVar[str] = "CustomerErased.1"

    def apply(self, aggregate: "Customer") -> None:
        aggregate.erased = True


class Customer(Aggregate):
    """Stream `customer/<id>`; without events until the person is erased."""

    erased: bool

    def begin(self) -> None:
        self.erased = False

    @staticmethod
    def stream(customer: str) -> str:
        """The name of a customer's stream."""
        return f"customer/{customer}"

    def erase(self, cause: Cause) -> None:
        """Write down that the person's key is destroyed in this same append."""
        if not self.erased:
            self.record(CustomerErased, cause)


CustomerErased.aggregate = Customer
