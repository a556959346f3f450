"""The people of the demo: those whose tokens its start prints, and as whom one signs in on its page."""

from typing import Final, NamedTuple

from interface.http.auth import TokenRole


class Guest(NamedTuple):
    """Somebody of the demo. `title`: what they are there, as the start says it."""

    title: str
    subject: str
    role: TokenRole


GUESTS: Final = (
    Guest("customer", "alice", "customer"),
    Guest("second customer", "bob", "customer"),
    Guest("staff", "sam", "staff"),
    Guest("admin", "ada", "admin"),
    Guest("auditor", "odile", "auditor"),
)
