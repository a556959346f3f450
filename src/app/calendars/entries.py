"""A booking as entries of a calendar: one for each leg, and word of each leg that it has no more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import MsgspecError, Raw, Struct
from msgspec.json import Decoder

from app.calendars.text import Entry, EntryStatus
from app.log.mapper import EventUnreadable
from app.log.records import RecordedEvent
from app.read_models.booking_rows import BookingRow
from app.read_models.facts import LegFacts, legs_of
from domain.booking import BookingStatus

UID_SUFFIX: Final = "@daybook"
"""Part of what calendars know an entry by: it must never change, or every calendar has every booking twice."""
DAYS_BACK: Final = 31
DAYS_AHEAD: Final = 366
_STATUS: Final[Mapping[BookingStatus, EntryStatus]] = {
    "held": "TENTATIVE",
    "pending": "TENTATIVE",
    "confirmed": "CONFIRMED",
    "completed": "CONFIRMED",
    "no_show": "CONFIRMED",
    "cancelled": "CANCELLED",
    "rejected": "CANCELLED",
    "revoked": "CANCELLED",
    "expired": "CANCELLED",
}


class Told(NamedTuple):
    """What entries say. `name_of`: a resource as it is called for whoever reads them; `url_of`: where the page shows a
    booking, if that is known; `only`: the one resource whose legs they are about, for its desk, or None for all.
    """

    name_of: Callable[[str], str]
    url_of: Callable[[str], str | None]
    only: str | None = None


class _Terms(Struct, gc=False):
    legs: Raw


class _MayHaveLegs(Struct, gc=False):
    """Whatever event of a booking: the first has legs in its terms, one that moves it by itself."""

    terms: _Terms | None = None
    legs: Raw = Raw()


_DECODE: Final = Decoder(_MayHaveLegs).decode


def entries_of(row: BookingRow, gone: Mapping[int, LegFacts], now: datetime, told: Told) -> Iterator[Entry]:
    """The entries of a booking as it is at `now`; `gone` as `legs_gone` found them.

    The sequence is what happened to the booking since it was made, so that it rises with every change.
    """
    status, sequence, changed = row.status_at(now), row.version - 1, row.updated_at
    if status != row.status and row.expires_at is not None:  # it ran out, and nobody has written that down yet
        sequence, changed = row.version, row.expires_at
    for number, leg in enumerate(row.legs):
        if told.only in {None, leg.resource}:
            yield Entry(
                uid=uid_of(row.id, number),
                sequence=sequence,
                changed=changed,
                start=leg.start,
                end=leg.end,
                status=_STATUS[status],
                summary=told.name_of(leg.resource),
                description=_description(row, status, leg.units, told),
                url=told.url_of(row.id),
            )
    for number, was in gone.items():
        if told.only in {None, was.resource}:
            summary = told.name_of(was.resource)
            yield Entry(uid_of(row.id, number), sequence, changed, was.start, was.end, "CANCELLED", summary)


def uid_of(booking: str, leg: int) -> str:
    """What calendars know a leg by, counted from 0. The first has the booking's own, with or without others."""
    return f"{booking}{f'-{leg + 1}' if leg else ''}{UID_SUFFIX}"


def legs_gone(row: BookingRow, events: Iterable[RecordedEvent]) -> dict[int, LegFacts]:
    """The legs that a booking once had and has no more, by their number, as they were last; `events`: its stream.

    Raises EventUnreadable.
    """
    last = dict[int, LegFacts]()
    for event in events:
        if event.originator_version <= row.version and (legs := _legs_in(event)):
            last.update(enumerate(legs))
    return {number: leg for number, leg in last.items() if number >= len(row.legs)}


def may_have_lost_legs(row: BookingRow) -> bool:
    """Whether it is worth looking: what never changed has all its legs."""
    return row.version > 1


def window(now: datetime) -> tuple[datetime, datetime]:
    """From when until when calendars are told what is booked."""
    return now - timedelta(days=DAYS_BACK), now + timedelta(days=DAYS_AHEAD)


def _legs_in(event: RecordedEvent) -> list[LegFacts]:
    try:
        facts = _DECODE(event.state)
    except MsgspecError as error:
        place = f"{event.originator_id}, version {event.originator_version}"
        raise EventUnreadable(f"The event {event.topic} of {place} cannot be read: {error}.") from error
    written = facts.legs if facts.terms is None else facts.terms.legs
    return legs_of(written) if bytes(written) else []


def _description(row: BookingRow, status: BookingStatus, units: int, told: Told) -> str:
    """Nothing of what is sealed, and nobody's name."""
    said = [f"Booking {row.id}", status.replace("_", "-")] if told.only is not None else []
    if row.party > 1:
        said.append(f"Party of {row.party}")
    if units > 1:
        said.append(f"{units} places")
    return "\n".join(said)
