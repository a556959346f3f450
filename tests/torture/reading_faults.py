"""Deliberate faults on the way from the log to those who read: what is free, what followers see."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, Final

import pytest

from app.assembly import Daybook
from app.log import lines, searching
from app.log.event_log import EventLog
from app.log.searching import Found
from app.log.subscription import LogSubscription
from app.read_models import day_rows
from app.read_models.changes import Changes
from app.read_models.delivery import Delivery
from app.read_models.feed import Fed

EVERY_SO_OFTEN: Final = 20
_patch: Final = pytest.MonkeyPatch()


def projects_with_gaps() -> None:
    """The projector leaves out an event of a booking now and then."""
    plain = Delivery.deliver
    turn = count(1)

    def deliver(delivery: Delivery, batch: Sequence[Fed], to: Any) -> None:
        def stays(event: Fed) -> bool:
            ends = event.topic == "BookingCancelled.1"
            return not (ends and next(turn) % 5 == 0) or event is batch[-1]

        plain(delivery, [event for event in batch if stays(event)], to)

    _patch.setattr(Delivery, "deliver", deliver)
    _patch.setattr(Daybook, "hand_over", lambda _: None)  # the projector's own process is not altered


def forgets_a_release() -> None:
    """The read model of days keeps a claim that was given back, now and then."""
    plain = day_rows._HOW["TimeReleased.1"]
    turn = count(1)

    def release(changes: Any, fed: Fed, facts: Any) -> None:
        if next(turn) % EVERY_SO_OFTEN:
            plain(changes, fed, facts)

    _patch.setitem(day_rows._HOW, "TimeReleased.1", release)
    _patch.setattr(Daybook, "hand_over", lambda _: None)  # the projector's own process is not altered


def keeps_answers_too_long() -> None:
    """A kept answer about availability counts as right now and then, whatever has happened."""
    plain = Changes.nothing_since
    turn = count(1)

    def nothing_since(changes: Changes, number: int, streams: Iterable[str]) -> bool:
        return plain(changes, number, streams) or next(turn) % 3 == 0

    _patch.setattr(Changes, "nothing_since", nothing_since)


def skips_for_followers() -> None:
    """Whoever reads the log misses an event now and then."""
    plain = searching.search
    turn = count(1)

    def search(*asked: Any) -> Found:
        found = plain(*asked)
        kept = [event for event in found.events if len(found.events) < 2 or next(turn) % EVERY_SO_OFTEN]
        return found._replace(events=kept)

    _patch.setattr(lines, "search", search)


def repeats_for_followers() -> None:
    """Whoever reads the log is shown an event twice now and then."""
    plain = searching.search
    turn = count(1)

    def search(*asked: Any) -> Found:
        found = plain(*asked)
        again = found.events[:1] if next(turn) % 10 == 0 else []
        return found._replace(events=[*again, *found.events])

    _patch.setattr(lines, "search", search)


def skips_for_subscribers() -> None:
    """Whoever subscribes to the log misses an event now and then, never the last that there is."""
    plain = LogSubscription.__next__
    turn = count(1)

    def following(subscription: LogSubscription) -> Any:
        event = plain(subscription)
        more = subscription._notifications_index < len(subscription._notifications)
        return plain(subscription) if more and next(turn) % EVERY_SO_OFTEN == 0 else event

    _patch.setattr(LogSubscription, "__next__", following)


def subscribes_too_early() -> None:
    """A subscription begins with the event at the position beyond which it was to begin."""
    plain = LogSubscription.__init__

    def begin(subscription: LogSubscription, log: EventLog, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        plain(subscription, log, None if gt is None else gt - 1, topics)

    _patch.setattr(LogSubscription, "__init__", begin)


OF_READING: Final[tuple[Callable[[], None], ...]] = (
    projects_with_gaps,
    forgets_a_release,
    keeps_answers_too_long,
    skips_for_followers,
    repeats_for_followers,
    skips_for_subscribers,
    subscribes_too_early,
)
