"""Building all read models anew beside those that answer: in tables of their own, compared, then swapped in."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from time import sleep
from typing import Final, NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError

from app.log.event_log import EventLog
from app.log.mapper import EventMapper
from app.log.trouble import StoreUnavailable
from app.log.verifying import Finding
from app.read_models.aside import built_aside
from app.read_models.comparing import Between, Rows, Swapped, differences_of, rows_between
from app.read_models.database import ReadModels
from app.read_models.delivery import Delivery
from app.read_models.feed import batch_after, fed_after
from app.read_models.generations import Generation, Moved, all_generations, complete, parked_of, strip
from app.read_models.held import Holding, are_there, let_go, swap_all
from app.read_models.housekeeping import Housekeeping
from app.read_models.projection import Projection

BATCH: Final = 2_000
BATCH_ALONE: Final = 20_000
"""Where nobody is kept waiting by a long transaction."""
MOST_EXAMPLES: Final = 10
_PAUSE_SECONDS: Final = 0.02
"""Between two transactions on a file in which somebody else writes, too: it has room for one at a time."""
_TRIES: Final = 1_000

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

log = structlog.get_logger()


class Rebuilt(NamedTuple):
    """How the read models of before differed from those that are in use now.

    `wrong`: rows that differed, by table; `examples`: the first few of them. `standing_still`: how many of these belong
    to streams that took no more events, which is known without a comparison. `compared`: read models, by name, that
    there was something to compare with.
    """

    compared: list[str]
    wrong: Counter[str]
    standing_still: int
    examples: list[Finding]


class NotSwapped(StoreUnavailable):
    """What was built anew is not to be trusted, so what was there before is used on."""


class Rebuilding:
    """Builds a new generation of every read model. `is_alone`: whether nobody else uses them now; it is asked again and
    again, since building takes minutes.
    """

    def __init__(
        self,
        models: ReadModels,
        events: EventLog,
        mapper: EventMapper,
        progress: Progress,
        *,
        is_alone: Callable[[], bool],
    ) -> None:
        self._models = models
        self._log = events
        self._mapper = mapper
        self._progress = progress
        self._housekeeping = Housekeeping(models, events)
        self._delivery = Delivery(models, mapper)
        self._is_alone = is_alone
        self._held: dict[str, Generation] = {}
        self._old: dict[str, Generation] = {}
        self._rows = 0

    def run(self) -> Rebuilt:
        """Build, compare and swap in; the old ones answer until then. Nothing stays parked that can be applied now.

        What is left of it after a kill is removed by whoever keeps read models up, and by the next rebuild.
        Raises NotSwapped when the new ones are not what the log adds up to, and StoreUnavailable.
        """
        held = self._housekeeping.begin_anew()
        self._held = {each.projection: each for each in held}
        try:
            with self._explained(), Holding(self._models, held):
                self._old = self._comparable()
                self._build()
                self._refuse_new_parking()
                done = self._compare()
                self._swap()
        except BaseException:
            with suppress(StoreUnavailable):  # what led here says more; they are dropped all the same, later
                let_go(self._models, held)
                self._drop()
            raise
        if self._is_alone():
            self._drop()
        return done

    def _drop(self) -> None:
        with self._models.looking() as connection:
            found = all_generations(connection)
        if not self._is_alone():  # what was read until now may be in somebody's query still
            found = [g for g in found if g.retired_at == 0]
        self._housekeeping.drop_retired(found, grace_seconds=0)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (Moved, Swapped, DBAPIError, StoreUnavailable) as trouble:
            if isinstance(trouble, NotSwapped):
                raise
            if not are_there(self._models, list(self._held.values())):
                raise StoreUnavailable(
                    "What was being built was taken away: another rebuild has begun, or nothing was heard of this one "
                    "for long. The read models of before are in use. If no other one runs, rebuild once more."
                ) from trouble
            if isinstance(trouble, Moved | Swapped):
                raise StoreUnavailable(
                    f"The read models were replaced while they were being rebuilt: {trouble} Rebuild once more."
                ) from trouble
            raise

    # What there is to compare with.

    def _comparable(self) -> dict[str, Generation]:
        """What is read now and has the same shape, by projection."""
        known = self._models.projections
        with self._models.looking() as connection:
            return {
                g.projection: g
                for g in all_generations(connection)
                if g.active and g.projection in self._held and g.version == known[g.projection].version
            }

    def _furthest(self) -> int:
        """How far to build at first: never beyond what is to be compared with."""
        old = self._comparable()
        return min((g.position for g in old.values()), default=self._log.head().position)

    # Building.

    def _build(self) -> None:
        if self._is_unhindered() and self._log.head().position:
            with self._models.writing() as connection:
                for name, held in self._held.items():
                    strip(connection, self._models.projections[name], held.number)
        while (done := min(g.position for g in self._held.values())) < (furthest := self._furthest()):
            self._progress("Building read models", done, furthest)
            self._take_on(list(self._held.values()), done, furthest)
        self._progress("Building read models", done, max(done, 1))
        for name, held in self._held.items():
            self._complete(self._models.projections[name], held)

    def _complete(self, projection: Projection, held: Generation) -> None:
        is_missing = True
        while is_missing:
            with self._models.writing() as connection:
                is_missing = complete(connection, projection, held.number)

    def _take_on(self, held: Sequence[Generation], done: int, position: int) -> None:
        """One batch, not beyond a position."""
        size = BATCH_ALONE if self._is_alone() else BATCH
        batch = fed_after(self._log, done, min(size, position - done))
        if not batch:
            raise StoreUnavailable("The log is shorter than what was built from it: another one took its place.")
        self._delivery.deliver(batch, held)
        for each in held:
            self._held[each.projection] = each._replace(position=max(each.position, batch[-1].position))
        if not self._is_unhindered():
            sleep(_PAUSE_SECONDS)

    def _is_unhindered(self) -> bool:
        return self._is_alone() or not self._models.is_one_file

    def rows(self, projection: Projection, number: int, position: int, between: Between) -> Rows:
        """See `Side`: the new tables, taken on to where the old ones are."""
        table = projection.metadata(self._reach(projection.name, position)).sorted_tables[number]
        with self._models.looking() as connection:
            found = rows_between(connection, table, between)
        self._rows += len(found)
        self._progress("Comparing rows", self._rows, 0)
        return found

    def _reach(self, name: str, position: int) -> int:
        """Take a read model on to a position; the number of its generation."""
        while (mine := self._held[name]).position < position:
            self._take_on([mine], mine.position, position)
        return mine.number

    # Comparing.

    def _refuse_new_parking(self) -> None:
        """A stream that could be applied once and cannot any more would be lost by swapping."""
        with self._models.looking() as connection:
            found = parked_of(connection, [*self._held.values(), *self._old.values()])
        for name, old in self._old.items():
            before = found[name, old.number]
            held = self._held[name]
            for stream, parked in found[name, held.number].items():
                if stream not in before:
                    raise NotSwapped(
                        f"An event of {stream} at position {parked.position} could be applied once and cannot be any "
                        f"more ({parked.error}). The read models of before are in use. See the operations notes on "
                        "parked streams, and run `daybook verify`."
                    )

    def _compare(self) -> Rebuilt:
        done = Rebuilt(sorted(self._old), Counter(), 0, [])
        standing_still = 0
        for name, old in self._old.items():
            with self._models.looking() as connection:
                parked = parked_of(connection, [old])[name, old.number]
            projection = self._models.projections[name]
            for table, finding in differences_of(self._models, projection, old, self):
                done.wrong[table] += 1
                standing_still += finding.stream in parked
                if len(done.examples) < MOST_EXAMPLES:
                    done.examples.append(finding)
        if done.wrong:
            self._ask_a_third()
        return done._replace(standing_still=standing_still)

    def _ask_a_third(self) -> None:
        """The old and the new ones differ: what is built from the log a third time says which are right."""
        furthest = max(held.position for held in self._held.values())
        for name in self._held:
            self._reach(name, furthest)
        wrong, first = 0, list[Finding]()
        with built_aside(
            self._log, self._models, self._mapper, partial(self._progress, "Building a third time")
        ) as third:
            for name, held in self._held.items():
                for _, finding in differences_of(self._models, self._models.projections[name], held, third):
                    wrong += 1
                    if len(first) < MOST_EXAMPLES:
                        first.append(finding)
                        log.error("rebuilt row is wrong", position=finding.position, finding=finding.sentence)
        if wrong:
            raise NotSwapped(
                f"What was built anew is not what the log adds up to, in {wrong} rows; the first: {first[0].sentence} "
                "The read models of before are in use. Rebuild once more; if it happens again, suspect the disk or the "
                "memory of this machine, and keep the log lines."
            )

    # Swapping.

    def _swap(self) -> None:
        for _ in range(_TRIES):
            self._catch_up()
            if swap_all(self._models, list(self._held.values()), list(self._old.values())):
                return
        raise StoreUnavailable("What is read moved on faster than what was built anew. Rebuild at a quieter time.")

    def _catch_up(self) -> None:
        """To the log's head, by whole appends."""
        for held in list(self._held.values()):
            mine = held
            while batch := batch_after(self._log, mine.position, BATCH):
                self._delivery.deliver(batch, [mine])
                mine = self._held[held.projection] = mine._replace(position=batch[-1].position)
