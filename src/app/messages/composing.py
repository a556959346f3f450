"""What becomes of a message when it is due: the person's profile is opened then and not before, and what is nothing to
them any more is not sent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, cast

from app.details import UnknownCustomer
from app.identity import keyed_hash
from app.log.event_log import EventLog
from app.log.instants import timestamp_of
from app.log.mapper import EventMapper
from app.log.messages import MessageRow
from app.messages.addressing import UNUSABLE, addressed, kind_of, was_said
from app.messages.following import happening_of
from app.messages.occasions import Occasion
from app.messages.wording import Words, language_for, words
from app.people import People, Profile
from app.telling.happenings import Happening
from domain.booking import Booking, BookingRescheduled
from domain.resource import Resource

OLDEST_SENT: Final = timedelta(days=2)
"""What waited longer without being tried did so while nobody was written to."""
NOT_READABLE: Final = "The person's profile cannot be read."


class Way(NamedTuple):
    """One address that a message goes to. `name` is what tables have of the operator's address: nothing of it."""

    name: str
    template: str
    url: str


class Composed(NamedTuple):
    """A message ready to be sent, by each of the ways. `unusable`: of each address that the person has said and nobody
    can write to, what is told.
    """

    words: Words
    ways: list[Way]
    unusable: list[str]


class NotYet(NamedTuple):
    """It is due at another moment than was thought."""

    due_at: datetime


class ProfileUnreadable(Exception):  # noqa: N818 - what it is
    """The profile of somebody who was not erased does not open."""


class Composing:
    """`place`: who writes; `otherwise`: the language of those who have said none."""

    def __init__(
        self,
        event_log: EventLog,
        mapper: EventMapper,
        people: People,
        templates: Sequence[str],
        place: str,
        otherwise: str,
        lead: timedelta | None,
    ) -> None:
        self._log = event_log
        self._mapper = mapper
        self._people = people
        self._templates = {_name_of(event_log, template): template for template in templates}
        self._place = place
        self._otherwise = otherwise
        self._lead = lead

    def compose(self, row: MessageRow, now: datetime) -> Composed | NotYet | None:
        """The message; none where there is nothing to send, or nobody to send it to.

        Raises StoreUnavailable, EventUnreadable, ProfileUnreadable.
        """
        found = happening_of(self._log, self._mapper, row)
        if row.occasion == "reminder":
            due_at = self._remind_at(row, found.booking)
            if due_at is None or due_at > now:
                return None if due_at is None else NotYet(due_at)
        if _is_over(found, row.occasion, now) or not self._is_asked_still(row, found.booking, now):
            return None
        profile = self._profile(row.customer)
        if profile is None:
            return None
        ways, unusable = self._ways(profile, row.sent.split())
        return Composed(self._words(row, found, profile), ways, unusable) if ways or unusable else None

    def _remind_at(self, row: MessageRow, was: Booking) -> datetime | None:
        """When it is due by the settings of now; none where the booking is not what it was."""
        if self._lead is None:
            return None
        booking = Booking.untouched(was.id)
        for recorded in self._log.stream(was.id):
            event = self._mapper.to_event(recorded)
            if recorded.id > row.position and isinstance(event, BookingRescheduled):
                return None  # where it was moved to has a reminder of its own
            event.mutate(booking)
        return booking.start - self._lead if booking.status == "confirmed" else None

    def _is_asked_still(self, row: MessageRow, was: Booking, now: datetime) -> bool:
        """Whether an offer still waits for its answer. What else is said stays true, unless it is too old for anybody
        to hear.
        """
        if row.occasion == "offered":
            return self._as_it_is(was).status_at(now) == "held"
        return row.occasion == "reminder" or now - timestamp_of(row.due_at) < OLDEST_SENT or row.failures > 0

    def _as_it_is(self, was: Booking) -> Booking:
        booking = Booking.untouched(was.id)
        for recorded in self._log.stream(was.id):
            self._mapper.to_event(recorded).mutate(booking)
        return booking

    def _profile(self, customer: str) -> Profile | None:
        """None where the person was erased, or wants no messages."""
        try:
            person = self._people.person(customer)
        except UnknownCustomer:
            return None
        if person.missing == "unreadable":
            raise ProfileUnreadable(NOT_READABLE)
        return person.profile if person.profile is not None and person.profile.messages is not False else None

    def _ways(self, profile: Profile, sent: Sequence[str]) -> tuple[list[Way], list[str]]:
        said = {"email": profile.email, "phone": profile.phone}
        ways, unusable = list[Way](), list[str]()
        for name, template in self._templates.items():
            if name in sent or not was_said(template, said):
                continue
            if (url := addressed(template, said)) is not None:
                ways.append(Way(name, template, url))
            else:
                unusable.append(f"{kind_of(template)}: {UNUSABLE}")
        return ways, unusable

    def _words(self, row: MessageRow, found: Happening, profile: Profile) -> Words:
        language = language_for(profile.language, self._otherwise)
        names = self._names({leg.resource for leg in found.booking.legs})
        occasion = cast(Occasion, row.occasion)
        return words(occasion, language, found.booking.legs, names, self._place, found.booking.expires_at)

    def _names(self, resources: set[str]) -> Mapping[str, str]:
        """What they are called now."""
        streams = self._log.streams(map(Resource.stream, resources), self._log.head().position)
        names = {}
        for name, events in streams.items():
            resource = Resource.untouched(name)
            for recorded in events:
                self._mapper.to_event(recorded).mutate(resource)
            names[resource.key] = resource.name
        return names


def _is_over(found: Happening, occasion: str, now: datetime) -> bool:
    """Whether nobody can do anything with it any more."""
    booking = found.booking
    if occasion == "offered":
        return booking.expires_at is None or booking.expires_at <= now
    return (booking.start if occasion == "reminder" else max(leg.end for leg in booking.legs)) <= now


def _name_of(log: EventLog, template: str) -> str:
    return keyed_hash(log.secret, "daybook message way 1", template).hex()[:12]
