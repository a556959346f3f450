"""Whatever happens on a day: nobody in its line is overtaken who would have fitted. Judged minute by minute."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.app.conftest import ADMIN, STAFF, House
from tests.app.test_writer_property import two_houses

from app.commands import (
    SWEEPER,
    Actor,
    Cancel,
    Command,
    Confirm,
    DefineResource,
    JoinLine,
    Lapse,
    LeaveLine,
    LiftBlock,
    PlaceBlock,
    Reschedule,
    ServeLine,
)
from app.decisions import line
from app.identity import random_command_id
from app.log.records import RecordedEvent
from app.outcome import Outcome
from domain.block import Block
from domain.booking import Booking
from domain.customer import Customer

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
SLOTS = 12  # two hours each, so the last one ends with the day
LONG = timedelta(hours=2)

slot, units, nth, house_number = st.integers(0, SLOTS - 1), st.integers(1, 3), st.integers(0, 9), st.integers(0, 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["book", "hold", "join"]), house_number, slot, units),
        st.tuples(st.just("join any"), house_number, units),
        st.tuples(st.sampled_from(["cancel", "cancel", "confirm", "lift", "leave"]), house_number, nth),
        st.tuples(st.just("move"), house_number, nth, slot),
        st.tuples(st.just("block"), house_number, slot, st.sampled_from([None, 1, 2])),
        st.tuples(st.just("capacity"), house_number, st.integers(1, 4)),
        st.tuples(st.just("wait"), house_number, st.integers(1, 1200)),
        st.tuples(st.just("sweep"), house_number),
    ),
    min_size=8,
    max_size=40,
)


class Taken(NamedTuple):
    """Units from start to end."""

    start: datetime
    end: datetime
    units: int


class Judge:
    """Reads the raw events of the day, and knows nothing of how Daybook keeps them."""

    def __init__(self) -> None:
        self.capacity = 0
        self.claims: dict[str, Taken] = {}
        self.blocks: dict[str, Taken] = {}
        self.line: dict[str, dict[str, Any]] = {}
        self.overtaken: list[str] = []
        self.served = 0

    def read(self, events: Sequence[RecordedEvent]) -> None:
        """Look at a log from its beginning."""
        moved = {
            (event.command_id, json.loads(event.state)["booking"])
            for event in events
            if event.topic == "TimeReleased.1" and json.loads(event.state)["reason"] == "rescheduled"
        }
        offers = {json.loads(event.state)["booking"]: event for event in events if event.topic == "WishServed.1"}
        for event in events:
            facts = json.loads(event.state)
            if event.topic == "TimeClaimed.1":
                offer = offers.get(facts["booking"])
                ahead = list(self.line)
                if offer is not None:
                    ahead = ahead[: ahead.index(json.loads(offer.state)["wish"])]
                if (event.command_id, facts["booking"]) not in moved:  # whoever moves gives up what is looked at
                    self.overtaken += [f"{wish} at {event.id}" for wish in ahead if self.fits(wish, event.timestamp)]
            self.apply(event.topic.removesuffix(".1"), facts)

    def apply(self, topic: str, facts: dict[str, Any]) -> None:
        if topic in {"DayOpened", "DayRevised"}:
            self.capacity = facts["capacity"]
        elif topic == "TimeClaimed":
            self.claims[facts["booking"]] = Taken(moment(facts["start"]), moment(facts["end"]), facts["units"])
        elif topic == "TimeReleased":
            del self.claims[facts["booking"]]
        elif topic == "TimeBlocked":
            self.blocks[facts["block"]] = Taken(moment(facts["start"]), moment(facts["end"]), facts["units"] or 10**6)
        elif topic == "TimeUnblocked":
            del self.blocks[facts["block"]]
        elif topic == "WishMade":
            self.line[facts["wish"]] = facts
        elif topic in {"WishServed", "WishWithdrawn"}:
            del self.line[facts["wish"]]
            self.served += topic == "WishServed"

    def fits(self, wish: str, now: str) -> bool:
        facts = self.line[wish]
        starts = [MIDNIGHT + number * LONG for number in range(SLOTS)]
        if facts["start"] is not None:
            starts = [moment(facts["start"])]
        return any(start >= moment(now) and self.left(start) >= facts["units"] for start in starts)

    def left(self, start: datetime) -> int:
        minutes = [start + timedelta(minutes=number) for number in range(0, 120, 5)]
        taken = [*self.claims.values(), *self.blocks.values()]
        return self.capacity - max(
            sum(each.units for each in taken if each.start <= minute < each.end) for minute in minutes
        )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Story:
    """Plays steps on two houses of one log."""

    def __init__(self, houses: list[House]) -> None:
        self.houses = houses
        self.bookings: list[Booking] = []
        self.blocks: list[Block] = []
        self.wishes: list[tuple[str, str]] = []
        policy = {"step": 120, "max_units": 3, "offer_minutes": 10}
        registered: Any = houses[0].register("hall", capacity=3, policy=policy).subject
        self.definition, self.version = registered.definition, 1
        self.people = [houses[0].person(f"person {number}") for number in range(30)]

    def play(self, step: tuple[Any, ...]) -> None:
        verb, house = step[0], self.houses[step[1]]
        if verb == "wait":
            for each in self.houses:
                each.pass_time(minutes=step[2])
        elif verb == "sweep":
            self.sweep(house)
        else:
            command = self.command(verb, *step[2:])
            answer = house.ask(command).result(30) if command is not None else None
            self.note(command, answer)

    def note(self, command: Command | None, answer: Any) -> None:
        assert isinstance(answer, Outcome | Exception | None)
        if not isinstance(answer, Outcome):
            return
        if isinstance(command, DefineResource):
            self.version = answer.subject.version
        if isinstance(answer.subject, Customer) and answer.created:
            self.wishes.append((answer.subject.key, list(answer.subject.wishes)[-1]))
        elif isinstance(answer.subject, Booking) and answer.created:
            self.bookings.append(answer.subject)
        elif isinstance(answer.subject, Block) and answer.created:
            self.blocks.append(answer.subject)

    def sweep(self, house: House) -> None:
        """What the sweeper does: every hold that ran out, then every day with a line."""
        for event in house.log.after(0):
            if event.topic == "BookingHeld.1" and moment(json.loads(event.state)["expires_at"]) <= house.time:
                booking = event.originator_id.removeprefix("booking/")
                house.ask(Lapse(actor=SWEEPER, command_id=random_command_id(), booking=booking)).result(30)
        house.run(ServeLine(actor=SWEEPER, command_id=random_command_id(), resource="hall", day=MIDNIGHT.date()))

    def command(self, verb: str, *given: Any) -> Command | None:
        own: dict[str, Any] = {"command_id": random_command_id()}
        somebody = self.people[(len(self.wishes) + len(self.bookings)) % len(self.people)]
        if verb in {"book", "hold"}:
            start = MIDNIGHT + given[0] * LONG
            hold = verb == "hold"
            return self.houses[0].booking(somebody, start, resource="hall", hold=hold, units=given[1])
        if verb == "join":
            start = MIDNIGHT + given[0] * LONG
            return JoinLine(
                actor=somebody, customer=somebody.person, resource="hall", start=start, units=given[1], **own
            )
        if verb == "join any":
            return JoinLine(
                actor=somebody,
                customer=somebody.person,
                resource="hall",
                day=MIDNIGHT.date(),
                units=given[0],
                **own,
            )
        if verb == "block":
            start = MIDNIGHT + given[0] * LONG
            return PlaceBlock(actor=STAFF, resource="hall", start=start, end=start + LONG / 2, units=given[1], **own)
        if verb == "capacity":
            policy = self.definition.policy.model_copy(update={"max_units": min(3, given[0])})
            changed = self.definition.model_copy(update={"capacity": given[0], "policy": policy})
            return DefineResource(
                actor=ADMIN, resource="hall", timezone=None, definition=changed, expected=self.version, **own
            )
        return self.about_earlier(verb, own, *given)

    def about_earlier(self, verb: str, own: dict[str, Any], number: int, place: int = 0) -> Command | None:
        if verb == "lift":
            block = self.blocks[number % len(self.blocks)].key if self.blocks else "k-0"
            return LiftBlock(actor=STAFF, resource="hall", block=block, **own)
        if verb == "leave":
            customer, wish = self.wishes[number % len(self.wishes)] if self.wishes else ("", "")
            return LeaveLine(actor=Actor("customer", customer), customer=customer, wish=wish, **own) if wish else None
        bookings = [*self.bookings, *self.offered()]
        if not bookings:
            return None
        booking = bookings[number % len(bookings)]
        owner = Actor("customer", booking.customer)
        if verb == "move":
            return Reschedule(actor=owner, booking=booking.key, start=MIDNIGHT + place * LONG, **own)
        kind: Any = Cancel if verb == "cancel" else Confirm
        command: Command = kind(actor=owner, booking=booking.key, **own)
        return command

    def offered(self) -> list[Booking]:
        """What was held for those in line."""
        found = []
        for event in self.houses[0].log.after(0):
            if event.topic == "BookingHeld.1" and event.by == "system:waitlist":
                booking = Booking.untouched(event.originator_id)
                self.houses[0].mapper.to_event(event).mutate(booking)
                found.append(booking)
        return found


def judged(told: Sequence[tuple[Any, ...]]) -> Judge:
    """What the judge says of a story; at its end everything due is done."""
    with two_houses() as houses:
        story = Story(houses)
        for step in told:
            story.play(step)
        story.sweep(houses[0])
        judge = Judge()
        judge.read([event for event in houses[0].log.after(0) if event.originator_id.startswith("day/")])
        now = houses[0].time.isoformat()
        judge.overtaken += [f"{wish} at the end" for wish in judge.line if judge.fits(wish, now)]
        assert houses[0].oversold() == []
        return judge


@settings(max_examples=60, deadline=None)
@given(told=steps)
def test_nobody_is_overtaken_who_would_have_fitted(told: list[tuple[Any, ...]]) -> None:
    assert judged(told).overtaken == []


EVENTFUL = [
    ("book", 0, 5, 3),
    ("join", 0, 5, 2),
    ("join", 1, 5, 1),
    ("cancel", 0, 0),
    ("wait", 0, 11),
    ("book", 1, 5, 3),
]


def test_the_judge_sees_that_somebody_was_served_and_that_somebody_was_overtaken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fair = judged(EVENTFUL)
    assert (fair.served, fair.overtaken) == (2, [])
    monkeypatch.setattr(line, "_in_order", lambda work, cause, streams: [])
    assert len(judged(EVENTFUL).overtaken) > 1
