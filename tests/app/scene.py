"""A scene in which all that can happen happens, in an order that a seed decides."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.app.read_models.venue import Venue, catch_up, open_models
from tests.conftest import Store

from app.kept_availability import KeptAvailability
from app.log.mapper import EventMapper
from app.read_models import resources
from app.read_models.reader import Reader
from app.read_models.runner import Runner
from app.rendered_days import Rendered, RenderedDays
from domain.booking import OCCUPYING
from domain.interval import MINUTE
from domain.refusal import Refused

BEGIN = datetime(2027, 3, 25, 20, 59, tzinfo=UTC)
"""An evening in Vienna; the clocks go forward in the third night."""
FIRST = date(2027, 3, 26)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = ([["09:00", "12:00"]], [["22:00", "03:00"]], [["00:00", "24:00"]], [["08:30", "10:00"], ["10:00", "11:15"]])


class Question(NamedTuple):
    """What somebody asks."""

    resource: str
    first: date
    last: date
    duration: int | None = None
    units: int = 1
    by_staff: bool = False


class ByHand:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.shows = BEGIN

    def __call__(self) -> datetime:
        return self.shows


class Scene:
    """Kept availability of read models that another connection keeps up, as another process would."""

    def __init__(self, store: Store) -> None:
        self.clock = ByHand()
        self.log, self.models, self._threads = store.open(), open_models(store), ThreadPoolExecutor(2)
        self._kept_up = open_models(store)
        self.runner = Runner(self._kept_up, self.log, EventMapper())
        self.runner.prepare()
        self.venue = Venue(self.log)
        self.venue.now = BEGIN
        self.kept = KeptAvailability(self.models, self.log, self._threads, self.clock)
        self.rendered = 0

    def close(self) -> None:
        self._threads.shutdown()
        self.models.close()
        self._kept_up.close()

    async def ask(self, question: Question) -> dict[str, Any] | str:
        """The answer's body without its position, the position and the digest; or the code of the refusal."""
        try:
            found = await self.kept.get(question) or await self.kept.make(question, partial(self._render, question))
        except Refused as refused:
            return refused.code
        rendered, position = found
        return {"body": rendered.head + rendered.days, "position": position, "digest": rendered.digest}

    def anew(self, question: Question) -> dict[str, Any] | str:
        """The same, worked out from nothing."""
        with self._kept_up.reading() as reader:
            try:
                rendered = render(question, reader, RenderedDays(), self.clock.shows)
            except Refused as refused:
                return refused.code
        return {"body": rendered.head + rendered.days, "position": reader.position, "digest": rendered.digest}

    def _render(self, question: Question, reader: Reader, days: RenderedDays, now: datetime) -> Rendered:
        self.rendered += 1
        return render(question, reader, days, now)


@contextmanager
def scene_in(folder: Path) -> Iterator[Scene]:
    """A scene on a store of its own in a folder that is not there yet."""
    store = Store(folder, None)
    scene = Scene(store)
    try:
        yield scene
    finally:
        scene.close()
        store.close()


def render(question: Question, reader: Reader, days: RenderedDays, now: datetime) -> Rendered:
    row = resources.get(reader, question.resource)
    if row is None:
        raise Refused("unknown-resource", "There is none.")
    asked = {"duration": question.duration, "units": question.units, "by_staff": question.by_staff}
    return days.render(reader, row, question.first, question.last, now=now, **asked)  # type: ignore[arg-type] # mixed


def define(scene: Scene, random: Random, resource: str) -> None:
    """Other hours, another capacity and policy."""
    scene.venue.define(
        resource,
        "Europe/Vienna",
        hours=dict.fromkeys(WEEK, random.choice(HOURS)),
        capacity=random.randint(2, 4),
        policy={
            "step": 15,
            "min_duration": 15,
            "max_duration": 120,
            "max_units": 2,
            "buffer_before": random.choice([0, 0, 45, 600]),
            "buffer_after": random.choice([0, 0, 30, 1440]),
            "min_notice": random.choice([0, 0, 90]),
            "max_advance_days": random.choice([1, 2, 365]),
        },
        exceptions=random.choice([{}, {"2027-03-28": {"windows": [], "reason": "Cleaning"}}]),
    )


class Mischief:
    """All that can happen, in an order that the seed decides."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene = scene
        self.random = Random(seed)  # noqa: S311 - chance, not secrecy
        self.booked: list[str] = []
        self.blocked: list[tuple[str, str]] = []
        self.done: list[str] = []

    def happen(self) -> None:
        """One thing."""
        venue, random = self.scene.venue, self.random
        venue.now = max(venue.now, self.scene.clock.shows)
        what: Callable[[], None] = random.choice(
            [
                *(self.book, self.book, self.hold, self.confirm, self.cancel, self.move, self.block, self.lift),
                *(self.revise, self.pass_time, self.pass_time, self.pass_time, self.reach_an_edge, self.reach_an_edge),
                *(self.set_clock_back, self.rebuild, lambda: None),
            ]
        )
        self.done.append(getattr(what, "__name__", "nothing"))
        with suppress(Refused):
            what()
        if random.random() < 0.8:
            self.runner_works()

    def runner_works(self) -> None:
        catch_up(self.scene.runner)

    def resource(self) -> str:
        return self.random.choice(["hall", "hall", "yard"])

    def a_time(self) -> str:
        return (
            datetime.fromisoformat("2027-03-26T00:00") + timedelta(minutes=15 * self.random.randint(0, 6 * 96))
        ).isoformat()

    def book(self, until: datetime | None = None) -> None:
        key = f"b-{len(self.booked)}"
        self.scene.venue.book(key, (self.resource(), self.a_time()), until=until)
        self.booked.append(key)

    def hold(self) -> None:
        self.book(self.scene.venue.now + timedelta(seconds=self.random.choice([1, 30, 90, 3600])))

    def some_booking(self) -> str:
        active = [key for key in self.booked if self.scene.venue.booking(key).status in OCCUPYING]
        if not active:
            raise Refused("unknown-booking", "There is none yet.")
        return self.random.choice(active)

    def confirm(self) -> None:
        self.scene.venue.confirm(self.some_booking())

    def cancel(self) -> None:
        self.scene.venue.cancel(self.some_booking())

    def move(self) -> None:
        self.scene.venue.move(self.some_booking(), (self.resource(), self.a_time()))

    def block(self) -> None:
        key, resource, start = f"k-{len(self.blocked)}", self.resource(), self.a_time()
        end = (datetime.fromisoformat(start) + timedelta(minutes=self.random.choice([7, 60, 3000]))).isoformat()
        self.scene.venue.block(key, resource, start, end, self.random.choice([None, 1]))
        self.blocked.append((key, resource))

    def lift(self) -> None:
        if self.blocked:
            self.scene.venue.lift(*self.blocked.pop())

    def revise(self) -> None:
        define(self.scene, self.random, self.resource())

    def pass_time(self) -> None:
        self.scene.clock.shows += self.random.choice(
            [timedelta(microseconds=1), timedelta(seconds=1), 15 * MINUTE, timedelta(hours=5)]
        )

    def reach_an_edge(self) -> None:
        """To a whole quarter of an hour, or a moment beside it: slots start there, and so do dates."""
        quarter = timedelta(minutes=15)
        edge = self.scene.clock.shows + quarter - (self.scene.clock.shows - BEGIN + MINUTE * 14) % quarter
        self.scene.clock.shows = edge + timedelta(microseconds=self.random.choice([-1, 0, 1]))

    def sweep(self) -> None:
        """Write down which holds ran out."""
        venue = self.scene.venue
        venue.now = max(venue.now, self.scene.clock.shows)
        for key in self.booked:
            booking, cause = venue.booking(key), venue.cause("system:sweeper")
            if booking.exists and booking.expire(cause):
                days = venue.days_of(booking)
                for day in days:
                    day.release(cause, key, "expired")
                venue.save(booking, *days)

    def set_clock_back(self) -> None:
        self.scene.clock.shows -= timedelta(seconds=self.random.choice([1, 40]))

    def rebuild(self) -> None:
        if self.random.random() < 0.2:
            self.scene.runner.rebuild()
