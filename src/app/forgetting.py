"""What follows when the log says that somebody was erased: every process forgets them, and the list names them.

The writer itself forgets at once (see `writer`); the other caches of its process, and those of all other processes,
within a second.
"""

from collections.abc import Callable
from datetime import datetime
from secrets import token_hex
from threading import Event as Flag
from threading import Lock, Thread
from typing import Final, NamedTuple

import structlog

from app.erasure_list import Erased, ErasureList
from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog
from app.log.instants import timestamp_of, timestamp_text
from app.log.mapper import EventMapper
from app.log.records import RecordedEvent
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.people import People
from domain.customer import Customer, CustomerErased
from domain.event import Cause, Event

SECONDS_BETWEEN_LOOKS: Final = 0.4
RESTORER: Final = "system:restore"

log = structlog.get_logger()


class _Seen(NamedTuple):
    position: int
    timestamp: str


class Forgetting:
    """A thread that looks for erasures in the log. `erasures`: the list to keep, in the process that writes."""

    def __init__(self, event_log: EventLog, people: People, erasures: ErasureList | None) -> None:
        self._log = event_log
        self._people = people
        self._erasures = erasures
        self._seen = _Seen(0, "")
        self._is_scrubbed = True
        self._looking = Lock()
        self._stopped = Flag()
        self._put_off = LastingTrouble(
            lambda **facts: log.warning("erasures not looked for", **facts),
            lambda **facts: log.info("erasures are looked for again", **facts),
        )
        self._thread = Thread(target=self._run, name="daybook-forgetting", daemon=True)

    def start(self) -> None:
        """Begin to look, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def look(self) -> None:
        """Forget who was erased since the last look. Raises StoreUnavailable, SettingsError."""
        with self._looking:
            self._look()

    def look_at_once(self) -> None:
        """The same for the writer, before it answers who erased somebody; what goes wrong is done at the next look."""
        try:
            self.look()
        except Exception as error:  # the person is erased: that must be answered
            log.warning("erasure not listed yet", reason=f"{type(error).__name__}: {error}")

    def _look(self) -> None:
        since = self._seen
        events = [each for each in self._log.recent(CustomerErased.TOPIC, since.timestamp) if each.id > since.position]
        for event in events:
            self._people.forget(_customer_of(event))
        if events:
            self._is_scrubbed = False
            if self._erasures is not None:
                note(self._erasures, events)
            self._seen = _Seen(events[-1].id, events[-1].timestamp)
        if not self._is_scrubbed:
            self._is_scrubbed = self._erasures is None or self._log.scrub()

    def _run(self) -> None:
        while not self._stopped.wait(SECONDS_BETWEEN_LOOKS):
            try:
                self.look()
                self._put_off.is_over()
            except (StoreUnavailable, OutcomeUnknown) as trouble:
                self._put_off.happened(reason=str(trouble))
            except Exception as error:  # the thread must live: whoever is erased next must be forgotten, too
                self._put_off.happened(reason=f"{type(error).__name__}: {error}")


def note(erasures: ErasureList, events: list[RecordedEvent]) -> None:
    """Add to the list whoever is not on it yet. Raises StoreUnavailable, SettingsError."""
    known = erasures.read()
    erasures.add(Erased(_customer_of(event), event.timestamp) for event in events if _customer_of(event) not in known)


def erase_again(event_log: EventLog, erasures: ErasureList, now: Callable[[], datetime]) -> list[str]:
    """Erase everybody on the list whom this log still knows: it was put back from before. Answers who that was.

    One append, or none. Raises StoreUnavailable, OutcomeUnknown (asking again is safe), SettingsError.
    """
    listed = erasures.read()
    there = event_log.customers.many(listed) if listed else {}
    if not there:
        return []
    mapper = EventMapper()
    with event_log.locked() as session:
        moment = max(timestamp_text(now()), session.head.timestamp)
        cause = Cause(RESTORER, token_hex(16), timestamp_of(moment))
        streams = session.streams(map(Customer.stream, there), session.head.position)
        events: list[Event] = []
        for name in there:
            customer = Customer.untouched(Customer.stream(name))
            for recorded in streams.get(customer.id, ()):
                mapper.to_event(recorded).mutate(customer)
            customer.erase_again(cause)
            events += (event for event in customer.collect_events() if isinstance(event, Event))
        if events:
            session.append([mapper.to_logged(event) for event in events])
        session.erase(there)
    event_log.scrub()
    return list(there)


def _customer_of(event: RecordedEvent) -> str:
    return event.originator_id.removeprefix(Customer.stream(""))
