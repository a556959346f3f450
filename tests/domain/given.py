"""given(what happened).when(a decision).then(what was written | refused), and the people and places of the tests.

    given(Booking, "booking/b-1", held()).when(lambda booking: booking.confirm(...)).then(confirmed())

Whatever is tested with it is also tested for two promises: what was written replays to the very state that was
decided on, through its stored form as well; and a refused decision leaves the aggregate as it was.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from domain.claim import Claim, Wanted
from domain.definition import Definition
from domain.event import Aggregate, Cause, Event
from domain.interval import DAY, MINUTE, Interval, exact_instant_at, first_instant
from domain.plan import WEEKDAYS, DateException, Policy, Weekday, Windows
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import DayOpened, ResourceDay, TimeClaimed

VIENNA = ZoneInfo("Europe/Vienna")
DHAKA = ZoneInfo("Asia/Dhaka")
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
"""Now, in most tests. 9:00 in Vienna, 14:00 in Dhaka."""
TUESDAY = date(2026, 12, 1)
ENVELOPE = ("originator_id", "originator_version", "timestamp", "by", "command_id")

A = TypeVar("A", bound=Aggregate)


class Told(NamedTuple):
    """An event without its envelope."""

    event: type[Event]
    facts: dict[str, Any]


def told(event: type[Event], **facts: Any) -> Told:
    """An event as a test tells it: what happened, and its facts."""
    return Told(event, facts)


def cause(now: datetime = MONDAY, by: str = "customer:c-alice") -> Cause:
    """Why something is written: by whom, and when."""
    return Cause(by, "0" * 32, now)


class Outcome(Generic[A]):
    """What came of a decision."""

    def __init__(self, decided: A, events: list[Event], answer: object, refusal: Refused | None) -> None:
        self.decided = decided
        self.events = events
        self.answer = answer
        self.refusal = refusal

    def then(self, *expected: Told) -> "Outcome[A]":
        """It wrote exactly these events."""
        assert self.refusal is None, self.refusal
        assert [
            event.event(**{name: getattr(actual, name) for name in ENVELOPE}, **event.facts)
            for event, actual in zip(expected, self.events, strict=True)
        ] == self.events
        return self

    def then_nothing(self) -> "Outcome[A]":
        """It was true already: no event, no refusal."""
        return self.then()

    def answering(self, answer: object) -> "Outcome[A]":
        """It returned this."""
        assert answer == self.answer
        return self

    def then_refused(self, code: str, **facts: object) -> Refused:
        """It was refused with this code, a sentence, and at least these facts."""
        assert self.refusal is not None, f"not refused, but wrote {self.events}"
        assert (code, facts) == (self.refusal.code, {name: self.refusal.facts.get(name) for name in facts})
        assert self.refusal.detail.endswith(".")
        return self.refusal


class Given(Generic[A]):
    """An aggregate to which something happened."""

    def __init__(self, aggregate: A) -> None:
        self.aggregate = aggregate

    def when(self, decide: Callable[[A], object]) -> Outcome[A]:
        """Decide on a copy, as the writer does."""
        before, decided = state_of(self.aggregate.copy()), self.aggregate.copy()
        answer, refusal = None, None
        try:
            answer = decide(decided)
        except Refused as refused:
            refusal = refused
        events = collect(decided)
        assert before == state_of(self.aggregate)
        if refusal is None:
            assert state_of(decided) == state_of(replayed(events, self.aggregate.copy()))
            assert state_of(decided) == state_of(replayed(map(reread, events), self.aggregate.copy()))
        return Outcome(decided, events, answer, refusal)


def given(kind: type[A], stream: str, *happened: Told) -> Given[A]:
    """An aggregate with a history."""
    aggregate = kind.untouched(stream)
    for version, (event, facts) in enumerate(happened, start=1):
        event(
            originator_id=stream, originator_version=version, timestamp=MONDAY, by="customer:c-alice",
            command_id="0" * 32, **facts,
        ).mutate(aggregate)  # fmt: skip
    return Given(aggregate)


def collect(aggregate: Aggregate) -> list[Event]:
    """The events that were recorded on it, once."""
    return [event for event in aggregate.collect_events() if isinstance(event, Event)]


def replayed(events: Any, aggregate: A) -> A:
    """The aggregate after these events."""
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate


def reread(event: Event) -> Event:
    """The event as it comes back from its stored form."""
    facts = json.loads(event.model_dump_json())
    return Event.topics[event.TOPIC](**{name: getattr(event, name) for name in ENVELOPE}, **facts)


def state_of(aggregate: Aggregate) -> dict[str, Any]:
    """All that an aggregate's events add up to, without what is only noted down on the way."""
    return {name: value for name, value in vars(aggregate).items() if name not in {"_pending_events", "plan"}}


def refused(code: str, decide: Callable[[], object], **facts: object) -> Refused:
    """The refusal of a rule that belongs to no aggregate."""
    outcome = Given(Aggregate.untouched("nothing/1")).when(lambda _: decide())
    return outcome.then_refused(code, **facts)


# Times and places.


def at(wall_clock: str, zone: ZoneInfo = VIENNA) -> datetime:
    """The one instant at which a place's clocks show `2026-12-01 10:00`; a time alone is of that Tuesday."""
    day = "" if len(wall_clock) > len("10:00") else f"{TUESDAY} "
    return exact_instant_at(datetime.fromisoformat(day + wall_clock), zone)


def between(start: str, end: str, zone: ZoneInfo = VIENNA) -> Interval:
    """From one wall-clock time to another."""
    return Interval(at(start, zone), at(end, zone))


def daily(*windows: str) -> dict[Weekday, Windows]:
    """The same hours every day, such as `09:00-17:00`."""
    return dict.fromkeys(WEEKDAYS, hours(*windows))


def hours(*windows: str) -> Windows:
    """One date's windows."""
    return tuple((window[:5], window[6:]) for window in windows)


def a_definition(
    name: str = "Dr Lee",
    kind: str = "psychologist",
    *,
    open_on: Mapping[Weekday, Windows] | None = None,
    exceptions: Mapping[date, DateException] | None = None,
    capacity: int = 1,
    seats: int | None = None,
    **policy: Any,
) -> Definition:
    """Dr Lee sees one client at a time, every half hour from 9 to 17; say what is different."""
    return Definition(
        name=name,
        kind=kind,
        capacity=capacity,
        seats=seats,
        hours=dict(daily("09:00-17:00") if open_on is None else open_on),
        exceptions=dict(exceptions or {}),
        policy=Policy(**policy),
    )


def a_resource(definition: Definition | None = None, zone: ZoneInfo = VIENNA, key: str = "dr-lee") -> Resource:
    """A resource as it was registered."""
    resource = Resource.untouched(Resource.stream(key))
    resource.register(cause(by="admin:carol"), zone.key, definition or a_definition())
    resource.collect_events()
    return resource


def moon_hospital(**changes: Any) -> Resource:
    """20 places every half hour, in Dhaka, closed on Fridays."""
    weekdays = {day: windows for day, windows in daily("09:00-12:00", "14:00-17:00").items() if day != "fri"}
    terms = {"name": "Moon Hospital", "kind": "hospital", "capacity": 20, "open_on": weekdays}
    return a_resource(a_definition(**{**terms, **changes}), DHAKA, "moon-hospital")


# Days.


def wanted(
    booking: str,
    interval: Interval,
    units: int = 1,
    *,
    customer: str = "c-alice",
    until: datetime | None = None,
    leg: int = 0,
    counted: bool = True,
) -> Wanted:
    """What a booking asks a day for."""
    claim = Claim(booking, leg, customer, interval.start, interval.end, units, until, counted)
    return Wanted(claim, interval.start, interval.end)


def claimed(asked: Wanted) -> Told:
    """It was given to it."""
    return told(TimeClaimed, **asked.claim._asdict())


def opened(resource: Resource, day: date = TUESDAY) -> Told:
    """The day was used for the first time."""
    starts = first_instant(day, resource.plan.zone)
    return told(
        DayOpened,
        resource=resource.key,
        date=day,
        starts=starts,
        minutes=(first_instant(day + DAY, resource.plan.zone) - starts) // MINUTE,
        capacity=resource.capacity,
        resource_version=resource.version,
    )


def a_day(resource: Resource, *happened: Told, day: date = TUESDAY) -> Given[ResourceDay]:
    """A resource-day that was opened, and what happened on it."""
    return given(ResourceDay, ResourceDay.stream(resource.key, day), opened(resource, day), *happened)
