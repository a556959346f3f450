"""A series: bookings that one wish made by a recurrence rule. Each lives its own life; this says how they began."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final, Literal

from domain.event import Aggregate, Cause, Event
from domain.plan import Stored
from domain.refusal import Refused

OnConflict = Literal["refuse", "skip"]

MOST_OCCURRENCES: Final = 100
MOST_DAYS: Final = 400
"""Days of resources that one series may lie on: each is looked at while everybody else who books waits."""


class Occurrence(Stored):
    """A booking of a series: its number by the rule, from 1, and the start of its first leg when it was made."""

    number: int
    booking: str
    start: datetime


class SkippedOccurrence(Stored):
    """An occurrence that could not be booked: the rule that it broke, and the sentence that people were told.

    `start` has no offset: it is the wall clock of the first leg's place, which may not have had that time.
    """

    number: int
    start: datetime
    code: str
    detail: str


class SeriesBooked(Event):
    """Bookings were made by a rule (RFC 5545), all in this append. `start`: of the first leg of its first occurrence,
    on the wall clock of `timezone`; `skipped`: occurrences that were left out.
    """

    TOPIC: ClassVar[str] = "SeriesBooked.1"
    customer: str
    repeat: str
    timezone: str
    start: datetime
    bookings: tuple[Occurrence, ...]
    skipped: tuple[SkippedOccurrence, ...]

    def apply(self, aggregate: "Series") -> None:
        aggregate.customer, aggregate.made_by = self.customer, self.by
        aggregate.repeat, aggregate.timezone, aggregate.start = self.repeat, self.timezone, self.start
        aggregate.bookings, aggregate.skipped = self.bookings, self.skipped


class SeriesCancelled(Event):
    """Those bookings of a series that start at `since` or later were given up, where they still could be."""

    TOPIC: ClassVar[str] = "SeriesCancelled.1"
    since: datetime
    bookings: tuple[str, ...]

    def apply(self, aggregate: "Series") -> None:
        """Nothing changes: what became of each booking is in its own stream."""


class SeriesUnchanged(Event):
    """A request with an idempotency key asked for what was so already: noted, so that a later repeat is known."""

    TOPIC: ClassVar[str] = "SeriesUnchanged.1"

    def apply(self, aggregate: "Series") -> None:
        """Nothing changes."""


def must_be_few_enough(days: int) -> None:
    """Raises `Refused` (`bad-duration`) for more days of resources than one series may lie on."""
    if days > MOST_DAYS:
        raise Refused(
            "bad-duration",
            f"This series lies on {days} days of its resources; at most {MOST_DAYS} can be taken at once. "
            "Please book it in parts.",
            most_days=MOST_DAYS,
        )


class Series(Aggregate):
    """Stream `series/<id>`."""

    customer: str
    made_by: str
    repeat: str
    timezone: str
    start: datetime
    bookings: tuple[Occurrence, ...]
    skipped: tuple[SkippedOccurrence, ...]

    @staticmethod
    def stream(series: str) -> str:
        """The name of a series' stream."""
        return f"series/{series}"

    @property
    def key(self) -> str:
        """The series' id."""
        return self.id.removeprefix("series/")

    def must_exist(self) -> None:
        """Raises `Refused` (`unknown-series`)."""
        if not self.exists:
            raise self.unknown()

    def unknown(self) -> Refused:
        """What whoever asks for a series is told that is not there, or not theirs."""
        return Refused("unknown-series", f"There is no series {self.key}, or it is not yours.", series=self.key)

    def book(
        self,
        cause: Cause,
        customer: str,
        repeat: str,
        timezone: str,
        start: datetime,
        bookings: Sequence[Occurrence],
        skipped: Sequence[SkippedOccurrence],
    ) -> None:
        """Begin with these bookings."""
        self.record(
            SeriesBooked,
            cause,
            customer=customer,
            repeat=repeat,
            timezone=timezone,
            start=start,
            bookings=tuple(bookings),
            skipped=tuple(skipped),
        )

    def note_cancelled(self, cause: Cause, since: datetime, bookings: Sequence[str]) -> None:
        """Write down which of its bookings were given up together."""
        self.record(SeriesCancelled, cause, since=since, bookings=tuple(bookings))

    def note_unchanged(self, cause: Cause) -> None:
        """Write down that a request found its wish already true."""
        self.record(SeriesUnchanged, cause)


for _event in (SeriesBooked, SeriesCancelled, SeriesUnchanged):
    _event.aggregate = Series
