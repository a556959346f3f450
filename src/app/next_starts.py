"""When several needs can be met next: looked for a day at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from app.availability import Judge, Offered, Slot, judge_with, offered_on
from app.free_resources import FreeResource
from app.read_models.reader import Reader
from app.read_models.resources import ResourceRow, found
from app.together import Eyes, Need, filters_of, matched
from app.usage import Usage, minute_of, usage_of
from domain.interval import DAY, MINUTE, Interval, in_zone
from domain.policies import Request, has_a_right_length, takes_no_more_units_than_allowed
from domain.refusal import Refused

MOST_CANDIDATES: Final = 50
"""Resources that are looked at for each need, by id, when starts are looked for."""
MOST_SLOTS: Final = 50_000
"""Slots that are looked at before a look for starts ends, with the day; whoever asks goes on from there."""
_TICK: Final = timedelta(microseconds=1)


class Start(NamedTuple):
    """An instant at which there is one for each need, and a choice of them."""

    start: datetime
    choice: list[FreeResource]


class Starts(NamedTuple):
    """Instants in order; `following`: from when on more may be found, none where all has been looked at."""

    starts: list[Start]
    following: datetime | None


def starts_together(
    reader: Reader, needs: Sequence[Need], begin: datetime, until: datetime, minutes: int | None, eyes: Eyes, limit: int
) -> Starts:
    """The instants from `begin` to just before `until` (both with offset) at which something can be booked for each
    need: for `minutes`, or each for its shortest time. Looked for a day at a time.
    """
    candidates = [_candidates(reader, need, minutes, eyes) for need in needs]
    starts: list[Start] = []
    looked_at = 0
    while begin < until and all(candidates):
        end = min(begin + DAY, until)
        look = _Look(reader, needs, candidates, Interval(begin, end), minutes, eyes)
        starts += islice(look.starts(), limit + 1 - len(starts))
        if len(starts) > limit:
            return Starts(starts[:limit], starts[limit].start)
        begin, looked_at = end, looked_at + look.slots
        if looked_at > MOST_SLOTS and begin < until:
            return Starts(starts, begin)
    return Starts(starts, None)


class _Place(NamedTuple):
    """A slot of a resource, and who says what can be had of it."""

    row: ResourceRow
    slot: Slot
    judge: Judge


class _Look:
    """A look for starts within a day's length."""

    def __init__(
        self,
        reader: Reader,
        needs: Sequence[Need],
        candidates: Sequence[Sequence[ResourceRow]],
        within: Interval,
        minutes: int | None,
        eyes: Eyes,
    ) -> None:
        self._within = within
        self._first, self._last = minute_of(within.start + MINUTE - _TICK), minute_of(within.end + MINUTE - _TICK)
        self._eyes = eyes
        self._offered = {row.id: list(self._slots(row, minutes)) for rows in candidates for row in rows}
        self._usage = self._taken(reader)
        self._few_first = sorted(range(len(needs)), key=lambda number: len(candidates[number]))
        self._by_start: dict[int, list[list[_Place]]] = {}
        for number, (need, rows) in enumerate(zip(needs, candidates, strict=True)):
            self._gather(number, len(needs), need, rows)
        self.slots = sum(len(places) for those in self._by_start.values() for places in those)

    def starts(self) -> Iterator[Start]:
        """In order."""
        for minute in sorted(self._by_start):
            choice = self._choice(self._by_start[minute])
            if choice is not None:
                yield Start(choice[0].start, choice)

    def _slots(self, row: ResourceRow, minutes: int | None) -> Iterator[Offered]:
        policy, zone = row.resource().policy, row.resource().plan.zone
        # What a window after midnight offers is listed under the date before.
        first = self._within.start.astimezone(zone).date() - DAY
        last = self._within.end.astimezone(zone).date()
        for number in range((last - first).days + 1):
            yield offered_on(row, first + number * DAY, minutes or policy.min_duration)

    def _taken(self, reader: Reader) -> Mapping[str, Usage]:
        """All that is taken on the dates that slots of this day may touch, wherever they lie."""
        touched = [offered for those in self._offered.values() for offered in those]
        first, last = min(each.first for each in touched), max(each.last for each in touched)
        return usage_of(reader, list(self._offered), first, last, self._eyes.now)

    def _gather(self, number: int, of: int, need: Need, rows: Sequence[ResourceRow]) -> None:
        for row in rows:
            usage, resource = self._usage[row.id], row.resource()
            judge = judge_with(usage, resource, need.units, self._eyes.now, by_staff=self._eyes.by_staff)
            for slot in (slot for offered in self._offered[row.id] for slot in offered.slots):
                if self._first <= slot.first_minute < self._last:
                    places = self._by_start.setdefault(slot.first_minute, [[] for _ in range(of)])
                    places[number].append(_Place(row, slot, judge))

    def _choice(self, places: Sequence[Sequence[_Place]]) -> list[FreeResource] | None:
        """One for each need. Of each, as many as there are needs are enough: what has so many can be chosen last."""
        if not all(places):
            return None
        free: dict[int, dict[str, FreeResource]] = {}
        for number in self._few_first:
            free[number] = {each.row.id: each for each in islice(_free(places[number]), len(places))}
            if not free[number]:
                return None
        in_order = [free[number] for number in range(len(places))]
        keys = matched(in_order)
        return None if keys is None else [those[key] for those, key in zip(in_order, keys, strict=True)]


def _free(places: Sequence[_Place]) -> Iterator[FreeResource]:
    for row, slot, judge in places:
        verdict = judge.judge(slot)
        if verdict.status == "available":
            yield FreeResource(row, slot.interval.start, slot.interval.end, verdict.available)


def _candidates(reader: Reader, need: Need, minutes: int | None, eyes: Eyes) -> list[ResourceRow]:
    """The first resources that a need could ever be met by."""
    rows = found(reader, after="", visible=eyes.visible, **filters_of(need))
    return list(islice((row for row in rows if _can_be_had(row, need, minutes)), MOST_CANDIDATES))


def _can_be_had(row: ResourceRow, need: Need, minutes: int | None) -> bool:
    resource = row.resource()
    start = in_zone(datetime.fromisoformat("2000-01-01T00:00Z"), resource.plan.zone)
    length = minutes or resource.policy.min_duration
    asked = Request(resource, Interval(start, start + length * MINUTE), need.units, 1, start, by_staff=True)
    try:
        has_a_right_length(asked)
        takes_no_more_units_than_allowed(asked)
    except Refused:
        return False
    return True
