"""The shapes of what is held about a person: `answers` has all others."""

from typing import Any

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on

from interface.http.answers import BookingAnswer, DisclosureAnswer, EventAnswer, ProfileAnswer, RefusalAnswer
from interface.http.feed_answers import KeptFeed
from interface.http.message_answers import KeptMessage


class KeptBooking(TypedDict):
    """A booking of a person's, and what happened to it."""

    booking: BookingAnswer
    events: list[EventAnswer]


class CustomerDataAnswer(TypedDict):
    """All that is held about a person. `account`: issuer and subject of whoever signs in; `made_by`: the actor who
    entered a person without one. `calendar_feeds`: what they follow; their addresses are not kept. `events`: what was
    decided about what is kept; `series`: of the series that these bookings are of. `messages`: those that are due or
    failed. `refusals`: what they were refused, or others for them, and `disclosures`: to whom else something of theirs
    was shown, of each the newest 500. `next`: more bookings, as of a list.
    """

    customer: str
    profile: ProfileAnswer
    account: dict[str, Any] | None
    made_by: str | None
    calendar_feeds: list[KeptFeed]
    messages: list[KeptMessage]
    refusals: list[RefusalAnswer]
    disclosures: list[DisclosureAnswer]
    events: list[EventAnswer]
    bookings: list[KeptBooking]
    series: list[EventAnswer]
    next: str | None
