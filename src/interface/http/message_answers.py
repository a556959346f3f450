"""The shapes of answers about messages to people: `answers` has all others."""

from datetime import datetime

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from app.messages.occasions import Occasion


class FailedMessageAnswer(TypedDict):
    """A message to the customer of a booking that was not taken, so far. `next_attempt_at`: when it is tried again;
    null where it was given up, at `given_up_at`. `trouble`: what went wrong last, without an address.
    """

    id: str
    occasion: Occasion
    booking: str
    failures: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    given_up_at: datetime | None
    trouble: str | None


class FailedMessageList(TypedDict):
    """At most 200, the one whose event happened last first."""

    items: list[FailedMessageAnswer]


class KeptMessage(TypedDict):
    """A message to a person that is due, or failed: it is gone once it is sent. `trouble`: as above."""

    occasion: str
    booking: str
    due_at: datetime
    failures: int
    given_up_at: datetime | None
    trouble: str | None
