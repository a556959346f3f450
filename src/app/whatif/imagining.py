"""The answer: who would have been served, whose booking would not be, and how well the place would be used."""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any, Final, NamedTuple

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.whatif.changes import Changes
from app.whatif.happened import Changed, Done, Happened, TurnedDown, what_happened
from app.whatif.question import must_be_a_range
from app.whatif.replaying import Replay
from app.whatif.utilisation import Use, use_of

_STEPS_BETWEEN: Final = 500

Progress = Callable[[str, int, int], None]


class Lost(NamedTuple):
    """A booking that would not have been: when it starts, and the rule in the way."""

    booking: str
    start: datetime
    code: str


class Imagined(NamedTuple):
    """`bookings`: those that were taken; `lost`: those of them that would not have been. `turned_away`: people that
    got nothing on the date that they asked for, one for each person and date; where it was not noted for whom desk and
    agents asked, one for each time. `served`: those of them who would have got it. `tries`: how often those were
    refused; `settled`: refusals of people who found another time of the date. `unlike`: what comes out otherwise than
    it did although nothing is changed.
    """

    bookings: int
    lost: list[Lost]
    tries: int
    settled: int
    turned_away: int
    served: int
    before: Use
    after: Use
    decided: int
    seconds: float
    unlike: int

    @property
    def decided_a_second(self) -> float:
        """How fast it was, the replay under the plan as it was included."""
        return self.decided / max(self.seconds, 1e-6)


class _Outcome(NamedTuple):
    lost: dict[str, str]
    served: set[Any]
    use: Use
    decided: int


def imagine(
    log: EventLog,
    resource: str,
    first: date,
    last: date,
    changes: Changes,
    progress: Progress = lambda what, done, total: None,
) -> Imagined:
    """Replay what happened twice, as it was and under changes, and say in what they differ.

    Raises CannotImagine, Refused (`unknown-resource`), StoreUnavailable.
    """
    must_be_a_range(first, last)
    mapper = EventMapper()
    happened = what_happened(log, mapper, resource, first, last)
    asked = _asked(happened)
    began = perf_counter()
    before = _replayed(Replay(log, mapper, resource, Changes()), happened, asked, progress, "As it was")
    after = _replayed(Replay(log, mapper, resource, changes), happened, asked, progress, "As it would have been")
    seconds = perf_counter() - began
    lost = [
        Lost(booking, happened.taken[booking].start, code)
        for booking, code in after.lost.items()
        if booking not in before.lost
    ]
    tries = sum(isinstance(step, TurnedDown) for step in happened.steps)
    return Imagined(
        len(happened.taken),
        sorted(lost, key=lambda each: (each.start, each.booking)),
        tries,
        tries - len(asked),
        len(set(asked.values())),
        len(after.served - before.served),
        before.use,
        after.use,
        before.decided + after.decided,
        seconds,
        len(before.lost) + len(before.served),
    )


def _asked(happened: Happened) -> dict[int, Any]:
    """Of each refusal that came to nothing, by its number among the steps, whose wish for which date it was.

    Any booking of a customer's that was taken after it, for that date, settles it. Where it was not noted for whom desk
    and agents asked, each booking that they made afterwards for that date settles the oldest of those.
    """
    last: dict[tuple[str, date], int] = {}
    made: defaultdict[tuple[str, date], deque[int]] = defaultdict(deque)
    for each in sorted(happened.taken.values(), key=lambda each: each.position):
        last[each.customer, each.start.date()] = each.position
        made[each.by, each.start.date()].append(each.position)
    found: dict[int, Any] = {}
    for number, step in enumerate(happened.steps):
        if not isinstance(step, TurnedDown):
            continue
        if step.customer is not None:
            if last.get((step.customer, step.day), 0) <= step.position:
                found[number] = (step.customer, step.day)
            continue
        later = made[step.by, step.day]
        while later and later[0] <= step.position:
            later.popleft()
        if later:
            later.popleft()
        else:
            found[number] = (step.by, step.day, step.start, step.end, step.units)
    return found


def _replayed(replay: Replay, happened: Happened, asked: dict[int, Any], progress: Progress, what: str) -> _Outcome:
    lost: dict[str, str] = {}
    served: set[Any] = set()
    now = max([datetime.now(UTC), *(step.at for step in happened.steps[-1:])])
    for number, step in enumerate(happened.steps):
        if number % _STEPS_BETWEEN == 0:
            progress(what, number, len(happened.steps))
        if isinstance(step, Changed):
            replay.change(step)
        elif isinstance(step, Done):
            refused = replay.do(step)
            is_gone = step.verb == "confirm" or not replay.has(step.booking)
            if refused is not None and is_gone and step.booking in happened.taken:
                lost.setdefault(step.booking, refused)
        elif number in asked and asked[number] not in served and replay.ask(step) is None:
            served.add(asked[number])
    progress(what, len(happened.steps), len(happened.steps))
    return _Outcome(lost, served, use_of(replay, happened, now), replay.decided)
