"""The writer: one thread that turns waiting commands into one append at a time.

It decides on memory and stores on one condition: the log's head is still where its memory ends. So the log itself
is the lock, on one process or twenty; see docs/adr/0002.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Thread
from time import monotonic

import structlog
from eventsourcing.persistence import IntegrityError

from app.batch import Batch, Decider, newer_than_this
from app.clock import CheckedClock
from app.commands import Command, EraseCustomer
from app.details import Vault
from app.lasting_trouble import LastingTrouble
from app.log.event_log import EventLog, LockedLog, moved
from app.log.instants import timestamp_of
from app.log.mapper import EventMapper, EventUnreadable
from app.log.records import Head, LoggedEvent
from app.log.snapshots import Reject
from app.log.trouble import HeadMoved, OutcomeUnknown, StoreUnavailable
from app.memory import Memory
from app.queue import Answer, Asked, Queue
from app.reading_first import ReadingFirst
from app.work import Limits
from domain.customer import Customer, CustomerErased
from domain.refusal import Refused
from domain.resource_day import ResourceDay

MOST_IN_A_BATCH = 512
SECONDS_OF_DISTRUST = 10.0
"""How long a failed append keeps this process from being ready. Then it is tried again: there may be room now."""

CATCH_UP_PAGE = 5_000
TRIES_AFTER_A_LOST_CONNECTION = 3

Append = Callable[[Sequence[LoggedEvent], Head], Head]
Answers = Sequence[tuple[Asked, Answer]]

log = structlog.get_logger()


class Observer:
    """What the writer tells those who count. Does nothing by itself."""

    def decided(self, command: Command, answer: Answer) -> None:
        """A command got its answer."""

    def appended(self, commands: int, events: int, seconds: float) -> None:
        """A batch was stored."""

    def head_moved(self) -> None:
        """Another process appended first; the batch was decided again."""

    def unreadable(self, customer: str) -> None:
        """Something sealed for a customer cannot be opened, although nobody erased them."""

    def notes_dropped(self, table: str, number: int) -> None:
        """So many notes for a table beside the log were not kept: there was no room."""

    def checkpoint_sent(self, taken: bool) -> None:
        """A checkpoint was sent; whether it was taken."""

    def webhooks_failing(self, number: int) -> None:
        """So many webhooks fail now, or were disabled because they had."""

    def message_became(self, what: str) -> None:
        """What became of a message to a person: `sent`, `failed` and tried again, or `given-up`."""


class Writer:
    """Takes commands from its queue, decides, appends, and only then answers."""

    def __init__(
        self,
        event_log: EventLog,
        mapper: EventMapper,
        vault: Vault,
        clock: CheckedClock,
        *,
        limits: Limits | None = None,
        most_in_a_batch: int = MOST_IN_A_BATCH,
        most_in_memory: int = 50_000,
        queue: Queue | None = None,
        observer: Observer | None = None,
        answer_all: Callable[[Answers], None] | None = None,
        note_refusal: Callable[[Command, Refused, int, datetime], None] | None = None,
        erased: Callable[[], None] = lambda: None,
        offer_day: Callable[[ResourceDay, int, Head], None] = lambda day, position, head: None,
        reject_snapshot: Reject = lambda snapshot: None,
    ) -> None:
        """`note_refusal` is told what was refused on the log up to which position, and when; it must take no time.
        `erased` is called before those are answered who erased somebody. `offer_day` and
        `reject_snapshot`: see `Memory`. They must not block.
        """
        self._log = event_log
        self._mapper = mapper
        self._clock = clock
        self.queue = Queue() if queue is None else queue  # an empty queue is falsy
        self._observer = observer or Observer()
        self._answer_all = answer_all or _answer_each
        self._note_refusal = note_refusal
        self._erased = erased
        self._most_in_a_batch = most_in_a_batch
        self.memory = Memory(event_log, mapper, most_in_memory, offer_day, reject_snapshot)
        self._vault = vault
        self._decider = Decider(self.memory, mapper, vault, limits or Limits())
        self._reading = ReadingFirst(self.memory, self._decider.read_before)
        self._stale = False
        self._in_doubt = False
        self._failed = float("-inf")
        self._failure = ""
        self._not_stored = LastingTrouble(
            lambda **facts: log.warning("batch not stored", **facts),
            lambda **facts: log.info("batches are stored again", **facts),
        )
        self._has_appended = False
        self._began: float | None = None
        self._thread = Thread(target=self._run, name="daybook-writer", daemon=True)

    def start(self) -> None:
        """Read what has to be in memory, then take commands."""
        self.memory.begin()
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def failure(self) -> str | None:
        """Why the last append failed, if that was a moment ago and none has succeeded since."""
        return self._failure if monotonic() - self._failed < SECONDS_OF_DISTRUST else None

    @property
    def seconds_at_work(self) -> float:
        """How long the batch has taken that is being decided and stored now; 0 when none is."""
        began = self._began
        return monotonic() - began if began is not None else 0.0

    def stop(self, timeout: float | None = None) -> None:
        """Take nothing more in, finish what waits, and end."""
        self.queue.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while (batch := self._next_batch()) or self._reading.is_under_way:
            self._began = monotonic()
            answers = self._reading.put_aside([answer for part in _apart(batch) for answer in self._settle(part)])
            if any(isinstance(asked.command, EraseCustomer) for asked in batch):
                self._erased()
            self._began = None
            self._do(self._note, answers, "refusals not noted")
            self._do(self._answer_all, answers, "answers not given")
            self._do(self._observe, answers, "answers not counted")

    def _next_batch(self) -> list[Asked]:
        """The commands to decide: those that wait, and those for which all has been read. While something is read for
        some there may be none.
        """
        if not self._reading.is_under_way:
            return self.queue.take(self._most_in_a_batch)
        ready = self._reading.go_on(self._log)
        return [*ready, *(self.queue.take(self._most_in_a_batch) if len(self.queue) else [])]

    def _do(self, step: Callable[[Answers], None], answers: Answers, complaint: str) -> None:
        try:
            step(answers)
        except Exception:  # the thread must live; what was stored is stored
            log.exception(complaint)

    def _observe(self, answers: Answers) -> None:
        for asked, answer in answers:
            self._observer.decided(asked.command, answer)

    def _note(self, answers: Answers) -> None:
        refused = [(asked.command, answer) for asked, answer in answers if isinstance(answer, Refused)]
        if self._note_refusal is None or not refused:
            return
        seen = self.memory.seen
        now = max(self._clock.now(), timestamp_of(seen.timestamp))
        for command, refusal in refused:
            self._note_refusal(command, refusal, seen.position, now)

    # From commands to answers.

    def _settle(self, batch: list[Asked]) -> list[tuple[Asked, Answer]]:
        """An answer for every command, whatever happens."""
        self._has_appended = False
        try:
            now = self._clock.checked()
            if now is None:
                raise StoreUnavailable(
                    f"This server's clock is {self._clock.skew.total_seconds():+.0f} s off the database's, so it "
                    "takes no bookings. Please try again; another server may answer."
                )
            if self._stale:
                self.memory.begin()
                self._vault.forget_all()
                self._stale = self._in_doubt = False
            return self._store(batch, now)
        except (StoreUnavailable, OutcomeUnknown) as trouble:
            self._note_failure(trouble, len(batch))
            return [(asked, trouble) for asked in batch]
        except EventUnreadable as unreadable:
            self._stale = True
            newer = newer_than_this(unreadable)
            self._note_failure(newer, len(batch))
            return [(asked, newer) for asked in batch]
        except Exception as error:  # the thread must live: whoever waits is told, and the memory is read anew
            log.exception("batch failed", appended=self._has_appended)
            self._stale = True
            lost = OutcomeUnknown("This was being stored when a fault of the program's came between.")
            return [(asked, lost if self._has_appended else error) for asked in batch]

    def _store(self, batch: list[Asked], now: datetime) -> list[tuple[Asked, Answer]]:
        if isinstance(batch[0].command, EraseCustomer):  # more than an append: the session does both, or neither
            return self._store_under_lock(batch, now)
        decided = self._decider.decide(batch, self._log, now)
        try:
            if decided.work.events:
                head = self._append(decided, self._log.append, self.memory.seen)
                return self._stored(decided, head)
            if self._is_complete():
                return self._stored(decided, self.memory.seen)
        except HeadMoved:
            pass
        except OutcomeUnknown:
            return self._find_out(decided, self.memory.seen)
        except IntegrityError:
            log.exception("a stream was at another version than remembered")
            self.memory.forget(list(decided.work.streams()))
        self._observer.head_moved()
        return self._store_under_lock(batch, now)

    def _is_complete(self) -> bool:
        """Whether nobody appended beyond the memory: refusals too are decided on the complete log."""
        alone = self._log.sole_process and not self._in_doubt
        return alone or self._log.head() == self.memory.seen

    def _store_under_lock(
        self, batch: list[Asked], now: datetime, tries: int = TRIES_AFTER_A_LOST_CONNECTION
    ) -> list[tuple[Asked, Answer]]:
        """Catch up and decide again while nobody else can append: this cannot conflict, so nobody starves."""
        decided, head = None, self.memory.seen
        try:
            with self._log.locked() as session:
                self._catch_up(session)
                decided = self._decider.decide(batch, session, now)
                if decided.work.events:
                    head = self._append(decided, lambda events, _: session.append(events), session.head)
                    if erased := decided.work.erased():
                        session.erase(erased)
                else:
                    head = session.head
        except OutcomeUnknown:
            if decided is None or not decided.work.events:
                raise StoreUnavailable("The connection to the store was lost. Nothing was stored.") from None
            return self._find_out(decided, self.memory.seen, tries - 1)
        return self._stored(decided, head)

    def _find_out(
        self, decided: Batch, seen: Head, tries: int = TRIES_AFTER_A_LOST_CONNECTION
    ) -> list[tuple[Asked, Answer]]:
        """The connection went during the commit: the log itself says whether this very append is there.

        Its digest tells it from any other: looking for its commands would find a client's retry that another process
        stored. Taking the head's lock waits out a commit that is still under way. A batch that is not there is tried
        again, `tries` times: a disk that fails at every commit must not be asked for ever.
        """
        expected = moved(seen, self._logged(decided))
        trouble: StoreUnavailable | OutcomeUnknown | None = None
        for _ in range(TRIES_AFTER_A_LOST_CONNECTION):
            try:
                with self._log.locked() as session:
                    if not _has_append(session, expected):
                        break
                    first = expected.position - len(decided.work.events) + 1
                    try:
                        self._catch_up(session)
                    except EventUnreadable:  # somebody else's, after ours: what is stored is answered all the same
                        self._stale = True
                        return decided.answers(first, expected.position)
                    return decided.answers(first, self.memory.seen.position)
            except (StoreUnavailable, OutcomeUnknown) as again:
                trouble = again
        else:
            return self._unknown(decided, trouble)
        if not tries:
            raise StoreUnavailable("The store failed at every try to commit. Nothing was stored.")
        return self._store_under_lock([decision.asked for decision in decided.decisions], decided.work.now, tries)

    def _unknown(self, decided: Batch, trouble: BaseException | None) -> list[tuple[Asked, Answer]]:
        """Whoever wrote something is told that it is not known; the others that nothing was stored."""
        self._in_doubt = True
        self._note_failure(trouble, len(decided.decisions))
        unknown = OutcomeUnknown(f"The store was lost while it was storing this: {trouble}")
        surely_not = StoreUnavailable("The store was lost. Nothing of this was stored.")
        return [(each.asked, unknown if each.written else surely_not) for each in decided.decisions]

    def _note_failure(self, trouble: BaseException | None, commands: int) -> None:
        self._failed, self._failure = monotonic(), str(trouble)
        self._not_stored.happened(commands=commands, kind=type(trouble).__name__, reason=str(trouble))

    def _logged(self, decided: Batch) -> list[LoggedEvent]:
        return [self._mapper.to_logged(event) for event in decided.work.events]

    def _append(self, decided: Batch, append: Append, seen: Head) -> Head:
        began = monotonic()
        events = self._logged(decided)
        head = append(events, seen)
        self._has_appended = True
        self._failed = float("-inf")
        self._not_stored.is_over()
        self._observer.appended(len(decided.decisions), len(events), monotonic() - began)
        return head

    def _catch_up(self, session: LockedLog) -> None:
        """Take in what others appended.

        Raises `StoreUnavailable` when this is another log than before, and `EventUnreadable`.
        """
        seen, head = self.memory.seen, session.head
        if head.log_id != seen.log_id or not _has_append(session, seen):
            self._stale = True
            raise StoreUnavailable("The log was replaced by another one. Please try again in a moment.")
        while seen.position < head.position:
            events = session.after(seen.position, CATCH_UP_PAGE)
            last = events[-1].id
            seen = head if last >= head.position else seen._replace(position=last)
            self.memory.catch_up(events, seen)
            for event in events:
                if event.topic == CustomerErased.TOPIC:
                    self._vault.forget(event.originator_id.removeprefix(Customer.stream("")))
        self._in_doubt = False

    # From decisions to answers.

    def _stored(self, decided: Batch, head: Head) -> list[tuple[Asked, Answer]]:
        """Everything is stored up to `head`: remember it, and answer."""
        first = head.position - len(decided.work.events) + 1
        self.memory.seen = head
        decided.work.stored_from(first)
        for customer in decided.work.erased():
            self._vault.forget(customer)
        return decided.answers(first, head.position)


def _has_append(session: LockedLog, expected: Head) -> bool:
    """Whether the log holds the append that moved its head to `expected`; all logs hold the empty beginning."""
    if not expected.position:
        return True
    rows = session.rows("SELECT digest FROM appends WHERE last_position = ?", [expected.position])
    return [bytes(digest) for (digest,) in rows] == [expected.digest]


def _apart(batch: list[Asked]) -> list[list[Asked]]:
    """The batch in parts, to be stored one after the other: what erases somebody is alone. So nothing is sealed under
    a key that goes with the same append, and no booking of theirs is made beside it.
    """
    parts: list[list[Asked]] = []
    for asked in batch:
        is_alone = isinstance(asked.command, EraseCustomer)
        if is_alone or not parts or isinstance(parts[-1][-1].command, EraseCustomer):
            parts.append([])
        parts[-1].append(asked)
    return parts


def _answer_each(answers: Answers) -> None:
    for asked, answer in answers:
        asked.reply(answer)
