"""The shapes of answers about calendar feeds: `answers` has all others."""

from datetime import datetime

from typing_extensions import TypedDict  # pydantic reads the standard library's only from Python 3.12 on


class FeedAnswer(TypedDict):
    """A calendar feed. `made_at`: when it got its address; null where there is none."""

    made_at: datetime | None


class NewFeedAnswer(TypedDict):
    """A calendar feed that has just got its address: where the service is reached, or its path alone where that is not
    known.
    """

    address: str
    made_at: datetime


class FeedOfPerson(TypedDict):
    """Somebody who follows a resource's bookings."""

    customer: str
    made_at: datetime


class FeedList(TypedDict):
    """Who follows a resource's bookings, oldest first."""

    items: list[FeedOfPerson]


class KeptFeed(TypedDict):
    """A calendar feed of a person's: of their own bookings (`resource` null), or of one whose desk they are."""

    resource: str | None
    made_at: datetime


class BookingMet(TypedDict):
    """A booking that stands where a calendar is busy, from `start` to `end`: the desk is to decide about it."""

    block: str
    start: datetime
    end: datetime
    booking: str


class ExternalCalendarAnswer(TypedDict):
    """A calendar elsewhere whose busy times are blocks of `resource`. `address`: its host alone; null where it cannot
    be opened. `succeeded_at`: when it was last read and all of it done; `failures`: how many attempts went wrong
    since, and `failure` what the last of them met. `due_at`: when it is looked at next. `blocks`: how many it has.
    """

    calendar: str
    resource: str
    address: str | None
    made_at: datetime
    succeeded_at: datetime | None
    due_at: datetime
    failures: int
    failure: str | None
    blocks: int
    overlaps: list[BookingMet]


class ExternalCalendarList(TypedDict):
    """A resource's calendars elsewhere, oldest first."""

    items: list[ExternalCalendarAnswer]


class ExternalCalendarPage(TypedDict):
    """Calendars elsewhere of all resources whose desk you are, by id. `next`: the cursor of more, null at the end."""

    items: list[ExternalCalendarAnswer]
    next: str | None
