"""A batch: commands that are decided one after the other on the same moment of the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import structlog

from app.commands import Book, BookAny, BookSeries, CancelSeries, OnBooking
from app.decisions import decide
from app.decisions.blocks import bookings_in
from app.decisions.decided import Decided
from app.decisions.lifecycle import changeable
from app.decisions.series_end import members_of, standing_now
from app.details import Vault
from app.log.instants import timestamp_of
from app.log.mapper import EventMapper, EventUnreadable
from app.log.reading import Reading
from app.log.records import RecordedEvent
from app.log.trouble import OutcomeUnknown, StoreUnavailable
from app.memory import Memory
from app.outcome import Busy, Member, Outcome
from app.queue import Answer, Asked
from app.work import Limits, ReadFirst, Work, is_subject
from domain.block import Block
from domain.booking import Booking
from domain.customer import Customer
from domain.refusal import Refused
from domain.resource import Resource
from domain.resource_day import ResourceDay
from domain.series import Series

Subject = Booking | Resource | Block | Customer | Series

log = structlog.get_logger()


class Decision(NamedTuple):
    """One command's result before it is stored. `written`: how many events; `last`: index of its subject's last one;
    `lasts`: those of its members.
    """

    asked: Asked
    answer: Answer
    written: int
    last: int
    lasts: tuple[int, ...] = ()


class Earlier(NamedTuple):
    """A command that was carried out before under the same idempotency key."""

    subject: str
    fingerprint: str | None


class Batch(NamedTuple):
    """What a batch decided: its work, and each command's result in order."""

    work: Work
    decisions: list[Decision]

    def answers(self, first: int, head: int) -> list[tuple[Asked, Answer]]:
        """Every answer with its positions: the batch's first event is at `first`, the log's head at `head`."""
        return [(each.asked, _placed(each, first, head)) for each in self.decisions]


class Decider:
    """Lets every command of a batch decide in turn, on memory that is complete up to `memory.seen`."""

    def __init__(self, memory: Memory, mapper: EventMapper, vault: Vault, limits: Limits) -> None:
        self._memory = memory
        self._mapper = mapper
        self._vault = vault
        self._limits = limits
        self.read_before: set[str] = set()
        """Commands for which streams were read before: whatever is missing now is read when they are decided."""

    def decide(self, batch: list[Asked], reads: Reading, own_time: datetime) -> Batch:
        """Let every command decide in turn, on the log as it is up to `memory.seen`, at one time: the later of
        `own_time` and the log's.
        """
        now = max(own_time, timestamp_of(self._memory.seen.timestamp))
        work = Work(self._memory, reads, self._vault, now, self._limits)
        keyed = {asked.command.command_id for asked in batch if asked.command.keyed}
        found = reads.commands(keyed, self._memory.seen.position) if keyed else {}
        self._memory.fetch(self._streams_named(batch), reads)
        self._vault.warm(_sealed_for(batch))
        earlier: dict[str, Earlier] = {}
        return Batch(work, [self._decide_one(asked, work, found, earlier) for asked in batch])

    def _streams_named(self, batch: list[Asked]) -> list[str]:
        """Streams that the commands are sure to need, to be read in one query. The others are read when met."""
        commands = [asked.command for asked in batch]
        bookings = [Booking.stream(each.booking) for each in commands if isinstance(each, OnBooking)]
        legs = [leg for each in commands if isinstance(each, Book) for leg in each.legs if leg.start.tzinfo is None]
        known = [leg for leg in legs if self._memory.knows_resource(leg.resource)]
        return [*bookings, *(ResourceDay.stream(leg.resource, leg.start.date()) for leg in known)]

    def _decide_one(
        self, asked: Asked, work: Work, found: Mapping[str, list[RecordedEvent]], earlier: dict[str, Earlier]
    ) -> Decision:
        command = asked.command
        work.reads_whatever_is_needed = command.command_id in self.read_before
        try:
            if command.command_id in found and command.command_id not in earlier:
                earlier[command.command_id] = self._earlier(found[command.command_id], command.actor.by)
            if command.keyed and command.command_id in earlier:
                return self._replay(asked, work, earlier[command.command_id])
            decided = decide(work, command)
            if command.keyed and isinstance(decided.subject, Booking | Series) and not decided.subject.pending_events:
                decided.subject.note_unchanged(work.cause(command))
            fingerprint = self._vault.fingerprint(decided.customer, command.body) if command.keyed else None
        except Refused as refused:
            work.undo()
            return Decision(asked, refused.without_frames(), 0, -1)
        except (Busy, ReadFirst) as not_now:
            work.undo()
            return Decision(asked, not_now.with_traceback(None), 0, -1)
        except (StoreUnavailable, OutcomeUnknown):  # the next command would wait for the same store
            raise
        except EventUnreadable as unreadable:
            work.undo()
            return Decision(asked, newer_than_this(unreadable), 0, -1)
        except Exception as error:  # one command's fault must not take the batch with it
            log.exception("command failed", command=type(command).__name__)
            work.undo()
            return Decision(asked, error, 0, -1)
        written = work.keep(fingerprint)
        if written and command.keyed:
            earlier[command.command_id] = Earlier(decided.subject.id, fingerprint)
        outcome = self._outcome(decided, work)
        return self._decision(asked, outcome, work, written)

    def _decision(self, asked: Asked, outcome: Outcome, work: Work, written: int) -> Decision:
        places = {event.originator_id: index for index, event in enumerate(work.events)} if outcome.members else {}
        lasts = tuple(places.get(each.booking.id, -1) for each in outcome.members)
        return Decision(asked, outcome, written, work.last_index(outcome.subject.id), lasts)

    def _earlier(self, events: list[RecordedEvent], by: str) -> Earlier:
        """What a command of the same id did before: what it was about, and the fingerprint of its request.

        What was held for those in line, with the room that it made, is by another.
        """
        subjects = [event for event in events if is_subject(event.originator_id)]
        subject = min(subjects, key=lambda event: event.by != by).originator_id
        marks = (self._mapper.to_event(event).fingerprint for event in events)
        return Earlier(subject, next((mark for mark in marks if mark is not None), None))

    def _replay(self, asked: Asked, work: Work, before: Earlier) -> Decision:
        """Answer a repeat with what the first request made, as it stands now. No rule is looked at.

        Raises `Refused` (`idempotency-key-reused`) for another body.
        """
        subject = work.see_subject(before.subject)
        customer = subject.customer if isinstance(subject, Booking | Series) else None
        if isinstance(subject, Customer):
            customer = subject.key
        if before.fingerprint != self._vault.fingerprint(customer, asked.command.body):
            raise Refused(
                "idempotency-key-reused",
                "This Idempotency-Key was used for another request. Please make a new key for a new request.",
            )
        overlaps = bookings_in(work, subject) if isinstance(subject, Block) else ()
        found = Decided(subject, overlaps=overlaps)
        if isinstance(subject, Series):
            members = members_of(work, subject, asked.command.actor)
            cancelling = asked.command if isinstance(asked.command, CancelSeries) else None
            standing = standing_now(work, cancelling, subject, members) if cancelling is not None else ()
            found = found._replace(members=members, standing=tuple(standing))
        return self._decision(asked, self._outcome(found, work, replayed=True), work, 0)

    def _outcome(self, decided: Decided, work: Work, *, replayed: bool = False) -> Outcome:
        subject = decided.subject
        booking = subject if isinstance(subject, Booking) and subject.exists else None
        return Outcome(
            subject.copy(),
            self._position_of(subject.id),
            decided.created,
            0,
            work.now,
            replayed,
            decided.overlaps,
            changeable(booking, work.resource) if booking is not None else None,
            work.resource(subject.resource).timezone if isinstance(subject, Block) and subject.exists else None,
            tuple(
                Member(each.copy(), self._position_of(each.id), changeable(each, work.resource))
                for each in decided.members
            ),
            decided.standing,
        )

    def _position_of(self, stream: str) -> int:
        kept = self._memory.get(stream)
        return kept.position if kept is not None else 0


def newer_than_this(unreadable: EventUnreadable) -> StoreUnavailable:
    """What to answer to whoever needs an event that this program cannot understand."""
    return StoreUnavailable(f"A newer Daybook wrote to this log, or something else did: {unreadable}")


def _sealed_for(batch: list[Asked]) -> set[str]:
    """The customers whose keys new bookings are sure to need, to be read in one query."""
    commands = [asked.command for asked in batch]
    making = [each for each in commands if isinstance(each, Book | BookAny | BookSeries)]
    return {each.customer for each in making if each.keyed or each.details is not None}


def _placed(decision: Decision, first: int, head: int) -> Answer:
    """The answer with its positions, now that they are known."""
    if not isinstance(decision.answer, Outcome):
        return decision.answer
    answer = decision.answer
    own = first + decision.last if decision.last >= 0 else answer.subject_position
    members = (
        each._replace(position=first + last) if last >= 0 else each
        for each, last in zip(answer.members, decision.lasts, strict=True)
    )
    return answer._replace(subject_position=own, position=head, members=tuple(members))
