"""Puts together what writes to people, where the settings name a way to do so."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.messages.composing import Composing
from app.messages.following import Following
from app.messages.messaging import Messaging
from app.messages.sending import Became, Sending
from app.messages.sending_apart import SendingApart
from app.people import People
from app.settings import Settings


def messaging(
    event_log: EventLog,
    mapper: EventMapper,
    people: People,
    settings: Settings,
    now: Callable[[], datetime],
    may_run: Callable[[], bool],
    counted: Callable[[Became], None],
) -> Messaging | None:
    """None where nobody is written to."""
    templates = [url.get_secret_value() for url in settings.message_urls]
    if not templates:
        return None
    lead = timedelta(minutes=settings.reminder_minutes) if settings.reminder_minutes else None
    place, otherwise = settings.place_name, settings.message_language
    composing = Composing(event_log, mapper, people, templates, place, otherwise, lead)
    apart = SendingApart(place)

    def sending(may_run: Callable[[], bool]) -> Sending:
        return Sending(event_log.messages, composing, apart, now, may_run, counted)

    return Messaging(event_log, Following(event_log, mapper, now, lead), sending, apart, may_run)
